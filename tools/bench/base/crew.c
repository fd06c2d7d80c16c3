#include "bench/base/crew.h"

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/progress.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TICK_NS 200000000 /* of the status line */

struct member {
	const struct crew_job *job;
	struct crew *crew;
	pthread_t thread;
	unsigned int i;
	enum vsx_status status;
	struct vsx_error err;
};

enum vsx_status crew_interrupted(struct vsx_error *err)
{
	return tool_fail(err, VSX_ESTOPPED, "interrupted");
}

static void *work(void *argument)
{
	struct member *m = argument;

	m->status = m->job->work(m->crew, m->job->context, m->i, &m->err);
	if (m->status != VSX_OK)
		atomic_store(&m->crew->stop, true);
	return NULL;
}

/* Wait for its end; meanwhile the status line shows how far all are. */
static void join(const struct member *m)
{
	const struct crew_job *job = m->job;
	struct timespec until;
	int failed;

	do {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_NS;
		until.tv_sec += until.tv_nsec / NS_PER_SECOND;
		until.tv_nsec %= NS_PER_SECOND;
		failed = pthread_timedjoin_np(m->thread, NULL, &until);
		if (job->phase)
			progress_update(
				job->phase, job->unit ? job->unit : "queries",
				atomic_load(&m->crew->done), job->total);
	} while (failed == ETIMEDOUT);
}

static unsigned int start(const struct crew_job *job, struct crew *crew,
			  struct member *members)
{
	unsigned int i;

	for (i = 0; i < job->n; i++) {
		members[i].job = job;
		members[i].crew = crew;
		members[i].i = i;
		if (pthread_create(&members[i].thread, NULL, work,
				   &members[i]) != 0) {
			atomic_store(&crew->stop, true);
			break;
		}
	}
	return i;
}

static enum vsx_status run(const struct crew_job *job, struct member *members,
			   struct vsx_error *err)
{
	struct crew crew = {.stop = false};
	unsigned int n = start(job, &crew, members);

	for (unsigned int i = 0; i < n; i++)
		join(&members[i]);
	if (interrupted())
		return crew_interrupted(err);
	for (unsigned int i = 0; i < n; i++) {
		if (members[i].status == VSX_OK)
			continue;
		if (err)
			*err = members[i].err;
		return members[i].status;
	}
	if (n < job->n)
		return tool_fail(err, VSX_ENOMEM,
				 "cannot start thread %u of %u", n + 1, job->n);
	return VSX_OK;
}

enum vsx_status crew_run(const struct crew_job *job, struct vsx_error *err)
{
	struct member *members = calloc(job->n, sizeof(*members));
	enum vsx_status status;

	if (!members)
		return tool_fail_memory(err, job->n * sizeof(*members));
	status = run(job, members, err);
	free(members);
	return status;
}
