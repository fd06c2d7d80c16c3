/*
 * Threads that work on one thing and end together, while the calling thread
 * shows how far they are.
 */
#ifndef VSX_BENCH_CREW_H
#define VSX_BENCH_CREW_H

#include "cli/interrupt.h"
#include "vsx_status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct crew {
	atomic_bool stop;      /* one has failed: the others leave */
	_Atomic uint64_t done; /* of the job's total */
};

/* Number i of n. */
typedef enum vsx_status crew_work(struct crew *crew, void *context,
				  unsigned int i, struct vsx_error *err);

struct crew_job {
	crew_work *work;
	void *context;
	unsigned int n;
	const char *phase; /* for the status line; NULL: none */
	uint64_t total;
	const char *unit; /* of it; NULL: queries */
};

/*
 * The failure of the thread with the lowest number is that of all.
 * VSX_ESTOPPED after Ctrl-C, which the threads look for by crew_stops().
 */
enum vsx_status crew_run(const struct crew_job *job, struct vsx_error *err);

static inline bool crew_stops(const struct crew *crew)
{
	return atomic_load_explicit(&crew->stop, memory_order_relaxed) ||
	       interrupted();
}

/* VSX_ESTOPPED in the words of all commands. */
enum vsx_status crew_interrupted(struct vsx_error *err);

#endif
