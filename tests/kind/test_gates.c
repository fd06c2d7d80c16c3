/*
 * Gates before distances: what a walk finds with codes of its links beside
 * them, and how many rows it looks at, against the walk without them.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "code/build_edge.h"
#include "kind/hnsw/link_codes.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"
#include "segment/dead.h"

TestSuite(gates, .timeout = 120);

enum { N = 3000, DIM = 48, M = 32, PARTS = 24, EF = 40, K = 36 };

static struct vsx_error err;

static enum vsx_status no_progress(struct vsx_job *job,
				   const struct vsx_phase *phase, uint64_t done,
				   uint64_t total, struct vsx_error *e)
{
	(void)job, (void)phase, (void)done, (void)total, (void)e;
	return VSX_OK;
}

static void no_note(struct vsx_job *job, const char *fmt, ...)
{
	(void)job, (void)fmt;
}

static uint8_t dead_bits[(N + 7) / 8];

/* A graph and the codes of its edges. */
struct graph {
	struct laid_out l;
	struct seeded s;
	struct vsx_level base;
	struct vsx_edges edges;
	float mean[DIM], book[DIM * VSX_EDGE_WORDS];
	uint8_t *blocks;
	struct vsx_edge_query query;
	struct vsx_gates gates;
};

static const float *row_at(const struct graph *g, uint32_t row)
{
	return (const float *)(const void *)(g->l.vecs +
					     row * g->s.space.stride);
}

static void load(const void *context, uint32_t row, float *out)
{
	memcpy(out, row_at(context, row), DIM * sizeof(*out));
}

static uint32_t count_links(const struct graph *g, uint32_t row)
{
	const uint32_t *links = g->base.links + (size_t)row * g->base.degree;
	uint32_t n = 0;

	while (n < g->base.degree && links[n] != VSX_HNSW_NO_LINK)
		n++;
	return n;
}

static bool draw(const void *context, uint32_t row, uint64_t random,
		 uint32_t *to)
{
	const struct graph *g = context;
	uint32_t n = count_links(g, row);

	if (n)
		*to = g->base.links[row * g->base.degree + random % n];
	return n > 0;
}

static void encode(struct graph *g)
{
	uint32_t block = (uint32_t)vsx_gate_block_bytes(PARTS);
	struct vsx_edge_coder coder;
	struct vsx_edge_start start;
	struct vsx_edge edge;
	float work[DIM];

	g->gates.row_bytes = g->base.degree / VSX_GATE_LINKS * block;
	g->blocks = vsx_alloc(N, g->gates.row_bytes);
	vsx_edge_coder_init(&coder, &g->edges);
	for (uint32_t row = 0; row < N; row++) {
		vsx_edge_coder_start(&coder, row_at(g, row), work, &start);
		for (uint32_t i = 0; i < count_links(g, row); i++) {
			uint32_t to = g->base.links[row * g->base.degree + i];
			uint8_t *at = g->blocks +
				      (size_t)row * g->gates.row_bytes +
				      i / VSX_GATE_LINKS * block;

			load(g, to, work);
			vsx_edge_coder_edges(&coder, &start, work, 1, &edge);
			vsx_edge_put(&g->edges, &edge, i % VSX_GATE_LINKS, at);
		}
	}
	g->gates.blocks = g->blocks;
	g->gates.query = &g->query;
}

