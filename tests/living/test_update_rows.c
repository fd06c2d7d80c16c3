/*
 * Rows of every type that are added later: stored as a build stores them, and
 * told about in the result.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(update_rows, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 120);

enum { N = 250, DIM = 7 };

static const char *const specs[] = {"Flat", "IVF4,Flat", "HNSW8", "IVF4,SQ4"};

static void build(const char *path, const struct support_index *what,
		  uint32_t normalize)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	float row[DIM];

	opts.dim = DIM;
	opts.metric = what->metric;
	opts.elem = what->elem;
	opts.spec = what->spec;
	opts.normalize = normalize;
	opts.n_test_queries = 10;
	opts.n_threads = 1;
	opts.force = 1;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	for (size_t i = 0; i < what->n; i++) {
		support_row(what, i, row);
		MUST(vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, NULL),
				     &err));
	}
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

/* Every row, and every answer, is that of an index built at once. */
static void expect_same(const struct support_index *what, const char *grown,
			const char *built)
{
	struct vsx *a = change_open(grown), *b = change_open(built);
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
	struct vsx_searcher *sa, *sb;
	float ra[DIM], rb[DIM];

	exact.exact = 1;
	MUST(vsx_searcher_new(&sa, a, &err));
	MUST(vsx_searcher_new(&sb, b, &err));
	for (size_t i = 0; i < what->n; i++) {
		struct vsx_hit ha[10], hb[10];
		size_t na, nb;

		MUST(vsx_get(a, i, ra, &err));
		MUST(vsx_get(b, i, rb, &err));
		cr_expect_eq(memcmp(ra, rb, sizeof(ra)), 0);
		support_row(what, i, ra);
		MUST(vsx_search(sa, ra, VSX_F32, 10, &exact, ha, &na, &err));
		MUST(vsx_search(sb, ra, VSX_F32, 10, &exact, hb, &nb, &err));
		cr_expect_eq(na, nb);
		for (size_t j = 0; j < nb; j++)
			cr_expect(ha[j].id == hb[j].id &&
				  ha[j].distance == hb[j].distance);
	}
	vsx_searcher_free(sa);
	vsx_searcher_free(sb);
	vsx_close(a);
	vsx_close(b);
}

Test(update_rows, are_stored_as_a_build_stores_them)
{
	for (int mix = 0; mix < 5 * 3 * 2; mix++) {
		const char *grown = scratch_path("grown");
		const char *built = scratch_path("built");
		struct support_index what =
			support_defaults((struct support_index){
				.spec = specs[(mix + mix / 5) % 4],
				.elem = (enum vsx_elem)(1 + mix % 5),
				.metric = (enum vsx_metric)(1 + mix / 5 % 3),
				.dim = DIM,
				.n = N});
		uint32_t normalize = (uint32_t)mix / 15;
		struct vsx_update *u;

		if (normalize && what.elem >= VSX_I8)
			continue;
		build(grown, &what, normalize);
		u = change_begin(grown, NULL);
		change_add(u, &what, N, 30, NULL);
		change_commit(u, grown);
		/* The second merges the first: scaled once, and never again. */
		u = change_begin(grown, NULL);
		change_add(u, &what, N + 30, 40, NULL);
		change_commit(u, grown);
		what.n = N + 70;
		build(built, &what, normalize);
		expect_same(&what, grown, built);
		change_sound(grown);
	}
}

Test(update_rows, are_refused_by_the_rules_of_a_build)
{
	static const struct {
		enum vsx_metric metric;
		enum vsx_elem elem;
		float bad;
		enum vsx_status status;
		const char *words;
	} cases[] = {
		{VSX_L2, VSX_F32, NAN, VSX_ENUMERIC, "row 4: "},
		{VSX_L2, VSX_F32, INFINITY, VSX_ENUMERIC, "row 4: "},
		{VSX_L2, VSX_F16, 1e6f, VSX_ENUMERIC, "row 4: "},
		{VSX_L2, VSX_I8, 200.0f, VSX_ENUMERIC, "row 4: "},
		{VSX_L2, VSX_U8, 0.5f, VSX_ENUMERIC, "row 4: "},
		{VSX_COSINE, VSX_F32, 0.0f, VSX_ENUMERIC, "row 4: "},
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		const char *path = scratch_path("index");
		struct support_index what = support_defaults(
			(struct support_index){.elem = cases[c].elem,
					       .metric = cases[c].metric,
					       .dim = DIM,
					       .n = N});
		float rows[3 * DIM] = {0};
		struct vsx_update_result r;
		struct vsx_update *u;

		build(path, &what, 0);
		u = change_begin(path, NULL);
		change_add(u, &what, 0, 2, NULL);
		support_row(&what, 0, rows);
		support_row(&what, 1, rows + DIM);
		rows[2 * DIM] = cases[c].bad;
		EXPECT_REFUSED(vsx_update_add(u,
					      VSX_BATCH(rows, VSX_F32, 3, NULL),
					      &err),
			       cases[c].status, cases[c].words);
		/* Not one of the call was taken, and not one number. */
		change_add(u, &what, 2, 1, NULL);
		r = change_commit(u, path);
		cr_expect_eq(r.n_added, 3);
		{
			struct vsx *index = change_open(path);

			cr_expect(change_has(index, &what, N + 2, 2));
			vsx_close(index);
		}
	}
}

