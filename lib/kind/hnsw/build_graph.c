#include "kind/hnsw/build_graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

/* Level of a row: floor(-ln(u) / ln(M)), the paper's section 4.1. */
static uint32_t draw_level(uint64_t seed, uint32_t row, uint32_t m)
{
	double u = vsx_to_unit(vsx_random_at(seed, VSX_RANDOM_LEVELS, row));
	double level = -log(1.0 - u) / log((double)m);

	return level < VSX_MAX_LEVELS - 1 ? (uint32_t)level
					  : VSX_MAX_LEVELS - 1;
}

struct draw {
	uint32_t level;
	uint32_t row;
	uint64_t shuffle;
};

static int by_level(const void *pa, const void *pb)
{
	const struct draw *a = pa, *b = pb;

	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->shuffle != b->shuffle)
		return a->shuffle < b->shuffle ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

static enum vsx_status draw_order(struct vsx_graph *g, uint64_t seed,
				  struct vsx_error *err)
{
	uint32_t n = g->rows->n;
	struct draw *draws;

	VSX_TRY(vsx_alloc_to(&draws, n, sizeof(*draws), err));
	for (uint32_t i = 0; i < n; i++) {
		draws[i].level = draw_level(seed, i, g->m);
		draws[i].row = i;
		draws[i].shuffle = vsx_random_at(seed, VSX_RANDOM_ORDER, i);
	}
	qsort(draws, n, sizeof(*draws), by_level);
	g->n_levels = draws[0].level + 1;
	for (uint32_t i = 0; i < n; i++) {
		g->order[i] = draws[i].row;
		g->rank[draws[i].row] = i;
		for (uint32_t l = 0; l <= draws[i].level; l++)
			g->level[l].n_slots++;
	}
	free(draws);
	return VSX_OK;
}

static enum vsx_status init_level(struct vsx_graph_level *l, uint32_t degree,
				  struct vsx_error *err)
{
	size_t n = (size_t)l->n_slots * degree;

	l->degree = degree;
	VSX_TRY(vsx_alloc_to(&l->links, n, sizeof(uint32_t), err));
	VSX_TRY(vsx_alloc_to(&l->keys, n, sizeof(uint32_t), err));
	VSX_TRY(vsx_alloc_to(&l->count, l->n_slots, sizeof(uint16_t), err));
	VSX_TRY(vsx_alloc_to(&l->tidy, l->n_slots, sizeof(uint16_t), err));
	memset(l->links, 0xff, n * sizeof(uint32_t)); /* VSX_HNSW_NO_LINK */
	return VSX_OK;
}

enum vsx_status vsx_graph_init(struct vsx_graph *g, const struct vsx_rows *rows,
			       uint32_t m, uint32_t ef_construction,
			       uint64_t seed, struct vsx_error *err)
{
	memset(g, 0, sizeof(*g));
	g->rows = rows;
	g->m = m;
	g->ef_construction = ef_construction;
	VSX_TRY(vsx_alloc_to(&g->order, rows->n, sizeof(uint32_t), err));
	VSX_TRY(vsx_alloc_to(&g->rank, rows->n, sizeof(uint32_t), err));
	VSX_TRY(draw_order(g, seed, err));
	for (uint32_t l = 0; l < g->n_levels; l++)
		VSX_TRY(init_level(&g->level[l], l ? m : 2 * m, err));
	return VSX_OK;
}

void vsx_graph_release(struct vsx_graph *g)
{
	free(g->order);
	free(g->rank);
	for (uint32_t l = 0; l < VSX_MAX_LEVELS; l++) {
		free(g->level[l].links);
		free(g->level[l].keys);
		free(g->level[l].count);
		free(g->level[l].tidy);
	}
	memset(g, 0, sizeof(*g));
}

void vsx_graph_view(const struct vsx_graph *g, uint32_t level,
		    struct vsx_level *out)
{
	*out = (struct vsx_level){
		.links = g->level[level].links,
		.slot_of = level ? g->rank : NULL,
		.degree = g->level[level].degree,
		.n_rows = g->rows->n,
	};
	vsx_codes_of_rows(&out->codes, g->rows->space, g->rows->base, NULL);
}

uint32_t vsx_graph_select(const struct vsx_space *space, const uint8_t *base,
			  struct vsx_query *query, struct vsx_candidate *c,
			  const uint8_t *was_tidy, uint32_t n, uint32_t most)
{
	uint32_t rows[2 * VSX_HNSW_MAX_M], keys[2 * VSX_HNSW_MAX_M];
	uint32_t kept = 0;
	uint8_t kept_tidy[2 * VSX_HNSW_MAX_M];

	for (uint32_t i = 0; i < n && kept < most; i++) {
		bool tidy = was_tidy && was_tidy[i], near_one = false;
		uint32_t others[2 * VSX_HNSW_MAX_M], n_others = 0;

		for (uint32_t j = 0; j < kept; j++)
			if (!(tidy && kept_tidy[j]))
				others[n_others++] = rows[j];
		if (n_others)
			vsx_space_row_query(space, query,
					    base + (size_t)c[i].row *
							    space->stride);
		/* The nearest kept ones come first and reject most: a few at a
		 * time, not all. */
		for (uint32_t j = 0; j < n_others && !near_one; j += 4) {
			uint32_t some = n_others - j < 4 ? n_others - j : 4;

			vsx_space_keys(space, query, base, others + j, some,
				       keys);
			for (uint32_t t = 0; t < some; t++)
				near_one |= keys[t] < c[i].key;
		}
		if (near_one)
			continue;
		c[kept] = c[i];
		rows[kept] = c[i].row;
		kept_tidy[kept++] = tidy;
	}
	return kept;
}