static void make(struct graph *g)
{
	struct vsx_job job = {.seed = 9,
			      .n_threads = 2,
			      .ef_construction = 100,
			      .progress = no_progress,
			      .note = no_note};
	struct vsx_edge_source from = {DIM, N, load, draw, g};

	memset(g, 0, sizeof(*g));
	seeded_init(&g->s, VSX_L2, VSX_F32, N, DIM);
	cr_assert_eq(lay_build(&g->l, &job, &g->s.rows, VSX_HNSW, M, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(lay_out(&g->l, &job, &g->s.rows, false, &err), VSX_OK,
		     "%s", err.text);
	vsx_hnsw_level(&g->l.seg, 0, &g->base);
	vsx_codes_of_rows(&g->base.codes, &g->l.seg.space, g->l.vecs, NULL);
	cr_assert_eq(vsx_edges_learn(&job, &from, PARTS, g->mean, g->book,
				     &g->edges, &err),
		     VSX_OK, "%s", err.text);
	encode(g);
}

static void release(struct graph *g)
{
	free(g->blocks);
	laid_out_release(&g->l);
	seeded_release(&g->s);
}

/* A walk for query q; slack below 0: without gates. */
static struct vsx_walk search(struct graph *g, struct vsx_scratch *s,
			      uint32_t q, double slack)
{
	const float *x = seeded_query(&g->s, q);
	struct vsx_find find;
	struct vsx_walk w;
	float work[DIM];
	uint32_t key;
	bool near;

	find_begin(&find, s, K, EF);
	cr_assert_eq(
		vsx_space_prepare(&g->l.seg.space, &s->query, x, VSX_F32, &err),
		VSX_OK);
	cr_assert_eq(vsx_find_eligible(&find, &g->l.seg, &err), VSX_OK);
	s->code.asked = &s->query;
	cr_assert_eq(
		g->base.codes.codec->prepare(&g->base.codes, &s->code, &err),
		VSX_OK);
	if (slack >= 0.0)
		vsx_edge_prepare(&g->edges, x, slack, work, &g->query);
	g->base.gates = slack >= 0.0 ? g->gates : (struct vsx_gates){0};
	cr_assert_eq(vsx_walk_begin(&w, s, &s->code, 0, N, N, 4 * M, &err),
		     VSX_OK);
	w.max_barred = N;
	if (find.eligible.n < find.eligible.n_rows)
		w.eligible = &find.eligible;
	cr_assert_eq(vsx_walk_enter(&w, &g->base, 0, EF, &key, &err), VSX_OK);
	cr_assert_eq(vsx_walk_enter_nearest(&w, &g->base, EF, VSX_WALK_ENTERED,
					    &near, &err),
		     VSX_OK);
	cr_assert_eq(near, g->base.gates.n_entries > 0);
	cr_assert_eq(w.eligible ? vsx_walk_beam_eligible(&w, &g->base, EF,
							 SIZE_MAX, &err)
				: vsx_walk_beam(&w, &g->base, EF, &err),
		     VSX_OK, "%s", err.text);
	return w;
}

/* The rows of a pool that count, nearest first. */
static uint32_t best(const struct graph *g, const struct vsx_walk *w,
		     uint32_t out[K])
{
	uint32_t n = 0;

	for (size_t i = 0; i < w->n && n < K; i++) {
		uint32_t row = vsx_pool_row(w->scratch->pool[i]);

		if (!vsx_is_dead(&g->l.seg, row))
			out[n++] = row;
	}
	return n;
}

static uint32_t shared(const uint32_t a[K], const uint32_t b[K])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < K; i++)
		for (uint32_t j = 0; j < K; j++)
			n += a[i] == b[j];
	return n;
}

/* At least `percent` of what the walk without gates finds, for at most `most`
 * of its distances. */
static void check_all(struct graph *g, double slack, uint32_t percent,
		      double most)
{
	uint64_t with = 0, without = 0;
	uint32_t found = 0;

	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		uint32_t a[K] = {0}, b[K] = {0};
		struct vsx_scratch s;
		struct vsx_walk w;

		cr_assert_eq(vsx_scratch_init(&s, DIM, &err), VSX_OK);
		w = search(g, &s, q, -1.0);
		without += w.n_distances;
		cr_assert_eq(best(g, &w, a), K);
		w = search(g, &s, q, slack);
		with += w.n_distances;
		cr_assert_eq(best(g, &w, b), K);
		found += shared(a, b);
		vsx_scratch_release(&s);
	}
	cr_assert(found * 100 >= percent * K * SEEDED_QUERIES,
		  "slack %g: %u of %u", slack, found, K * SEEDED_QUERIES);
	cr_assert((double)with <= most * (double)without,
		  "slack %g: %llu of %llu distances", slack,
		  (unsigned long long)with, (unsigned long long)without);
}

