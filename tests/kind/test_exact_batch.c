/*
 * Exact search of many queries at once: ids and values of every answer are
 * those of comparing all rows in f64, whatever the rows, the metric and the
 * element type, and whether the batch takes tiles or not.
 */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/coding.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "kind/kind.h"
#include "segment/dead.h"
#include "segment/exact.h"
#include "segment/exact_tile.h"
#include "code/build.h"
#include "kind/kind.h"

#define MAX_QUERIES 40
#define MAX_K	    20

static struct vsx_error err;

/* What rows may look like. */
enum look {
	CLUSTERS,
	WHOLE,	 /* few whole numbers: many distances are equal */
	EQUAL,	 /* one row again and again */
	OUTLIER, /* some are far outside, so that their codes say nothing */
	SHIFTED, /* a large mean, a small deviation */
	TINY,
	WIDE,	 /* components of all magnitudes */
	NEAR,	 /* all within some ulps of one row */
	EXTREME, /* only the least and the greatest value */
	N_LOOKS
};

enum dead { NONE, SOME, MOST, N_DEAD };

struct set {
	struct vsx_segment seg;
	uint32_t n, dim, n_queries;
	size_t k;
	float *x;
	float *queries;
	uint8_t *base, *code, *params, *dead;
	struct vsx_scratch *scratch;
	struct vsx_best *heap;
	struct vsx_find *finds;
};

static double unit(struct vsx_rng *rng)
{
	return vsx_to_unit(vsx_rng_next(rng));
}

static float component(struct vsx_rng *rng, enum look look, uint32_t row,
		       uint32_t d)
{
	struct vsx_rng of = {row % 3 * 1000 + d};
	double centre = unit(&of) - 0.5;

	switch (look) {
	case CLUSTERS:
		return (float)(centre + (unit(rng) - 0.5) * 0.1);
	case WHOLE:
		return (float)vsx_rng_below(rng, 4);
	case EQUAL:
		of.state = d;
		return (float)unit(&of);
	case OUTLIER:
		return (float)((unit(rng) - 0.5) * (row % 211 == 7 ? 1e5 : 1));
	case SHIFTED:
		return (float)(1000 + d + unit(rng) * 1e-3);
	case TINY:
		return (float)(centre * 1e-25 + unit(rng) * 1e-26);
	case WIDE:
		return (float)((unit(rng) - 0.5) * exp(unit(rng) * 40 - 20));
	case NEAR:
		of.state = d;
		return (float)unit(&of) +
		       (float)vsx_rng_below(rng, 3) * FLT_EPSILON;
	case EXTREME:
		return vsx_rng_below(rng, 2) ? 1.0f : -1.0f;
	case N_LOOKS:
		break;
	}
	return 0;
}

/* What the element type can hold. */
static float fit(float f, enum vsx_elem elem, enum look look)
{
	float low = elem == VSX_I8 ? -128 : 0,
	      high = elem == VSX_I8 ? 127 : 255;

	if (elem == VSX_F16)
		return fminf(fmaxf(f, -60000), 60000);
	if (!vsx_elem_is_int(elem))
		return f;
	if (look == EXTREME)
		return f > 0 ? high : low;
	if (look != WHOLE)
		f = f * 100 + (elem == VSX_U8 ? 128 : 0);
	return fminf(fmaxf(rintf(f), low), high);
}

static void draw(const struct set *s, struct vsx_rng *rng, enum look look,
		 uint32_t row, float *out)
{
	bool zero = true;

	for (uint32_t d = 0; d < s->dim; d++) {
		out[d] = fit(component(rng, look, row, d), s->seg.space.elem,
			     look);
		zero = zero && fabsf(out[d]) < 1e-7f; /* as an f16 */
	}
	if (zero && s->seg.space.metric == VSX_COSINE)
		out[0] = 1;
}

/* Rows, stored rows, and the queries: some are rows, some are like them, some
 * lie elsewhere or between whole numbers. */
static void draw_all(struct set *s, struct vsx_rng *rng, enum look look)
{
	for (uint32_t i = 0; i < s->n; i++) {
		float *x = s->x + (size_t)i * s->dim;

		draw(s, rng, look, i, x);
		cr_assert_eq(vsx_space_store(
				     &s->seg.space,
				     s->base + (size_t)i * s->seg.space.stride,
				     x, VSX_F32, false, &err),
			     VSX_OK, "%s", err.text);
	}
	for (uint32_t i = 0; i < s->n_queries; i++) {
		float *q = s->queries + (size_t)i * s->dim;

		if (i % 4 == 1)
			memcpy(q, s->x + vsx_rng_below(rng, s->n) * s->dim,
			       s->dim * sizeof(float));
		else
			draw(s, rng, look, i, q);
		if (i % 7 == 3)
			q[vsx_rng_below(rng, s->dim)] *= 300;
		if (i % 9 == 5)
			q[0] += 0.25f;
	}
}

