/* Searches where only a part of the rows, drawn at random, may be hits. */
#ifndef VSX_BENCH_FILTER_H
#define VSX_BENCH_FILTER_H

#include "bench/engine/subject.h"
#include "bench/measure/group.h"

/*
 * Each subject that has filters at the least effort that reaches the target
 * among the rows that pass, by one thread, for each of the parts in the
 * options. Their sessions are ended and made anew. What is exact says an index
 * of VSX, of which there must be one: VSX_EINVAL.
 */
enum vsx_status filter_run(struct report *r, struct subject *subjects, size_t n,
			   const struct group *g, struct vsx_error *err);

#endif
