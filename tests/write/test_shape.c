/*
 * Links that are shaped by queries: those from elsewhere take fewer distances,
 * what is said of recall holds for others, and queries like the rows leave
 * every link as it is.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support/build.h"
#include "vsx.h"
#include "write/scratch_folder.h"

TestSuite(shape, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

enum { N = 1000, DIM = 32, LATENT = 16, SAMPLE = 280, OTHERS = 100, K = 10 };

static struct vsx_error err;
static char note[VSX_ERROR_TEXT];
static uint64_t shaping; /* done of it */

/* ---- rows and queries -------------------------------------------------- */

/* Which layer points of the latent space go through. */
enum { OF_ROWS, OF_OTHERS };

static float noise(uint64_t stream, uint64_t i)
{
	float sum = 0.0f;

	for (uint64_t j = 0; j < 4; j++)
		sum += (float)vsx_to_unit(vsx_random_at(9, stream, i * 4 + j));
	return sum - 2.0f;
}

/* Points of 40 clusters, number `first` and on; others have an offset, too. */
static float *make(size_t n, uint64_t first, int layer)
{
	float *x = calloc(n * DIM, sizeof(*x));

	cr_assert(x);
	for (uint64_t i = 0; i < n; i++)
		for (uint64_t l = 0; l < LATENT; l++) {
			uint64_t at = first + i;
			float z = noise(1, at % 40 * LATENT + l) +
				  noise(2, at * LATENT + l) / 2;

			for (uint64_t d = 0; d < DIM; d++)
				x[i * DIM + d] += z * noise(3 + (uint64_t)layer,
							    l * DIM + d);
		}
	for (uint64_t i = 0; i < n * DIM; i++) {
		x[i] = x[i] / (1.0f + fabsf(x[i]));
		if (layer == OF_OTHERS)
			x[i] += noise(5, i % DIM) +
				0.6f * noise(6, first * DIM + i);
	}
	return x;
}

/* ---- building ---------------------------------------------------------- */

static int hear(void *context, const struct vsx_build_event *event)
{
	(void)context;
	if (event->what == VSX_BUILD_NOTE && strstr(event->text, "links "))
		snprintf(note, sizeof(note), "%s", event->text);
	if (event->what == VSX_BUILD_PROGRESS &&
	    strcmp(event->text, "shaping links") == 0) {
		cr_expect_leq(shaping, event->done);
		cr_expect_leq(event->done, event->total);
		cr_expect_str_eq(event->unit, "queries");
		shaping = event->done;
	}
	return 0;
}

static struct vsx_build_opts options(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = DIM;
	opts.spec = spec;
	opts.n_threads = 2;
	opts.n_test_queries = UINT32_MAX; /* but for those that are given */
	opts.ef_construction = 24;
	opts.force = 1;
	opts.report = hear;
	return opts;
}

static struct vsx_build_result build(const char *path,
				     struct vsx_build_opts opts,
				     const float *rows, const float *queries,
				     size_t n_queries)
{
	struct vsx_build_result result;
	struct vsx_builder *b;

	note[0] = '\0';
	shaping = 0;
	if (queries)
		opts.n_test_queries = 0;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err),
		VSX_OK, "%s", err.text);
	if (queries)
		cr_assert_eq(vsx_builder_queries(b, queries, VSX_F32, n_queries,
						 &err),
			     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_finish(b, &result, &err), VSX_OK, "%s: %s",
		     opts.spec, err.text);
	vsx_builder_free(b);
	return result;
}

static bool is_shaped(void)
{
	return strncmp(note, "links shaped by ", 16) == 0;
}

static int no_finding(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	cr_expect_neq(event->what, VSX_FINDING, "%s", event->text);
	return 0;
}