static void lay_codes(struct set *s)
{
	struct vsx_rows rows = {
		.space = &s->seg.space, .base = s->base, .n = s->n};
	struct vsx_job job = {.n_threads = 1};
	struct vsx_code_params p;

	cr_assert_eq(train_codes(vsx_codec_for(s->seg.space.elem, s->dim), &job,
				 &rows, &p, &err),
		     VSX_OK);
	if (p.build) {
		uint64_t bytes = vsx_codes_bytes(&p, s->n);

		s->code = vsx_alloc(bytes, 1);
		s->params = vsx_alloc(p.n_bytes, 1);
		memcpy(s->params, p.bytes, p.n_bytes);
		encode_codes(&p, &rows, NULL, 0, s->n, s->code);
		s->seg.view[VSX_SEC_CODE].base = s->code;
		s->seg.view[VSX_SEC_CODE].bytes = bytes;
		s->seg.view[VSX_SEC_CPAR].base = s->params;
		s->seg.view[VSX_SEC_CPAR].bytes = p.n_bytes;
	}
	vsx_code_params_release(&p);
}

static void kill_rows(struct set *s, struct vsx_rng *rng, enum dead dead)
{
	s->dead = vsx_alloc(vsx_dead_bytes(s->n), 1);
	s->seg.gone = vsx_alloc(vsx_dead_bytes(s->n), 1);
	/* Some in the bits of the file, some in those of its list. */
	for (uint32_t i = 0; dead != NONE && i < s->n; i++)
		if (vsx_rng_below(rng, 20) < (dead == SOME ? 4 : 19)) {
			uint8_t *bits = i % 3 ? s->dead : s->seg.gone;

			bits[i >> 3] |= (uint8_t)(1u << (i & 7));
			s->seg.n_dead++;
		}
	s->seg.dead = s->seg.n_dead ? s->dead : NULL;
}

static void begin(struct set *s, struct vsx_rng *rng)
{
	bool self = vsx_rng_below(rng, 2);

	for (uint32_t i = 0; i < s->n_queries; i++) {
		struct vsx_scratch *scratch = &s->scratch[i];

		cr_assert_eq(vsx_space_prepare(&s->seg.space, &scratch->query,
					       s->queries + (size_t)i * s->dim,
					       VSX_F32, &err),
			     VSX_OK, "%s", err.text);
		s->finds[i] = (struct vsx_find){
			.query = &scratch->query,
			.k = s->k,
			.top = {s->heap + i * s->k, 0, s->k},
			.skip_self = self && i % 3 == 0,
			.self = i % s->n,
			.scratch = scratch,
		};
	}
}

static void set_init(struct set *s, struct vsx_rng *rng, enum vsx_metric metric,
		     enum vsx_elem elem, enum look look, uint32_t most,
		     uint32_t dim)
{
	memset(s, 0, sizeof(*s));
	s->n = (uint32_t)vsx_rng_below(rng, most) + 1;
	s->dim = dim ? dim : (uint32_t)vsx_rng_below(rng, 70) + 1;
	s->n_queries = (uint32_t)vsx_rng_below(rng, MAX_QUERIES) + 1;
	s->k = vsx_rng_below(rng, MAX_K) + 1;
	s->seg.kind = vsx_kind_find(VSX_FLAT);
	s->seg.n_rows = s->n;
	vsx_space_init(&s->seg.space, metric, elem, s->dim, 0);
	s->x = vsx_alloc((size_t)s->n * s->dim, sizeof(float));
	s->queries = vsx_alloc((size_t)s->n_queries * s->dim, sizeof(float));
	s->base = vsx_alloc(s->n, s->seg.space.stride);
	s->scratch = vsx_alloc(s->n_queries, sizeof(*s->scratch));
	s->heap = vsx_alloc(s->n_queries * s->k, sizeof(*s->heap));
	s->finds = vsx_alloc(s->n_queries, sizeof(*s->finds));
	for (uint32_t i = 0; i < s->n_queries; i++)
		cr_assert_eq(vsx_scratch_init(&s->scratch[i], s->dim, &err),
			     VSX_OK);
	draw_all(s, rng, look);
	lay_codes(s);
	s->seg.view[VSX_SEC_VECS].base = s->base;
	s->seg.view[VSX_SEC_VECS].bytes = (uint64_t)s->n * s->seg.space.stride;
	cr_assert_eq(vsx_segment_open(&s->seg, &err), VSX_OK, "%s", err.text);
	kill_rows(s, rng, (enum dead)vsx_rng_below(rng, N_DEAD));
	begin(s, rng);
}

static void set_release(struct set *s)
{
	for (uint32_t i = 0; i < s->n_queries; i++)
		vsx_scratch_release(&s->scratch[i]);
	free(s->x);
	free(s->queries);
	free(s->base);
	free(s->code);
	free(s->params);
	free(s->dead);
	free(s->seg.gone);
	free(s->scratch);
	free(s->heap);
	free(s->finds);
}

