/*
 * Deleted rows of a segment: a bit for each row in section DEAD, which is there
 * when a row is deleted. SPEC.md 5.3.
 *
 * A search touches the whole section once, when it comes to the segment; after
 * that its bits are read as they are.
 */
#ifndef VSX_DEAD_H
#define VSX_DEAD_H

#include "index/kind.h"

/* Bytes of section DEAD for a segment of n_rows: whole 64-bit words. */
static inline uint64_t vsx_dead_bytes(uint64_t n_rows)
{
	return (n_rows + 63) / 64 * 8;
}

/* Check section and count against each other, and set dead. */
enum vsx_status vsx_dead_open(struct vsx_segment *seg, struct vsx_error *err);

static inline enum vsx_status vsx_dead_touch(const struct vsx_segment *seg,
					     struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_DEAD];

	return seg->dead ? vsx_touch(view, 0, view->bytes, err) : VSX_OK;
}

/* Whether a row is deleted. Touch first. */
static inline bool vsx_is_dead(const struct vsx_segment *seg, uint32_t row)
{
	return seg->dead && (seg->dead[row >> 3] >> (row & 7) & 1);
}

/*
 * So many are deleted that a scan does better to look for those that are not
 * than to pass over all.
 */
static inline bool vsx_is_sparse(const struct vsx_segment *seg)
{
	return seg->n_dead > seg->n_rows / 4 * 3;
}

/* Rows among first .. first+n-1 that are not. Touch first. */
uint32_t vsx_live_among(const struct vsx_segment *seg, uint32_t first,
			uint32_t n);

/* The live row with an id; VSX_ENOTFOUND (without a text) if none has it. */
enum vsx_status vsx_live_find(const struct vsx_segment *seg, uint64_t id,
			      uint32_t *row, struct vsx_error *err);

/* Report a count that is wrong, and bits of rows that are not there. */
enum vsx_status vsx_dead_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context);

#endif
