/* Open indexes, counted, and the pools of threads that search them. */
#include "module.h"

#include <stdlib.h>
#include <unistd.h>

/* Pools that wait for the next search, so that none is made for each. */
#define MOST_IDLE 16

struct vsx_py_handle {
	unsigned int n_holders;
	struct vsx *index;
	struct vsx_facts facts;
	pid_t pid; /* that made the pools: a child has none of their threads */
	struct {
		struct vsx_pool *pool;
		unsigned int n_threads;
	} idle[MOST_IDLE];
	unsigned int n_idle;
};

struct vsx_py_handle *vsx_py_handle_new(struct vsx *index)
{
	struct vsx_py_handle *h = calloc(1, sizeof(*h));

	if (!h) {
		vsx_close(index);
		PyErr_NoMemory();
		return NULL;
	}
	h->n_holders = 1;
	h->index = index;
	h->pid = getpid();
	vsx_get_facts(index, &h->facts);
	return h;
}

struct vsx_py_handle *vsx_py_handle_hold(struct vsx_py_handle *h)
{
	h->n_holders++;
	return h;
}

static void free_pools(struct vsx_py_handle *h)
{
	while (h->n_idle > 0)
		vsx_pool_free(h->idle[--h->n_idle].pool);
}

void vsx_py_handle_drop(struct vsx_py_handle *h)
{
	if (!h || --h->n_holders > 0)
		return;
	free_pools(h);
	vsx_close(h->index);
	free(h);
}

struct vsx *vsx_py_handle_index(const struct vsx_py_handle *h)
{
	return h->index;
}

const struct vsx_facts *vsx_py_handle_facts(const struct vsx_py_handle *h)
{
	return &h->facts;
}

struct vsx_pool *vsx_py_pool_take(struct vsx_py_handle *h,
				  unsigned int n_threads)
{
	struct vsx_pool *pool;
	struct vsx_error err;

	/* One thread is the caller's: such pools are a child's as well. */
	if (n_threads != 1 && h->pid != getpid()) {
		free_pools(h);
		h->pid = getpid();
	}
	for (unsigned int i = h->n_idle; i-- > 0;) {
		if (h->idle[i].n_threads != n_threads)
			continue;
		pool = h->idle[i].pool;
		h->idle[i] = h->idle[--h->n_idle];
		return pool;
	}
	if (vsx_pool_new(&pool, h->index, n_threads, &err)) {
		vsx_py_raise(&err);
		return NULL;
	}
	return pool;
}

void vsx_py_pool_give(struct vsx_py_handle *h, struct vsx_pool *pool,
		      unsigned int n_threads)
{
	if (h->n_idle == MOST_IDLE) {
		vsx_pool_free(pool);
		return;
	}
	h->idle[h->n_idle].pool = pool;
	h->idle[h->n_idle++].n_threads = n_threads;
}
