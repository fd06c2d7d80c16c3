/* Searching an open index. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "segment/dead.h"
#include "segment/exact.h"
#include "segment/looks.h"
#include "read/group.h"
#include "read/opts.h"
#include "read/recall.h"
#include "read/searcher.h"

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

void vsx_stop_set(struct vsx_stop *stop)
{
	__atomic_store_n(&stop->is_set, 1, __ATOMIC_RELAXED);
}

void vsx_stop_clear(struct vsx_stop *stop)
{
	__atomic_store_n(&stop->is_set, 0, __ATOMIC_RELAXED);
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
	struct vsx_scratch *s = find->scratch;
	bool scarce = n && segments[0].scarce;
	uint64_t pages = scarce ? vsx_disk_pages() : 0;

	find->asks = scarce && !s->scans_fast;
	s->looks = (struct vsx_looks){0};
	find->n_all = 0;
	for (uint32_t i = 0; i < n; i++)
		find->n_all += segments[i].n_rows - segments[i].n_dead;
	for (uint32_t i = 0; i < n; i++) {
		const struct vsx_segment *seg = &segments[i];

		VSX_TRY(vsx_find_eligible(find, seg, err));
		if (find->eligible.n == 0)
			continue;
		if (before != seg->kind)
			find->left_of = NULL;
		before = seg->kind;
		VSX_TRY(vsx_looks_end(find, err));
		if (exact)
			VSX_TRY(vsx_exact_search(seg, find, err));
		else
			VSX_TRY(seg->kind->search(seg, find, err));
	}
	if (scarce) {
		pages = vsx_disk_pages() - pages - s->looks.pages;
		s->scans_fast = !vsx_disk_is_slow(pages, find->n_distances);
	}
	return VSX_OK;
}

/* Hits of a range search that there is room for at first. */
#define FIRST_HITS 256

#define MOST_REFINE ((int)(VSX_MAX_REFINE / VSX_REFINE_UNIT))

enum vsx_status vsx_plan_make(struct vsx_search_plan *plan,
			      const struct vsx *index, size_t k,
			      const struct vsx_search_opts *opts,
			      struct vsx_error *err)
{
	struct vsx_search_opts o = VSX_SEARCH_OPTS_INIT;
	enum vsx_status status;

	VSX_TRY(vsx_take_opts(&o, sizeof(o), opts, "vsx_search_opts", err));
	if (k == 0)
		return vsx_fail(err, VSX_EINVAL, "k is 0, expected 1 or more");
	if (!(o.recall >= 0.0 && o.recall <= 1.0))
		return vsx_fail(err, VSX_EINVAL,
				"recall is %g, expected 0 to 1", o.recall);
	if (o.refine != 0.0 && !(o.refine >= 1.0 && o.refine <= MOST_REFINE))
		return vsx_fail(err, VSX_EINVAL,
				"refine is %g, expected 0, or 1 to %d",
				o.refine, MOST_REFINE);
	if (!(o.slack >= 0.0))
		return vsx_fail(err, VSX_EINVAL,
				"slack is %g, expected 0, or more", o.slack);
	if (o.among && o.among->of != index)
		return vsx_fail(err, VSX_EINVAL,
				"the selection is of another index");
	plan->among = o.among;
	plan->group_by = NULL;
	if (o.group_by)
		VSX_TRY(vsx_group_plan(plan, index, o.group_by, err));
	plan->n_eligible = o.among ? o.among->n : index->manifest.n_live;
	plan->k = k < plan->n_eligible ? k : plan->n_eligible;
	plan->exact = o.exact != 0;
	plan->within = false;
	plan->limit = 0.0;
	plan->effort = o.effort;
	/* A recall table is of searches for 100 rows at most, the effort of an
	   index of searches for 10, and groups are found among more rows. */
	plan->all_k = o.group_by || (o.recall > 0.0 && index->manifest.n_recalls
					     ? k > VSX_TRUTH_K
					     : o.effort == 0);
	plan->refine = 0;
	plan->slack = o.slack;
	plan->first_query = o.first_query;
	plan->deadline_ns = o.deadline_ns;
	plan->flag = o.stop ? &o.stop->is_set : NULL;
	if (o.recall > 0.0 && !plan->exact) {
		status = vsx_setting_for(index, o.recall,
					 k > UINT32_MAX ? UINT32_MAX
							: (uint32_t)k,
					 &plan->effort, &plan->refine, err);
		if (status != VSX_OK && status != VSX_ENOTFOUND)
			return status;
	}
	if (o.refine > 0.0)
		plan->refine = vsx_refine_of(o.refine);
	return vsx_setting_fill(index, &plan->effort, &plan->refine, err);
}

enum vsx_status vsx_search_begin(struct vsx_searcher *s,
				 const struct vsx_search_plan *plan,
				 const void *query, enum vsx_elem elem,
				 const uint64_t *self, struct vsx_find *find,
				 struct vsx_error *err)
{
	struct vsx_scratch *scratch = &s->scratch;
	struct vsx_halt *halt = NULL;
	size_t room = plan->k;

	if (plan->within && room > FIRST_HITS)
		room = FIRST_HITS;
	s->stats.effort = plan->exact ? 0 : plan->effort;
	s->stats.n_eligible = plan->n_eligible;
	s->stats.refine =
		plan->exact ? 0.0 : (double)plan->refine / VSX_REFINE_UNIT;

