/*
 * Rows that are added and lie far from those that codes were trained on: they
 * get codes of their own, and are found.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(far_rows, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { DIM = 16, N = 3000, ADDED = 1500, QUERIES = 40, K = 10 };

/* Rows of which codes cannot tell one from the other. */
#define ALIKE (-1.0f)

/* Rows around 60 centres, moved by `far` in each component; or all of them in
 * one place, a thousandth as large. */
static void fill(float *rows, size_t n, uint64_t seed, float far)
{
	struct vsx_rng rng = {seed};

	for (size_t i = 0; i < n; i++) {
		uint64_t c = vsx_rng_below(&rng, 60);

		for (size_t d = 0; d < DIM; d++)
			rows[i * DIM + d] =
				(float)(vsx_random_at(9, c, d) % 400) +
				(float)vsx_rng_below(&rng, 4000) / 100.0f +
				(far == ALIKE ? 0.0f
				 : d % 2      ? far
					      : -far);
	}
	for (size_t i = 0; far == ALIKE && i < n * DIM; i++)
		rows[i] = 200.0f + rows[i] / 1000.0f;
}

static const char *build(const char *spec, float far)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	float *rows = malloc(N * DIM * sizeof(*rows));
	const char *path = scratch_path("index");
	struct vsx_builder *b;

	fill(rows, N, 1, far);
	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = 10;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	free(rows);
	return path;
}

static struct vsx_update_result add_some(const char *path, size_t n,
					 uint64_t seed, float far)
{
	float *rows = malloc(n * DIM * sizeof(*rows));
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update_result r;
	struct vsx_update *u;

	fill(rows, n, seed, far);
	opts.keep_segments = 1;
	u = change_begin(path, &opts);
	MUST(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, n, NULL), &err));
	r = change_commit(u, path);
	free(rows);
	return r;
}

static struct vsx_update_result add(const char *path, uint64_t seed, float far)
{
	return add_some(path, ADDED, seed, far);
}

static size_t search(struct vsx_searcher *s, const float *q, bool exact,
		     struct vsx_hit *hits)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	size_t n;

	opts.exact = exact;
	opts.effort = exact ? 0 : 64;
	opts.refine = exact ? 0.0 : 4.0;
	MUST(vsx_search(s, q, VSX_F32, K, &opts, hits, &n, &err));
	return n;
}

/* The share of true neighbours that searches find, of queries that lie like
 * the rows that were moved by `far`. */
static double recall(const char *path, float far)
{
	float *q = malloc(QUERIES * DIM * sizeof(*q));
	struct vsx *index = change_open(path);
	struct vsx_searcher *s;
	size_t found = 0;

	fill(q, QUERIES, 77, far);
	MUST(vsx_searcher_new(&s, index, &err));
	for (size_t i = 0; i < QUERIES; i++) {
		struct vsx_hit got[K], due[K];
		size_t n_got = search(s, q + i * DIM, false, got);
		size_t n_due = search(s, q + i * DIM, true, due);

		cr_assert_eq(n_due, K);
		for (size_t a = 0; a < n_due; a++)
			for (size_t b = 0; b < n_got; b++)
				found += due[a].id == got[b].id;
	}
	vsx_searcher_free(s);
	vsx_close(index);
	free(q);
	return (double)found / (QUERIES * K);
}

static const char *const kinds[] = {
	"SQ8",	      "SQ8u",		"SQ4",		"PQ8",
	"PQ8x4",      "PQ8x4fs",	"RaBitQ",	"PCA12,SQ8",
	"OPQ8,PQ8",   "IVF16,SQ8",	"IVF16,PQ8",	"IVF16,PQ8x4fs",
	"HNSW16,SQ8", "HNSW16,SQ8,G16", "IVF16,RaBitQ", "OPQ8,IVF16,PQ8",
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

Test(far_rows, are_found_as_the_others_are)
{
	for (size_t i = 0; i < KINDS; i++) {
		const char *path = build(kinds[i], 0);
		double before = recall(path, 0);
		struct vsx_update_result r = add(path, 2, 3000);

		cr_expect_gt(r.code_shift, 1.25, "%s", kinds[i]);
		cr_expect(strstr(r.advice, "have codes of their own"), "%s: %s",
			  kinds[i], r.advice);
		cr_expect_not(r.build_anew);
		cr_expect_gt(recall(path, 3000), before - 0.05,
			     "%s: %f of far rows, %f before", kinds[i],
			     recall(path, 3000), before);
		cr_expect_gt(recall(path, 0), before - 0.05, "%s", kinds[i]);
		change_sound(path);
	}
}

/* Whole numbers, of which codes have lost nothing: any that are lost are more.
 */
Test(far_rows, of_codes_that_were_exact)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	static float rows[N * DIM];
	const char *path = scratch_path("index");
	struct vsx_update_result r;
	struct vsx_builder *b;

	for (size_t i = 0; i < N * DIM; i++)
		rows[i] = i % 3 ? 0.5f : -0.5f;
	opts.dim = DIM;
	opts.spec = "SQ8";
	opts.n_test_queries = 10;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	r = add(path, 2, 0);
	cr_expect(isinf(r.code_shift), "%f", r.code_shift);
	cr_expect_gt(recall(path, 0), 0.95);
	cr_expect(strstr(r.advice, "have codes of their own"), "%s", r.advice);
	change_sound(path);
}

