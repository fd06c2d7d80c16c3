/*
 * Building an HNSW graph with many threads and always the same outcome: rows
 * are inserted in batches. All rows of a batch search the graph as the batch
 * found it; then their links, and the links back to them, are set in a fixed
 * order. (The idea: Dobson, Shen, Blelloch, Dhulipala, Gu, Simhadri, Sun,
 * "ParlayANN: Scalable and Deterministic Parallel Graph-Based Approximate
 * Nearest Neighbor Search Algorithms", PPoPP 2024, section 4.)
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "kind/hnsw/build_graph.h"

/*
 * A batch is at most one row for so many that are in already: rows of a batch
 * do not see each other, and those of large batches would miss links.
 */
#define BATCH_SHARE 200
#define BATCH_MOST  8192

/* A link back, from a row of the batch to a row that it chose. */
struct back_link {
	uint32_t target;
	struct vsx_candidate from;
};

struct worker {
	struct vsx_scratch scratch;
	struct vsx_query query; /* of the heuristic's comparisons */
	struct vsx_candidate *candidates;
	uint8_t *was_tidy;
};

struct build {
	struct vsx_graph *graph;
	struct vsx_job *job;
	struct worker *workers;
	uint32_t first; /* rank of the first row of the batch */
	uint32_t level; /* whose back links are being set */
	struct back_link *backs;
	size_t n_backs, backs_cap;
	uint32_t *groups; /* first back link of each target */
	size_t groups_cap;
};

static uint32_t top_level(const struct vsx_graph *g, uint32_t rank)
{
	uint32_t level = g->n_levels - 1;

	while (g->level[level].n_slots <= rank)
		level--;
	return level;
}

static void set_links(struct vsx_graph *g, uint32_t level, uint32_t row,
		      const struct vsx_candidate *c, uint32_t n, uint32_t tidy)
{
	struct vsx_graph_level *l = &g->level[level];
	uint32_t slot = vsx_graph_slot(g, level, row);
	size_t at = (size_t)slot * l->degree;

	for (uint32_t i = 0; i < n; i++) {
		l->links[at + i] = c[i].row;
		l->keys[at + i] = c[i].key;
	}
	for (uint32_t i = n; i < l->degree; i++)
		l->links[at + i] = VSX_HNSW_NO_LINK;
	l->count[slot] = (uint16_t)n;
	l->tidy[slot] = (uint16_t)tidy;
}

/* Choose the links of a new row on one level from the pool of its search. */
static void choose_links(struct vsx_graph *g, struct worker *w,
			 const struct vsx_walk *walk, uint32_t level,
			 uint32_t row)
{
	const uint64_t *pool = walk->scratch->pool;
	uint32_t n = (uint32_t)walk->n;

	for (uint32_t i = 0; i < n; i++) {
		w->candidates[i].key = vsx_pool_key(pool[i]);
		w->candidates[i].row = vsx_pool_row(pool[i]);
	}
	if (n > g->m)
		n = vsx_graph_select(g->rows->space, g->rows->base, &w->query,
				     w->candidates, NULL, n, g->m);
	set_links(g, level, row, w->candidates, n, walk->n > g->m ? n : 0);
}

/* Search for the neighbours of one row and set its own links. */
static enum vsx_status insert(struct vsx_graph *g, struct worker *w,
			      uint32_t rank, struct vsx_error *err)
{
	const struct vsx_space *space = g->rows->space;
	uint32_t row = g->order[rank], at = g->order[0], key;
	uint32_t top = top_level(g, rank), level = g->n_levels - 1;
	struct vsx_scratch *s = &w->scratch;
	struct vsx_walk walk;
	struct vsx_level view;

	vsx_space_row_query(space, &s->query,
			    g->rows->base + (size_t)row * space->stride);
	s->code.asked = &s->query; /* no bounds are wanted */
	s->code.longest = 0.0;
	VSX_TRY(vsx_walk_begin(&walk, s, &s->code, 0, g->rows->n,
			       g->ef_construction, 2 * g->m, err));
	vsx_space_keys(space, &s->query, g->rows->base, &at, 1, &key);
	for (; level > top; level--) {
		vsx_graph_view(g, level, &view);
		VSX_TRY(vsx_walk_greedy(&walk, &view, &at, &key, err));
	}
	for (;; level--) {
		size_t n = walk.n;

		/* What the level above found are the places to start from. */
		vsx_graph_view(g, level, &view);
		if (n == 0)
			VSX_TRY(vsx_walk_enter(&walk, &view, at,
					       g->ef_construction, &key, err));
		for (size_t i = 0; i < n; i++) {
			s->pool[i] &= ~UINT64_C(1);
			walk.marks[vsx_pool_row(s->pool[i])] = s->epoch;
		}
		VSX_TRY(vsx_walk_beam(&walk, &view, g->ef_construction, err));
		choose_links(g, w, &walk, level, row);
		if (level == 0)
			return VSX_OK;
		vsx_walk_next_level(&walk);
	}
}

