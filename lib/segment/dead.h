/*
 * Deleted rows of a segment. SPEC.md 5.3.
 *
 * Section DEAD has a bit for each row. Section GONE lists the few that were
 * deleted since DEAD was written, so that the commit of a deleted row writes
 * them again and not all bits.
 *
 * The list is made bits of when the segment is opened. A search touches all of
 * DEAD once, when it comes to the segment; after that both are read as they
 * are.
 */
#ifndef VSX_DEAD_H
#define VSX_DEAD_H

#include "segment/segment.h"

/* Bytes of a bit for each of n_rows: whole 64-bit words. */
static inline uint64_t vsx_dead_bytes(uint64_t n_rows)
{
	return (n_rows + 63) / 64 * 8;
}

/*
 * Rows that section GONE lists at most: a page of them, and no more bytes than
 * DEAD has. A commit of a deleted row writes half of that on average, and DEAD
 * once in so many.
 */
#define VSX_MOST_GONE 1024u

static inline uint32_t vsx_most_gone(uint32_t n_rows)
{
	return n_rows / 32 < VSX_MOST_GONE ? n_rows / 32 : VSX_MOST_GONE;
}

/*
 * Check the lengths of both sections against n_dead, and set dead, n_gone and
 * gone, which vsx_segments_close() frees: by the lengths alone, from the list,
 * or both.
 */
enum vsx_status vsx_dead_open_bits(struct vsx_segment *seg,
				   struct vsx_error *err);
enum vsx_status vsx_dead_open_list(struct vsx_segment *seg,
				   struct vsx_error *err);
enum vsx_status vsx_dead_open(struct vsx_segment *seg, struct vsx_error *err);

static inline enum vsx_status vsx_dead_touch(const struct vsx_segment *seg,
					     struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_DEAD];

	return seg->dead ? vsx_touch(view, 0, view->bytes, err) : VSX_OK;
}

/* Bits of rows 8 i .. 8 i + 7, 1: deleted. Touch first. */
static inline uint8_t vsx_dead_byte(const struct vsx_segment *seg, uint32_t i)
{
	return (seg->dead ? seg->dead[i] : 0) | (seg->gone ? seg->gone[i] : 0);
}

/* Whether a row is deleted. Touch first. */
static inline bool vsx_is_dead(const struct vsx_segment *seg, uint32_t row)
{
	return vsx_dead_byte(seg, row >> 3) >> (row & 7) & 1;
}

/* The same of a single row: what tells it is touched. */
static inline enum vsx_status vsx_dead_at(const struct vsx_segment *seg,
					  uint32_t row, bool *dead,
					  struct vsx_error *err)
{
	if (seg->dead)
		VSX_TRY(vsx_touch(&seg->view[VSX_SEC_DEAD], row >> 3, 1, err));
	*dead = vsx_is_dead(seg, row);
	return VSX_OK;
}

/* The live row with an id; VSX_ENOTFOUND (without a text) if none has it. */
enum vsx_status vsx_live_find(const struct vsx_segment *seg, uint64_t id,
			      uint32_t *row, struct vsx_error *err);

/*
 * Report a count that is wrong, a row that both sections have, and bits of rows
 * that are not there.
 */
enum vsx_status vsx_dead_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context);

#endif
