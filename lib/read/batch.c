/* Many queries at once, by threads that wait for them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/team.h"
#include "segment/exact.h"
#include "read/opts.h"
#include "read/searcher.h"

struct vsx_pool {
	const struct vsx *index;
	struct vsx_team *team;
	unsigned int n_threads;
	/* [together][n_threads], so that a thread keeps those that it has when
	   more come together; NULL: not made yet. */
	struct vsx_searcher **searchers;
	size_t searchers_cap;
	struct vsx_find *finds; /* [n_threads][together] */
	size_t finds_cap;
	struct vsx_exact_room *rooms; /* [n_threads] */
};

struct batch {
	struct vsx_pool *pool;
	uint32_t together; /* queries that share a scan, or are under way */
	bool in_turns;	   /* the latter */
	const uint8_t *queries;
	enum vsx_elem elem;
	size_t row_bytes, k;
	struct vsx_search_plan plan;
	struct vsx_answers answers;
};

enum vsx_status vsx_pool_new(struct vsx_pool **out, const struct vsx *index,
			     unsigned int n_threads, struct vsx_error *err)
{
	struct vsx_pool *pool = NULL;
	enum vsx_status status;

	*out = NULL;
	VSX_TRY(vsx_alloc_to(&pool, 1, sizeof(*pool), err));
	pool->index = index;
	pool->n_threads = vsx_thread_count(n_threads);
	status = vsx_alloc_to(&pool->rooms, pool->n_threads,
			      sizeof(*pool->rooms), err);
	if (status == VSX_OK)
		status = vsx_team_new(&pool->team, pool->n_threads, err);
	if (status == VSX_OK)
		*out = pool;
	else
		vsx_pool_free(pool);
	return status;
}

void vsx_pool_free(struct vsx_pool *pool)
{
	if (!pool)
		return;
	vsx_team_free(pool->team);
	for (size_t i = 0; i < pool->searchers_cap; i++)
		vsx_searcher_free(pool->searchers[i]);
	for (unsigned int i = 0; pool->rooms && i < pool->n_threads; i++)
		vsx_exact_room_release(&pool->rooms[i]);
	free(pool->searchers);
	free(pool->finds);
	free(pool->rooms);
	free(pool);
}

/* What the threads need for so many queries together: it stays. */
static enum vsx_status make_ready(struct vsx_pool *pool, uint32_t together,
				  struct vsx_error *err)
{
	size_t n = (size_t)pool->n_threads * together;

	VSX_TRY(vsx_grow(&pool->searchers, &pool->searchers_cap, n,
			 sizeof(struct vsx_searcher *), err));
	VSX_TRY(vsx_grow(&pool->finds, &pool->finds_cap, n,
			 sizeof(*pool->finds), err));
	for (size_t i = 0; i < n; i++)
		if (!pool->searchers[i])
			VSX_TRY(vsx_searcher_new(&pool->searchers[i],
						 pool->index, err));
	return VSX_OK;
}

static enum vsx_status of_query(const struct batch *b, uint64_t i,
				enum vsx_status status,
				const struct vsx_error *why,
				struct vsx_error *err)
{
	return vsx_fail_query(err, status, b->plan.first_query + i, why);
}

/* Where one hit goes. */
static void give_hit(const struct vsx_answers *a, size_t at, uint64_t id,
		     float distance)
{
	if (a->ids)
		a->ids[at] = id;
	if (a->distances)
		a->distances[at] = distance;
}

/* What a find has come to is the answer of query i. */
static void give(const struct batch *b, uint64_t i, const struct vsx_find *find)
{
	const struct vsx_space *space = &b->pool->index->space;
	const struct vsx_best *best = find->top.heap;
	const struct vsx_answers *a = &b->answers;
	size_t n = find->top.n, first = i * b->k;

	for (size_t j = 0; j < n; j++) {
		struct vsx_hit hit = {best[j].id,
				      vsx_space_distance(space, best[j].value)};

		if (a->hits)
			a->hits[first + j] = hit;
		give_hit(a, first + j, hit.id, hit.distance);
	}
	for (size_t j = n; j < b->k; j++)
		give_hit(a, first + j, UINT64_MAX, NAN);
	if (a->n_hits)
		a->n_hits[i] = n;
	if (a->n_distances)
		a->n_distances[i] = find->n_distances;
	if (a->n_hops)
		a->n_hops[i] = find->n_hops;
	if (a->complete)
		a->complete[i] = find->n_covered == b->plan.n_eligible;
}

