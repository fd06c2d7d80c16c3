#include "base/parallel.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

struct worker {
	struct vsx_loop *loop;
	unsigned int number;
	pthread_t thread;
};

void vsx_loop_run(struct vsx_loop *loop, unsigned int number)
{
	for (;;) {
		uint64_t first = atomic_fetch_add(&loop->next, loop->chunk);
		uint64_t last;
		enum vsx_status status;
		struct vsx_error err;

		if (first >= loop->n)
			return;
		last = loop->n - first < loop->chunk ? loop->n
						     : first + loop->chunk;
		err.text[0] = '\0';
		err.sys_errno = 0;
		err.why = 0;
		err.at = vsx_nowhere();
		status = loop->work(loop->context, number, first, last, &err);
		if (status == VSX_OK)
			continue;
		/* Chunks below are all taken: none can fail unseen. */
		pthread_mutex_lock(&loop->lock);
		if (loop->status == VSX_OK || first < loop->failed_at) {
			loop->status = status;
			loop->failed_at = first;
			loop->error = err;
			loop->error.status = status;
		}
		pthread_mutex_unlock(&loop->lock);
		atomic_store(&loop->next, loop->n);
		return;
	}
}

static void *run_worker(void *arg)
{
	struct worker *w = arg;

	vsx_loop_run(w->loop, w->number);
	return NULL;
}

unsigned int vsx_loop_begin(struct vsx_loop *loop, unsigned int n_threads,
			    uint64_t n, uint64_t chunk, vsx_work *work,
			    void *context)
{
	*loop = (struct vsx_loop){
		.work = work,
		.context = context,
		.n = n,
		.chunk = chunk ? chunk : 1,
	};
	pthread_mutex_init(&loop->lock, NULL);
	if (n_threads > VSX_MAX_THREADS)
		n_threads = VSX_MAX_THREADS;
	if (n / loop->chunk + 1 < n_threads)
		n_threads = (unsigned int)(n / loop->chunk) + 1;
	return n_threads;
}

enum vsx_status vsx_loop_end(struct vsx_loop *loop, struct vsx_error *err)
{
	pthread_mutex_destroy(&loop->lock);
	if (loop->status != VSX_OK && err)
		*err = loop->error;
	return loop->status;
}

enum vsx_status vsx_parallel(unsigned int n_threads, uint64_t n, uint64_t chunk,
			     vsx_work *work, void *context,
			     struct vsx_error *err)
{
	struct worker workers[VSX_MAX_THREADS];
	unsigned int started = 0;
	struct vsx_loop loop;

	n_threads = vsx_loop_begin(&loop, n_threads, n, chunk, work, context);
	while (started + 1 < n_threads) {
		struct worker *w = &workers[started];

		w->loop = &loop;
		w->number = started + 1;
		if (pthread_create(&w->thread, NULL, run_worker, w) != 0)
			break; /* fewer threads do the same work */
		started++;
	}
	vsx_loop_run(&loop, 0);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	return vsx_loop_end(&loop, err);
}

unsigned int vsx_thread_count(unsigned int wanted)
{
	cpu_set_t set;
	int n = 1;

	if (wanted)
		return wanted < VSX_MAX_THREADS ? wanted : VSX_MAX_THREADS;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1		     ? 1
	       : n > VSX_MAX_THREADS ? VSX_MAX_THREADS
				     : (unsigned int)n;
}