/* ---- what the result says -------------------------------------------- */

enum { CLUSTERED = 4000, CDIM = 16 };

/* Rows around 60 centres; with far, around others. */
static void clustered(float *rows, size_t n, uint64_t seed, float far)
{
	struct vsx_rng rng = {seed};

	for (size_t i = 0; i < n; i++) {
		uint64_t c = vsx_rng_below(&rng, 60);

		for (size_t d = 0; d < CDIM; d++)
			rows[i * CDIM + d] =
				(float)(vsx_random_at(9, c, d) % 400) +
				(float)vsx_rng_below(&rng, 40) +
				(d % 2 ? far : -far);
	}
}

static const char *build_clustered(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	float *rows = malloc(CLUSTERED * CDIM * sizeof(*rows));
	const char *path = scratch_path("index");
	struct vsx_builder *b;

	clustered(rows, CLUSTERED, 1, 0);
	opts.dim = CDIM;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = 200;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, CLUSTERED, NULL),
			     &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	free(rows);
	return path;
}

static struct vsx_update_result add_clustered(const char *path, size_t n,
					      float far)
{
	float *rows = malloc(n * CDIM * sizeof(*rows));
	struct vsx_update *u = change_begin(path, NULL);
	struct vsx_update_result r;

	clustered(rows, n, 2, far);
	MUST(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, n, NULL), &err));
	r = change_commit(u, path);
	free(rows);
	return r;
}

Test(update_rows, like_the_old_ones_are_no_reason_for_advice)
{
	for (size_t s = 0; s < 6; s++) {
		static const char *const kinds[] = {"Flat",	 "IVF64,Flat",
						    "HNSW16",	 "SQ8",
						    "IVF64,SQ4", "HNSW16,SQ8"};
		const char *path = build_clustered(kinds[s]);
		struct vsx_update_result r = add_clustered(path, 1100, 0);

		cr_expect_str_empty(r.advice);
		cr_expect_gt(r.recall_built, 0.9);
		cr_expect_gt(r.recall_at_10, r.recall_built - 0.02);
		if (s == 1 || s == 4)
			cr_expect(r.shift > 0.9 && r.shift < 1.1, "%f",
				  r.shift);
		else
			cr_expect_eq(r.shift, 0.0);
		if (s >= 3)
			cr_expect(r.code_shift > 0.9 && r.code_shift < 1.1,
				  "%f", r.code_shift);
		else
			cr_expect_eq(r.code_shift, 0.0);
	}
}

Test(update_rows, without_a_test_of_their_recall_are_a_reason_for_advice)
{
	static const char *const kinds[] = {"Flat", "IVF64,Flat", "HNSW16"};

	for (size_t s = 0; s < 3; s++) {
		struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
		const char *path = scratch_path("empty");
		struct vsx_update_result r;
		struct vsx_builder *b;

		opts.dim = CDIM;
		opts.spec = kinds[s];
		opts.force = 1;
		MUST(vsx_builder_new(&b, path, &opts, &err));
		MUST(vsx_builder_finish(b, NULL, &err));
		vsx_builder_free(b);
		r = add_clustered(path, 2000, 0);
		if (s == 0)
			cr_expect_str_empty(r.advice);
		else
			cr_expect_str_eq(r.advice,
					 "the acceptance test has 0 queries: "
					 "compacting draws 1000");
	}
}

Test(update_rows, far_away_are_a_reason_for_advice)
{
	struct vsx_update_result r =
		add_clustered(build_clustered("IVF64,Flat"), 1100, 300);

	cr_expect_gt(r.shift, 3.0);
	cr_expect(strstr(r.advice, "times as far from their centroids"), "%s",
		  r.advice);
}

