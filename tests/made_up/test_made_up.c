/*
 * A kind is its two tables and its line in the list: with those alone a made-up
 * one is named, planned, built, told of, searched, verified, added to, deleted
 * from, compacted and repaired.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "made_up.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

enum { N = 900, DIM = 24, K = 10, MORE = 200 };

TestSuite(made_up, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;
static float rows[N + MORE][DIM];
static uint64_t ids[N + MORE];
static uint8_t gone[N + MORE];

#define MUST(call) cr_assert_eq(call, VSX_OK, "%s", err.text)

static struct vsx_build_opts options(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = DIM;
	opts.spec = spec;
	opts.n_test_queries = 20;
	return opts;
}

static void build(void)
{
	struct vsx_build_opts opts = options("falling50");
	struct vsx_build_result result;
	struct vsx_builder *b;

	for (size_t i = 0; i < N + MORE; i++) {
		ids[i] = i * 7919 % 10007;
		for (size_t d = 0; d < DIM; d++)
			rows[i][d] = (float)vsx_to_unit(
				vsx_random_at(1, 99, i * DIM + d));
	}
	MUST(vsx_builder_new(&b, scratch_path("x"), &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, ids), &err));
	MUST(vsx_builder_finish(b, &result, &err));
	vsx_builder_free(b);
	cr_assert_str_eq(result.spec, "Falling50");
	cr_expect_eq(result.recall_at_10, 1.0);
	cr_expect_eq(made_up_calls.built, 1);
}

/* Every search finds the nearest of the first n rows that are not gone. */
static void expect_exact(const char *path, size_t n)
{
	struct vsx_searcher *s;
	struct vsx *index;

	MUST(vsx_open(&index, scratch_path(path), NULL, &err));
	MUST(vsx_searcher_new(&s, index, &err));
	for (size_t q = 0; q < n; q += 37) {
		struct vsx_hit hits[K];
		size_t n_hits;
		double worst, sum;

		MUST(vsx_search(s, rows[q], VSX_F32, K, NULL, hits, &n_hits,
				&err));
		cr_assert_eq(n_hits, K);
		if (!gone[q])
			cr_expect_eq(hits[0].id, ids[q]);
		worst = (double)hits[K - 1].distance * (1 + 1e-6);
		n_hits = 0;
		for (size_t i = 0; i < n; i++) {
			sum = 0.0;
			for (size_t d = 0; d < DIM; d++) {
				double x =
					(double)rows[q][d] - (double)rows[i][d];

				sum += x * x;
			}
			n_hits += !gone[i] && sum <= worst;
		}
		cr_expect_eq(n_hits, K);
	}
	vsx_searcher_free(s);
	vsx_close(index);
}

static char finding[256];

static int hear(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	if (event->what == VSX_FINDING)
		snprintf(finding, sizeof(finding), "%s", event->text);
	return 0;
}

static void expect_sound(const char *path)
{
	struct vsx_verify_result result;

	MUST(vsx_verify(scratch_path(path), NULL, hear, NULL, &result, &err));
	cr_expect_eq(result.n_findings, 0, "%s", finding);
}

Test(made_up, is_in_the_list)
{
	struct vsx_kind_facts facts;
	uint32_t n = 0;

	while (vsx_get_kind(n, &facts, &err) == VSX_OK)
		n++;
	cr_expect_eq(n, 4);
	cr_expect_str_eq(facts.name, "Falling");
	cr_expect_str_eq(facts.size_name, "step");
	cr_expect_str_eq(facts.effort_name, "");
	cr_expect_str_eq(err.text, "there is no kind 4");
}