static void check_answer(const struct set *s, uint32_t i, const char *what)
{
	struct vsx_find *find = &s->finds[i];
	struct vsx_best due[MAX_K];
	struct vsx_topk top = {due, 0, s->k};

	for (uint32_t r = 0; r < s->n; r++) {
		struct vsx_best b = {.id = r, .row = r};

		if (vsx_is_dead(&s->seg, r) ||
		    (find->skip_self && find->self == r))
			continue;
		b.value = vsx_space_exact_value(
			&s->seg.space, find->query,
			s->base + (size_t)r * s->seg.space.stride);
		vsx_topk_push(&top, b);
	}
	vsx_topk_sort(&top);
	vsx_topk_sort(&find->top);
	cr_assert_eq(find->top.n, top.n, "%s: %zu of %zu", what, find->top.n,
		     top.n);
	for (size_t j = 0; j < top.n; j++) {
		cr_assert_eq(find->top.heap[j].id, due[j].id,
			     "%s, query %u: place %zu", what, i, j);
		cr_assert_eq(find->top.heap[j].value, due[j].value,
			     "%s, query %u: place %zu", what, i, j);
	}
}

static size_t n_suited;

/* One for all: what another batch has left in it changes nothing. */
static struct vsx_exact_room room;

static void check(struct vsx_rng *rng, enum vsx_metric metric,
		  enum vsx_elem elem, enum look look, uint32_t most,
		  uint32_t dim)
{
	struct set s;
	struct vsx_sieve sieve;
	char what[80];

	set_init(&s, rng, metric, elem, look, most, dim);
	snprintf(what, sizeof(what), "metric %d, elem %d, look %d, %u x %u",
		 (int)metric, (int)elem, (int)look, s.n, s.dim);
	cr_assert_eq(vsx_exact_batch(&room, &s.seg, s.finds, s.n_queries, &err),
		     VSX_OK, "%s", err.text);
	for (uint32_t i = 0; i < s.n_queries; i++)
		check_answer(&s, i, what);
	cr_assert_eq(
		vsx_sieve_begin(&sieve, &s.seg, &s.finds[0], 0, false, &err),
		VSX_OK);
	n_suited += vsx_exact_tiles_suit(&sieve);
	set_release(&s);
}

static const enum vsx_elem elems[] = {VSX_F32, VSX_F16, VSX_BF16, VSX_I8,
				      VSX_U8};

static void check_metric(enum vsx_metric metric)
{
	struct vsx_rng rng = {(uint64_t)metric + 41};
	size_t n = 0;

	for (int times = 0; times < 25; times++)
		for (int e = 0; e < 5; e++)
			for (int look = 0; look < N_LOOKS; look++, n++)
				check(&rng, metric, elems[e], (enum look)look,
				      times ? 100 : 1500, 0);
	printf("# %zu of %zu sets suit tiles\n", n_suited, n);
	cr_assert_gt(n_suited, n / 4);
	vsx_exact_room_release(&room);
}

Test(exact_batch, is_that_of_brute_force_under_l2)
{
	check_metric(VSX_L2);
}

Test(exact_batch, is_that_of_brute_force_under_cosine)
{
	check_metric(VSX_COSINE);
}

Test(exact_batch, is_that_of_brute_force_for_products)
{
	check_metric(VSX_IP);
}

/* Sums over as many components as there may be, the greatest among them. */
Test(exact_batch, is_that_of_brute_force_in_very_many_dimensions)
{
	static const enum look looks[] = {EXTREME, CLUSTERS, WHOLE};
	static const uint32_t dims[] = {VSX_MAX_DIM, 33025, 1031};
	struct vsx_rng rng = {97};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int e = 0; e < 5; e++)
			for (int i = 0; i < 3; i++)
				for (int d = 0; d < 3; d++)
					check(&rng, (enum vsx_metric)metric,
					      elems[e], looks[i], 20, dims[d]);
	cr_assert_gt(n_suited, 40);
	vsx_exact_room_release(&room);
}

/* Shared out evenly, and so that memory is bounded. */
Test(exact_batch, gives_each_thread_the_same)
{
	cr_assert_eq(vsx_exact_share(1, 1, 50, 10, 0), 1);
	cr_assert_eq(vsx_exact_share(2000, 2, 50, 10, 0), 500);
	cr_assert_eq(vsx_exact_share(301, 2, 50, 10, 0), 151);
	cr_assert_eq(vsx_exact_share(3, 2, 50, 10, 0), 2);
	cr_assert_eq(vsx_exact_share(100000, 1, 50, 10, 0), 511);
	cr_assert_eq(vsx_exact_share(1000, 1, VSX_MAX_DIM, 10, 0), 7);
	cr_assert_eq(vsx_exact_share(1000, 1, 50, 100000000, 0), 1);
	/* Each has 8,192 bytes, and 64 for a component and a neighbour. */
	cr_assert_eq(vsx_exact_share(1000, 1, 128, 100, 22784 * 100), 100);
	cr_assert_eq(vsx_exact_share(1000, 4, 128, 100, 22784 * 100), 25);
	cr_assert_eq(vsx_exact_share(1000, 2, 128, 100, 1), 1);
	cr_assert_eq(vsx_exact_share(1000, 1, 128, 100, UINT64_MAX), 500);
}