/* The rows come from memory once for all of them. */
static enum vsx_status scan_together(struct batch *b, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	const struct vsx *index = b->pool->index;
	size_t step = b->pool->n_threads;
	struct vsx_searcher **searchers = b->pool->searchers + thread;
	struct vsx_find *finds = b->pool->finds + (size_t)thread * b->together;
	uint32_t n = (uint32_t)(last - first);
	struct vsx_error why = {0};
	enum vsx_status status;

	for (uint32_t i = 0; i < n; i++) {
		status = vsx_search_begin(searchers[i * step], &b->plan,
					  b->queries +
						  (first + i) * b->row_bytes,
					  b->elem, NULL, &finds[i], &why);
		if (status != VSX_OK)
			return of_query(b, first + i, status, &why, err);
	}
	for (uint32_t s = 0; s < index->manifest.n_segments; s++) {
		status = vsx_exact_batch(&b->pool->rooms[thread],
					 &index->segments[s], finds, n, &why);
		if (status != VSX_OK)
			return of_query(b, first, status, &why, err);
	}
	for (uint32_t i = 0; i < n; i++) {
		vsx_search_end(searchers[i * step], &finds[i]);
		give(b, first + i, &finds[i]);
	}
	return VSX_OK;
}

/*
 * One after the other, as far as the rows that each is to look at: while these
 * are on their way from the disk the queries behind it go on.
 */
static enum vsx_status search_in_turns(struct batch *b, unsigned int thread,
				       uint64_t first, uint64_t last,
				       struct vsx_error *err)
{
	size_t step = b->pool->n_threads;
	struct vsx_searcher **searchers = b->pool->searchers + thread;
	struct vsx_find *finds = b->pool->finds + (size_t)thread * b->together;
	struct vsx_error why = {0};
	enum vsx_status status;

	for (uint64_t i = first; i < last + b->together; i++) {
		uint64_t done = i - b->together;
		size_t at = i % b->together;
		struct vsx_searcher *s = searchers[at * step];

		if (i >= first + b->together && done < last) {
			status = vsx_search_settle(s, &finds[at], &why);
			if (status != VSX_OK)
				return of_query(b, done, status, &why, err);
			give(b, done, &finds[at]);
		}
		if (i >= last)
			continue;
		status = vsx_search_ask(s, &b->plan,
					b->queries + i * b->row_bytes, b->elem,
					NULL, true, &finds[at], &why);
		if (status != VSX_OK)
			return of_query(b, i, status, &why, err);
	}
	return VSX_OK;
}

static enum vsx_status search_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct batch *b = context;

	if (b->in_turns)
		return search_in_turns(b, thread, first, last, err);
	if (b->together > 1)
		return scan_together(b, thread, first, last, err);
	for (uint64_t i = first; i < last; i++) {
		struct vsx_error why = {0};
		struct vsx_find find;
		enum vsx_status status;

		status = vsx_search_one(b->pool->searchers[thread], &b->plan,
					b->queries + i * b->row_bytes, b->elem,
					NULL, &find, &why);
		if (status != VSX_OK)
			return of_query(b, i, status, &why, err);
		give(b, i, &find);
	}
	return VSX_OK;
}

/* How many queries share a scan. */
static uint32_t share(const struct batch *b, size_t n)
{
	const struct vsx *index = b->pool->index;
	const struct vsx_manifest *m = &index->manifest;
	bool exact = true;

	for (uint32_t i = 0; i < m->n_segments && !b->plan.exact; i++)
		if (!vsx_segment_is_exact(&index->segments[i]))
			exact = false;
	/* Among no rows there is nothing to scan, and no query is prepared. */
	if (!exact || b->plan.k == 0 || b->plan.group_by)
		return 1;
	return vsx_exact_share(n, b->pool->n_threads, m->dim, b->plan.k, 0);
}

/* Rows of a thread that are on their way from the disk at a time. It reads some
 * fifty side by side in ten times what one takes; of many more, which nobody
 * has looked at yet, the kernel drops some again. */
#define UNDER_WAY 48u

/* While one query is waited for the next two ask, as long as that is not far
 * more. */
#define QUERIES_UNDER_WAY 3u
#define MOST_UNDER_WAY	  120u

/* How many rounds of such queries a thread takes: the last ones are waited
 * for. */
#define ROUNDS 16u

/* Whether searches look at rows that the disk has to be waited for. */
static bool is_waited_for(const struct batch *b)
{
	const struct vsx *index = b->pool->index;
	const struct vsx_segment *last;

	if (index->manifest.n_segments == 0 || b->plan.exact ||
	    b->plan.k == 0 || b->plan.group_by)
		return false;
	last = &index->segments[index->manifest.n_segments - 1];
	return last->scarce && vsx_codes_estimate(last);
}

