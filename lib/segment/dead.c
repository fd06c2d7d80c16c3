#include "segment/dead.h"

#include <stdlib.h>

#include "bytes.h"
#include "segment/ids.h"

/* Bits of a list: its rows rise, and are rows. */
static enum vsx_status unpack(struct vsx_segment *seg, struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_DEAD];
	uint64_t bytes = vsx_dead_bytes(seg->n_rows);
	uint64_t least = 0;

	VSX_TRY(vsx_touch(view, 0, view->bytes, err));
	/* Zeros from the system: what no row of the list is in costs nothing.
	 */
	seg->dead_bits = calloc(1, bytes);
	if (!seg->dead_bits)
		return vsx_fail_memory(err, bytes);
	for (uint32_t i = 0; i < seg->n_dead; i++) {
		uint32_t row = vsx_load32(view->base + (size_t)i * 4);

		if (row < least || row >= seg->n_rows)
			return vsx_fail(err, VSX_ECORRUPT,
					"section DEAD: entry %u is row %u, "
					"expected %llu to %u",
					i, row, (unsigned long long)least,
					seg->n_rows - 1);
		seg->dead_bits[row >> 3] |= (uint8_t)(1u << (row & 7));
		least = (uint64_t)row + 1;
	}
	return VSX_OK;
}

enum vsx_status vsx_dead_open(struct vsx_segment *seg, struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_DEAD];
	uint64_t due =
		seg->n_dead ? vsx_dead_section_bytes(seg->n_rows, seg->n_dead)
			    : 0;

	if ((view->base ? view->bytes : 0) != due)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"section DEAD has %llu bytes, expected %llu "
			"for %u deleted rows of %u",
			(unsigned long long)(view->base ? view->bytes : 0),
			(unsigned long long)due, seg->n_dead, seg->n_rows);
	if (!seg->n_dead)
		return VSX_OK;
	if (vsx_dead_is_list(seg->n_rows, seg->n_dead)) {
		VSX_TRY(unpack(seg, err));
		seg->dead = seg->dead_bits;
	} else {
		seg->dead = view->base;
	}
	return VSX_OK;
}

enum vsx_status vsx_live_find(const struct vsx_segment *seg, uint64_t id,
			      uint32_t *row, struct vsx_error *err)
{
	bool dead;

	VSX_TRY(vsx_ids_find(seg, id, row, err));
	VSX_TRY(vsx_dead_at(seg, *row, &dead, err));
	return dead ? VSX_ENOTFOUND : VSX_OK;
}

enum vsx_status vsx_dead_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context)
{
	uint64_t bits = vsx_dead_bytes(seg->n_rows) * 8, n = 0, beyond = 0;

	if (!seg->dead)
		return VSX_OK;
	for (uint64_t row = 0; row < bits; row++) {
		uint32_t bit = seg->dead[row >> 3] >> (row & 7) & 1;

		n += row < seg->n_rows ? bit : 0;
		beyond += row < seg->n_rows ? 0 : bit;
	}
	if (n != seg->n_dead)
		VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
				 "section DEAD marks %llu rows, expected %u",
				 (unsigned long long)n, seg->n_dead));
	if (beyond)
		return vsx_tell(report, context, VSX_ECORRUPT,
				"section DEAD marks %llu rows behind the last "
				"of %u",
				(unsigned long long)beyond, seg->n_rows);
	return VSX_OK;
}
