/*
 * Codes of edges: that the links which pass a gate are those that may be near,
 * that what says too little passes, and that they are always the same.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "code/build_edge.h"

#define N_ROWS	2000u
#define N_LINKS VSX_GATE_LINKS

/* Rows around some centres, each linked to those next to it in distance. */
struct rows {
	uint32_t dim;
	float *x;	 /* [N_ROWS][dim] */
	uint32_t *links; /* [N_ROWS][N_LINKS] */
};

static double distance(const float *a, const float *b, uint32_t dim)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < dim; i++)
		sum += ((double)a[i] - (double)b[i]) *
		       ((double)a[i] - (double)b[i]);
	return sum;
}

static float normal(struct vsx_rng *rng)
{
	double sum = -6.0;

	for (int i = 0; i < 12; i++)
		sum += vsx_to_unit(vsx_rng_next(rng));
	return (float)sum;
}

static int by_distance(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (x[0] > y[0]) - (x[0] < y[0]);
}

static void link_row(struct rows *r, uint32_t row)
{
	double(*all)[2] = vsx_alloc(N_ROWS, sizeof(*all));

	for (uint32_t i = 0; i < N_ROWS; i++) {
		all[i][0] =
			i == row ? (double)INFINITY
				 : distance(r->x + (size_t)row * r->dim,
					    r->x + (size_t)i * r->dim, r->dim);
		all[i][1] = i;
	}
	qsort(all, N_ROWS, sizeof(*all), by_distance);
	for (uint32_t i = 0; i < N_LINKS; i++)
		r->links[row * N_LINKS + i] = (uint32_t)all[i * 8][1];
	free(all);
}

/* The first n rows have links. `far` from the origin. */
static struct rows make_rows(uint32_t dim, uint32_t n, float far)
{
	struct rows r = {.dim = dim};
	struct vsx_rng rng = {dim};
	float *centre = vsx_alloc((size_t)20 * dim, sizeof(*centre));

	r.x = vsx_alloc((size_t)N_ROWS * dim, sizeof(*r.x));
	r.links = vsx_alloc((size_t)N_ROWS * N_LINKS, sizeof(*r.links));
	for (uint32_t i = 0; i < 20 * dim; i++)
		centre[i] = far + 2.0f * normal(&rng);
	for (uint32_t i = 0; i < N_ROWS; i++)
		for (uint32_t d = 0; d < dim; d++)
			r.x[(size_t)i * dim + d] =
				centre[i % 20 * dim + d] + normal(&rng);
	for (uint32_t i = 0; i < n; i++)
		link_row(&r, i);
	free(centre);
	return r;
}

static void free_rows(struct rows *r)
{
	free(r->x);
	free(r->links);
}

static void row_of(const void *context, uint32_t row, float *out)
{
	const struct rows *r = context;

	memcpy(out, r->x + (size_t)row * r->dim, r->dim * sizeof(*out));
}

/* Rows that have no list yet have none. */
static bool link_of(const void *context, uint32_t row, uint64_t random,
		    uint32_t *to)
{
	const struct rows *r = context;
	const uint32_t *list = r->links + (size_t)row * N_LINKS;

	*to = list[random % N_LINKS];
	return list[0] != list[1];
}

struct learned {
	struct vsx_edges edges;
	float *mean, *book;
};

static struct learned learn(const struct rows *r, uint32_t parts,
			    unsigned int threads)
{
	struct vsx_edge_source from = {r->dim, N_ROWS, row_of, link_of, r};
	struct vsx_job job = {.seed = 5, .n_threads = threads};
	struct vsx_error err = {0};
	struct learned l;

	l.mean = vsx_alloc(r->dim, sizeof(float));
	l.book = vsx_alloc((size_t)r->dim * VSX_EDGE_WORDS, sizeof(float));
	cr_assert_eq(vsx_edges_learn(&job, &from, parts, l.mean, l.book,
				     &l.edges, &err),
		     VSX_OK, "%s", err.text);
	return l;
}