/* Queries under way, each of which looks at so many rows. */
static uint64_t turns(uint64_t rows)
{
	uint64_t most = MOST_UNDER_WAY / rows;

	if (most > QUERIES_UNDER_WAY)
		most = QUERIES_UNDER_WAY;
	return most > UNDER_WAY / rows ? most : UNDER_WAY / rows;
}

static void plan_turns(struct batch *b, size_t n)
{
	uint64_t each = n / b->pool->n_threads, rows, most;

	if (b->together > 1 || !is_waited_for(b))
		return;
	rows = vsx_refine_rows(b->plan.k, b->plan.refine);
	most = turns(rows ? rows : 1);
	most = most < each ? most : each;
	b->in_turns = most > 1;
	if (b->in_turns)
		b->together = (uint32_t)most;
}

/* Queries that a thread takes at a time in a search that is not exact. */
#define CHUNK 8

static uint64_t chunk_of(const struct batch *b, size_t n)
{
	uint64_t each = n / b->pool->n_threads;

	if (b->in_turns) {
		uint64_t most = (uint64_t)b->together * ROUNDS;

		return each < most ? each : most;
	}
	if (b->together > 1)
		return b->together;
	return each < 1 ? 1 : each > CHUNK ? CHUNK : each;
}

enum vsx_status vsx_pool_search(struct vsx_pool *pool, const void *queries,
				enum vsx_elem elem, size_t n, size_t k,
				const struct vsx_search_opts *opts,
				const struct vsx_answers *answers,
				struct vsx_error *err)
{
	struct batch b = {.pool = pool,
			  .queries = queries,
			  .elem = elem,
			  .row_bytes = pool->index->manifest.dim *
				       (size_t)vsx_elem_bytes(elem),
			  .k = k,
			  .answers = VSX_ANSWERS_INIT};
	struct vsx_error why = {0};
	enum vsx_status status;

	if (!vsx_elem_name(elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)elem);
	VSX_TRY(vsx_take_opts(&b.answers, sizeof(b.answers), answers,
			      "vsx_answers", err));
	VSX_TRY(vsx_plan_make(&b.plan, pool->index, k, opts, err));
	b.together = share(&b, n);
	plan_turns(&b, n);
	VSX_TRY(make_ready(pool, b.together, err));
	status = vsx_team_run(pool->team, n, chunk_of(&b, n), search_some, &b,
			      &why);
	if (status != VSX_OK)
		vsx_search_tell(pool->index, status, &why, err);
	return vsx_settle(pool->index, status, err);
}

static void add_stats(const struct vsx_pool *pool,
		      struct vsx_search_stats *stats)
{
	for (size_t i = 0; i < pool->searchers_cap; i++) {
		const struct vsx_searcher *s = pool->searchers[i];

		if (!s)
			continue;
		stats->n_queries += s->stats.n_queries;
		stats->n_distances += s->stats.n_distances;
		stats->n_hops += s->stats.n_hops;
		stats->n_refused += s->stats.n_refused;
		stats->n_complete += s->stats.n_complete;
		if (s->stats.n_queries) {
			stats->effort = s->stats.effort;
			stats->refine = s->stats.refine;
			stats->n_eligible = s->stats.n_eligible;
		}
	}
	stats->n_pages_checked = atomic_load(&pool->index->n_checked);
}

enum vsx_status vsx_search_batch_sized(
	const struct vsx *index, const void *queries, enum vsx_elem elem,
	size_t n, size_t k, const struct vsx_search_opts *opts,
	unsigned int n_threads, struct vsx_hit *hits, size_t *n_hits,
	struct vsx_search_stats *stats, size_t size, struct vsx_error *err)
{
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	struct vsx_search_stats sum = {0};
	struct vsx_pool *pool;
	enum vsx_status status;

	answers.hits = hits;
	answers.n_hits = n_hits;
	n_threads = vsx_thread_count(n_threads);
	if (n_threads > n)
		n_threads = n ? (unsigned int)n : 1;
	VSX_TRY(vsx_pool_new(&pool, index, n_threads, err));
	status =
		vsx_pool_search(pool, queries, elem, n, k, opts, &answers, err);
	if (status == VSX_OK && stats) {
		vsx_give(&sum, sizeof(sum), stats, size);
		add_stats(pool, &sum);
		memcpy(stats, &sum, size < sizeof(sum) ? size : sizeof(sum));
	}
	vsx_pool_free(pool);
	return status;
}
