/* What training and building get: rows in memory, and their surroundings. */
#ifndef VSX_JOB_H
#define VSX_JOB_H

#include "base/phase.h"
#include "kernel/space.h"

/* All rows of a build, in input order. */
struct vsx_rows {
	const struct vsx_space *space;
	const uint8_t *base; /* n rows of space->stride bytes, tails set */
	uint32_t n;
	const uint64_t *ids; /* NULL: 0 .. n-1 */
};

/* The surroundings of a build. */
struct vsx_job {
	uint64_t seed;
	unsigned int n_threads;
	uint32_t ef_construction;
	uint64_t nlist_sample; /* rows to train on; 0: by the kind */
	uint32_t page_bytes;   /* of the file that it is for */

	/* Progress and notes; both may be called from the main thread only.
	   progress answers VSX_ESTOPPED when the user wants to stop. */
	enum vsx_status (*progress)(struct vsx_job *job,
				    const struct vsx_phase *phase,
				    uint64_t done, uint64_t total,
				    struct vsx_error *err);
	void (*note)(struct vsx_job *job, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
	void *context;
};

#endif
