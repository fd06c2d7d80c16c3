#include "bench/base/crew.h"

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/progress.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TICK_NS 200000000u /* of the status line */

struct member {
	struct gang *gang;
	pthread_t thread;
	unsigned int i;
	enum vsx_status status;
	struct vsx_error err;
};

struct gang {
	struct crew crew;
	const struct crew_job *job;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned int running;
};

enum vsx_status crew_interrupted(struct vsx_error *err)
{
	return tool_fail(err, VSX_ESTOPPED, "interrupted");
}

static void *work(void *argument)
{
	struct member *m = argument;
	struct gang *g = m->gang;

	m->status = g->job->work(&g->crew, g->job->context, m->i, &m->err);
	if (m->status != VSX_OK)
		atomic_store(&g->crew.stop, true);
	pthread_mutex_lock(&g->lock);
	g->running--;
	pthread_cond_signal(&g->ended);
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

static void wait_for_all(struct gang *g)
{
	const struct crew_job *job = g->job;

	pthread_mutex_lock(&g->lock);
	while (g->running > 0) {
		struct timespec until = clock_timespec(clock_ns() + TICK_NS);

		pthread_cond_timedwait(&g->ended, &g->lock, &until);
		if (job->phase)
			progress_update(job->phase,
					job->unit ? job->unit : "queries",
					atomic_load(&g->crew.done), job->total);
	}
	pthread_mutex_unlock(&g->lock);
}

static unsigned int start(struct gang *g, struct member *members)
{
	unsigned int i;

	for (i = 0; i < g->job->n; i++) {
		members[i].gang = g;
		members[i].i = i;
		pthread_mutex_lock(&g->lock);
		g->running++;
		pthread_mutex_unlock(&g->lock);
		if (pthread_create(&members[i].thread, NULL, work,
				   &members[i]) == 0)
			continue;
		pthread_mutex_lock(&g->lock);
		g->running--;
		pthread_mutex_unlock(&g->lock);
		atomic_store(&g->crew.stop, true);
		break;
	}
	return i;
}

static enum vsx_status run(struct gang *g, struct member *members,
			   struct vsx_error *err)
{
	unsigned int n = start(g, members);

	wait_for_all(g);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(members[i].thread, NULL);
	if (interrupted())
		return crew_interrupted(err);
	for (unsigned int i = 0; i < n; i++) {
		if (members[i].status == VSX_OK)
			continue;
		if (err)
			*err = members[i].err;
		return members[i].status;
	}
	if (n < g->job->n)
		return tool_fail(err, VSX_ENOMEM,
				 "cannot start thread %u of %u", n + 1,
				 g->job->n);
	return VSX_OK;
}

enum vsx_status crew_run(const struct crew_job *job, struct vsx_error *err)
{
	struct member *members = calloc(job->n, sizeof(*members));
	struct gang g = {.job = job, .lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_condattr_t attributes;
	enum vsx_status status;

	if (!members)
		return tool_fail_memory(err, job->n * sizeof(*members));
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&g.ended, &attributes);
	pthread_condattr_destroy(&attributes);
	status = run(&g, members, err);
	pthread_cond_destroy(&g.ended);
	free(members);
	return status;
}