Test(update_rows, far_off_their_codes_are_a_reason_for_advice)
{
	static const char *const kinds[] = {"SQ8", "SQ8u", "IVF64,SQ4",
					    "HNSW16,SQ8"};

	for (size_t s = 0; s < 4; s++) {
		struct vsx_update_result r =
			add_clustered(build_clustered(kinds[s]), 1100, 300);

		cr_expect_gt(r.code_shift, 1.25, "%s: %f", kinds[s],
			     r.code_shift);
		cr_expect(strstr(r.advice, "times as far off for"), "%s: %s",
			  kinds[s], r.advice);
	}
}

Test(update_rows, that_outgrow_the_lists_are_a_reason_for_advice)
{
	const char *path = build_clustered("IVF8,Flat");
	struct vsx_update_result r = add_clustered(path, 3 * CLUSTERED, 0);

	cr_expect_str_empty(r.advice);
	r = add_clustered(path, 1, 0);
	cr_expect(strstr(r.advice,
			 "16001 rows are in lists that were trained on 4000"),
		  "%s", r.advice);
}

/* What is advised is what comes of it. */
Test(update_rows, that_outgrow_the_beginning_name_what_compacting_builds)
{
	static const char *const asked[] = {"IVF1024,Flat", "HNSW300"};
	static const char *const begun[] = {"IVF250,Flat", "HNSW249"};
	static const char *const due[] = {"IVF500,Flat", "HNSW300"};

	for (int i = 0; i < 2; i++) {
		const char *path = scratch_path("index");
		struct support_index what =
			support_defaults((struct support_index){
				.spec = asked[i], .dim = DIM, .n = N});
		struct vsx_build_result compacted;
		struct vsx_update_result r;
		char words[128];

		build(path, &what, 0);
		r = change(path, &what, 0, N, N, NULL, 0);
		snprintf(words, sizeof(words),
			 "started as %s with 250 rows, but %s was asked for: "
			 "compacting builds %s",
			 begun[i], asked[i], due[i]);
		cr_expect_str_eq(r.advice, words);
		MUST(vsx_compact(&path, 1, NULL, NULL, NULL, &compacted, &err));
		cr_expect_str_eq(compacted.spec, due[i]);
	}
}

Test(update_rows, nothing_is_measured_without_a_test)
{
	const char *path = scratch_path("index");
	struct support_index what = support_defaults((struct support_index){
		.spec = "HNSW8", .n_test_queries = UINT32_MAX});
	struct vsx_update_result r;

	support_build(path, what);
	r = change(path, &what, 1, 5, 1000, NULL, 0);
	cr_expect_eq(r.recall_at_10, 0.0);
	cr_expect_eq(r.recall_built, 0.0);
	cr_expect_str_empty(r.advice);
	change_sound(path);
}

/* A test of the caller's goes on to count what is added. */
/* Lists of neighbours get short, and are found whole. */
Test(update_rows, that_are_few_are_all_found)
{
	const char *path = scratch_path("index");
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	uint64_t gone[N];

	struct support_index what =
		support_defaults((struct support_index){.dim = DIM, .n = N});
	support_build(path, what);
	for (uint64_t i = 0; i < N; i++)
		gone[i] = i;
	change(path, &what, 0, 0, 0, gone + 5, N - 5);
	opts.min_recall = 0.99;
	MUST(vsx_verify(path, &opts, NULL, NULL, &result, &err));
	cr_expect_eq(result.n_findings, 0);
	cr_expect_eq(result.recall_at_10, 1.0);
	cr_expect_eq(result.recall_at_100, 1.0);
}

Test(update_rows, are_found_by_the_test_of_the_index)
{
	const char *path = build_clustered("HNSW16");
	struct vsx_verify_result v;
	uint64_t gone[CLUSTERED];

	for (uint64_t i = 0; i < CLUSTERED; i++)
		gone[i] = i;
	/* All of the old rows but some go; what is known of the neighbours of
	 * a query is then little, and right. */
	add_clustered(path, 3000, 0);
	{
		struct vsx_update *u = change_begin(path, NULL);

		MUST(vsx_update_delete(u, gone, CLUSTERED - 50, &err));
		change_commit(u, path);
	}
	add_clustered(path, 3000, 0);
	MUST(vsx_verify(path, NULL, NULL, NULL, &v, &err));
	cr_expect_eq(v.n_findings, 0);
	cr_expect(v.recall_measured);
	cr_expect_gt(v.recall_at_10, 0.9);
}
