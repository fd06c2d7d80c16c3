/* What is built can be opened, searched, fetched and verified. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "scratch_folder.h"
#include "vsx_write.h"

enum { N = 1500, DIM = 20, K = 10, QUERIES = 20 };

TestSuite(round_trip, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 300);

static struct vsx_error err;
static float rows[N][DIM];
static uint64_t ids[N];

/* Whole numbers that every element type holds. */
static void fill(enum vsx_elem elem)
{
	for (size_t i = 0; i < N; i++) {
		ids[i] = (i * 7919 % N) * UINT64_C(3000000007);
		for (size_t d = 0; d < DIM; d++) {
			uint64_t x = vsx_random_at(elem, 99, i * DIM + d) % 128;

			rows[i][d] =
				elem == VSX_U8 ? (float)x : (float)x - 64.0f;
		}
	}
}

static void build(enum vsx_metric metric, enum vsx_elem elem, const char *spec,
		  bool normalize)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.metric = metric;
	opts.elem = elem;
	opts.spec = spec;
	opts.force = 1;
	opts.normalize = normalize;
	opts.ef_construction = 60;
	opts.n_test_queries = 100;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, ids), &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
}

static double distance(enum vsx_metric metric, const float *a, const float *b)
{
	double l2 = 0, ip = 0, aa = 0, bb = 0;

	for (size_t d = 0; d < DIM; d++) {
		l2 += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
		ip += (double)a[d] * b[d];
		aa += (double)a[d] * a[d];
		bb += (double)b[d] * b[d];
	}
	if (metric == VSX_L2)
		return l2;
	return metric == VSX_IP ? ip : ip / sqrt(aa * bb);
}

/* The row with an id. */
static const float *row_of(uint64_t id)
{
	for (size_t i = 0; i < N; i++)
		if (ids[i] == id)
			return rows[i];
	cr_assert(false, "id %llu", (unsigned long long)id);
	return NULL;
}

/* How many rows are nearer to the query than `value`, by a margin. */
static size_t count_nearer(enum vsx_metric metric, const float *query,
			   double value)
{
	double sign = metric == VSX_L2 ? 1 : -1, margin = 1e-5 * fabs(value);
	size_t n = 0;

	for (size_t i = 0; i < N; i++)
		n += sign * distance(metric, query, rows[i]) <
		     sign * value - margin;
	return n;
}

static void check_exact(struct vsx_searcher *s, enum vsx_metric metric)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;

	opts.exact = 1;
	for (size_t q = 0; q < QUERIES; q++) {
		struct vsx_hit hits[K];
		size_t n = 0;

		cr_assert_eq(vsx_search(s, rows[q * 7], VSX_F32, K, &opts, hits,
					&n, &err),
			     VSX_OK, "%s", err.text);
		cr_assert_eq(n, K);
		for (size_t i = 0; i < K; i++) {
			double due = distance(metric, rows[q * 7],
					      row_of(hits[i].id));

			cr_assert_float_eq(hits[i].distance, due,
					   1e-5 * fabs(due) + 1e-6);
			cr_assert_leq(count_nearer(metric, rows[q * 7], due),
				      i);
		}
	}
}

static void check_verify(const char *what)
{
	struct vsx_verify_result result = {0};

	cr_assert_eq(
		vsx_verify(scratch_path("x"), NULL, NULL, NULL, &result, &err),
		VSX_OK, "%s: %s", what, err.text);
	cr_expect_eq(result.n_findings, 0, "%s", what);
	cr_expect(result.recall_measured, "%s", what);
	cr_expect_geq(result.recall_at_10, 0.95, "%s: %g", what,
		      result.recall_at_10);
}

static void check_file(enum vsx_metric metric, enum vsx_elem elem,
		       const char *spec)
{
	struct vsx_searcher *s;
	struct vsx_facts facts;
	struct vsx *index;
	char what[64];
	float row[DIM];

	snprintf(what, sizeof(what), "%s %s %s", spec, vsx_elem_text(elem),
		 vsx_metric_text(metric));
	fill(elem);
	build(metric, elem, spec, false);
	cr_assert_eq(vsx_open(&index, scratch_path("x"), NULL, &err), VSX_OK,
		     "%s: %s", what, err.text);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.n_rows, N);
	cr_expect_eq(facts.elem, elem);
	cr_expect_eq(facts.metric, metric);
	cr_expect_eq(facts.extra_bytes, 0);
	cr_expect_str_eq(facts.spec, spec);
	for (size_t i = 0; i < N; i++) {
		cr_assert_eq(vsx_get(index, ids[i], row, &err), VSX_OK,
			     "%s: %s", what, err.text);
		cr_assert_arr_eq(row, rows[i], sizeof(row));
	}
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	check_exact(s, metric);
	vsx_searcher_free(s);
	vsx_close(index);
	check_verify(what);
}

static void check_kind(const char *spec)
{
	for (enum vsx_elem elem = VSX_F32; elem < VSX_N_ELEMS; elem++)
		for (enum vsx_metric m = VSX_L2; m <= VSX_COSINE; m++)
			check_file(m, elem, spec);
}

Test(round_trip, flat)
{
	check_kind("Flat");
}

Test(round_trip, ivf)
{
	check_kind("IVF16,Flat");
}

Test(round_trip, hnsw)
{
	check_kind("HNSW12");
}

Test(round_trip, scales_rows_to_length_1)
{
	struct vsx_facts facts;
	struct vsx *index;
	float row[DIM];

	fill(VSX_F32);
	build(VSX_IP, VSX_F32, "Flat", true);
	cr_assert_eq(vsx_open(&index, scratch_path("x"), NULL, &err), VSX_OK);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.normalised, 1);
	for (size_t i = 0; i < N; i++) {
		double sum = 0;

		cr_assert_eq(vsx_get(index, ids[i], row, &err), VSX_OK);
		for (size_t d = 0; d < DIM; d++)
			sum += (double)row[d] * row[d];
		cr_assert_float_eq(sum, 1.0, 1e-6);
	}
	vsx_close(index);
}

static int keep_finding(void *context, const struct vsx_verify_event *event)
{
	if (event->what == VSX_FINDING)
		snprintf(context, VSX_ERROR_TEXT, "%s", event->text);
	return 0;
}

/* The greatest id is one like all the others: it ends no list of neighbours. */
Test(round_trip, verifies_an_index_that_has_the_greatest_id)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	char finding[VSX_ERROR_TEXT] = "";
	struct vsx_verify_result result;
	struct vsx_builder *b;

	fill(VSX_F32);
	for (size_t i = 0; i < N; i++)
		ids[i] = UINT64_MAX - i;
	opts.dim = DIM;
	opts.spec = "Flat";
	cr_assert(!vsx_builder_new(&b, scratch_path("x"), &opts, &err) &&
			  !vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, ids),
					   &err) &&
			  !vsx_builder_queries(b, rows, VSX_F32, 1, &err) &&
			  !vsx_builder_finish(b, NULL, &err),
		  "%s", err.text);
	vsx_builder_free(b);
	cr_assert_eq(vsx_verify(scratch_path("x"), NULL, keep_finding, finding,
				&result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(result.n_findings, 0, "%s", finding);
	cr_expect_eq(result.recall_at_1, 1.0);
}

Test(round_trip, the_golden_file_is_sound)
{
	struct vsx_verify_result result = {0};

	cr_assert_eq(vsx_verify(VSX_TEST_SOURCE "/tests/golden/flat-5.vsx",
				NULL, NULL, NULL, &result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(result.n_findings, 0);
	cr_expect_eq(result.recall_at_10, 1.0);
}
