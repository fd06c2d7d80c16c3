/*
 * Progress of parallel work: counted by all threads, told by the first, which
 * may get none of it. So the beginning is told for itself.
 */
#ifndef VSX_TALLY_H
#define VSX_TALLY_H

#include <stdatomic.h>

#include "train/job.h"

struct vsx_tally {
	struct vsx_job *job;
	const struct vsx_phase *phase;
	_Atomic uint64_t done;
	uint64_t total;
};

/* Call it before the work; totals are of the unit of the phase. */
static inline enum vsx_status vsx_tally_begin(struct vsx_tally *t,
					      struct vsx_job *job,
					      const struct vsx_phase *phase,
					      uint64_t total,
					      struct vsx_error *err)
{
	*t = (struct vsx_tally){job, phase, 0, total};
	return job->progress ? job->progress(job, phase, 0, total, err)
			     : VSX_OK;
}

static inline enum vsx_status vsx_tally_add(struct vsx_tally *t,
					    unsigned int thread, uint64_t n,
					    struct vsx_error *err)
{
	uint64_t done = atomic_fetch_add(&t->done, n) + n;

	if (thread != 0 || !t->job->progress)
		return VSX_OK;
	return t->job->progress(t->job, t->phase, done, t->total, err);
}

#endif