static void forget(struct learned *l)
{
	free(l->mean);
	free(l->book);
}

/* The block of the links of a row. */
static uint8_t *encode(const struct rows *r, const struct vsx_edges *e,
		       uint32_t row)
{
	uint8_t *block = vsx_alloc(vsx_gate_block_bytes(e->parts), 1);
	float *work = vsx_alloc(r->dim, sizeof(*work));
	struct vsx_edge_coder coder;
	struct vsx_edge_start start;

	vsx_edge_coder_init(&coder, e);
	vsx_edge_coder_start(&coder, r->x + (size_t)row * r->dim, work, &start);
	for (uint32_t i = 0; i < N_LINKS; i++) {
		uint32_t to = r->links[row * N_LINKS + i];
		struct vsx_edge edge;

		memcpy(work, r->x + (size_t)to * r->dim,
		       r->dim * sizeof(*work));
		vsx_edge_coder_edges(&coder, &start, work, 1, &edge);
		vsx_edge_put(e, &edge, i, block);
	}
	free(work);
	return block;
}

static uint32_t pass(const struct vsx_gate *g, const uint8_t *block)
{
	uint32_t out;

	vsx_code_kernels()->gate(g, block, 1, &out);
	return out;
}

/* Of links at or within the bound, and of those beyond twice that. */
struct tally {
	unsigned int near, near_passed, far, far_passed;
};

static void count(struct tally *t, double bound, double d, bool passed)
{
	t->near += d <= bound;
	t->near_passed += d <= bound && passed;
	t->far += d > 2.0 * bound;
	t->far_passed += d > 2.0 * bound && passed;
}

/* Of queries near some rows, and bounds among the distances of their links. */
static struct tally walk(const struct rows *r, const struct vsx_edges *e,
			 uint32_t n, double slack)
{
	struct vsx_edge_query *q = vsx_alloc(1, sizeof(*q));
	float *work = vsx_alloc(r->dim, sizeof(*work));
	struct tally t = {0};

	for (uint32_t row = 0; row < n; row++) {
		const float *query = r->x + (size_t)(row + 100) * r->dim;
		const float *v = r->x + (size_t)row * r->dim;
		uint8_t *block = encode(r, e, row);
		double d[N_LINKS], at = distance(query, v, r->dim);
		double least = INFINITY;
		struct vsx_gate g;
		uint32_t out;

		for (uint32_t i = 0; i < N_LINKS; i++) {
			uint32_t to = r->links[row * N_LINKS + i];

			d[i] = distance(query, r->x + (size_t)to * r->dim,
					r->dim);
			least = d[i] < least ? d[i] : least;
		}
		vsx_edge_prepare(e, query, slack, work, q);
		cr_assert(vsx_edge_gate(q, at, fmax(at, 1.2 * least), &g));
		out = pass(&g, block);
		for (uint32_t i = 0; i < N_LINKS; i++)
			count(&t, fmax(at, 1.2 * least), d[i], out >> i & 1);
		free(block);
	}
	free(work);
	free(q);
	return t;
}

static unsigned int all_that_pass(const struct rows *r,
				  const struct vsx_edges *e, double at,
				  double bound, double slack)
{
	struct vsx_edge_query *q = vsx_alloc(1, sizeof(*q));
	float *work = vsx_alloc(r->dim, sizeof(*work));
	uint8_t *block = encode(r, e, 0);
	unsigned int n = 32;
	uint32_t nearest[8], found;
	struct vsx_gate g;

	vsx_edge_prepare(e, r->x + (size_t)1500 * r->dim, slack, work, q);
	found = vsx_edge_nearest(q, block, 1, 8, nearest);
	cr_assert(found == 0 || found == 8);
	for (uint32_t i = 0; i < found; i++)
		cr_assert_lt(nearest[i], 32);
	if (vsx_edge_gate(q, at, bound, &g))
		n = (unsigned int)__builtin_popcount(pass(&g, block));
	free(block);
	free(work);
	free(q);
	return n;
}

