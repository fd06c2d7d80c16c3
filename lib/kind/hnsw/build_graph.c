#include "kind/hnsw/build_graph.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

/* Level of a row: floor(-ln(u) / ln(M)), the paper's section 4.1. */
static uint32_t draw_level(uint64_t seed, uint32_t row, uint32_t m)
{
	double u = vsx_to_unit(vsx_random_at(seed, VSX_RANDOM_LEVELS, row));
	double level = -log(1.0 - u) / log((double)m);

	return level < VSX_MAX_LEVELS - 1 ? (uint32_t)level
					  : VSX_MAX_LEVELS - 1;
}

#define DIGIT  11
#define DIGITS (1u << DIGIT)

static uint64_t shuffled(uint64_t seed, uint32_t row)
{
	return vsx_random_at(seed, VSX_RANDOM_ORDER, row);
}

/* One stable pass of a radix sort by the digit at `shift`. */
static void sort_digit(uint64_t seed, const uint32_t *from, uint32_t *to,
		       uint32_t n, unsigned int shift)
{
	uint32_t start[DIGITS + 1] = {0};

	for (uint32_t i = 0; i < n; i++)
		start[(shuffled(seed, i) >> shift & (DIGITS - 1)) + 1]++;
	for (uint32_t d = 0; d < DIGITS; d++)
		start[d + 1] += start[d];
	for (uint32_t i = 0; i < n; i++)
		to[start[shuffled(seed, from[i]) >> shift & (DIGITS - 1)]++] =
			from[i];
}

/* Rows in an order that is drawn, in a; b is for the work. */
static void shuffle(uint64_t seed, uint32_t *a, uint32_t *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		a[i] = i;
	for (unsigned int shift = 0; shift < 64; shift += 2 * DIGIT) {
		sort_digit(seed, a, b, n, shift);
		sort_digit(seed, b, a, n, shift + DIGIT);
	}
}

/* Rows by falling level; on each in an order that is drawn. */
static void draw_order(struct vsx_graph *g, uint64_t seed)
{
	uint32_t start[VSX_MAX_LEVELS] = {0}, n = g->rows->n;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t level = draw_level(seed, i, g->m);

		for (uint32_t l = 0; l <= level; l++)
			g->level[l].n_slots++;
	}
	while (g->n_levels < VSX_MAX_LEVELS && g->level[g->n_levels].n_slots)
		g->n_levels++;
	for (uint32_t l = 0; l + 1 < g->n_levels; l++)
		start[l] = g->level[l + 1].n_slots;
	shuffle(seed, g->rank, g->order, n);
	for (uint32_t i = 0; i < n; i++)
		g->order[start[draw_level(seed, g->rank[i], g->m)]++] =
			g->rank[i];
	for (uint32_t i = 0; i < n; i++)
		g->rank[g->order[i]] = i;
}

static enum vsx_status init_level(struct vsx_arrays *a,
				  struct vsx_graph_level *l, uint32_t degree,
				  struct vsx_error *err)
{
	size_t n = (size_t)l->n_slots * degree;

	l->degree = degree;
	VSX_TRY(vsx_arrays_take(a, &l->links, n, sizeof(*l->links), err));
	VSX_TRY(vsx_arrays_take(a, &l->keys, n, sizeof(*l->keys), err));
	VSX_TRY(vsx_arrays_take(a, &l->count, l->n_slots, sizeof(*l->count),
				err));
	VSX_TRY(vsx_arrays_take(a, &l->tidy, l->n_slots, sizeof(*l->tidy),
				err));
	memset(l->links, 0xff, n * sizeof(uint32_t)); /* VSX_HNSW_NO_LINK */
	return VSX_OK;
}

enum vsx_status vsx_graph_init(struct vsx_graph *g, const struct vsx_job *job,
			       const struct vsx_rows *rows, uint32_t m,
			       struct vsx_error *err)
{
	struct vsx_arrays *a = job->arrays;

	memset(g, 0, sizeof(*g));
	g->rows = rows;
	g->arrays = a;
	g->m = m;
	g->ef_construction = job->ef_construction;
	VSX_TRY(vsx_arrays_take(a, &g->order, rows->n, sizeof(*g->order), err));
	VSX_TRY(vsx_arrays_take(a, &g->rank, rows->n, sizeof(*g->rank), err));
	draw_order(g, job->seed);
	for (uint32_t l = 0; l < g->n_levels; l++)
		VSX_TRY(init_level(a, &g->level[l], l ? m : 2 * m, err));
	return VSX_OK;
}

void vsx_graph_release(struct vsx_graph *g)
{
	struct vsx_arrays *a = g->arrays;

	vsx_arrays_leave(a, g->order);
	vsx_arrays_leave(a, g->rank);
	for (uint32_t l = 0; l < VSX_MAX_LEVELS; l++) {
		vsx_arrays_leave(a, g->level[l].links);
		vsx_arrays_leave(a, g->level[l].keys);
		vsx_arrays_leave(a, g->level[l].count);
		vsx_arrays_leave(a, g->level[l].tidy);
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
