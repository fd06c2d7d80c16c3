/*
 * Numbers at the edge: rows and queries so long, so short, so alike or so
 * different that an f32 loses what tells them apart. Every kind of index gives
 * the order of the f64 values of SPEC.md 5.8 all the same.
 */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "names.h"
#include "support/build.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(edges, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

enum { N = 150, K = 12, MOST_DIM = 20 };

static const char *const specs[] = {"Flat", "IVF8,Flat", "HNSW6"};
static const uint32_t dims[] = {2, MOST_DIM}; /* without codes, and with */

/* Rows as the index has them, in f32, and what they are. */
struct rows {
	enum vsx_metric metric;
	enum vsx_elem elem;
	const char *cloud;
	uint32_t dim;
	float x[N][MOST_DIM];
};

/* ---- SPEC.md 5.8, written down once more ------------------------------ */

static double sum_of(const double *lane)
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
	       ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double inverse_length(const float *x, uint32_t dim)
{
	double lane[8] = {0};

	for (uint32_t d = 0; d < dim; d++)
		lane[d % 8] += (double)x[d] * (double)x[d];
	return 1.0 / sqrt(sum_of(lane));
}

static double value(const struct rows *r, const float *q, const float *x)
{
	double lane[8] = {0}, sum, scale = 1.0;

	if (r->metric == VSX_COSINE)
		scale = inverse_length(q, r->dim);
	for (uint32_t d = 0; d < r->dim; d++) {
		double y = (double)q[d] * scale, c = x[d];

		lane[d % 8] += r->metric == VSX_L2 ? (y - c) * (y - c) : y * c;
	}
	sum = sum_of(lane);
	if (r->metric == VSX_COSINE)
		sum *= inverse_length(x, r->dim);
	return r->metric == VSX_L2 ? sum : 0.0 - sum;
}

struct near {
	double value;
	uint64_t id;
};

static int by_value(const void *pa, const void *pb)
{
	const struct near *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static float reported(const struct rows *r, double v)
{
	if (r->metric == VSX_COSINE)
		v = fmin(fmax(v, -1.0), 1.0);
	return (float)(r->metric == VSX_L2 ? v : 0.0 - v);
}

/* ---- rows -------------------------------------------------------------- */

static double unit(size_t i)
{
	return (double)(vsx_random_at(5, 78, i) % 2000001) / 1e6 - 1.0;
}

/* The greatest and least component that a row of this kind may be made of. */
static double greatest(const struct rows *r)
{
	switch (r->elem) {
	case VSX_F16:
		return 65504;
	case VSX_I8:
		return 127;
	case VSX_U8:
		return 255;
	default:
		break;
	}
	if (r->metric == VSX_COSINE)
		return 3.3e38;
	return 0x1p62 / sqrt(r->dim);
}

static double least(const struct rows *r)
{
	switch (r->elem) {
	case VSX_F32:
		return 0x1p-149;
	case VSX_F16:
		return 0x1p-24;
	case VSX_BF16:
		return 0x1p-133;
	default:
		return 1;
	}
}

static const char *const clouds[] = {"huge",  "tiny",	 "small", "equal",
				     "mixed", "lengths", "apart"};

static double component(const struct rows *r, size_t i, uint32_t d)
{
	double u = unit(i * r->dim + d), low = least(r), high = greatest(r);
	bool whole = vsx_elem_is_int(r->elem);

	if (strcmp(r->cloud, "huge") == 0)
		return u * high;
	if (strcmp(r->cloud, "tiny") == 0)
		return u * 9 * low;
	if (strcmp(r->cloud, "small") == 0)
		return u * (whole ? 9 : fmax(1e5 * low, 1e-30));
	if (strcmp(r->cloud, "equal") == 0)
		return high / 2;
	if (strcmp(r->cloud, "lengths") == 0) /* of one direction */
		return (d + 1.0) / r->dim *
		       exp(log(low * r->dim) +
			   (double)i / N * (log(high) - log(low * r->dim)));
	if (strcmp(r->cloud, "apart") == 0) /* far out, near to each other */
		return d == 0 ? high : u * high * 1e-7;
	return u * exp((double)(i % 7) / 6 * (log(high) - log(low)) + log(low));
}

static float as_stored(enum vsx_elem elem, double x)
{
	switch (elem) {
	case VSX_I8:
		return (float)rint(fmin(fmax(x, -128), 127));
	case VSX_U8:
		return (float)rint(fmin(fabs(x), 255));
	default:
		return (float)x;
	}
}

static void fill(struct rows *r)
{
	for (size_t i = 0; i < N; i++) {
		for (uint32_t d = 0; d < r->dim; d++)
			r->x[i][d] = as_stored(r->elem, component(r, i, d));
		/* Not zero, even where bf16 and f16 round. */
		if (!(fabs((double)r->x[i][0]) >= least(r)))
			r->x[i][0] = (float)least(r);
	}
}

static const char *path_of(const char *spec)
{
	char name[32];

	snprintf(name, sizeof(name), "%.4s", spec);
	return scratch_path(name);
}

static struct vsx *build(struct rows *r, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx *index;

	opts.dim = r->dim;
	opts.metric = r->metric;
	opts.elem = r->elem;
	opts.spec = spec;
	opts.n_test_queries = 5;
	opts.ef_construction = 20;
	opts.n_threads = 1;
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, path_of(spec), &opts, &err), VSX_OK);
	for (size_t i = 0; i < N; i++)
		cr_assert_eq(
			vsx_builder_add(b, VSX_BATCH(r->x[i], VSX_F32, 1, NULL),
					&err),
			VSX_OK, "%s: %s", r->cloud, err.text);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	cr_assert_eq(vsx_open(&index, path_of(spec), NULL, &err), VSX_OK);
	/* f16 and bf16 round: what the index holds is what counts. */
	for (size_t i = 0; i < N; i++)
		cr_assert_eq(vsx_get(index, i, r->x[i], &err), VSX_OK);
	return index;
}