/* Whatever the dimensions and wherever the rows lie. */
static void check_quality(uint32_t dim, uint32_t parts, float far)
{
	struct rows r = make_rows(dim, 200, far);
	struct learned l = learn(&r, parts, 2);
	struct tally all = walk(&r, &l.edges, 200, 2.0);
	struct tally bare = walk(&r, &l.edges, 200, 0.0);

	cr_assert(all.near > 300 && all.far > 300, "%u near, %u far", all.near,
		  all.far);
	cr_assert(all.near_passed * 100 >= all.near * 98,
		  "dim %u, %u parts: %u of %u near links pass", dim, parts,
		  all.near_passed, all.near);
	cr_assert(all.far_passed * 100 <= all.far * 10,
		  "dim %u, %u parts: %u of %u far links pass", dim, parts,
		  all.far_passed, all.far);
	cr_assert_leq(bare.near_passed, all.near_passed);
	cr_assert_leq(bare.far_passed, all.far_passed);
	forget(&l);
	free_rows(&r);
}

Test(edge, near_links_pass_and_far_ones_do_not)
{
	check_quality(32, 32, 0.0f);
	check_quality(50, 16, 0.0f);
	check_quality(128, 32, 0.0f);
	check_quality(100, 48, 50.0f);
}

Test(edge, all_pass_where_nothing_is_to_be_refused)
{
	struct rows r = make_rows(40, 1, 0.0f);
	struct learned l = learn(&r, 20, 1);
	double far = 1e6;

	cr_assert_lt(all_that_pass(&r, &l.edges, 100.0, 100.0, 0.0), 32);
	cr_assert_eq(all_that_pass(&r, &l.edges, 100.0, far, 0.0), 32);
	cr_assert_eq(all_that_pass(&r, &l.edges, 100.0, INFINITY, 0.0), 32);
	cr_assert_eq(all_that_pass(&r, &l.edges, 100.0, 100.0, INFINITY), 32);
	forget(&l);
	free_rows(&r);
}

/* Links to copies of the row, and to what lies far beyond all that was learned
 * from. */
Test(edge, edges_that_say_too_little_pass)
{
	struct rows r = make_rows(24, 1, 0.0f);
	struct learned l = learn(&r, 8, 1);

	for (uint32_t i = 0; i < N_LINKS; i++) {
		float *to = r.x + (size_t)r.links[i] * 24;

		memcpy(to, r.x, 24 * sizeof(*to));
		for (uint32_t d = 0; i % 2 && d < 24; d++)
			to[d] += 1e7f;
	}
	cr_assert_eq(all_that_pass(&r, &l.edges, 100.0, 100.0, 0.0), 32);
	forget(&l);
	free_rows(&r);
}

/* A book of no numbers says nothing of any query, wherever these are. */
Test(edge, all_pass_by_a_book_of_no_numbers)
{
	static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f};
	struct rows r = make_rows(40, 1, 0.0f);
	struct learned l = learn(&r, 20, 1);
	struct vsx_edge_query *q = vsx_alloc(1, sizeof(*q));
	float work[40];

	for (uint32_t i = 0; i < 40 * VSX_EDGE_WORDS; i += 13) {
		float was = l.book[i];

		l.book[i] = odd[i % 4];
		vsx_edge_prepare(&l.edges, r.x + 1500 * 40, 0.5, work, q);
		cr_assert_eq(q->scale, 0, "word %u", i);
		l.book[i] = was;
	}
	l.mean[7] = NAN;
	vsx_edge_prepare(&l.edges, r.x + 1500 * 40, 0.5, work, q);
	cr_assert_eq(q->scale, 0);
	free(q);
	forget(&l);
	free_rows(&r);
}

