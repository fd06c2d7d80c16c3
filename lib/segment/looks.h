/*
 * The end of a search by estimates: the rows that it has found are looked at
 * themselves. Where memory is scarce all of them are asked for first, and a
 * search that is one of several lets others go on while they are on their way.
 */
#ifndef VSX_LOOKS_H
#define VSX_LOOKS_H

#include "segment/scratch.h"
#include "segment/segment.h"

/* Rows are fetched so many before their turn. */
#define VSX_LOOKS_AHEAD 4u

/* The row of an entry of a sieve's pool: begin to fetch it. */
void vsx_looks_expect(const struct vsx_segment *seg,
		      const struct vsx_passed *passed, uint64_t entry);

/* Look at the rows of find->scratch->looks, or ask for them, where find->defers
 * and the disk is waited for: then vsx_looks_end() does the rest. */
enum vsx_status vsx_looks_begin(struct vsx_find *find, struct vsx_error *err);

/* What vsx_looks_begin() has left; before the next segment. */
enum vsx_status vsx_looks_end(struct vsx_find *find, struct vsx_error *err);

#endif
