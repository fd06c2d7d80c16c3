#include "train/by_id.h"

bool vsx_ids_rise(const struct vsx_rows *rows)
{
	for (uint32_t i = 1; rows->ids && i < rows->n; i++)
		if (rows->ids[i] < rows->ids[i - 1])
			return false;
	return true;
}

bool vsx_ids_strictly_rise(const struct vsx_rows *rows)
{
	for (uint32_t i = 1; rows->ids && i < rows->n; i++)
		if (rows->ids[i] <= rows->ids[i - 1])
			return false;
	return true;
}

#define DIGIT  11
#define DIGITS (1u << DIGIT)

/* One stable pass of a radix sort by the digit at `shift`. */
static void pass(const uint64_t *ids, const uint32_t *from, uint32_t *to,
		 uint32_t n, unsigned int shift)
{
	uint32_t start[DIGITS + 1] = {0};

	for (uint32_t i = 0; i < n; i++)
		start[(ids[i] >> shift & (DIGITS - 1)) + 1]++;
	for (uint32_t d = 0; d < DIGITS; d++)
		start[d + 1] += start[d];
	for (uint32_t i = 0; i < n; i++)
		to[start[ids[from[i]] >> shift & (DIGITS - 1)]++] = from[i];
}

enum vsx_status vsx_rows_by_id(struct vsx_arrays *arrays,
			       const struct vsx_rows *rows, uint32_t **order,
			       struct vsx_error *err)
{
	uint32_t *a = NULL, *b = NULL, *t;
	uint64_t any = 0;
	enum vsx_status status;

	*order = NULL;
	VSX_TRY(vsx_arrays_take(arrays, &a, rows->n, sizeof(*a), err));
	status = vsx_arrays_take(arrays, &b, rows->n, sizeof(*b), err);
	if (status != VSX_OK) {
		vsx_arrays_leave(arrays, a);
		return status;
	}
	for (uint32_t i = 0; i < rows->n; i++) {
		a[i] = i;
		any |= rows->ids ? rows->ids[i] : 0;
	}
	/* No digit is looked at above the highest bit that any id has. */
	for (unsigned int shift = 0; shift < 64 && any >> shift;
	     shift += DIGIT) {
		pass(rows->ids, a, b, rows->n, shift);
		t = a;
		a = b;
		b = t;
	}
	vsx_arrays_leave(arrays, b);
	*order = a;
	return VSX_OK;
}