/* What bits a block has of one link, and no others. */
static void check_put(double a, double b, uint32_t i, int16_t due_a,
		      int16_t due_b)
{
	struct vsx_edges e = {
		.dim = 8, .parts = 8, .unit_a = 0.5f, .unit_b = 0.25f};
	struct vsx_edge edge = {.a = a, .b = b};
	uint8_t block[8 * 16 + 128] = {0}, due[8 * 16 + 128] = {0};
	int16_t f[2] = {due_a, due_b};

	for (uint32_t p = 0; p < 8; p++) {
		edge.code[p] = (uint8_t)(p + 8);
		due[p * 16 + i % 16] = (uint8_t)((p + 8) << (i < 16 ? 0 : 4));
	}
	memcpy(due + 128 + (size_t)i * 4, f, sizeof(f));
	vsx_edge_put(&e, &edge, i, block);
	cr_assert_eq(memcmp(block, due, sizeof(due)), 0, "%g, %g, link %u", a,
		     b, i);
}

Test(edge, links_lie_where_the_gate_looks_for_them)
{
	for (uint32_t i = 0; i < N_LINKS; i++)
		check_put(-100.25, 7.0, i, -200, -28);
	check_put(32767.0 / 2, 32767.0 / 4, 3, 32767, -32767);
	check_put(-32767.0 / 2, 1.0, 4, -32767, -4);
	check_put(32768.0 / 2, 1.0, 15, 0, 0);
	check_put(-32768.0 / 2, 1.0, 16, 0, 0);
	check_put(1.0, 32768.0 / 4, 17, 0, 0);
	check_put((double)NAN, 1.0, 31, 0, 0);
}

/* Sums that 16 bits do not hold would say anything. */
Test(edge, gates_stay_open_where_sums_would_not_fit)
{
	struct vsx_edge_query q = {.parts = 8, .scale = 1, .inverse = 1.0};
	struct vsx_gate g;

	q.base = 32767.0 - 255.0 * 8;
	cr_assert(vsx_edge_gate(&q, 1.0, 3.5, &g));
	cr_assert(g.base == 32767 - 255 * 8 && g.bound == 2);
	q.base += 1.0;
	cr_assert(!vsx_edge_gate(&q, 1.0, 3.5, &g));
	q.base = -32768.0;
	cr_assert(vsx_edge_gate(&q, 4.0, 3.5, &g));
	cr_assert(g.base == -32768 && g.bound == 0);
	q.base -= 1.0;
	cr_assert(!vsx_edge_gate(&q, 1.0, 3.5, &g));
	q.base = 0.0;
	cr_assert(vsx_edge_gate(&q, 0.0, 2147483647.5, &g));
	cr_assert(!vsx_edge_gate(&q, 0.0, 2147483648.0, &g));
}

/* ---- rows to begin at ---------------------------------------------------- */

#define N_ENTRIES 512u

/* Of every so manyth row, from the mean; as long as the shift makes them fit.
 */
static uint8_t *encode_entries(const struct rows *r, struct vsx_edges *e,
			       uint32_t step)
{
	size_t block = vsx_gate_block_bytes(e->parts);
	uint8_t *blocks = vsx_alloc(N_ENTRIES / VSX_GATE_LINKS, block);
	struct vsx_edge *edges = vsx_alloc(N_ENTRIES, sizeof(*edges));
	float *work = vsx_alloc(r->dim, sizeof(*work));
	struct vsx_edge_coder coder;
	struct vsx_edge_start start;

	vsx_edge_coder_init(&coder, e);
	vsx_edge_coder_start(&coder, e->mean, work, &start);
	for (uint32_t i = 0; i < N_ENTRIES; i++) {
		row_of(r, i * step, work);
		vsx_edge_coder_edges(&coder, &start, work, 1, &edges[i]);
	}
	e->shift = vsx_edges_shift(e, edges, N_ENTRIES);
	for (uint32_t i = 0; i < N_ENTRIES; i++)
		vsx_edge_put_far(e, &edges[i], i % VSX_GATE_LINKS,
				 blocks + i / VSX_GATE_LINKS * block);
	free(work);
	free(edges);
	return blocks;
}