static enum vsx_status insert_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct build *b = context;

	for (uint64_t i = first; i < last; i++)
		VSX_TRY(insert(b->graph, &b->workers[thread],
			       b->first + (uint32_t)i, err));
	return VSX_OK;
}

static int by_target(const void *pa, const void *pb)
{
	const struct back_link *a = pa, *b = pb;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	if (a->from.key != b->from.key)
		return a->from.key < b->from.key ? -1 : 1;
	return a->from.row < b->from.row ? -1 : a->from.row > b->from.row;
}

/* All links of the batch on a level, turned round, by target. */
static enum vsx_status collect_backs(struct build *b, uint32_t last,
				     size_t *n_groups, struct vsx_error *err)
{
	struct vsx_graph *g = b->graph;
	struct vsx_graph_level *l = &g->level[b->level];

	if (last > l->n_slots)
		last = l->n_slots;
	b->n_backs = 0;
	*n_groups = 0;
	for (uint32_t rank = b->first; rank < last; rank++) {
		uint32_t row = g->order[rank];
		uint32_t slot = vsx_graph_slot(g, b->level, row);
		size_t at = (size_t)slot * l->degree;

		VSX_TRY(vsx_grow(&b->backs, &b->backs_cap,
				 b->n_backs + l->count[slot], sizeof(*b->backs),
				 err));
		for (uint32_t i = 0; i < l->count[slot]; i++) {
			struct back_link *back = &b->backs[b->n_backs++];

			back->target = l->links[at + i];
			back->from.key = l->keys[at + i];
			back->from.row = row;
		}
	}
	qsort(b->backs, b->n_backs, sizeof(*b->backs), by_target);
	VSX_TRY(vsx_grow(&b->groups, &b->groups_cap, b->n_backs + 1,
			 sizeof(*b->groups), err));
	for (size_t i = 0; i < b->n_backs; i++)
		if (i == 0 || b->backs[i].target != b->backs[i - 1].target)
			b->groups[(*n_groups)++] = (uint32_t)i;
	b->groups[*n_groups] = (uint32_t)b->n_backs;
	return VSX_OK;
}

struct tagged {
	struct vsx_candidate c;
	uint8_t tidy;
};

static int by_key(const void *pa, const void *pb)
{
	const struct tagged *a = pa, *b = pb;

	if (a->c.key != b->c.key)
		return a->c.key < b->c.key ? -1 : 1;
	return a->c.row < b->c.row ? -1 : a->c.row > b->c.row;
}

/* Add n links back to a target; prune its list when they do not fit. */
static enum vsx_status link_back(struct build *b, struct worker *w,
				 const struct back_link *backs, uint32_t n,
				 struct vsx_error *err)
{
	struct vsx_graph *g = b->graph;
	struct vsx_graph_level *l = &g->level[b->level];
	uint32_t target = backs[0].target;
	uint32_t slot = vsx_graph_slot(g, b->level, target);
	uint32_t have = l->count[slot], total = have + n, kept;
	size_t at = (size_t)slot * l->degree;
	struct tagged *all;

