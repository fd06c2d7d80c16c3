/* What a build takes in memory beside its rows. */
#ifndef VSX_WRITE_PLAN_H
#define VSX_WRITE_PLAN_H

#include "write/options.h"

/* Buffers of the sink, the input and the libraries. */
#define VSX_FIXED_BYTES (UINT64_C(8) << 20)

/*
 * Of `memory`, what is left for rows beside so much work. All of it, when there
 * is no limit.
 */
static inline uint64_t vsx_plan_for_rows(uint64_t memory, uint64_t work)
{
	if (memory == UINT64_MAX)
		return memory;
	return work < memory ? memory - work : 0;
}

/*
 * Of a build with codes that are learned, of n rows: lists, transforms and
 * codes, at most, and what is fixed. Of another what is fixed alone.
 *
 * opts  as vsx_options_check() leaves them
 */
uint64_t vsx_plan_learning(const struct vsx_build_opts *opts,
			   const struct vsx_spec *spec, uint64_t n);

#endif
