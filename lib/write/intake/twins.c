#include "write/intake/twins.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "checksum.h"

#define LEAST_SLOTS 1024

void vsx_twins_release(struct vsx_twins *t)
{
	free(t->slot);
	*t = (struct vsx_twins){.n = 0};
}

static struct vsx_bytes bytes_of(const struct vsx_rows *rows,
				 enum vsx_twins_by by, uint64_t row)
{
	if (by == VSX_TWINS_KEYS)
		return vsx_row_attached(rows, VSX_ATT_KEY, (uint32_t)row);
	return (struct vsx_bytes){rows->ids + row, sizeof(*rows->ids)};
}

static uint64_t slot_of(const struct vsx_twins *t, struct vsx_bytes bytes)
{
	return vsx_sum64(bytes.at, bytes.n) & t->mask;
}

/* Without those from number `as` on: their rows were not kept. */
static enum vsx_status grow(struct vsx_twins *t, const struct vsx_rows *rows,
			    enum vsx_twins_by by, uint64_t as,
			    struct vsx_error *err)
{
	uint64_t n = t->slot ? 2 * (t->mask + 1) : LEAST_SLOTS;
	struct vsx_twins more = {.mask = n - 1};

	VSX_TRY(vsx_alloc_to(&more.slot, n, sizeof(*more.slot), err));
	for (uint64_t i = 0; t->slot && i <= t->mask; i++) {
		uint64_t at;

		if (!t->slot[i] || t->slot[i] > as)
			continue;
		at = slot_of(&more, bytes_of(rows, by, t->slot[i] - 1));
		while (more.slot[at])
			at = (at + 1) & more.mask;
		more.slot[at] = t->slot[i];
		more.n++;
	}
	free(t->slot);
	*t = more;
	return VSX_OK;
}

enum vsx_status vsx_twins_put(struct vsx_twins *t, const struct vsx_spool *s,
			      enum vsx_twins_by by, uint64_t row, uint64_t as,
			      bool *is, struct vsx_error *err)
{
	struct vsx_rows rows = vsx_spool_view(s);
	struct vsx_bytes bytes = bytes_of(&rows, by, row);
	uint64_t at;

	*is = false;
	if (!t->slot || t->n >= (t->mask + 1) / 2)
		VSX_TRY(grow(t, &rows, by, as, err));
	for (at = slot_of(t, bytes); t->slot[at]; at = (at + 1) & t->mask) {
		struct vsx_bytes other;

		if (t->slot[at] > as)
			continue; /* of a call that failed */
		other = bytes_of(&rows, by, t->slot[at] - 1);
		*is = other.n == bytes.n &&
		      memcmp(other.at, bytes.at, bytes.n) == 0;
		if (*is)
			return VSX_OK;
	}
	t->slot[at] = (uint32_t)as + 1;
	t->n++;
	return VSX_OK;
}