/* ---- the check --------------------------------------------------------- */

static void check_answer(const struct rows *r, const char *what,
			 struct vsx_searcher *s, const float *q,
			 uint32_t effort, bool exact, bool all)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct near due[N];
	struct vsx_hit hits[K];
	size_t n = 0;

	opts.effort = effort;
	opts.exact = exact;
	cr_assert_eq(vsx_search(s, q, VSX_F32, K, &opts, hits, &n, &err),
		     VSX_OK, "%s: %s", what, err.text);
	cr_assert_eq(n, K, "%s, effort %u: %zu", what, effort, n);
	for (size_t i = 0; i < N; i++)
		due[i] = (struct near){value(r, q, r->x[i]), i};
	for (size_t i = 0; i < K; i++) {
		cr_assert(isfinite(hits[i].distance), "%s", what);
		cr_assert_eq(hits[i].distance,
			     reported(r, due[hits[i].id].value),
			     "%s, effort %u, place %zu: %.9g", what, effort, i,
			     (double)hits[i].distance);
		cr_assert(i == 0 || by_value(&due[hits[i - 1].id],
					     &due[hits[i].id]) < 0,
			  "%s, effort %u: order at %zu", what, effort, i);
	}
	qsort(due, N, sizeof(*due), by_value);
	for (size_t i = 0; all && i < K; i++)
		cr_assert_eq(hits[i].id, due[i].id,
			     "%s, effort %u, exact %d: %llu at %zu, not %llu",
			     what, effort, exact,
			     (unsigned long long)hits[i].id, i,
			     (unsigned long long)due[i].id);
}

/* A row, a row turned round, what lies between two, and the longest of all. */
static void make_query(const struct rows *r, int which, float *q)
{
	for (uint32_t d = 0; d < r->dim; d++) {
		float a = r->x[17][d], b = r->x[80][d];

		q[d] = which == 0   ? a
		       : which == 1 ? -b
		       : which == 2 ? a / 2 + b / 2
				    : (float)greatest(r);
	}
	if (which == 2 && q[0] == 0)
		q[0] = FLT_MIN;
}