	if (total <= l->degree) {
		for (uint32_t i = 0; i < n; i++) {
			l->links[at + have + i] = backs[i].from.row;
			l->keys[at + have + i] = backs[i].from.key;
		}
		l->count[slot] = (uint16_t)total;
		return VSX_OK;
	}
	VSX_TRY(vsx_alloc_to(&all, total, sizeof(*all), err));
	for (uint32_t i = 0; i < have; i++) {
		all[i].c.key = l->keys[at + i];
		all[i].c.row = l->links[at + i];
		all[i].tidy = i < l->tidy[slot];
	}
	for (uint32_t i = 0; i < n; i++)
		all[have + i].c = backs[i].from;
	qsort(all, total, sizeof(*all), by_key);
	/* A hub may be chosen by the whole batch: its farthest suitors go. */
	if (total > 2 * g->m + g->ef_construction)
		total = 2 * g->m + g->ef_construction;
	for (uint32_t i = 0; i < total; i++) {
		w->candidates[i] = all[i].c;
		w->was_tidy[i] = all[i].tidy;
	}
	free(all);
	kept = vsx_graph_select(g->rows->space, g->rows->base, &w->query,
				w->candidates, w->was_tidy, total, l->degree);
	set_links(g, b->level, target, w->candidates, kept, kept);
	return VSX_OK;
}

static enum vsx_status link_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct build *b = context;

	for (uint64_t i = first; i < last; i++) {
		const struct back_link *backs = &b->backs[b->groups[i]];

		VSX_TRY(link_back(b, &b->workers[thread], backs,
				  b->groups[i + 1] - b->groups[i], err));
	}
	return VSX_OK;
}

static enum vsx_status insert_batch(struct build *b, uint32_t n,
				    struct vsx_error *err)
{
	struct vsx_graph *g = b->graph;
	uint32_t last = b->first + n;

	VSX_TRY(vsx_parallel(b->job->n_threads, n, 4, insert_some, b, err));
	for (b->level = 0; b->level < g->n_levels; b->level++) {
		size_t n_groups;

		if (g->level[b->level].n_slots <= b->first)
			break;
		VSX_TRY(collect_backs(b, last, &n_groups, err));
		VSX_TRY(vsx_parallel(b->job->n_threads, n_groups, 16, link_some,
				     b, err));
	}
	b->first = last;
	return VSX_OK;
}

static enum vsx_status make_workers(struct build *b, struct vsx_error *err)
{
	const struct vsx_graph *g = b->graph;
	uint32_t dim = g->rows->space->dim;
	size_t most = (size_t)g->ef_construction + 2 * g->m;

	VSX_TRY(vsx_alloc_to(&b->workers, b->job->n_threads,
			     sizeof(*b->workers), err));
	for (unsigned int i = 0; i < b->job->n_threads; i++) {
		struct worker *w = &b->workers[i];

		VSX_TRY(vsx_scratch_init(&w->scratch, dim, err));
		VSX_TRY(vsx_query_alloc(&w->query, dim, err));
		VSX_TRY(vsx_alloc_to(&w->candidates, most,
				     sizeof(*w->candidates), err));
		VSX_TRY(vsx_alloc_to(&w->was_tidy, most, 1, err));
	}
	return VSX_OK;
}

static void free_build(struct build *b)
{
	for (unsigned int i = 0; b->workers && i < b->job->n_threads; i++) {
		vsx_scratch_release(&b->workers[i].scratch);
		vsx_query_release(&b->workers[i].query);
		free(b->workers[i].candidates);
		free(b->workers[i].was_tidy);
	}
	free(b->workers);
	free(b->backs);
	free(b->groups);
}

enum vsx_status vsx_graph_insert(struct vsx_graph *g, struct vsx_job *job,
				 uint32_t n, struct vsx_error *err)
{
	struct build b = {.graph = g, .job = job, .first = 1};
	enum vsx_status status;

	status = make_workers(&b, err);
	while (status == VSX_OK && b.first < n) {
		uint32_t some = b.first / BATCH_SHARE, rest = n - b.first;

		some = some < 1 ? 1 : some > BATCH_MOST ? BATCH_MOST : some;
		status = job->progress(job, &vsx_phase_linking, b.first,
				       g->rows->n, err);
		if (status == VSX_OK)
			status = insert_batch(&b, some < rest ? some : rest,
					      err);
	}
	free_build(&b);
	return status;
}
