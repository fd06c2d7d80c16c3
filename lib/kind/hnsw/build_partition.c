/*
 * A base level from a partition: candidates from all pairs of overlapping
 * leaves, pruned; links back, pruned together with those that are there.
 */
#include "kind/hnsw/build_partition.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"

/*
 * A candidate is left out when a link that was chosen before is nearer to it
 * than the row is, and by so much: squared distances, 10/11. (With 1 lists stay
 * half empty, and ones that are filled with what is left out are no better.)
 */
#define NEARER_NUM 11u
#define NEARER_DEN 10u

#define CHUNK 256

struct worker {
	struct vsx_query query;
	uint64_t *candidates; /* [degree + VSX_NEAR_ROOM] key << 32 | row */
	uint64_t *others;     /* likewise */
	uint32_t *kept;	      /* [degree] rows */
};

struct linking {
	struct vsx_graph *graph;
	struct vsx_graph_level *level;
	struct vsx_near near;
	struct worker *workers; /* [threads] */
	struct vsx_linking *told;
	unsigned int n_threads;
};

/* Whether one of n rows is nearer to the query, by enough, than `key`. */
static bool is_near_one(const struct vsx_graph *g, const struct worker *w,
			uint32_t key, const uint32_t *rows, uint32_t n)
{
	uint32_t keys[4];
	bool found = false;

	/* The first are the nearest and reject most: a few at a time. */
	for (uint32_t i = 0; i < n && !found; i += 4) {
		uint32_t some = n - i < 4 ? n - i : 4;

		vsx_space_keys(g->rows->space, &w->query, g->rows->base,
			       rows + i, some, keys);
		for (uint32_t j = 0; j < some; j++)
			found |= (uint64_t)keys[j] * NEARER_NUM <
				 (uint64_t)key * NEARER_DEN;
	}
	return found;
}

/*
 * Put the links of a row: of n candidates, rising, first those that pass, and
 * then the nearest of the others while there is room.
 */
static void put_links(struct linking *l, struct worker *w, uint32_t row,
		      uint32_t n)
{
	struct vsx_graph_level *level = l->level;
	const struct vsx_graph *g = l->graph;
	uint32_t *links = level->links + (size_t)row * level->degree;
	uint32_t *keys = level->keys + (size_t)row * level->degree;
	uint32_t n_kept = 0, n_others = 0, most = level->degree;

	for (uint32_t i = 0; i < n && n_kept < most; i++) {
		uint32_t to = (uint32_t)w->candidates[i];
		uint32_t key = (uint32_t)(w->candidates[i] >> 32);

		vsx_space_row_query(
			g->rows->space, &w->query,
			g->rows->base + (size_t)to * g->rows->space->stride);
		if (is_near_one(g, w, key, w->kept, n_kept)) {
			w->others[n_others++] = w->candidates[i];
			continue;
		}
		w->kept[n_kept] = to;
		links[n_kept] = to;
		keys[n_kept++] = key;
	}
	level->tidy[row] = (uint16_t)n_kept;
	for (uint32_t i = 0; i < n_others && n_kept < most; i++) {
		links[n_kept] = (uint32_t)w->others[i];
		keys[n_kept++] = (uint32_t)(w->others[i] >> 32);
	}
	level->count[row] = (uint16_t)n_kept;
	for (uint32_t i = n_kept; i < level->degree; i++)
		links[i] = VSX_HNSW_NO_LINK;
}

static int by_entry(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* The links of a row and its list of near rows, rising, equal ones once. */
static uint32_t gather(const struct linking *l, struct worker *w, uint32_t row)
{
	const struct vsx_graph_level *level = l->level;
	const uint64_t *near = vsx_near_list(&l->near, row);
	uint32_t n_links = level->count[row], n_near = l->near.count[row];
	size_t at = (size_t)row * level->degree;
	uint32_t n = 0, i = 0, j = 0;

	for (uint32_t k = 0; k < n_links; k++)
		w->others[k] = (uint64_t)level->keys[at + k] << 32 |
			       level->links[at + k];
	qsort(w->others, n_links, sizeof(*w->others), by_entry);
	while (i < n_links || j < n_near) {
		uint64_t next =
			j == n_near || (i < n_links && w->others[i] <= near[j])
				? w->others[i++]
				: near[j++];

		if (n == 0 || w->candidates[n - 1] != next)
			w->candidates[n++] = next;
	}
	return n;
}

/* Links of rows from their lists, and from the links that they have. */
static enum vsx_status link_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct linking *l = context;
	struct worker *w = &l->workers[thread];

	for (uint64_t row = first; row < last; row++)
		put_links(l, w, (uint32_t)row, gather(l, w, (uint32_t)row));
	return vsx_linking_add(l->told, thread, 2 * (last - first), err);
}