Test(gates, find_the_same_for_fewer_distances)
{
	struct graph g;

	make(&g);
	check_all(&g, (double)INFINITY, 100, 1.0);
	check_all(&g, 1.0, 99, 0.72);
	check_all(&g, 0.5, 99, 0.68);
	check_all(&g, 0.0, 98, 0.65);
	release(&g);
}

/* The rows that a search may begin at. */
static uint8_t *add_entries(struct graph *g)
{
	uint32_t n = vsx_hnsw_entry_blocks(N);
	uint8_t *blocks = vsx_alloc(n, vsx_gate_block_bytes(PARTS));
	struct vsx_link_coder k = {
		.codes = g->base.codes, .edges = g->edges, .n_rows = N};
	float work[DIM * VSX_LINK_CODER_WORK];
	uint32_t shift;

	vsx_edge_coder_init(&k.coder, &k.edges);
	cr_assert_eq(vsx_link_coder_entries(&k, work, &shift, blocks, &err),
		     VSX_OK);
	g->gates.entries = blocks;
	g->gates.n_entries = n;
	g->gates.entry_step = vsx_hnsw_entry_step(N);
	return blocks;
}

static uint64_t hops(struct graph *g)
{
	uint64_t n = 0;

	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		struct vsx_scratch s;

		cr_assert_eq(vsx_scratch_init(&s, DIM, &err), VSX_OK);
		n += search(g, &s, q, 0.5).n_hops;
		vsx_scratch_release(&s);
	}
	return n;
}

/* From there it is not far; all walks expand their EF rows. */
Test(gates, walks_begin_where_rows_look_near)
{
	uint8_t *entries;
	struct graph g;
	uint64_t from_one;

	make(&g);
	from_one = hops(&g);
	entries = add_entries(&g);
	check_all(&g, 0.5, 99, 0.68);
	cr_assert_leq(hops(&g) + SEEDED_QUERIES, from_one);
	free(entries);
	release(&g);
}

/* These do not count, and what they link to is looked at in their place, which
 * no gate refuses; nor is any link refused until there are enough that do. */
Test(gates, deleted_rows_still_lead_the_way)
{
	uint8_t *entries;
	struct graph g;

	make(&g);
	for (uint32_t row = 1; row < N; row += 3) {
		dead_bits[row >> 3] |= (uint8_t)(1u << (row & 7));
		g.l.seg.n_dead++;
	}
	g.l.seg.dead = dead_bits;
	check_all(&g, (double)INFINITY, 100, 1.0);
	check_all(&g, 0.5, 99, 0.78);
	entries = add_entries(&g);
	check_all(&g, 0.5, 99, 0.78);
	free(entries);
	release(&g);
}

/* Links that no row is at are found out also behind a gate. */
Test(gates, links_are_checked_when_they_pass)
{
	uint32_t *links;
	struct vsx_scratch s;
	struct vsx_walk w;
	struct graph g;
	float work[DIM];
	uint32_t key;

	make(&g);
	links = (uint32_t *)(uintptr_t)g.base.links;
	links[0] = N;
	cr_assert_eq(vsx_scratch_init(&s, DIM, &err), VSX_OK);
	cr_assert_eq(vsx_space_prepare(&g.l.seg.space, &s.query,
				       seeded_query(&g.s, 0), VSX_F32, &err),
		     VSX_OK);
	s.code.asked = &s.query;
	cr_assert_eq(g.base.codes.codec->prepare(&g.base.codes, &s.code, &err),
		     VSX_OK);
	vsx_edge_prepare(&g.edges, seeded_query(&g.s, 0), 0.5, work, &g.query);
	g.base.gates = g.gates;
	cr_assert_eq(vsx_walk_begin(&w, &s, &s.code, 0, N, EF, 2 * M, &err),
		     VSX_OK);
	cr_assert_eq(vsx_walk_enter(&w, &g.base, 0, EF, &key, &err), VSX_OK);
	cr_assert_eq(vsx_walk_beam(&w, &g.base, EF, &err), VSX_ECORRUPT);
	cr_assert_str_eq(err.text, "row 0 links to row 3000 of 3000");
	vsx_scratch_release(&s);
	release(&g);
}
