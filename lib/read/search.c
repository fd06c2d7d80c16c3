/* Searching an open index. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "kind/scarce.h"
#include "segment/dead.h"
#include "segment/exact.h"
#include "segment/scratch.h"
#include "read/handle.h"
#include "read/opts.h"

struct vsx_searcher {
	const struct vsx *index;
	struct vsx_scratch scratch;
	float *stored; /* components of a stored row, for vsx_search_id() */
	struct vsx_search_stats stats;
};

enum vsx_status vsx_searcher_new(struct vsx_searcher **out,
				 const struct vsx *index, struct vsx_error *err)
{
	struct vsx_searcher *s = NULL;
	uint32_t dim = index->manifest.dim;

	*out = NULL;
	if (vsx_alloc_to(&s, 1, sizeof(*s), err) ||
	    vsx_scratch_init(&s->scratch, dim, err) ||
	    vsx_alloc_to(&s->stored, dim, sizeof(float), err)) {
		vsx_searcher_free(s);
		return VSX_ENOMEM;
	}
	s->index = index;
	*out = s;
	return VSX_OK;
}

void vsx_searcher_free(struct vsx_searcher *s)
{
	if (!s)
		return;
	vsx_scratch_release(&s->scratch);
	free(s->stored);
	free(s);
}

void vsx_get_stats_sized(const struct vsx_searcher *s,
			 struct vsx_search_stats *stats, size_t size)
{
	struct vsx_search_stats local = s->stats;

	local.n_pages_checked = atomic_load(&s->index->n_checked);
	vsx_give(stats, size, &local, sizeof(local));
}

enum vsx_status vsx_find_in(const struct vsx_segment *segments, uint32_t n,
			    struct vsx_find *find, bool exact,
			    struct vsx_error *err)
{
	const struct vsx_kind *before = NULL;

	if (n && segments[0].scarce)
		vsx_find_scarce(find);
	for (uint32_t i = 0; i < n; i++) {
		const struct vsx_segment *seg = &segments[i];

		VSX_TRY(vsx_find_eligible(find, seg, err));
		if (find->eligible.n == 0)
			continue;
		if (before != seg->kind)
			find->left_of = NULL;
		before = seg->kind;
		if (exact)
			VSX_TRY(vsx_exact_search(seg, find, err));
		else
			VSX_TRY(seg->kind->search(seg, find, err));
	}
	find->scratch->n_before = find->n_distances;
	return VSX_OK;
}

/* How a search is to be done, its options checked. */
struct plan {
	size_t k;
	uint32_t effort;
	bool exact;
	uint64_t first_query;
};

static enum vsx_status make_plan(const struct vsx *index, size_t k,
				 const struct vsx_search_opts *opts,
				 struct plan *plan, struct vsx_error *err)
{
	struct vsx_search_opts o = VSX_SEARCH_OPTS_INIT;
	enum vsx_status status;

	VSX_TRY(vsx_take_opts(&o, sizeof(o), opts, "vsx_search_opts", err));
	if (k == 0)
		return vsx_fail(err, VSX_EINVAL, "k is 0, expected 1 or more");
	if (!(o.recall >= 0.0 && o.recall <= 1.0))
		return vsx_fail(err, VSX_EINVAL,
				"recall is %g, expected 0 to 1", o.recall);
	plan->k = k < index->manifest.n_live ? k : index->manifest.n_live;
	plan->exact = o.exact != 0;
	plan->effort = o.effort;
	plan->first_query = o.first_query;
	if (o.recall > 0.0 && !plan->exact) {
		status = vsx_effort_or_most(index, o.recall,
					    k > UINT32_MAX ? UINT32_MAX
							   : (uint32_t)k,
					    &plan->effort, err);
		if (status != VSX_OK && status != VSX_ENOTFOUND)
			return status;
	}
	if (plan->effort == 0)
		plan->effort = index->manifest.default_effort;
	return VSX_OK;
}

/* Make a query ready, and its find. */
static enum vsx_status begin(struct vsx_searcher *s, const struct plan *plan,
			     const void *query, enum vsx_elem elem,
			     const uint64_t *self, struct vsx_find *find,
			     struct vsx_error *err)
{
	struct vsx_scratch *scratch = &s->scratch;

	VSX_TRY(vsx_space_prepare(&s->index->space, &scratch->query, query,
				  elem, err));
	VSX_TRY(vsx_grow(&scratch->best, &scratch->best_cap, plan->k,
			 sizeof(*scratch->best), err));
	*find = (struct vsx_find){
		.query = &scratch->query,
		.k = plan->k,
		.effort = plan->effort,
		.top = {scratch->best, 0, plan->k},
		.skip_self = self != NULL,
		.self = self ? *self : 0,
		.scratch = scratch,
	};
	return VSX_OK;
}

/* What a find has collected, nearest first. */
static void finish(struct vsx_searcher *s, struct vsx_find *find,
		   struct vsx_hit *hits, size_t *n_hits)
{
	const struct vsx_space *space = &s->index->space;
	const struct vsx_best *best = find->top.heap;

