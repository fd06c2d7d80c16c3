#include "read/accept.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "segment/dead.h"
#include "segment/exact.h"
#include "segment/scratch.h"
#include "read/handle.h"

/* One thread's place to work: a scratch and a heap for each query at hand. */
struct desk {
	struct vsx_scratch *scratch; /* [together] */
	struct vsx_find *finds;	     /* [together] */
	struct vsx_best *heaps;	     /* [together][k] */
	struct vsx_exact_room room;
	uint32_t n; /* scratches made */
};

struct work {
	const struct vsx_segment *segments;
	uint32_t n_segments;
	const struct vsx_accept *test;
	uint32_t k;
	uint32_t effort, refine;
	uint64_t first; /* query of the step at hand */
	struct desk *desks;
	uint64_t *n_distances; /* of each query */
	uint64_t *n_hops;      /* likewise */
	uint32_t (*found)[3];  /* of each query */
};

static enum vsx_status make_desks(struct work *w, unsigned int n_threads,
				  uint32_t together, struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&w->desks, n_threads, sizeof(*w->desks), err));
	for (unsigned int t = 0; t < n_threads; t++) {
		struct desk *d = &w->desks[t];

		VSX_TRY(vsx_alloc_to(&d->scratch, together, sizeof(*d->scratch),
				     err));
		VSX_TRY(vsx_alloc_to(&d->finds, together, sizeof(*d->finds),
				     err));
		VSX_TRY(vsx_alloc_to(&d->heaps, (size_t)together * w->k,
				     sizeof(*d->heaps), err));
		for (; d->n < together; d->n++)
			VSX_TRY(vsx_scratch_init(&d->scratch[d->n],
						 w->test->dim, err));
	}
	return VSX_OK;
}

static void free_desks(struct work *w, unsigned int n_threads)
{
	for (unsigned int t = 0; w->desks && t < n_threads; t++) {
		for (uint32_t i = 0; i < w->desks[t].n; i++)
			vsx_scratch_release(&w->desks[t].scratch[i]);
		free(w->desks[t].scratch);
		free(w->desks[t].finds);
		free(w->desks[t].heaps);
		vsx_exact_room_release(&w->desks[t].room);
	}
	free(w->desks);
}

/* Make query i ready for a search by desk d, place p. */
static enum vsx_status ready(const struct work *w, struct desk *d, uint32_t p,
			     uint64_t i, struct vsx_find *find,
			     struct vsx_error *err)
{
	const struct vsx_accept *t = w->test;
	struct vsx_scratch *s = &d->scratch[p];

	VSX_TRY(vsx_space_prepare(&w->segments[0].space, &s->query,
				  t->queries + i * t->dim, VSX_F32, err));
	*find = (struct vsx_find){
		.query = &s->query,
		.k = w->k,
		.effort = w->effort,
		.refine = w->refine,
		.top = {d->heaps + (size_t)p * w->k, 0, w->k},
		.skip_self = t->own != NULL,
		.held_out = t->own != NULL,
		.self = t->own ? t->own[i] : 0,
		.scratch = s,
	};
	return VSX_OK;
}

static enum vsx_status truth_of_some(void *context, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	struct work *w = context;
	struct vsx_find *finds = w->desks[thread].finds;
	uint32_t n = (uint32_t)(last - first);
	struct vsx_exact_room *room = &w->desks[thread].room;

	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(ready(w, &w->desks[thread], i, first + i, &finds[i],
			      err));
	for (uint32_t s = 0; s < w->n_segments; s++)
		VSX_TRY(vsx_exact_batch(room, &w->segments[s], finds, n, err));
	for (uint32_t i = 0; i < n; i++) {
		const struct vsx_accept *t = w->test;
		uint64_t *truth = t->truth + (first + i) * t->truth_k;

		vsx_topk_sort(&finds[i].top);
		for (uint32_t j = 0; j < finds[i].top.n; j++)
			truth[j] = finds[i].top.heap[j].id;
		if (t->n_truth)
			t->n_truth[first + i] = (uint32_t)finds[i].top.n;
	}
	return VSX_OK;
}

/* Queries of a thread between two reports of progress. */
#define STEP 64

static enum vsx_status tell(const struct vsx_accept *test, uint64_t done,
			    struct vsx_error *err)
{
	return test->progress ? test->progress(test->context, done,
					       test->n_queries, err)
			      : VSX_OK;
}

enum vsx_status vsx_accept_truth(const struct vsx_segment *segments, uint32_t n,
				 struct vsx_accept *test,
				 unsigned int n_threads, struct vsx_error *err)
{
	struct work w = {.segments = segments,
			 .n_segments = n,
			 .test = test,
			 .k = test->truth_k,
			 .effort = 0};
	struct vsx_accept part = *test;
	uint32_t together =
		vsx_exact_share(test->n_queries, n_threads, test->dim,
				test->truth_k, test->memory);
	enum vsx_status status;

	w.test = &part;
	status = make_desks(&w, n_threads, together, err);
	for (uint32_t at = 0; status == VSX_OK && at < test->n_queries;) {
		uint32_t some = together * n_threads;

		if (some > test->n_queries - at)
			some = test->n_queries - at;
		part.queries = test->queries + (size_t)at * test->dim;
		part.own = test->own ? test->own + at : NULL;
		part.truth = test->truth + (size_t)at * test->truth_k;
		part.n_truth = test->n_truth ? test->n_truth + at : NULL;
		status = tell(test, at, err);
		if (status == VSX_OK)
			status = vsx_parallel(n_threads, some, together,
					      truth_of_some, &w, err);
		at += some;
	}
	free_desks(&w, n_threads);
	return status;
}

