/*
 * Progress of linking rows in several passes: steps are counted over all of
 * them, and told as the rows that they would have linked.
 */
#ifndef VSX_HNSW_LINKING_H
#define VSX_HNSW_LINKING_H

#include <stdatomic.h>

#include "train/job.h"

struct vsx_linking {
	struct vsx_job *job;
	uint32_t first, n;  /* rows linked before, and rows */
	uint64_t row_steps; /* of all passes */
	_Atomic uint64_t done;
};

/* Any thread may call it; the first tells. */
static inline enum vsx_status vsx_linking_add(struct vsx_linking *l,
					      unsigned int thread,
					      uint64_t steps,
					      struct vsx_error *err)
{
	uint64_t done = atomic_fetch_add(&l->done, steps) + steps;
	uint64_t rows;

	if (thread != 0 || !l->job->progress)
		return VSX_OK;
	rows = done / l->row_steps;
	rows = rows < l->n ? rows * (l->n - l->first) / l->n : l->n - l->first;
	return l->job->progress(l->job, &vsx_phase_linking, l->first + rows,
				l->n, err);
}

#endif
