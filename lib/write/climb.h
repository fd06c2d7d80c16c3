/* The recall table of a new index: one pass over its queries, or a few. */
#ifndef VSX_CLIMB_H
#define VSX_CLIMB_H

#include "read/accept.h"
#include "kind/build.h"

/*
 * Fill recalls[0 .. n-1], whose efforts and refine factors are set and rise, as
 * vsx_accept_measure() would one by one. test->truth is that of the rows of
 * `seg`, none of which is deleted; truth_k is at most 100. Progress is told
 * as of `phase`.
 */
enum vsx_status vsx_climb(const struct vsx_segment *seg,
			  const struct vsx_accept *test, struct vsx_job *job,
			  const struct vsx_phase *phase,
			  struct vsx_recall *recalls, uint32_t n,
			  struct vsx_error *err);

#endif
