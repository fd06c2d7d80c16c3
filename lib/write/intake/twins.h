/* Which of the rows that came in has an id or a key, while more come. */
#ifndef VSX_TWINS_H
#define VSX_TWINS_H

#include "write/intake/spool.h"

/* A zeroed one is empty. */
struct vsx_twins {
	uint32_t *slot; /* row + 1; 0: free; owned */
	uint64_t mask;
	uint64_t n;
};

void vsx_twins_release(struct vsx_twins *t);

/* What rows are compared by: their ids, or their keys. */
enum vsx_twins_by { VSX_TWINS_IDS, VSX_TWINS_KEYS };

/*
 * Row number `row` of the spool, counted in or not: *is, whether one that was
 * put before has the same. If not, it is put, as number `as`, where it must be
 * when the next row comes; if that comes as `as` once more, it was not kept.
 */
enum vsx_status vsx_twins_put(struct vsx_twins *t, const struct vsx_spool *s,
			      enum vsx_twins_by by, uint64_t row, uint64_t as,
			      bool *is, struct vsx_error *err);

#endif
