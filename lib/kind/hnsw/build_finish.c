/* What is left to do on a graph when all rows are in. */
#include <string.h>

#include "kind/hnsw/check.h"
#include "kind/hnsw/build_graph.h"

static uint32_t farthest_link(const struct vsx_graph_level *l, uint32_t row)
{
	size_t at = (size_t)row * l->degree;
	uint32_t place = 0;

	for (uint32_t i = 1; i < l->count[row]; i++)
		if (l->keys[at + i] >= l->keys[at + place])
			place = i;
	return place;
}

/* Link `from` to `to`, in place of its farthest link when it has no room. */
static void put_link(struct vsx_graph_level *l, uint32_t from, uint32_t to,
		     uint32_t key)
{
	size_t at = (size_t)from * l->degree;
	uint32_t place = l->count[from];

	for (uint32_t i = 0; i < l->count[from]; i++)
		if (l->links[at + i] == to)
			return;
	if (place == l->degree)
		place = farthest_link(l, from);
	else
		l->count[from]++;
	l->links[at + place] = to;
	l->keys[at + place] = key;
}

/*
 * Link `host`, which can be reached, to `row`, which cannot. If the list of
 * host is full, row takes the place of the farthest link and is linked to where
 * that led: what could be reached still can be. The links of row itself led
 * from nowhere, so that losing one loses nothing.
 */
static void adopt(struct vsx_graph *g, struct vsx_query *query, uint32_t host,
		  uint32_t row, uint32_t key)
{
	struct vsx_graph_level *l = &g->level[0];
	uint32_t led_to, led_key;

	if (l->count[host] == l->degree) {
		led_to = l->links[(size_t)host * l->degree +
				  farthest_link(l, host)];
		vsx_space_keys(g->rows->space, query, g->rows->base, &led_to, 1,
			       &led_key);
		put_link(l, row, led_to, led_key);
	}
	put_link(l, host, row, key);
}

/*
 * Find a row near `row` that can be reached, one with room in its list if there
 * is one among the nearest, and link it to `row`.
 */
static enum vsx_status connect_one(struct vsx_graph *g, struct vsx_scratch *s,
				   uint32_t row, struct vsx_error *err)
{
	const struct vsx_space *space = g->rows->space;
	struct vsx_graph_level *l = &g->level[0];
	struct vsx_walk walk;
	struct vsx_level view;
	uint32_t key;
	size_t host = 0;

	vsx_space_row_query(space, &s->query,
			    g->rows->base + (size_t)row * space->stride);
	s->code.asked = &s->query; /* no bounds are wanted */
	s->code.longest = 0.0;
	VSX_TRY(vsx_walk_begin(&walk, s, &s->code, 0, g->rows->n,
			       g->ef_construction, l->degree, err));
	vsx_graph_view(g, 0, &view);
	VSX_TRY(vsx_walk_enter(&walk, &view, g->order[0], g->ef_construction,
			       &key, err));
	VSX_TRY(vsx_walk_beam(&walk, &view, g->ef_construction, err));
	while (host < walk.n &&
	       l->count[vsx_pool_row(s->pool[host])] == l->degree)
		host++;
	if (host == walk.n)
		host = 0;
	adopt(g, &s->query, vsx_pool_row(s->pool[host]), row,
	      vsx_pool_key(s->pool[host]));
	return VSX_OK;
}

/* Rows between two reports of progress. */
#define STEP_ROWS 65536

enum vsx_status vsx_graph_connect(struct vsx_graph *g, struct vsx_job *job,
				  struct vsx_error *err)
{
	struct vsx_graph_level *l = &g->level[0];
	uint32_t n = g->rows->n;
	enum vsx_status status;
	struct vsx_scratch scratch;
	uint8_t *reached = NULL;
	uint32_t *queue = NULL;