/* How many of the first `at` hits are among the first `at` true ones. */
static uint32_t count_found(const struct vsx_topk *top, const uint64_t *truth,
			    uint32_t at)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < at && i < top->n; i++)
		for (uint32_t j = 0; j < at; j++)
			if (top->heap[i].id == truth[j]) {
				found++;
				break;
			}
	return found;
}

static const uint32_t depths[3] = {1, 10, 100};

/* At a depth, among the neighbours of query q that are known. */
static uint32_t depth(const struct vsx_accept *test, uint64_t q, int i)
{
	uint32_t known = test->n_truth ? test->n_truth[q] : test->truth_k;

	return depths[i] < known ? depths[i] : known;
}

uint32_t vsx_accept_n_telling(const struct vsx_accept *test)
{
	uint32_t n = 0;

	if (!test->n_truth)
		return test->truth_k ? test->n_queries : 0;
	for (uint32_t i = 0; i < test->n_queries; i++)
		n += test->n_truth[i] > 0;
	return n;
}

static enum vsx_status measure_some(void *context, unsigned int thread,
				    uint64_t first, uint64_t last,
				    struct vsx_error *err)
{
	struct work *w = context;

	for (uint64_t i = w->first + first; i < w->first + last; i++) {
		const struct vsx_accept *t = w->test;
		struct vsx_find find;

		VSX_TRY(ready(w, &w->desks[thread], 0, i, &find, err));
		VSX_TRY(vsx_find_in(w->segments, w->n_segments, &find, false,
				    err));
		vsx_topk_sort(&find.top);
		for (int d = 0; d < 3; d++)
			if (depth(t, i, d) <= w->k)
				w->found[i][d] = count_found(
					&find.top, t->truth + i * t->truth_k,
					depth(t, i, d));
		w->n_distances[i] = find.n_distances;
		w->n_hops[i] = find.n_hops;
	}
	return VSX_OK;
}

/*
 * recall@1 and @10 are those of a search for 10, @100 that of a search for 100:
 * a pool of at least 100 would make the first two look better than they are.
 */
static enum vsx_status measure_at(struct work *w, unsigned int n_threads,
				  uint32_t k, struct vsx_error *err)
{
	uint64_t n = w->test->n_queries;
	enum vsx_status status;

	w->k = k < w->test->truth_k ? k : w->test->truth_k;
	status = make_desks(w, n_threads, 1, err);
	for (w->first = 0; status == VSX_OK && w->first < n;) {
		uint64_t some = (uint64_t)STEP * n_threads;

		if (some > n - w->first)
			some = n - w->first;
		status = tell(w->test, w->first, err);
		if (status == VSX_OK)
			status = vsx_parallel(n_threads, some, 8, measure_some,
					      w, err);
		w->first += some;
	}
	free_desks(w, n_threads);
	w->desks = NULL;
	return status;
}

static double share(const struct work *w, int d)
{
	uint64_t found = 0, of = 0;

	for (uint32_t i = 0; i < w->test->n_queries; i++) {
		found += w->found[i][d];
		of += depth(w->test, i, d);
	}
	return of ? (double)found / (double)of : 0.0;
}

static double mean(const uint64_t *of, uint32_t n)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += of[i];
	return n ? (double)sum / n : 0.0;
}

static void free_counts(struct work *w)
{
	free(w->found);
	free(w->n_distances);
	free(w->n_hops);
}

static enum vsx_status measure_10(struct work *w, unsigned int n_threads,
				  struct vsx_error *err)
{
	uint32_t n = w->test->n_queries;

	VSX_TRY(vsx_alloc_to(&w->found, n, sizeof(*w->found), err));
	VSX_TRY(vsx_alloc_to(&w->n_distances, n, sizeof(*w->n_distances), err));
	VSX_TRY(vsx_alloc_to(&w->n_hops, n, sizeof(*w->n_hops), err));
	return measure_at(w, n_threads, 10, err);
}

enum vsx_status vsx_accept_measure(const struct vsx_segment *segments,
				   uint32_t n, const struct vsx_accept *test,
				   uint32_t effort, uint32_t refine,
				   unsigned int n_threads,
				   struct vsx_recall *out,
				   struct vsx_error *err)
{
	struct work w = {.segments = segments,
			 .n_segments = n,
			 .test = test,
			 .effort = effort,
			 .refine = refine};
	enum vsx_status status;

	memset(out, 0, sizeof(*out));
	out->effort = effort;
	out->refine = (double)refine / VSX_REFINE_UNIT;
	status = measure_10(&w, n_threads, err);
	if (status == VSX_OK) {
		out->at_1 = share(&w, 0);
		out->at_10 = share(&w, 1);
		out->distances = mean(w.n_distances, test->n_queries);
		status = measure_at(&w, n_threads, 100, err);
	}
	if (status == VSX_OK)
		out->at_100 = share(&w, 2);
	free_counts(&w);
	return status;
}

bool vsx_accept_is_exact(const struct vsx_segment *segments, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!vsx_segment_is_exact(&segments[i]))
			return false;
	return true;
}

enum vsx_status vsx_accept_recall_10(const struct vsx_segment *segments,
				     uint32_t n, const struct vsx_accept *test,
				     uint32_t effort, uint32_t refine,
				     unsigned int n_threads, double *recall,
				     struct vsx_work *work,
				     struct vsx_error *err)
{
	struct work w = {.segments = segments,
			 .n_segments = n,
			 .test = test,
			 .effort = effort,
			 .refine = refine};
	enum vsx_status status;

	status = measure_10(&w, n_threads, err);
	if (status == VSX_OK)
		*recall = share(&w, 1);
	if (status == VSX_OK && work)
		*work = (struct vsx_work){
			mean(w.n_distances, test->n_queries),
			mean(w.n_hops, test->n_queries),
		};
	free_counts(&w);
	return status;
}