static void check_kind(struct rows *r, const char *spec)
{
	/* Squares and products that an f32 has no number for. */
	bool lost = r->metric != VSX_COSINE && strcmp(r->cloud, "tiny") == 0 &&
		    r->elem == VSX_F32;
	struct vsx *index = build(r, spec);
	struct vsx_searcher *s;
	float q[MOST_DIM];
	char what[99];

	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	for (int i = 0; i < 4; i++) {
		snprintf(what, sizeof(what),
			 "%s, %s of %s, dim %u, %s rows, "
			 "query %d",
			 spec, vsx_metric_name(r->metric),
			 vsx_elem_name(r->elem), r->dim, r->cloud, i);
		make_query(r, i, q);
		check_answer(r, what, s, q, 0, true, true);
		check_answer(r, what, s, q, N, false, true);
		check_answer(
			r, what, s, q, 1, false,
			strcmp(spec, "Flat") == 0 ||
				(lost && i < 3 && strcmp(spec, "HNSW6") == 0));
		check_answer(r, what, s, q, 0, false, false);
	}
	vsx_searcher_free(s);
	vsx_close(index);
}

static void check_all(enum vsx_elem elem)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (size_t c = 0; c < sizeof(clouds) / sizeof(clouds[0]); c++)
			for (int i = 0; i < 6; i++) {
				struct rows r = {
					.metric = (enum vsx_metric)metric,
					.elem = elem,
					.cloud = clouds[c],
					.dim = dims[i / 3]};

				fill(&r);
				check_kind(&r, specs[i % 3]);
			}
}

Test(edges, every_kind_orders_f32_rows_by_f64_values)
{
	check_all(VSX_F32);
}

Test(edges, every_kind_orders_f16_rows_by_f64_values)
{
	check_all(VSX_F16);
}

Test(edges, every_kind_orders_bf16_rows_by_f64_values)
{
	check_all(VSX_BF16);
}

Test(edges, every_kind_orders_i8_rows_by_f64_values)
{
	check_all(VSX_I8);
}

Test(edges, every_kind_orders_u8_rows_by_f64_values)
{
	check_all(VSX_U8);
}

/* ---- what is refused --------------------------------------------------- */

/* The squared length is 2^125, and 2^125 and a little. */
static const float longest[2] = {0x1p62f, -0x1p62f};
static const float too_long[2] = {0x1p62f, -0x1.000002p62f};

static struct vsx_builder *begin(enum vsx_metric metric, enum vsx_elem elem,
				 const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = 2;
	opts.metric = metric;
	opts.elem = elem;
	opts.spec = spec;
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("r"), &opts, &err),
		     VSX_OK);
	return b;
}

static void expect_refused(enum vsx_status status, const char *text)
{
	cr_assert_eq(status, VSX_ENUMERIC, "%s", text);
	cr_assert_eq(strncmp(err.text, text, strlen(text)), 0, "%s", err.text);
}

Test(edges, too_long_rows_and_queries_are_refused)
{
	static const char *const why[] = {
		"its squared length is 4.25353009e+37, l2 takes up to 4.25352959e+37",
		"its squared length is 4.25353009e+37, ip takes up to 4.25352959e+37",
	};
	char text[200];

	for (int m = VSX_L2; m <= VSX_IP; m++) {
		struct vsx_builder *b =
			begin((enum vsx_metric)m, VSX_F32, "Flat");
		struct vsx_searcher *s;
		struct vsx_update *u;
		struct vsx_hit hit;
		struct vsx *index;
		size_t n;

		snprintf(text, sizeof(text), "row 3: %s", why[m - VSX_L2]);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(vsx_builder_add(b,
						     VSX_BATCH(longest, VSX_F32,
							       1, NULL),
						     &err),
				     VSX_OK, "%s", err.text);
		expect_refused(
			vsx_builder_add(
				b, VSX_BATCH(too_long, VSX_F32, 1, NULL), &err),
			text);
		expect_refused(
			vsx_builder_queries(b, too_long, VSX_F32, 1, &err),
			"query 0: its squared length is 4.25353009e+37");
		cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
		vsx_builder_free(b);
		cr_assert_eq(
			vsx_update_begin(&u, scratch_path("r"), NULL, &err),
			VSX_OK);
		expect_refused(
			vsx_update_add(u, VSX_BATCH(too_long, VSX_F32, 1, NULL),
				       &err),
			"row 0: its squared length is 4.25353009e+37");
		vsx_update_free(u);
		cr_assert_eq(vsx_open(&index, scratch_path("r"), NULL, &err),
			     VSX_OK);
		cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
		expect_refused(vsx_search(s, too_long, VSX_F32, 1, NULL, &hit,
					  &n, &err),
			       why[m - VSX_L2]);
		vsx_searcher_free(s);
		vsx_close(index);
	}
}

