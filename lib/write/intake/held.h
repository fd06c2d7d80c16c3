/* One attachment of the rows that a spool holds: see segment/attached.h. */
#ifndef VSX_HELD_H
#define VSX_HELD_H

#include "train/job.h"
#include "write/area.h"

/* Accepts a zeroed structure but for vsx_held_init(). */
struct vsx_held {
	bool any;	       /* some row has one: else nothing is kept */
	struct vsx_area at;    /* struct vsx_attached_at[n] */
	struct vsx_area bytes; /* that they say */
	uint64_t used;	       /* of bytes */
};

void vsx_held_init(struct vsx_held *h);
void vsx_held_release(struct vsx_held *h);

static inline struct vsx_attached_at *vsx_held_at(const struct vsx_held *h)
{
	return (struct vsx_attached_at *)(void *)h->at.base;
}

/*
 * Behind the n_before rows that it has: those of n more, strings[i] or, where
 * that is NULL, none. At most `memory` bytes stay in memory.
 */
enum vsx_status vsx_held_add(struct vsx_held *h, uint64_t n_before, size_t n,
			     const struct vsx_bytes *strings, uint64_t memory,
			     const struct vsx_output *output,
			     struct vsx_error *err);

/* Row `from` in the place of row `to`. */
static inline void vsx_held_move(struct vsx_held *h, uint64_t to, uint64_t from)
{
	if (h->any)
		vsx_held_at(h)[to] = vsx_held_at(h)[from];
}

enum vsx_status vsx_held_whole(const struct vsx_held *h, struct vsx_error *err);

#endif