	VSX_TRY(vsx_scratch_init(&scratch, g->rows->space->dim, err));
	status = vsx_arrays_take(g->arrays, &reached, n, 1, err);
	if (status == VSX_OK)
		status = vsx_arrays_take(g->arrays, &queue, n, sizeof(*queue),
					 err);
	if (status == VSX_OK)
		vsx_hnsw_reach(l->links, l->degree, n, g->order[0], reached,
			       queue);
	for (uint32_t row = 0; status == VSX_OK && row < n; row++) {
		if (row % STEP_ROWS == 0)
			status = job->progress(job, &vsx_phase_connecting, row,
					       n, err);
		if (status != VSX_OK || reached[row])
			continue;
		status = connect_one(g, &scratch, row, err);
		vsx_hnsw_reach(l->links, l->degree, n, row, reached, queue);
	}
	vsx_scratch_release(&scratch);
	vsx_arrays_leave(g->arrays, reached);
	vsx_arrays_leave(g->arrays, queue);
	return status;
}

/*
 * Rows that are numbered one after the other: a seed and what a walk in
 * breadth around it meets. Small enough that a group stays near its seed, large
 * enough that its vectors fill pages.
 */
#define GROUP_ROWS 64

struct renumber {
	const struct vsx_graph *g;
	uint32_t *order; /* the outcome */
	uint32_t n;	 /* rows numbered so far */
	uint32_t first;	 /* rank range of the level's own rows */
	uint32_t last;
	uint8_t *placed;
	uint32_t *seeds; /* met on the way, to go on from */
	size_t n_seeds;
};

static void number_group(struct renumber *r, uint32_t seed)
{
	const struct vsx_graph_level *l = &r->g->level[0];
	uint32_t head = r->n, start = r->n;

	r->placed[seed] = 1;
	r->order[r->n++] = seed;
	while (head < r->n) {
		uint32_t row = r->order[head++];
		const uint32_t *links = l->links + (size_t)row * l->degree;

		for (uint32_t i = 0; i < l->count[row]; i++) {
			uint32_t rank = r->g->rank[links[i]];

			if (r->placed[links[i]] || rank < r->first ||
			    rank >= r->last)
				continue;
			if (r->n - start == GROUP_ROWS) {
				r->seeds[r->n_seeds++] = links[i];
				if (r->n_seeds == r->g->rows->n)
					return;
				continue;
			}
			r->placed[links[i]] = 1;
			r->order[r->n++] = links[i];
		}
	}
}

/* Number the rows whose top level is the one of ranks first .. last-1. */
static void number_level(struct renumber *r)
{
	r->n_seeds = 0;
	for (uint32_t rank = r->first; rank < r->last; rank++) {
		uint32_t row = r->g->order[rank];

		if (r->placed[row])
			continue;
		number_group(r, row);
		while (r->n_seeds) {
			uint32_t seed = r->seeds[--r->n_seeds];

			if (!r->placed[seed])
				number_group(r, seed);
		}
	}
}

enum vsx_status vsx_graph_renumber(const struct vsx_graph *g, uint32_t **order,
				   struct vsx_error *err)
{
	struct renumber r = {.g = g};
	uint32_t n = g->rows->n;
	enum vsx_status status;

	status = vsx_arrays_take(g->arrays, &r.order, n, sizeof(*r.order), err);
	if (status == VSX_OK)
		status = vsx_arrays_take(g->arrays, &r.placed, n, 1, err);
	if (status == VSX_OK)
		status = vsx_arrays_take(g->arrays, &r.seeds, n,
					 sizeof(*r.seeds), err);
	if (status == VSX_OK) {
		/* Row 0 stays the entry point: alone in its range. */
		r.last = 1;
		number_level(&r);
		for (uint32_t l = g->n_levels; l-- > 0;) {
			r.first = r.last;
			r.last = g->level[l].n_slots;
			number_level(&r);
		}
		*order = r.order;
		r.order = NULL;
	}
	vsx_arrays_leave(g->arrays, r.order);
	vsx_arrays_leave(g->arrays, r.placed);
	vsx_arrays_leave(g->arrays, r.seeds);
	return status;
}