Test(far_rows, like_the_others_share_their_codes)
{
	for (size_t i = 0; i < KINDS; i++) {
		const char *path = build(kinds[i], 0);
		struct vsx_update_result r = add(path, 2, 0);

		cr_expect(r.code_shift > 0.8 && r.code_shift < 1.25, "%s: %f",
			  kinds[i], r.code_shift);
		cr_expect_str_empty(r.advice);
	}
}

/* What they lose is lost for good. */
Test(far_rows, that_are_kept_as_codes_are_told)
{
	static const char *const kept[] = {
		"SQ8,NoRefine",		"SQ4,NoRefine",
		"PQ8,NoRefine",		"PQ8x4,NoRefine",
		"PQ8x4fs,NoRefine",	"OPQ8,PQ8,NoRefine",
		"RaBitQ,NoRefine",	"RaBitQ7,NoRefine",
		"PCA12,Flat,NoRefine",	"IVF16,SQ8,NoRefine",
		"IVF16,SQ4,NoRefine",	"IVF16,PQ8,NoRefine",
		"HNSW16,SQ8,NoRefine",	"SQ8,Refine(SQ8)",
		"IVF16,PQ8,Refine(SQ8)"};

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		const char *path = build(kept[i], 0);
		struct vsx_update_result r = add(path, 2, 0);

		cr_expect(r.code_shift > 0.8 && r.code_shift < 1.25, "%s: %f",
			  kept[i], r.code_shift);
		/* As many again, and it still is what was asked for. */
		r = add(path, 3, 0);
		cr_expect_str_empty(r.advice, "%s", kept[i]);
		r = add(path, 4, 3000);
		cr_expect_gt(r.code_shift, 1.25, "%s: %f", kept[i],
			     r.code_shift);
		cr_expect(strstr(r.advice, "what is kept of the added rows"),
			  "%s: %s", kept[i], r.advice);
		cr_expect(r.build_anew);
		change_sound(path);
	}
}

/* No code is farther off for them than for others, and yet too far. */
Test(far_rows, may_lie_too_near_each_other_for_codes)
{
	static const char *const own[] = {"SQ8", "SQ4", "IVF16,SQ8",
					  "HNSW16,SQ8"};
	static const char *const kept[] = {"SQ8,NoRefine", "SQ4,Refine(SQ8)",
					   "IVF16,SQ8,NoRefine"};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		const char *path = build(own[i], 0);
		double before = recall(path, 0);
		struct vsx_update_result r = add(path, 2, ALIKE);

		cr_expect_gt(r.code_shift, 2.0, "%s: %f", own[i], r.code_shift);
		cr_expect(strstr(r.advice, "all that the added rows differ by"),
			  "%s: %s", own[i], r.advice);
		cr_expect_not(r.build_anew);
		cr_expect_gt(recall(path, ALIKE), before - 0.1,
			     "%s: %f of them, %f before", own[i],
			     recall(path, ALIKE), before);
		change_sound(path);
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		struct vsx_update_result r = add(build(kept[i], 0), 2, ALIKE);

		cr_expect(strstr(r.advice, "and they differ by"), "%s: %s",
			  kept[i], r.advice);
		cr_expect(r.build_anew);
	}
	/* Of few it may be chance. */
	cr_expect_str_empty(
		add_some(build("SQ8,NoRefine", 0), 200, 2, ALIKE).advice);
}

/* Rounding alone is lost, and more of it, by numbers that are greater. */
Test(far_rows, that_lose_next_to_nothing_are_no_reason_for_advice)
{
	const char *path = build("PCA16,Flat,NoRefine", 0);
	struct vsx_update_result r = add(path, 2, 3000);

	cr_expect_eq(r.code_shift, 1.0);
	cr_expect_str_empty(r.advice);
	cr_expect_gt(recall(path, 3000), 0.95);
}

static int hear_far(void *context, const struct vsx_build_event *event)
{
	*(bool *)context |= event->what == VSX_BUILD_NOTE &&
			    strstr(event->text, "that were no codes yet");
	return 0;
}

/* Few rows stay as they are until they are compacted. */
Test(far_rows, that_become_codes_later_are_told)
{
	static const struct {
		size_t n;
		float far;
		bool told;
	} cases[] = {{500, 3000, true}, {2, 3000, true}, {500, 0, false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
		const char *path = build("IVF16,PQ8,NoRefine", 0);
		bool told = false;

		add_some(path, cases[i].n, 2, cases[i].far);
		opts.report = hear_far;
		opts.context = &told;
		MUST(vsx_compact(&path, 1, NULL, &opts, NULL, NULL, &err));
		cr_expect_eq(told, cases[i].told, "%zu", i);
		/* The second time they are codes. */
		told = false;
		MUST(vsx_compact(&path, 1, NULL, &opts, NULL, NULL, &err));
		cr_expect_not(told, "%zu", i);
	}
}
