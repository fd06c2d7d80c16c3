#include "base/team.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

struct member {
	struct vsx_team *team;
	unsigned int number; /* from 1: the caller is 0 */
	pthread_t thread;
};

struct vsx_team {
	pid_t owner;
	unsigned int n_members;
	struct member *members;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t begin, end;
	struct vsx_loop *loop; /* that members may join; NULL: none */
	uint64_t turn;	       /* its number */
	unsigned int wanted;   /* members up to this number */
	unsigned int busy;     /* that have joined and are not done */
	bool over;
};

static void *wait_for_loops(void *arg)
{
	struct member *m = arg;
	struct vsx_team *team = m->team;
	uint64_t done = 0;

	pthread_mutex_lock(&team->lock);
	while (!team->over) {
		struct vsx_loop *loop = team->loop;

		if (!loop || team->turn == done || m->number > team->wanted) {
			pthread_cond_wait(&team->begin, &team->lock);
			continue;
		}
		done = team->turn;
		team->busy++;
		pthread_mutex_unlock(&team->lock);
		vsx_loop_run(loop, m->number);
		pthread_mutex_lock(&team->lock);
		if (--team->busy == 0)
			pthread_cond_signal(&team->end);
	}
	pthread_mutex_unlock(&team->lock);
	return NULL;
}

/* Signals are for the threads of the host; a fault is of whoever makes it. */
static void leave_faults(sigset_t *set)
{
	static const int faults[] = {SIGBUS,  SIGSEGV, SIGILL, SIGFPE,
				     SIGTRAP, SIGABRT, SIGSYS};

	sigfillset(set);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(set, faults[i]);
}

static void start(struct vsx_team *team, unsigned int n)
{
	sigset_t set, before;

	leave_faults(&set);
	pthread_sigmask(SIG_SETMASK, &set, &before);
	while (team->n_members < n) {
		struct member *m = &team->members[team->n_members];

		m->team = team;
		m->number = team->n_members + 1;
		if (pthread_create(&m->thread, NULL, wait_for_loops, m) != 0)
			break;
		team->n_members++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

enum vsx_status vsx_team_new(struct vsx_team **out, unsigned int n_threads,
			     struct vsx_error *err)
{
	unsigned int n =
		n_threads > VSX_MAX_THREADS ? VSX_MAX_THREADS : n_threads;
	struct vsx_team *team = NULL;

	VSX_TRY(vsx_alloc_to(&team, 1, sizeof(*team), err));
	if (vsx_alloc_to(&team->members, n, sizeof(*team->members), err)) {
		free(team);
		return VSX_ENOMEM;
	}
	team->owner = getpid();
	pthread_mutex_init(&team->lock, NULL);
	pthread_cond_init(&team->begin, NULL);
	pthread_cond_init(&team->end, NULL);
	start(team, n ? n - 1 : 0);
	*out = team;
	return VSX_OK;
}

static void open_loop(struct vsx_team *team, struct vsx_loop *loop,
		      unsigned int wanted)
{
	pthread_mutex_lock(&team->lock);
	team->loop = loop;
	team->turn++;
	team->wanted = wanted;
	pthread_cond_broadcast(&team->begin);
	pthread_mutex_unlock(&team->lock);
}

/* Nothing is left to take: who has not joined yet need not. */
static void close_loop(struct vsx_team *team)
{
	pthread_mutex_lock(&team->lock);
	team->loop = NULL;
	while (team->busy > 0)
		pthread_cond_wait(&team->end, &team->lock);
	pthread_mutex_unlock(&team->lock);
}

enum vsx_status vsx_team_run(struct vsx_team *team, uint64_t n, uint64_t chunk,
			     vsx_work *work, void *context,
			     struct vsx_error *err)
{
	unsigned int threads = team->n_members + 1;
	struct vsx_loop loop;

	if (team->n_members > 0 && team->owner != getpid())
		return vsx_fail(err, VSX_EINVAL,
				"the threads are of process %ld, this is its "
				"child %ld",
				(long)team->owner, (long)getpid());
	threads = vsx_loop_begin(&loop, threads, n, chunk, work, context);
	if (threads > 1)
		open_loop(team, &loop, threads - 1);
	vsx_loop_run(&loop, 0);
	if (threads > 1)
		close_loop(team);
	return vsx_loop_end(&loop, err);
}

void vsx_team_free(struct vsx_team *team)
{
	if (!team)
		return;
	if (team->owner == getpid()) {
		pthread_mutex_lock(&team->lock);
		team->over = true;
		pthread_cond_broadcast(&team->begin);
		pthread_mutex_unlock(&team->lock);
		for (unsigned int i = 0; i < team->n_members; i++)
			pthread_join(team->members[i].thread, NULL);
		pthread_cond_destroy(&team->end);
		pthread_cond_destroy(&team->begin);
		pthread_mutex_destroy(&team->lock);
	}
	free(team->members);
	free(team);
}