/* Offer rows to the lists of those that they chose. */
static enum vsx_status turn_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct linking *l = context;
	const struct vsx_graph_level *level = l->level;

	for (uint64_t row = first; row < last; row++) {
		size_t at = row * level->degree;

		for (uint32_t i = 0; i < level->tidy[row]; i++) {
			uint64_t back =
				(uint64_t)level->keys[at + i] << 32 | row;

			vsx_near_offer(&l->near, level->links[at + i], &back,
				       1);
		}
	}
	return vsx_linking_add(l->told, thread, last - first, err);
}

/*
 * Codes round components, each to within half a step: that makes a squared
 * distance of 400 steps wrong by a twentieth or so. Where neighbours are nearer
 * than that, as they are in small clusters that lie far apart, they cannot be
 * told from others.
 */
#define TELLING_KEY 400u
#define PLACE	    7  /* of the neighbour that is looked at */
#define FEW	    16 /* one row in so many may be like that */

static bool is_coarse(const struct vsx_near *near)
{
	uint32_t n = 0;

	for (uint32_t row = 0; row < near->n; row++) {
		uint32_t have = near->count[row];
		uint32_t place = have > PLACE ? PLACE : have - 1;

		n += have > 0 &&
		     vsx_near_list(near, row)[place] >> 32 < TELLING_KEY;
	}
	return n > near->n / FEW;
}

/* Steps of a row in the passes below. */
#define ROW_STEPS (VSX_LEAVES_FIRST_FAN * VSX_LEAVES_LATER_FAN + 2 + 1 + 2)

static enum vsx_status link_all(struct linking *l, struct vsx_job *job,
				const struct vsx_coded *coded, bool *coarse,
				struct vsx_error *err)
{
	struct vsx_code_rows codes = vsx_coded_rows(coded);

	VSX_TRY(vsx_leaves_near(job, &codes, &l->near, l->told, err));
	*coarse = !coded->exact && is_coarse(&l->near);
	if (*coarse)
		return VSX_OK;
	VSX_TRY(vsx_parallel(l->n_threads, codes.n, CHUNK, link_some, l, err));
	vsx_near_clear(&l->near);
	VSX_TRY(vsx_parallel(l->n_threads, codes.n, CHUNK, turn_some, l, err));
	return vsx_parallel(l->n_threads, codes.n, CHUNK, link_some, l, err);
}

static enum vsx_status init_worker(struct worker *w, uint32_t dim,
				   uint32_t degree, struct vsx_error *err)
{
	size_t most = (size_t)degree + VSX_NEAR_ROOM;

	VSX_TRY(vsx_query_alloc(&w->query, dim, err));
	VSX_TRY(vsx_alloc_to(&w->candidates, most, sizeof(*w->candidates),
			     err));
	VSX_TRY(vsx_alloc_to(&w->others, most, sizeof(*w->others), err));
	return vsx_alloc_to(&w->kept, degree, sizeof(*w->kept), err);
}

static void release_worker(struct worker *w)
{
	vsx_query_release(&w->query);
	free(w->candidates);
	free(w->others);
	free(w->kept);
}

enum vsx_status vsx_graph_from_partition(struct vsx_graph *g,
					 struct vsx_job *job,
					 const struct vsx_coded *coded,
					 bool *coarse, struct vsx_error *err)
{
	uint32_t n_upper = g->n_levels > 1 ? g->level[1].n_slots : 1;
	struct vsx_linking told = {.job = job,
				   .first = n_upper,
				   .n = coded->rows.n,
				   .row_steps = ROW_STEPS};
	struct linking l = {.graph = g,
			    .level = &g->level[0],
			    .told = &told,
			    .n_threads = job->n_threads};
	enum vsx_status status;

	/* Links of the upper levels, and long ones on the base level. */
	VSX_TRY(vsx_graph_insert(g, job, n_upper, err));
	VSX_TRY(vsx_alloc_to(&l.workers, l.n_threads, sizeof(*l.workers), err));
	status = vsx_near_init(&l.near, coded->rows.n, err);
	for (unsigned int i = 0; status == VSX_OK && i < l.n_threads; i++)
		status = init_worker(&l.workers[i], coded->space.dim,
				     l.level->degree, err);
	if (status == VSX_OK)
		status = link_all(&l, job, coded, coarse, err);
	for (unsigned int i = 0; i < l.n_threads; i++)
		release_worker(&l.workers[i]);
	free(l.workers);
	vsx_near_release(&l.near);
	return status;
}