/* How many of the nearest `among` of all entries are among the 8 that look so,
 * of 100 queries. */
static unsigned int begin_well(const struct rows *r, struct vsx_edges *e,
			       uint32_t among)
{
	struct vsx_edge_query *q = vsx_alloc(1, sizeof(*q));
	float *work = vsx_alloc(r->dim, sizeof(*work));
	uint8_t *blocks = encode_entries(r, e, 3);
	unsigned int well = 0;

	for (uint32_t i = 0; i < 100; i++) {
		const float *query = r->x + (size_t)(1600 + i) * r->dim;
		uint32_t out[8], n;
		double nearest = INFINITY;
		unsigned int nearer = 0;

		vsx_edge_prepare(e, query, 0.5, work, q);
		n = vsx_edge_nearest(q, blocks, N_ENTRIES / VSX_GATE_LINKS, 8,
				     out);
		cr_assert_eq(n, 8);
		for (uint32_t j = 0; j < n; j++) {
			double d = distance(query,
					    r->x + (size_t)out[j] * 3 * r->dim,
					    r->dim);

			cr_assert_lt(out[j], N_ENTRIES);
			nearest = d < nearest ? d : nearest;
		}
		for (uint32_t j = 0; j < N_ENTRIES; j++)
			nearer += distance(query, r->x + (size_t)j * 3 * r->dim,
					   r->dim) < nearest;
		well += nearer < among;
	}
	free(blocks);
	free(work);
	free(q);
	return well;
}

/* Whatever the dimensions, and however far rows are from each other beside
 * those that are linked. */
Test(edge, searches_begin_near)
{
	static const uint32_t dims[] = {24, 64, 200};

	for (size_t i = 0; i < sizeof(dims) / sizeof(dims[0]); i++)
		for (int far = 0; far < 2; far++) {
			struct rows r =
				make_rows(dims[i], 200, far ? 50.0f : 0.0f);
			struct learned l = learn(&r, 24, 2);
			unsigned int well = begin_well(&r, &l.edges, 10);

			cr_assert_geq(well, 90, "dim %u: %u of 100", dims[i],
				      well);
			forget(&l);
			free_rows(&r);
		}
}

static struct vsx_edge edge_of(double a, double b)
{
	return (struct vsx_edge){.a = a, .b = b};
}

/* The least with which all fit that say anything. */
Test(edge, shifts_are_as_great_as_the_longest_edge_needs)
{
	struct vsx_edges e = {
		.dim = 4, .parts = 4, .unit_a = 0.5f, .unit_b = 0.25f};
	struct vsx_edge some[3];

	some[0] = edge_of(1.0, 2.0);
	some[1] = edge_of(32767.0 / 2, 32767.0 / 4);
	some[2] = edge_of(0.0, 0.0);
	cr_assert_eq(vsx_edges_shift(&e, some, 3), 0);
	cr_assert_eq(vsx_edges_shift(&e, some, 0), 0);
	some[2] = edge_of(32768.0 / 2, 1.0);
	cr_assert_eq(vsx_edges_shift(&e, some, 3), 1);
	some[2] = edge_of(1.0, 32767.0);
	cr_assert_eq(vsx_edges_shift(&e, some, 3), 2);
	some[2] = edge_of(1.0, 32769.0);
	cr_assert_eq(vsx_edges_shift(&e, some, 3), 3);
	some[2] = edge_of(1e300, 1.0);
	cr_assert_eq(vsx_edges_shift(&e, some, 3), VSX_EDGE_MAX_SHIFT);
	some[2] = edge_of((double)NAN, 1.0);
	cr_assert_eq(vsx_edges_shift(&e, some, 3), VSX_EDGE_MAX_SHIFT);
}

