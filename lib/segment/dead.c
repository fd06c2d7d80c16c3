#include "segment/dead.h"

#include <stdlib.h>

#include "bytes.h"
#include "segment/ids.h"
#include "plural.h"

typedef unsigned long long ull;

static uint64_t bytes_of(const struct vsx_view *view)
{
	return view->base ? view->bytes : 0;
}

enum vsx_status vsx_dead_open_bits(struct vsx_segment *seg,
				   struct vsx_error *err)
{
	uint64_t listed = bytes_of(&seg->view[VSX_SEC_GONE]);
	uint64_t bytes = bytes_of(&seg->view[VSX_SEC_DEAD]), due;
	uint32_t most = vsx_most_gone(seg->n_rows);

	if (most > seg->n_dead)
		most = seg->n_dead;
	if (listed % 4 || listed / 4 > most)
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section GONE has %llu byte%s, expected 4 for "
				 "each of at most %u row%s",
				 (ull)listed, vsx_s(listed), most, vsx_s(most)),
			"GONE");
	seg->n_gone = (uint32_t)(listed / 4);
	due = seg->n_dead > seg->n_gone ? vsx_dead_bytes(seg->n_rows) : 0;
	if (bytes != due)
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section DEAD has %llu byte%s, expected %llu "
				 "for %u deleted rows of %u, %u of them in "
				 "section GONE",
				 (ull)bytes, vsx_s(bytes), (ull)due,
				 seg->n_dead, seg->n_rows, seg->n_gone),
			"DEAD");
	seg->dead = due ? seg->view[VSX_SEC_DEAD].base : NULL;
	return VSX_OK;
}

/* Bits of the list: its rows rise, and are rows. */
static enum vsx_status unpack(const struct vsx_segment *seg, uint8_t *bits,
			      struct vsx_error *err)
{
	const uint8_t *list = seg->view[VSX_SEC_GONE].base;
	uint64_t least = 0;

	for (uint32_t i = 0; i < seg->n_gone; i++) {
		uint32_t row = vsx_load32(list + (size_t)i * 4);

		if (row < least || row >= seg->n_rows)
			return vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "section GONE: entry %u is row %u, "
					 "expected %llu to %u",
					 i, row, (ull)least, seg->n_rows - 1),
				"GONE");
		bits[row >> 3] |= (uint8_t)(1u << (row & 7));
		least = (uint64_t)row + 1;
	}
	return VSX_OK;
}

enum vsx_status vsx_dead_open_list(struct vsx_segment *seg,
				   struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_GONE];
	uint64_t bytes = vsx_dead_bytes(seg->n_rows);
	enum vsx_status status;
	uint8_t *bits;

	if (!seg->n_gone)
		return VSX_OK;
	VSX_TRY(vsx_touch(view, 0, view->bytes, err));
	/* Zeros from the system: what no row of the list is in costs nothing.
	 */
	bits = calloc(1, bytes);
	if (!bits)
		return vsx_fail_memory(err, bytes);
	status = unpack(seg, bits, err);
	if (status == VSX_OK)
		seg->gone = bits;
	else
		free(bits);
	return status;
}

enum vsx_status vsx_dead_open(struct vsx_segment *seg, struct vsx_error *err)
{
	VSX_TRY(vsx_dead_open_bits(seg, err));
	return vsx_dead_open_list(seg, err);
}

enum vsx_status vsx_live_find(const struct vsx_segment *seg, uint64_t id,
			      uint32_t *row, struct vsx_error *err)
{
	bool dead;

	VSX_TRY(vsx_ids_find(seg, id, row, err));
	VSX_TRY(vsx_dead_at(seg, *row, &dead, err));
	return dead ? VSX_ENOTFOUND : VSX_OK;
}

/* The first row that both sections have; false: none is. */
static bool find_twice(const struct vsx_segment *seg, uint32_t *row)
{
	for (*row = 0; seg->gone && *row < seg->n_rows; ++*row)
		if ((seg->dead[*row >> 3] & seg->gone[*row >> 3]) >>
			    (*row & 7) &
		    1)
			return true;
	return false;
}

enum vsx_status vsx_dead_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context)
{
	uint64_t bits = vsx_dead_bytes(seg->n_rows) * 8, n = 0, beyond = 0;
	uint32_t due = seg->n_dead - seg->n_gone, twice;
	struct vsx_error what;

	if (!seg->dead)
		return VSX_OK;
	for (uint64_t row = 0; row < bits; row++) {
		uint32_t bit = seg->dead[row >> 3] >> (row & 7) & 1;

		n += row < seg->n_rows ? bit : 0;
		beyond += row < seg->n_rows ? 0 : bit;
	}
	if (n != due)
		VSX_TRY(vsx_tell_section(
			report, context, "DEAD",
			"section DEAD marks %llu row%s, expected %u", (ull)n,
			vsx_s(n), due));
	if (find_twice(seg, &twice)) {
		vsx_fail(&what, VSX_ECORRUPT,
			 "section GONE lists row %u, which section DEAD marks",
			 twice);
		vsx_at_row(&what, VSX_ECORRUPT, twice);
		vsx_at_section(&what, VSX_ECORRUPT, "GONE");
		VSX_TRY(vsx_tell_why(report, context, &what));
	}
	if (beyond)
		return vsx_tell_section(
			report, context, "DEAD",
			"section DEAD marks %llu row%s beyond the last "
			"of %u",
			(ull)beyond, vsx_s(beyond), seg->n_rows);
	return VSX_OK;
}