	vsx_topk_sort(&find->top);
	for (size_t i = 0; i < find->top.n; i++) {
		hits[i].id = best[i].id;
		hits[i].distance = vsx_space_distance(space, best[i].value);
	}
	*n_hits = find->top.n;
	s->stats.n_queries++;
	s->stats.n_distances += find->n_distances;
	s->stats.n_hops += find->n_hops;
}

static enum vsx_status search_one(struct vsx_searcher *s, const void *query,
				  enum vsx_elem elem, const struct plan *plan,
				  const uint64_t *self, struct vsx_hit *hits,
				  size_t *n_hits, struct vsx_error *err)
{
	const struct vsx *index = s->index;
	struct vsx_find find;

	if (index->manifest.n_live == 0) {
		*n_hits = 0;
		return VSX_OK;
	}
	VSX_TRY(begin(s, plan, query, elem, self, &find, err));
	VSX_TRY(vsx_find_in(index->segments, index->manifest.n_segments, &find,
			    plan->exact, err));
	finish(s, &find, hits, n_hits);
	return VSX_OK;
}

/* Damage is told with the path, a bad query without it. */
static enum vsx_status tell(const struct vsx *index, enum vsx_status status,
			    const struct vsx_error *why, struct vsx_error *err)
{
	if (status == VSX_ENUMERIC || status == VSX_EINVAL) {
		if (err)
			*err = *why;
		return status;
	}
	return vsx_with_path(index, status, why, err);
}

enum vsx_status vsx_search(struct vsx_searcher *s, const void *query,
			   enum vsx_elem elem, size_t k,
			   const struct vsx_search_opts *opts,
			   struct vsx_hit *hits, size_t *n_hits,
			   struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;
	struct plan plan;

	if (!vsx_elem_name(elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)elem);
	VSX_TRY(make_plan(s->index, k, opts, &plan, err));
	status = search_one(s, query, elem, &plan, NULL, hits, n_hits, &why);
	if (status != VSX_OK)
		tell(s->index, status, &why, err);
	return vsx_settle(s->index, status, err);
}

/* The live row with an id, newest segment first. */
static enum vsx_status find_row(const struct vsx *index, uint64_t id,
				const struct vsx_segment **seg,
				uint64_t *offset, struct vsx_error *err)
{
	for (uint32_t i = index->manifest.n_segments; i-- > 0;) {
		enum vsx_status status;
		uint32_t row;

		*seg = &index->segments[i];
		status = vsx_live_find(*seg, id, &row, err);
		if (status == VSX_OK)
			return vsx_segment_locate(*seg, row, offset, err);
		if (status != VSX_ENOTFOUND)
			return status;
	}
	return vsx_fail(err, VSX_ENOTFOUND, "no row has the id %llu",
			(unsigned long long)id);
}

static enum vsx_status load_row(const struct vsx *index, uint64_t id,
				float *vector, struct vsx_error *err)
{
	const struct vsx_segment *seg = NULL;
	uint64_t offset;

	VSX_TRY(find_row(index, id, &seg, &offset, err));
	vsx_space_load(&seg->space, vector,
		       seg->view[VSX_SEC_VECS].base + offset);
	return VSX_OK;
}

enum vsx_status vsx_get(const struct vsx *index, uint64_t id, float *vector,
			struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = load_row(index, id, vector, &why);

	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	return vsx_settle(index, status, err);
}

enum vsx_status vsx_search_id(struct vsx_searcher *s, uint64_t id, size_t k,
			      const struct vsx_search_opts *opts,
			      struct vsx_hit *hits, size_t *n_hits,
			      struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;
	struct plan plan;

	VSX_TRY(make_plan(s->index, k, opts, &plan, err));
	status = load_row(s->index, id, s->stored, &why);
	if (status == VSX_OK)
		status = search_one(s, s->stored, VSX_F32, &plan, &id, hits,
				    n_hits, &why);
	if (status != VSX_OK)
		vsx_with_path(s->index, status, &why, err);
	return vsx_settle(s->index, status, err);
}

struct batch {
	const struct vsx *index;
	struct vsx_searcher **searchers; /* [threads][together] */
	struct vsx_find *finds;		 /* the same */
	uint32_t together;
	const uint8_t *queries;
	enum vsx_elem elem;
	size_t row_bytes, k;
	struct plan plan;
	struct vsx_hit *hits;
	size_t *n_hits;
};

static enum vsx_status of_query(const struct batch *b, uint64_t i,
				enum vsx_status status,
				const struct vsx_error *why,
				struct vsx_error *err)
{
	return vsx_fail_query(err, status, b->plan.first_query + i, why);
}