/* Rounding to bf16 changes lengths: what is stored counts. */
Test(edges, rows_are_measured_as_they_are_stored)
{
	static const float rounds_down[2] = {0x1.6a8p62f, 0};
	static const float rounds_up[2] = {0x1.6b8p62f, 0};
	struct vsx_builder *b = begin(VSX_L2, VSX_BF16, "Flat");

	cr_expect_eq(vsx_builder_add(
			     b, VSX_BATCH(rounds_down, VSX_F32, 1, NULL), &err),
		     VSX_OK);
	expect_refused(vsx_builder_add(
			       b, VSX_BATCH(rounds_up, VSX_F32, 1, NULL), &err),
		       "row 1: its squared length is");
	vsx_builder_free(b);
}

Test(edges, the_greatest_distances_are_numbers)
{
	static const float back[2] = {-0x1p62f, 0x1p62f};

	for (size_t i = 0; i < 3; i++) {
		struct vsx_builder *b = begin(VSX_L2, VSX_F32, specs[i]);
		struct vsx_searcher *s;
		struct vsx_hit hits[2];
		struct vsx *index;
		size_t n;

		vsx_builder_add(b, VSX_BATCH(longest, VSX_F32, 1, NULL), &err);
		vsx_builder_add(b, VSX_BATCH(back, VSX_F32, 1, NULL), &err);
		cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
		vsx_builder_free(b);
		cr_assert_eq(vsx_open(&index, scratch_path("r"), NULL, &err),
			     VSX_OK);
		cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
		cr_assert_eq(
			vsx_search(s, back, VSX_F32, 2, NULL, hits, &n, &err),
			VSX_OK);
		cr_assert_eq(n, 2);
		cr_expect_eq(hits[0].id, 1);
		cr_expect_eq(hits[0].distance, 0.0f);
		cr_expect_eq(hits[1].distance, 0x1p127f);
		vsx_searcher_free(s);
		vsx_close(index);
	}
}

/* Any finite row but zero has a cosine; files of such rows are sound. */
Test(edges, cosine_takes_any_length)
{
	static const float rows[][2] = {
		{3.3e38f, 3.3e38f},   {-3.4e38f, 3.4e38f},  {0x1p-149f, 0},
		{0, -0x1p-149f},      {0x1p-149f, 3.4e38f}, {1, 0},
		{0x1p-40f, 0x1p-70f}, {0x1p41f, 0x1p41f}};
	static const float zero[2] = {-0.0f, 0.0f};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

	for (size_t i = 0; i < 3; i++) {
		struct vsx_verify_opts verify = VSX_VERIFY_OPTS_INIT;
		struct vsx_open_opts open = VSX_OPEN_OPTS_INIT;
		struct vsx_builder *b = begin(VSX_COSINE, VSX_F32, specs[i]);
		struct vsx_verify_result result;
		struct vsx_hit hits[ROWS];
		struct vsx_searcher *s;
		struct vsx *index;
		size_t n;

		cr_assert_eq(
			vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, ROWS, NULL),
					&err),
			VSX_OK, "%s", err.text);
		expect_refused(
			vsx_builder_add(b, VSX_BATCH(zero, VSX_F32, 1, NULL),
					&err),
			"row 8: the vector is zero");
		cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
		vsx_builder_free(b);
		cr_assert_eq(vsx_verify(scratch_path("r"), &verify, NULL, NULL,
					&result, &err),
			     VSX_OK, "%s", err.text);
		cr_expect_eq(result.n_findings, 0);
		open.untrusted = 1;
		cr_assert_eq(vsx_open(&index, scratch_path("r"), &open, &err),
			     VSX_OK, "%s", err.text);
		cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
		for (size_t q = 0; q < ROWS; q++) {
			cr_assert_eq(vsx_search(s, rows[q], VSX_F32, ROWS, NULL,
						hits, &n, &err),
				     VSX_OK, "%s", err.text);
			cr_assert_eq(n, ROWS);
			cr_expect_eq(hits[0].distance, 1.0f, "%zu: %.9g", q,
				     (double)hits[0].distance);
			for (size_t j = 0; j < n; j++)
				cr_expect(fabsf(hits[j].distance) <= 1.0f);
		}
		vsx_searcher_free(s);
		vsx_close(index);
	}
}