/* Every row is reached, no link is there twice, codes of links are of these. */
static void is_sound(const char *path)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;

	opts.level = VSX_VERIFY_FULL;
	opts.n_threads = 2;
	cr_assert_eq(vsx_verify(path, &opts, no_finding, NULL, &result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(result.n_findings, 0);
}

/* ---- searching --------------------------------------------------------- */

static float found(const struct vsx_hit *hits, const struct vsx_hit *due)
{
	float n = 0.0f;

	for (int i = 0; i < K; i++)
		for (int j = 0; j < K; j++)
			n += hits[i].id == due[j].id;
	return n;
}

/* Recall and distances of a search for queries, with an effort; 0: default. */
static double search(const char *path, const float *queries, uint32_t effort,
		     double *distances)
{
	static struct vsx_hit hits[OTHERS][K], due[OTHERS][K];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	size_t n_hits[OTHERS];
	struct vsx_search_stats stats;
	struct vsx *index;
	double sum = 0.0;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	opts.exact = 1;
	cr_assert_eq(vsx_search_batch(index, queries, VSX_F32, OTHERS, K, &opts,
				      2, due[0], n_hits, NULL, &err),
		     VSX_OK, "%s", err.text);
	opts.exact = 0;
	opts.effort = effort;
	cr_assert_eq(vsx_search_batch(index, queries, VSX_F32, OTHERS, K, &opts,
				      2, hits[0], n_hits, &stats, &err),
		     VSX_OK, "%s", err.text);
	for (int i = 0; i < OTHERS; i++)
		sum += found(hits[i], due[i]);
	vsx_close(index);
	*distances = (double)stats.n_distances / OTHERS;
	return sum / (OTHERS * K);
}

/* Distances with the least effort that finds so much. */
static double distances_for(const char *path, const float *queries,
			    double recall)
{
	double distances = INFINITY;

	for (uint32_t ef = 10; ef < 600; ef += ef / 4)
		if (search(path, queries, ef, &distances) >= recall)
			return distances;
	return INFINITY;
}

/* ---- the tests --------------------------------------------------------- */

Test(shape, queries_from_elsewhere_take_fewer_distances)
{
	float *rows = make(N, 0, OF_ROWS);
	float *sample = make(SAMPLE, N, OF_OTHERS);
	float *others = make(OTHERS, N + SAMPLE, OF_OTHERS);
	const char *plain = scratch_path("plain");
	const char *shaped = scratch_path("shaped");
	struct vsx_build_opts opts = options("HNSW6");
	struct vsx_build_result r;
	double distances, recall;

	build(plain, opts, rows, NULL, 0);
	r = build(shaped, opts, rows, sample, SAMPLE);
	cr_expect(is_shaped(), "%s", note);
	cr_expect_geq(shaping, SAMPLE); /* it is told */
	/* Recall is that of the queries which are left. */
	cr_expect_lt(r.n_queries, SAMPLE * 6 / 10);
	cr_expect_gt(r.n_queries, SAMPLE * 4 / 10);
	is_sound(shaped);
	for (double due = 0.9; due < 0.98; due += 0.05)
		cr_expect_lt(distances_for(shaped, others, due),
			     0.95 * distances_for(plain, others, due));
	recall = search(shaped, others, 0, &distances);
	cr_expect_gt(recall, r.recall_at_10 - 0.02, "%g of %g", recall,
		     r.recall_at_10);
	free(rows);
	free(sample);
	free(others);
}

/* All bytes of a section of a file. */
static void section(const char *path, const char *name, uint8_t **bytes,
		    size_t *n)
{
	uint64_t offset, length;
	size_t all;
	uint8_t *file = support_read(path, &all);

	cr_assert(support_section(file, all, name, &offset, &length), "%s",
		  name);
	*n = (size_t)length;
	*bytes = malloc(*n);
	cr_assert(*bytes);
	memcpy(*bytes, file + offset, *n);
	free(file);
}

static bool same_section(const char *a, const char *b, const char *name)
{
	uint8_t *of_a, *of_b;
	size_t n_a, n_b;
	bool same;

	section(a, name, &of_a, &n_a);
	section(b, name, &of_b, &n_b);
	same = n_a == n_b && memcmp(of_a, of_b, n_a) == 0;
	free(of_a);
	free(of_b);
	return same;
}

Test(shape, queries_like_the_rows_leave_all_links_as_they_are)
{
	float *rows = make(N, 0, OF_ROWS);
	float *sample = make(SAMPLE, N, OF_ROWS);
	const char *plain = scratch_path("plain");
	const char *asked = scratch_path("asked");
	struct vsx_build_result r;

	build(plain, options("HNSW8"), rows, NULL, 0);
	r = build(asked, options("HNSW8"), rows, sample, SAMPLE);
	cr_expect(strncmp(note, "links not shaped", 16) == 0, "%s", note);
	cr_expect_eq(r.n_queries, SAMPLE);
	cr_expect(same_section(plain, asked, "LNK0"));
	cr_expect(same_section(plain, asked, "LNKU"));
	cr_expect(same_section(plain, asked, "VECS"));

	/* Too few of them say nothing. */
	r = build(asked, options("HNSW8"), rows, sample, 150);
	cr_expect_str_empty(note, "%s", note);
	cr_expect_eq(r.n_queries, 150);
	free(rows);
	free(sample);
}

/* Of a query that is there twice both are held out, or none: or else recall
   would be that of queries which links were shaped by. */
Test(shape, no_query_is_on_both_sides)
{
	float *rows = make(N, 0, OF_ROWS);
	float *half = make(SAMPLE, N, OF_OTHERS), *queries, *kept;
	size_t one = DIM * sizeof(float), n, twice = 0;
	struct vsx_build_result r;
	uint8_t *bytes;

	queries = malloc(2 * SAMPLE * one);
	cr_assert(queries);
	memcpy(queries, half, SAMPLE * one);
	memcpy(queries + SAMPLE * DIM, half, SAMPLE * one);
	r = build(scratch_path("x"), options("HNSW6"), rows, queries,
		  2 * SAMPLE);
	cr_expect(is_shaped(), "%s", note);
	section(scratch_path("x"), "QRYS", &bytes, &n);
	cr_expect_eq(n, r.n_queries * one);
	kept = (float *)(void *)bytes;
	for (size_t i = 0; i < r.n_queries / 2; i++)
		twice += memcmp(kept + i * DIM,
				kept + (r.n_queries / 2 + i) * DIM, one) == 0;
	cr_expect_eq(twice * 2, r.n_queries);

	/* One query alone, again and again, is on one side. */
	for (size_t i = 0; i < SAMPLE; i++)
		memcpy(queries + i * DIM, half, one);
	r = build(scratch_path("x"), options("HNSW6"), rows, queries, SAMPLE);
	cr_expect_str_empty(note, "%s", note);
	cr_expect_eq(r.n_queries, SAMPLE);
	free(bytes);
	free(rows);
	free(half);
	free(queries);
}

Test(shape, is_the_same_for_any_threads_and_memory)
{
	float *rows = make(N, 0, OF_ROWS);
	float *sample = make(SAMPLE, N, OF_OTHERS);
	struct vsx_build_opts opts = options("HNSW6,SQ8,G8");
	size_t n_one, n_many;
	uint8_t *one, *many;

	opts.n_threads = 1;
	build(scratch_path("one"), opts, rows, sample, SAMPLE);
	cr_expect(is_shaped(), "%s", note);
	opts.n_threads = 5;
	opts.memory = 1;
	build(scratch_path("many"), opts, rows, sample, SAMPLE);
	one = support_read(scratch_path("one"), &n_one);
	many = support_read(scratch_path("many"), &n_many);
	cr_assert_eq(n_one, n_many);
	cr_expect_eq(memcmp(one, many, n_one), 0);
	is_sound(scratch_path("one"));
	free(one);
	free(many);
	free(rows);
	free(sample);
}

Test(shape, holds_for_all_metrics_and_whatever_is_kept)
{
	static const struct {
		const char *spec;
		enum vsx_metric metric;
		enum vsx_elem elem;
	} kinds[] = {
		{"HNSW6,SQ8,G8", VSX_COSINE, VSX_F16},
		{"HNSW6", VSX_IP, VSX_F32},
		{"HNSW6,SQ8,NoRefine", VSX_L2, VSX_F32},
	};
	float *rows = make(N, 0, OF_ROWS);
	float *sample = make(SAMPLE, N, OF_OTHERS);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct vsx_build_opts opts = options(kinds[i].spec);

		opts.metric = kinds[i].metric;
		opts.elem = kinds[i].elem;
		build(scratch_path("x"), opts, rows, sample, SAMPLE);
		cr_expect(strncmp(note, "links ", 6) == 0, "%s: %s",
			  kinds[i].spec, note);
		is_sound(scratch_path("x"));
	}
	build(scratch_path("x"), options("IVF16,Flat"), rows, sample, SAMPLE);
	cr_expect_str_empty(note, "%s", note);
	free(rows);
	free(sample);
}

/* The queries that an index has were held out, and stay what recall is measured
   by. */
Test(shape, a_compaction_goes_by_the_rows_alone)
{
	float *rows = make(N, 0, OF_ROWS);
	float *sample = make(2 * SAMPLE, N, OF_OTHERS);
	const char *plain = scratch_path("plain"), *in = scratch_path("in");
	const char *out = scratch_path("out");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	opts.report = hear;
	build(plain, options("HNSW6"), rows, NULL, 0);
	build(in, options("HNSW6"), rows, sample, 2 * SAMPLE);
	cr_expect(is_shaped(), "%s", note);
	cr_expect_not(same_section(in, plain, "LNK0"));
	note[0] = '\0';
	cr_assert_eq(vsx_compact(&in, 1, out, &opts, NULL, NULL, &err), VSX_OK,
		     "%s", err.text);
	cr_expect_str_empty(note, "%s", note);
	cr_expect(same_section(out, plain, "LNK0"));
	cr_expect(same_section(out, in, "QRYS"));
	free(rows);
	free(sample);
}
