/*
 * A walk by products steps from row to row of greater norm, and cannot leave
 * those of one direction by rows of little norm, which are never among the
 * best that it has. So some links of each row lead to hubs, wherever these
 * are: of the rows of upper levels, those of the greatest norms.
 */
#include "kind/hnsw/build_hubs.h"

#include "base/parallel.h"
#include "base/rng.h"
#include "base/select.h"

/* One in so many links leads to a hub, and one in so many upper rows is one. */
#define HUB_SHARE 8u

#define CHUNK 256

struct hubs {
	struct vsx_links *links;
	uint64_t *rows; /* [n] in the low half */
	uint32_t n;
};

static uint32_t share_of(uint32_t n)
{
	return (n + HUB_SHARE - 1) / HUB_SHARE;
}

static void ask_for(const struct vsx_links *l, struct vsx_query *query,
		    uint32_t row)
{
	const struct vsx_rows *rows = l->graph->rows;

	vsx_space_row_query(rows->space, query,
			    rows->base + (size_t)row * rows->space->stride);
}

static uint32_t key_of(const struct vsx_links *l, const struct vsx_query *query,
		       uint32_t row)
{
	const struct vsx_rows *rows = l->graph->rows;
	uint32_t key;

	vsx_space_keys(rows->space, query, rows->base, &row, 1, &key);
	return key;
}

static enum vsx_status find_hubs(struct hubs *h, uint32_t n_upper,
				 struct vsx_error *err)
{
	const struct vsx_graph *g = h->links->graph;
	struct vsx_query *query = &h->links->workers[0].query;

	VSX_TRY(vsx_arrays_take(g->arrays, &h->rows, n_upper, sizeof(*h->rows),
				err));
	for (uint32_t i = 0; i < n_upper; i++) {
		uint32_t row = g->order[i];

		ask_for(h->links, query, row);
		h->rows[i] = (uint64_t)key_of(h->links, query, row) << 32 | row;
	}
	h->n = share_of(n_upper);
	vsx_least(h->rows, n_upper, h->n, true);
	return VSX_OK;
}

/* At a place, or at the end of a list that is shorter. */
static void put_hub(struct vsx_graph_level *level, uint32_t row, uint32_t hub,
		    uint32_t key, uint32_t place)
{
	size_t at = (size_t)row * level->degree;

	for (uint32_t i = 0; i < level->count[row]; i++)
		if (level->links[at + i] == hub)
			return;
	if (place >= level->count[row])
		place = level->count[row]++;
	level->links[at + place] = hub;
	level->keys[at + place] = key;
}

static enum vsx_status add_some(void *context, unsigned int thread,
				uint64_t first, uint64_t last,
				struct vsx_error *err)
{
	struct hubs *h = context;
	struct vsx_links *l = h->links;
	struct vsx_query *query = &l->workers[thread].query;
	uint32_t degree = l->level->degree, some = share_of(degree);

	for (uint32_t row = (uint32_t)first; row < last; row++) {
		struct vsx_rng rng = {vsx_random_at(l->told->job->seed,
						    VSX_RANDOM_HUBS, row)};

		ask_for(l, query, row);
		for (uint32_t i = 1; i <= some; i++) {
			uint32_t hub =
				(uint32_t)h->rows[vsx_rng_below(&rng, h->n)];

			if (hub != row)
				put_hub(l->level, row, hub,
					key_of(l, query, hub), degree - i);
		}
	}
	return vsx_linking_add(l->told, thread, 0, err);
}

enum vsx_status vsx_links_add_hubs(struct vsx_links *l, struct vsx_error *err)
{
	const struct vsx_graph *g = l->graph;
	struct hubs h = {.links = l};
	enum vsx_status status;

	status = find_hubs(&h, g->n_levels > 1 ? g->level[1].n_slots : 1, err);
	if (status == VSX_OK)
		status = vsx_parallel(l->n_threads, g->rows->n, CHUNK, add_some,
				      &h, err);
	vsx_arrays_leave(g->arrays, h.rows);
	return status;
}