Test(made_up, is_named_and_planned)
{
	struct vsx_build_opts opts = options("FALLING");
	struct vsx_build_plan plan;

	MUST(vsx_build_plan(&opts, N, &plan, &err));
	cr_expect_str_eq(plan.spec, "Falling16");
	cr_expect_str_eq(plan.reason, "of 900 rows, whatever their number");
	cr_expect_eq(made_up_calls.planned, 1);
	opts.spec = "Falling1001";
	cr_expect_eq(vsx_build_plan(&opts, N, &plan, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "index 'Falling1001': step is 1001, "
				   "expected 1 to 1000");
	opts.spec = "Rising";
	cr_expect_eq(vsx_build_plan(&opts, N, &plan, &err), VSX_EINVAL);
	cr_expect_str_eq(
		err.text,
		"index 'Rising': 'Rising' is not known; expected one of "
		"Flat, IVF<nlist>,Flat, HNSW<M>, Falling<step>, IVF, "
		"HNSW, Falling, auto; codes in place of Flat: SQ8, SQ8u, "
		"SQ4, PQ<m>, PQ<m>x4, PQ<m>x4fs, RaBitQ<bits>; behind "
		"HNSW<M> also G<parts>; before codes PCA<d> or OPQ<m>, behind "
		"them what is kept, such as NoRefine");
	/* It has no turn. */
	opts.spec = "auto";
	for (uint64_t n = 1; n < 1000000000; n *= 10) {
		MUST(vsx_build_plan(&opts, n, &plan, &err));
		cr_expect_null(strstr(plan.spec, "Falling"));
	}
}

Test(made_up, is_built_told_of_and_searched)
{
	struct vsx_segment_facts facts;
	uint64_t before = UINT64_MAX, id;
	struct vsx *index;

	build();
	MUST(vsx_open(&index, scratch_path("x"), NULL, &err));
	MUST(vsx_get_segment(index, 0, &facts, &err));
	cr_expect_str_eq(facts.kind, "Falling");
	cr_assert_eq(facts.n_parameters, 1);
	cr_expect_str_eq(facts.parameters[0].name, "step");
	cr_expect_str_eq(facts.parameters[0].text, "# a step");
	cr_expect_eq(facts.parameters[0].value, 50);
	cr_expect_eq(facts.n_centroids, 0);
	cr_expect_eq(facts.most_effort, 0);
	for (uint64_t row = 0; row < N; row++) {
		MUST(vsx_id_at(index, row, &id, &err));
		cr_expect_lt(id, before);
		before = id;
	}
	vsx_close(index);
	expect_exact("x", N);
	cr_expect_gt(made_up_calls.searched, 20);
}

Test(made_up, is_verified_by_its_own_rules)
{
	build();
	expect_sound("x");
	cr_expect_eq(made_up_calls.checked, 1);
}

static void update(bool deletes)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update_result result;
	struct vsx_update *u;

	opts.flat_below = 1;
	MUST(vsx_update_begin(&u, scratch_path("x"), &opts, &err));
	for (size_t i = 0; deletes && i < N; i += 3) {
		MUST(vsx_update_delete(u, &ids[i], 1, &err));
		gone[i] = 1;
	}
	MUST(vsx_update_add(u, VSX_BATCH(rows[N], VSX_F32, MORE, ids + N),
			    &err));
	MUST(vsx_update_commit(u, &result, &err));
	cr_expect_eq(result.n_segments, 2);
	vsx_update_free(u);
}

Test(made_up, is_added_to_and_deleted_from)
{
	struct vsx_segment_facts facts;
	struct vsx *index;

	build();
	update(true);
	MUST(vsx_open(&index, scratch_path("x"), NULL, &err));
	MUST(vsx_get_segment(index, 1, &facts, &err));
	cr_expect_str_eq(facts.kind, "Falling");
	vsx_close(index);
	expect_exact("x", N + MORE);
	expect_sound("x");
}

Test(made_up, is_compacted)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *input = scratch_path("x");
	struct vsx_build_result built;

	build();
	update(true);
	MUST(vsx_compact(&input, 1, scratch_path("y"), &opts, NULL, &built,
			 &err));
	cr_expect_str_eq(built.spec, "Falling50");
	cr_expect_eq(built.n_rows, N - N / 3 + MORE);
	expect_exact("y", N + MORE);
	expect_sound("y");
}

/* From its rows alone, whatever is over them. */
Test(made_up, is_repaired)
{
	struct vsx_section_facts section;
	struct vsx_build_result built;
	struct vsx *index;
	uint8_t *bytes;
	uint32_t i = 0;
	size_t n = 0;

	build();
	MUST(vsx_open(&index, scratch_path("x"), NULL, &err));
	do
		MUST(vsx_get_section(index, i++, &section, &err));
	while (strcmp(section.name, "LEVL") != 0);
	vsx_close(index);
	bytes = scratch_read(scratch_path("x"), &n);
	bytes[section.offset] ^= 1;
	scratch_write(scratch_path("x"), bytes, n);
	free(bytes);
	MUST(vsx_repair(scratch_path("x"), scratch_path("y"), NULL, NULL,
			&built, &err));
	cr_expect_str_eq(built.spec, "Falling50");
	cr_expect_eq(built.n_rows, N);
	expect_exact("y", N);
	expect_sound("y");
}