static void check_far(double a, double b, int due_a, int due_b)
{
	struct vsx_edges e = {.dim = 4,
			      .parts = 4,
			      .unit_a = 0.5f,
			      .unit_b = 0.25f,
			      .shift = 3};
	struct vsx_edge edge = edge_of(a, b);
	uint8_t block[64 + 128] = {0};
	int16_t f[2];

	vsx_edge_put_far(&e, &edge, 17, block);
	memcpy(f, block + 64 + (size_t)17 * 4, sizeof(f));
	cr_assert(f[0] == due_a && f[1] == due_b, "%g, %g: %d, %d", a, b, f[0],
		  f[1]);
}

Test(edge, what_says_too_little_looks_far)
{
	check_far(100.0, 10.0, 25, -5);
	check_far(100.0, 0.1, 25, 0);
	check_far(0.0, 0.0, 32767, 0);
	check_far(1e9, 1.0, 32767, 0);
	check_far(1.0, 1e9, 32767, 0);
	check_far((double)NAN, 1.0, 32767, 0);
}

/* As no writer leaves them: no answer is wrong, all pass or some. */
Test(edge, parameters_may_be_anything)
{
	static const float odd[] = {0.0f,      -1.0f, NAN,   INFINITY,
				    -INFINITY, 3e38f, 1e-44f};
	struct rows r = make_rows(24, 1, 0.0f);
	struct learned l = learn(&r, 8, 1);

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct vsx_edges e = l.edges;

		e.unit_a = odd[i];
		all_that_pass(&r, &e, 100.0, 100.0, 0.5);
		e = l.edges;
		e.unit_b = odd[i];
		all_that_pass(&r, &e, 100.0, 100.0, 0.5);
		e = l.edges;
		e.spread = odd[i];
		all_that_pass(&r, &e, 100.0, 100.0, 0.5);
		all_that_pass(&r, &l.edges, (double)odd[i], 100.0, 0.5);
		all_that_pass(&r, &l.edges, 100.0, (double)odd[i], 0.5);
		for (uint32_t d = 0; d < 24; d++)
			l.mean[d] = odd[i];
		all_that_pass(&r, &l.edges, 100.0, 100.0, 0.5);
		memset(l.mean, 0, 24 * sizeof(*l.mean));
		for (uint32_t d = 0; d < 24 * VSX_EDGE_WORDS; d++)
			l.book[d] = odd[(i + d) % 7];
		all_that_pass(&r, &l.edges, 100.0, 100.0, 0.5);
	}
	forget(&l);
	free_rows(&r);
}

Test(edge, rows_without_links_teach_nothing)
{
	struct rows r = make_rows(24, 0, 0.0f);
	struct learned l = learn(&r, 8, 1);

	cr_assert(l.edges.unit_a > 0.0f && l.edges.unit_b > 0.0f);
	cr_assert_eq(l.edges.spread, 0.0f);
	for (uint32_t i = 0; i < 24 * VSX_EDGE_WORDS; i++)
		cr_assert_eq(l.book[i], 0.0f);
	forget(&l);
	free_rows(&r);
}

Test(edge, any_number_of_threads_learns_the_same)
{
	struct rows r = make_rows(64, 100, 3.0f);
	struct learned a = learn(&r, 16, 1), b = learn(&r, 16, 3);

	cr_assert_eq(memcmp(a.mean, b.mean, 64 * sizeof(float)), 0);
	cr_assert_eq(
		memcmp(a.book, b.book, 64 * VSX_EDGE_WORDS * sizeof(float)), 0);
	cr_assert(a.edges.unit_a == b.edges.unit_a &&
		  a.edges.unit_b == b.edges.unit_b &&
		  a.edges.spread == b.edges.spread);
	cr_assert(a.edges.spread > 0.0f);
	forget(&a);
	forget(&b);
	free_rows(&r);
}
