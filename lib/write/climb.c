#include "write/climb.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "read/recall.h"
#include "segment/ids.h"
#include "segment/scratch.h"

struct worker {
	struct vsx_scratch scratch;
	struct vsx_rung *rungs; /* [n] of one query */
	struct vsx_rung *sums;	/* [n] over the queries of this thread */
	uint32_t *truth;	/* [truth_k] rows */
};

struct climb {
	const struct vsx_segment *seg;
	const struct vsx_accept *test;
	const struct vsx_recall *recalls; /* their efforts and factors */
	uint32_t n;
	struct worker *workers;
	uint64_t first; /* query that the present stretch begins with */
};

/* The rows that are the neighbours of a query. */
static enum vsx_status truth_rows(const struct climb *c, uint64_t query,
				  uint32_t *rows, struct vsx_error *err)
{
	uint32_t k = c->test->truth_k;

	for (uint32_t j = 0; j < k; j++) {
		uint64_t id = c->test->truth[query * k + j];
		enum vsx_status status =
			vsx_ids_find(c->seg, id, &rows[j], err);

		if (status == VSX_ENOTFOUND)
			return vsx_fail(err, VSX_ECORRUPT,
					"no row has the id %llu of a neighbour",
					(unsigned long long)id);
		if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

static enum vsx_status climb_one(const struct climb *c, struct worker *w,
				 uint64_t query, struct vsx_error *err)
{
	const struct vsx_accept *t = c->test;
	struct vsx_find find = {
		.query = &w->scratch.query,
		.k = t->truth_k,
		.skip_self = t->own != NULL,
		.held_out = t->own != NULL,
		.self = t->own ? t->own[query] : 0,
		.scratch = &w->scratch,
	};

	for (uint32_t i = 0; i < c->n; i++) {
		w->rungs[i].effort = c->recalls[i].effort;
		w->rungs[i].refine = vsx_refine_of(c->recalls[i].refine);
	}
	VSX_TRY(truth_rows(c, query, w->truth, err));
	VSX_TRY(vsx_space_prepare(&c->seg->space, &w->scratch.query,
				  t->queries + query * t->dim, VSX_F32, err));
	VSX_TRY(vsx_segment_climb(c->seg, &find, w->truth, t->truth_k, w->rungs,
				  c->n, err));
	for (uint32_t i = 0; i < c->n; i++) {
		for (int d = 0; d < 3; d++)
			w->sums[i].found[d] += w->rungs[i].found[d];
		w->sums[i].n_distances += w->rungs[i].n_distances;
	}
	return VSX_OK;
}

static enum vsx_status climb_some(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	struct climb *c = context;

	for (uint64_t i = first; i < last; i++)
		VSX_TRY(climb_one(c, &c->workers[thread], c->first + i, err));
	return VSX_OK;
}

static enum vsx_status make_workers(struct climb *c, unsigned int n_threads,
				    struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&c->workers, n_threads, sizeof(*c->workers), err));
	for (unsigned int t = 0; t < n_threads; t++) {
		struct worker *w = &c->workers[t];

		VSX_TRY(vsx_scratch_init(&w->scratch, c->test->dim, err));
		VSX_TRY(vsx_alloc_to(&w->rungs, c->n, sizeof(*w->rungs), err));
		VSX_TRY(vsx_alloc_to(&w->sums, c->n, sizeof(*w->sums), err));
		VSX_TRY(vsx_alloc_to(&w->truth, c->test->truth_k,
				     sizeof(*w->truth), err));
	}
	return VSX_OK;
}

static void free_workers(struct climb *c, unsigned int n_threads)
{
	for (unsigned int t = 0; c->workers && t < n_threads; t++) {
		vsx_scratch_release(&c->workers[t].scratch);
		free(c->workers[t].rungs);
		free(c->workers[t].sums);
		free(c->workers[t].truth);
	}
	free(c->workers);
}

static double share(uint64_t found, const struct vsx_accept *t, uint32_t k)
{
	return (double)found /
	       (double)((uint64_t)(k < t->truth_k ? k : t->truth_k) *
			t->n_queries);
}

static void add_up(const struct climb *c, unsigned int n_threads,
		   struct vsx_recall *recalls)
{
	for (uint32_t i = 0; i < c->n; i++) {
		uint64_t found[3] = {0}, n_distances = 0;

		for (unsigned int t = 0; t < n_threads; t++) {
			const struct vsx_rung *r = &c->workers[t].sums[i];

			for (int d = 0; d < 3; d++)
				found[d] += r->found[d];
			n_distances += r->n_distances;
		}
		recalls[i].at_1 = share(found[0], c->test, 1);
		recalls[i].at_10 = share(found[1], c->test, 10);
		recalls[i].at_100 = share(found[2], c->test, 100);
		recalls[i].distances = (double)n_distances / c->test->n_queries;
	}
}

/* Queries of each thread between two reports of progress. */
#define STEP 64

enum vsx_status vsx_climb(const struct vsx_segment *seg,
			  const struct vsx_accept *test, struct vsx_job *job,
			  const struct vsx_phase *phase,
			  struct vsx_recall *recalls, uint32_t n,
			  struct vsx_error *err)
{
	struct climb c = {.seg = seg, .test = test, .recalls = recalls, .n = n};
	enum vsx_status status = make_workers(&c, job->n_threads, err);

	while (status == VSX_OK && c.first < test->n_queries) {
		uint64_t some = (uint64_t)STEP * job->n_threads;

		if (some > test->n_queries - c.first)
			some = test->n_queries - c.first;
		status = job->progress(job, phase, c.first, test->n_queries,
				       err);
		if (status == VSX_OK)
			status = vsx_parallel(job->n_threads, some, 8,
					      climb_some, &c, err);
		c.first += some;
	}
	if (status == VSX_OK)
		add_up(&c, job->n_threads, recalls);
	free_workers(&c, job->n_threads);
	return status;
}