/* The rows come from memory once for all of them. */
static enum vsx_status scan_together(struct batch *b, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	struct vsx_searcher **searchers =
		b->searchers + (size_t)thread * b->together;
	uint32_t n = (uint32_t)(last - first);
	struct vsx_find *finds = b->finds + (size_t)thread * b->together;
	struct vsx_error why = {0};
	enum vsx_status status;

	for (uint32_t i = 0; i < n; i++) {
		status = begin(searchers[i], &b->plan,
			       b->queries + (first + i) * b->row_bytes, b->elem,
			       NULL, &finds[i], &why);
		if (status != VSX_OK)
			return of_query(b, first + i, status, &why, err);
	}
	for (uint32_t s = 0; s < b->index->manifest.n_segments; s++) {
		status =
			vsx_exact_batch(&b->index->segments[s], finds, n, &why);
		if (status != VSX_OK)
			return of_query(b, first, status, &why, err);
	}
	for (uint32_t i = 0; i < n; i++)
		finish(searchers[i], &finds[i], b->hits + (first + i) * b->k,
		       &b->n_hits[first + i]);
	return VSX_OK;
}

static enum vsx_status search_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct batch *b = context;

	if (b->together > 1)
		return scan_together(b, thread, first, last, err);
	for (uint64_t i = first; i < last; i++) {
		struct vsx_error why = {0};
		enum vsx_status status;

		status = search_one(b->searchers[thread],
				    b->queries + i * b->row_bytes, b->elem,
				    &b->plan, NULL, b->hits + i * b->k,
				    &b->n_hits[i], &why);
		if (status != VSX_OK)
			return of_query(b, i, status, &why, err);
	}
	return VSX_OK;
}

/* How many queries share a scan. */
static uint32_t share(const struct vsx *index, const struct plan *plan,
		      size_t n, unsigned int n_threads)
{
	const struct vsx_segment *segments = index->segments;
	bool exact = plan->exact;

	if (!exact && index->manifest.n_segments) {
		exact = true;
		for (uint32_t i = 0; i < index->manifest.n_segments; i++)
			if (!vsx_kind_is_exact(segments[i].kind))
				exact = false;
	}
	if (!exact || index->manifest.n_segments == 0)
		return 1;
	return vsx_exact_share(n, n_threads, index->manifest.dim, plan->k);
}

/* Queries that a thread takes at a time in a search that is not exact. */
#define CHUNK 8

static enum vsx_status run_batch(struct batch *b, size_t n,
				 unsigned int n_threads,
				 struct vsx_search_stats *stats,
				 struct vsx_error *err)
{
	size_t n_searchers = (size_t)n_threads * b->together;
	enum vsx_status status = VSX_OK;

	VSX_TRY(vsx_alloc_to(&b->searchers, n_searchers, sizeof(*b->searchers),
			     err));
	status = vsx_alloc_to(&b->finds, n_searchers, sizeof(*b->finds), err);
	for (size_t i = 0; status == VSX_OK && i < n_searchers; i++)
		status = vsx_searcher_new(&b->searchers[i], b->index, err);
	if (status == VSX_OK)
		status = vsx_parallel(n_threads, n,
				      b->together > 1 ? b->together : CHUNK,
				      search_some, b, err);
	for (size_t i = 0; i < n_searchers; i++) {
		struct vsx_searcher *s = b->searchers[i];

		if (s && stats) {
			stats->n_queries += s->stats.n_queries;
			stats->n_distances += s->stats.n_distances;
			stats->n_hops += s->stats.n_hops;
		}
		vsx_searcher_free(s);
	}
	free(b->finds);
	free(b->searchers);
	if (stats)
		stats->n_pages_checked = atomic_load(&b->index->n_checked);
	return status;
}

enum vsx_status vsx_search_batch_sized(
	const struct vsx *index, const void *queries, enum vsx_elem elem,
	size_t n, size_t k, const struct vsx_search_opts *opts,
	unsigned int n_threads, struct vsx_hit *hits, size_t *n_hits,
	struct vsx_search_stats *stats, size_t size, struct vsx_error *err)
{
	struct batch b = {.index = index,
			  .queries = queries,
			  .elem = elem,
			  .k = k,
			  .hits = hits,
			  .n_hits = n_hits};
	struct vsx_search_stats sum = {0};
	struct vsx_error why = {0};
	enum vsx_status status;

	if (stats)
		vsx_give(&sum, sizeof(sum), stats, size);
	if (!vsx_elem_name(elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)elem);
	VSX_TRY(make_plan(index, k, opts, &b.plan, err));
	if (index->manifest.n_live == 0) {
		memset(n_hits, 0, n * sizeof(*n_hits));
		return VSX_OK;
	}
	b.row_bytes = (size_t)index->manifest.dim * vsx_elem_bytes(elem);
	n_threads = vsx_thread_count(n_threads);
	if (n_threads > n)
		n_threads = n ? (unsigned int)n : 1;
	b.together = share(index, &b.plan, n, n_threads);
	status = run_batch(&b, n, n_threads, &sum, &why);
	if (status != VSX_OK)
		tell(index, status, &why, err);
	else if (stats)
		memcpy(stats, &sum, size < sizeof(sum) ? size : sizeof(sum));
	return vsx_settle(index, status, err);
}