	if (plan->deadline_ns || plan->flag) {
		halt = &s->halt;
		*halt = (struct vsx_halt){.deadline_ns = plan->deadline_ns,
					  .flag = plan->flag};
		VSX_TRY(vsx_halt_look(halt, err));
	}
	if (plan->k > 0) {
		VSX_TRY(vsx_space_prepare(&s->index->space, &scratch->query,
					  query, elem, err));
		VSX_TRY(vsx_grow(&scratch->best, &scratch->best_cap, room,
				 sizeof(*scratch->best), err));
	}
	*find = (struct vsx_find){
		.query = &scratch->query,
		.k = plan->k,
		.effort = plan->effort,
		.all_k = plan->all_k,
		.refine = plan->refine,
		.slack = plan->slack,
		.top = {scratch->best, 0, plan->k},
		.within = plan->within,
		.limit = plan->limit,
		.skip_self = self != NULL,
		.self = self ? *self : 0,
		.scratch = scratch,
		.halt = halt,
		.among = plan->among,
	};
	return VSX_OK;
}

static void count(struct vsx_searcher *s, const struct vsx_find *find)
{
	s->stats.n_distances += find->n_distances;
	s->stats.n_hops += find->n_hops;
	s->stats.n_refused += find->n_refused;
}

void vsx_search_end(struct vsx_searcher *s, struct vsx_find *find)
{
	vsx_topk_sort(&find->top);
	s->stats.n_queries++;
	s->stats.n_complete += find->n_covered == s->stats.n_eligible;
	count(s, find);
}

/* A search that has failed counts as far as it came. */
static enum vsx_status counted(struct vsx_searcher *s,
			       const struct vsx_find *find,
			       enum vsx_status status)
{
	if (status != VSX_OK)
		count(s, find);
	return status;
}

enum vsx_status vsx_search_ask(struct vsx_searcher *s,
			       const struct vsx_search_plan *plan,
			       const void *query, enum vsx_elem elem,
			       const uint64_t *self, bool defers,
			       struct vsx_find *find, struct vsx_error *err)
{
	const struct vsx *index = s->index;

	VSX_TRY(vsx_search_begin(s, plan, query, elem, self, find, err));
	find->defers = defers;
	if (plan->k == 0)
		return VSX_OK;
	return counted(s, find,
		       vsx_find_in(index->segments, index->manifest.n_segments,
				   find, plan->exact, err));
}

enum vsx_status vsx_search_settle(struct vsx_searcher *s, struct vsx_find *find,
				  struct vsx_error *err)
{
	VSX_TRY(counted(s, find, vsx_looks_end(find, err)));
	vsx_search_end(s, find);
	return VSX_OK;
}

enum vsx_status vsx_search_one(struct vsx_searcher *s,
			       const struct vsx_search_plan *plan,
			       const void *query, enum vsx_elem elem,
			       const uint64_t *self, struct vsx_find *find,
			       struct vsx_error *err)
{
	if (plan->group_by && plan->k > 0)
		return vsx_group_search(s, plan, query, elem, self, find, err);
	VSX_TRY(vsx_search_ask(s, plan, query, elem, self, false, find, err));
	return vsx_search_settle(s, find, err);
}

static void give(const struct vsx_searcher *s, const struct vsx_find *find,
		 struct vsx_hit *hits, size_t *n_hits)
{
	const struct vsx_best *best = find->top.heap;

	for (size_t i = 0; i < find->top.n; i++) {
		hits[i].id = best[i].id;
		hits[i].distance =
			vsx_space_distance(&s->index->space, best[i].value);
	}
	*n_hits = find->top.n;
}

enum vsx_status vsx_search_tell(const struct vsx *index, enum vsx_status status,
				const struct vsx_error *why,
				struct vsx_error *err)
{
	if (status == VSX_ENUMERIC || status == VSX_EINVAL ||
	    status == VSX_ESTOPPED) {
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
	struct vsx_search_plan plan;
	struct vsx_find find;

	if (!vsx_elem_name(elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)elem);
	VSX_TRY(vsx_plan_make(&plan, s->index, k, opts, err));
	status = vsx_search_one(s, &plan, query, elem, NULL, &find, &why);
	if (status == VSX_OK)
		give(s, &find, hits, n_hits);
	else
		vsx_search_tell(s->index, status, &why, err);
	return vsx_settle(s->index, status, err);
}

enum vsx_status vsx_search_stored(struct vsx_searcher *s,
				  const struct vsx_search_plan *plan,
				  uint64_t id, struct vsx_find *find,
				  struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = vsx_load_row(s->index, id, s->stored, &why);

	if (status == VSX_OK)
		status = vsx_search_one(s, plan, s->stored, VSX_F32, &id, find,
					&why);
	if (status == VSX_ESTOPPED)
		vsx_search_tell(s->index, status, &why, err);
	else if (status != VSX_OK)
		vsx_with_path(s->index, status, &why, err);
	return vsx_settle(s->index, status, err);
}

enum vsx_status vsx_search_id(struct vsx_searcher *s, uint64_t id, size_t k,
			      const struct vsx_search_opts *opts,
			      struct vsx_hit *hits, size_t *n_hits,
			      struct vsx_error *err)
{
	struct vsx_search_plan plan;
	struct vsx_find find;

	VSX_TRY(vsx_plan_make(&plan, s->index, k, opts, err));
	VSX_TRY(vsx_search_stored(s, &plan, id, &find, err));
	give(s, &find, hits, n_hits);
	return VSX_OK;
}
