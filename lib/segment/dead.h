/*
 * Deleted rows of a segment: section DEAD, which is there when a row is
 * deleted, lists them while they are few and has a bit for each row when they
 * are many. SPEC.md 5.3.
 *
 * A list is made bits of when the segment is opened. A search touches the whole
 * section once, when it comes to the segment; after that bits are read as they
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

/* So many can be listed, whatever the segment holds: opening takes them in. */
#define VSX_MOST_LISTED 65536u

/* Whether section DEAD is a list: of a 32nd of the rows it is no longer than
 * their bits. */
static inline bool vsx_dead_is_list(uint64_t n_rows, uint64_t n_dead)
{
	return n_dead <= n_rows / 32 && n_dead <= VSX_MOST_LISTED;
}

/* Bytes of section DEAD. */
static inline uint64_t vsx_dead_section_bytes(uint64_t n_rows, uint64_t n_dead)
{
	return vsx_dead_is_list(n_rows, n_dead) ? 4 * n_dead
						: vsx_dead_bytes(n_rows);
}

/*
 * Check section and count against each other, and set dead: to bits in the file
 * or to bits made of a list, which vsx_segment_close() frees.
 */
enum vsx_status vsx_dead_open(struct vsx_segment *seg, struct vsx_error *err);

static inline enum vsx_status vsx_dead_touch(const struct vsx_segment *seg,
					     struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_DEAD];

	if (!seg->dead || seg->dead_bits)
		return VSX_OK;
	return vsx_touch(view, 0, view->bytes, err);
}

/* Whether a row is deleted. Touch first. */
static inline bool vsx_is_dead(const struct vsx_segment *seg, uint32_t row)
{
	return seg->dead && (seg->dead[row >> 3] >> (row & 7) & 1);
}

/* The same of a single row: what tells it is touched. */
static inline enum vsx_status vsx_dead_at(const struct vsx_segment *seg,
					  uint32_t row, bool *dead,
					  struct vsx_error *err)
{
	if (seg->dead && !seg->dead_bits)
		VSX_TRY(vsx_touch(&seg->view[VSX_SEC_DEAD], row >> 3, 1, err));
	*dead = vsx_is_dead(seg, row);
	return VSX_OK;
}

/* The live row with an id; VSX_ENOTFOUND (without a text) if none has it. */
enum vsx_status vsx_live_find(const struct vsx_segment *seg, uint64_t id,
			      uint32_t *row, struct vsx_error *err);

/* Report a count that is wrong, and bits of rows that are not there. */
enum vsx_status vsx_dead_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context);

#endif
