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

/* For arrays, beside rows of which so many bytes are in memory, before it is
   known what is built. */
static inline uint64_t vsx_plan_beside(uint64_t memory, uint64_t rows_held)
{
	return vsx_plan_for_rows(vsx_plan_for_rows(memory, VSX_FIXED_BYTES),
				 rows_held);
}

/* For finding the neighbours of test queries, with so much left. */
static inline uint64_t vsx_plan_truth(uint64_t rest)
{
	return rest / 2 + VSX_FIXED_BYTES / 4;
}

/* What a build takes beside its rows. */
struct vsx_work_room {
	uint64_t memory; /* for what is learned, and what is fixed */
	uint64_t arrays; /* for arrays that go to files where memory ends */
};

/*
 * Of a build of n rows.
 *
 * opts  as vsx_options_check() leaves them
 */
struct vsx_work_room vsx_plan_work(const struct vsx_build_opts *opts,
				   const struct vsx_spec *spec, uint64_t n);

/*
 * Bytes of the file that a build of n rows gives, without what rows have
 * besides: keys, payload, fields.
 *
 * opts  likewise, with the type that the spec keeps
 */
uint64_t vsx_plan_file_bytes(const struct vsx_build_opts *opts,
			     const struct vsx_spec *spec, uint64_t n);

/* Seconds that one thread works on it, before it is tested and written. */
double vsx_plan_kind_seconds(const struct vsx_build_opts *opts,
			     const struct vsx_spec *spec, uint64_t n);

/* Where rows and arrays of a build are, whose memory is limited: rows go to a
   file first, since they are read in order. */
struct vsx_room_split {
	uint64_t rows_held, arrays_held; /* in memory */
	uint64_t in_files;		 /* of both, the rest */
};
struct vsx_room_split vsx_plan_split(uint64_t memory, uint64_t rows_bytes,
				     const struct vsx_work_room *work);

#endif
