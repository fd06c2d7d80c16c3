/*
 * Rows of floats that are all whole numbers of a byte are kept as bytes where a
 * spec has codes: SPEC.md 4.2.2. Nobody sees it by an answer.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(narrow, .init = scratch_make, .fini = scratch_drop, .timeout = 600);

enum { DIM = 21, N = 400, MORE = 150, QUERIES = 24, K = 9 };

static const char *const specs[] = {
	"SQ8",	    "SQ8u,RFlat", "SQ4",       "PQ7x4",
	"IVF9,SQ8", "IVF9,PQ7",	  "HNSW6,SQ8", "HNSW6,SQ8,G8",
};
static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP, VSX_COSINE};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* ---- rows ---------------------------------------------------------------- */

/* Whole numbers from `low` on, so many of them, and one row that is another. */
struct set {
	int low, range; /* of the components */
	float odd;	/* component 3 of the last row; NAN: as the others */
	const char *kept;
};

static const struct set sets[] = {
	{0, 256, NAN, "u8"},	 {0, 2, NAN, "u8"},
	{-128, 256, NAN, "i8"},	 {-3, 100, NAN, "i8"},
	{0, 257, NAN, "f32"},	 {-129, 256, NAN, "f32"},
	{-1, 255, NAN, "f32"},	 {0, 256, 0.5f, "f32"},
	{0, 256, -0.0f, "f32"},	 {-3, 100, -0.0f, "f32"},
	{0, 256, 256.0f, "f32"}, {-100, 100, 128.0f, "f32"},
	{0, 256, 1e-30f, "f32"}, {0, 100, -1.0f, "i8"},
	{0, 200, -1.0f, "f32"},	 {0, 256, 3e38f, NULL},
};

/* The extremes are there: in component 5 of the first rows. */
static void row_of(const struct set *s, uint64_t i, uint64_t n, float *row)
{
	struct vsx_rng rng = {vsx_random_at(7, (uint64_t)s->range, i)};

	for (int d = 0; d < DIM; d++) {
		uint64_t a = vsx_rng_below(&rng, (uint64_t)s->range);
		uint64_t b = vsx_rng_below(&rng, (uint64_t)s->range);

		row[d] = (float)(s->low + (int)(a < b ? a : b));
	}
	if (i == 0 || i == 1)
		row[5] = (float)(i ? s->low : s->low + s->range - 1);
	row[7] = (float)(s->low + s->range - 1); /* none is zero */
	if (i + 1 == n && !isnan(s->odd))
		row[3] = s->odd;
}

/* Every third is no whole number, every third is one beyond the range. */
static void query_of(const struct set *s, uint64_t i, float *q)
{
	row_of(s, 1000 + i, 0, q);
	if (i % 3 == 0)
		q[2] += 0.25f;
	if (i % 3 == 1)
		q[4] = 300.0f;
}

/* ---- indexes ------------------------------------------------------------- */

struct shape {
	const char *spec;
	enum vsx_metric metric;
	enum vsx_elem elem;
	uint32_t n_threads;
	uint64_t memory;
};

static void build(const char *path, const struct shape *how,
		  const struct set *s, uint64_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	float row[DIM];

	opts.dim = DIM;
	opts.spec = how->spec;
	opts.metric = how->metric;
	opts.elem = how->elem ? how->elem : VSX_F32;
	opts.force = 1;
	opts.n_threads = how->n_threads;
	opts.memory = how->memory;
	opts.n_test_queries = 20;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	for (uint64_t i = 0; i < n; i++) {
		row_of(s, i, n, row);
		MUST(vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, NULL),
				     &err));
	}
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

/* Rows i of another set under the ids first + i. */
static void add(const char *path, const struct set *s, uint64_t first,
		uint64_t n, uint32_t flat_below)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;
	float row[DIM];

	opts.flat_below = flat_below;
	opts.keep_segments = 1;
	u = change_begin(path, &opts);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t id = first + i;

		row_of(s, id, first + n, row);
		MUST(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	}
	change_commit(u, path);
}

static void expect_kept(const char *path, uint32_t segment, const char *due)
{
	struct vsx *index = change_open(path);
	struct vsx_segment_facts seg;
	struct vsx_facts facts;
	const void *row;

	vsx_get_facts(index, &facts);
	MUST(vsx_get_segment(index, segment, &seg, &err));
	cr_expect_str_eq(seg.kept, due);
	cr_expect_eq(facts.kept_as_codes, 0);
	if (facts.n_segments == 1)
		cr_expect_eq(facts.kept_narrow,
			     strcmp(due, vsx_elem_text(facts.elem)) != 0);
	if (facts.n_segments == 1 && facts.kept_narrow)
		EXPECT_REFUSED(vsx_row(index, 3, &row, &err), VSX_EINVAL,
			       "id 3 is kept as ");
	vsx_close(index);
}

/* ---- answers --------------------------------------------------------------
 */

static void ask(const struct vsx *index, const struct set *s, bool exact,
		struct vsx_hit *hits)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	float queries[QUERIES][DIM];
	struct vsx_searcher *searcher;
	struct vsx_hit one[K];
	size_t n_hits[QUERIES], n;

	opts.exact = exact;
	if (!exact) { /* so that nothing is missed */
		opts.effort = 100000;
		opts.refine = 1000;
	}
	for (uint64_t i = 0; i < QUERIES; i++)
		query_of(s, i, queries[i]);
	MUST(vsx_search_batch(index, queries[0], VSX_F32, QUERIES, K, &opts, 2,
			      hits, n_hits, NULL, &err));
	MUST(vsx_searcher_new(&searcher, index, &err));
	for (size_t q = 0; q < QUERIES; q++) {
		MUST(vsx_search(searcher, queries[q], VSX_F32, K, &opts, one,
				&n, &err));
		cr_assert_eq(n, K);
		for (size_t i = 0; i < K; i++) {
			cr_assert_eq(one[i].id, hits[q * K + i].id);
			cr_assert_eq(one[i].distance, hits[q * K + i].distance);
		}
	}
	vsx_searcher_free(searcher);
}

/* The same rows to the bit, and the same answers, as of rows that lie in a file
 * as they were given. */
static void expect_same(const char *path, const char *plain,
			const struct set *s, uint64_t n, const char *what)
{
	struct vsx_hit due[QUERIES * K], hits[QUERIES * K];
	struct vsx *index = change_open(path), *other = change_open(plain);
	float x[DIM], y[DIM];

	for (uint64_t id = 0; id < n; id++) {
		MUST(vsx_get(index, id, x, &err));
		MUST(vsx_get(other, id, y, &err));
		cr_assert_eq(memcmp(x, y, sizeof(x)), 0, "%s: id %llu", what,
			     (unsigned long long)id);
	}
	ask(other, s, true, due);
	for (int exact = 0; exact < 2; exact++) {
		ask(index, s, exact, hits);
		for (size_t i = 0; i < QUERIES * K; i++) {
			cr_assert_eq(hits[i].id, due[i].id, "%s", what);
			cr_assert_eq(hits[i].distance, due[i].distance, "%s",
				     what);
		}
	}
	vsx_close(index);
	vsx_close(other);
}

static bool is_refused(const struct shape *how)
{
	return strstr(how->spec, ",G") && how->metric == VSX_IP;
}

Test(narrow, answers_are_those_of_rows_as_they_were_given)
{
	char path[256], plain[256], what[128];

	snprintf(path, sizeof(path), "%s", scratch_path("x"));
	snprintf(plain, sizeof(plain), "%s", scratch_path("plain"));
	for (size_t i = 0; i < N_OF(sets) * N_OF(metrics); i++) {
		const struct set *s = &sets[i / N_OF(metrics)];
		struct shape how = {"Flat", metrics[i % N_OF(metrics)], VSX_F32,
				    2, 0};
		bool too_long = !s->kept && how.metric != VSX_COSINE;

		if (too_long)
			continue; /* no row of that length is taken */
		build(plain, &how, s, N);
		expect_kept(plain, 0, "f32");
		for (size_t k = 0; k < N_OF(specs); k++) {
			how.spec = specs[k];
			if (is_refused(&how))
				continue;
			snprintf(what, sizeof(what), "%s, %s, %d and %d",
				 how.spec, vsx_metric_text(how.metric), s->low,
				 s->range);
			build(path, &how, s, N);
			change_sound(path);
			expect_kept(path, 0, s->kept ? s->kept : "f32");
			expect_same(path, plain, s, N, what);
		}
	}
}

/* What a spec says of rows it says. */
Test(narrow, what_is_kept_by_the_spec_stays_as_it_is)
{
	static const char *const kept[][2] = {
		{"HNSW6", "f32"},
		{"IVF9,Flat", "f32"},
		{"SQ8,Refine(FP16)", "f16"},
		{"SQ4,Refine(SQ8)", "SQ8"},
		{"SQ8,NoRefine", "SQ8"},
	};
	const char *path = scratch_path("x");
	struct vsx_segment_facts seg;
	struct vsx *index;

	for (size_t i = 0; i < N_OF(kept); i++) {
		struct shape how = {kept[i][0], VSX_L2, VSX_F32, 1, 0};

		build(path, &how, &sets[0], N);
		index = change_open(path);
		MUST(vsx_get_segment(index, 0, &seg, &err));
		cr_expect_str_eq(seg.kept, kept[i][1], "%s", kept[i][0]);
		vsx_close(index);
	}
}

/* A row is found, and given back, whatever its element type is. */
Test(narrow, halves_are_whole_numbers_as_well)
{
	static const enum vsx_elem elems[] = {VSX_F16, VSX_BF16};
	char path[256], plain[256];

	snprintf(path, sizeof(path), "%s", scratch_path("x"));
	snprintf(plain, sizeof(plain), "%s", scratch_path("plain"));
	for (size_t i = 0; i < N_OF(elems); i++)
		for (size_t k = 0; k < N_OF(specs); k++) {
			struct shape how = {"Flat", VSX_L2, elems[i], 1, 0};

			build(plain, &how, &sets[0], N);
			how.spec = specs[k];
			build(path, &how, &sets[0], N);
			change_sound(path);
			expect_kept(path, 0, "u8");
			expect_same(path, plain, &sets[0], N, how.spec);
		}
}

/* ---- changes ------------------------------------------------------------- */

/* Segments go each by its own rows, and all anew by all. */
Test(narrow, each_segment_is_by_its_own_rows)
{
	static const struct set halves = {0, 256, 0.5f, NULL};
	static const struct set signs = {0, 256, -0.0f, NULL};
	char path[256], plain[256];

	snprintf(path, sizeof(path), "%s", scratch_path("x"));
	snprintf(plain, sizeof(plain), "%s", scratch_path("plain"));
	for (size_t i = 0; i < N_OF(specs) * N_OF(metrics); i++) {
		struct shape how = {"Flat", metrics[i % N_OF(metrics)], VSX_F32,
				    2, 0};
		const struct set *more = i % 2 ? &halves : &signs;
		const char *inputs[] = {path};
		uint64_t odd = N + MORE - 1;
		struct vsx_update *u;

		build(plain, &how, &sets[0], N);
		how.spec = specs[i / N_OF(metrics)];
		if (is_refused(&how))
			continue;
		build(path, &how, &sets[0], N);
		for (int p = 0; p < 2; p++) {
			const char *to = p ? plain : path;

			add(to, more, N, MORE, 50);
			add(to, &sets[0], N + MORE, 30, 50);
		}
		change_sound(path);
		expect_kept(path, 0, "u8");
		expect_kept(path, 1, "f32");
		expect_kept(path, 2, "u8");
		expect_same(path, plain, &sets[0], N + MORE + 30, how.spec);

		MUST(vsx_compact(inputs, 1, NULL, NULL, NULL, NULL, &err));
		change_sound(path);
		expect_kept(path, 0, "f32");
		expect_same(path, plain, &sets[0], N + MORE + 30, how.spec);

		u = change_begin(path, NULL);
		MUST(vsx_update_delete(u, &odd, 1, &err));
		change_commit(u, path);
		MUST(vsx_compact(inputs, 1, NULL, NULL, NULL, NULL, &err));
		change_sound(path);
		expect_kept(path, 0, "u8");
	}
}

/* From bytes to anything: nothing was lost. */
Test(narrow, another_spec_has_the_rows_again)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct shape how = {"HNSW6,SQ8", VSX_L2, VSX_F32, 1, 0};
	char path[256], plain[256];
	const char *inputs[] = {path};

	snprintf(path, sizeof(path), "%s", scratch_path("x"));
	snprintf(plain, sizeof(plain), "%s", scratch_path("plain"));
	build(path, &how, &sets[0], N);
	how.spec = "Flat";
	build(plain, &how, &sets[0], N);
	opts.spec = "IVF9,Flat";
	MUST(vsx_compact(inputs, 1, NULL, &opts, NULL, NULL, &err));
	change_sound(path);
	expect_kept(path, 0, "f32");
	expect_same(path, plain, &sets[0], N, opts.spec);
}

/* A damaged index of both forms: what can be had is what it was. */
Test(narrow, repair_takes_rows_of_each_type)
{
	static const struct set halves = {0, 256, 0.5f, NULL};
	char path[256], plain[256], whole[256];

	snprintf(path, sizeof(path), "%s", scratch_path("x"));
	snprintf(plain, sizeof(plain), "%s", scratch_path("plain"));
	snprintf(whole, sizeof(whole), "%s", scratch_path("whole"));
	for (int first = 0; first < 2; first++) {
		struct shape how = {"SQ8", VSX_COSINE, VSX_F32, 1, 0};
		const struct set *a = first ? &halves : &sets[0];
		const struct set *b = first ? &sets[0] : &halves;

		build(path, &how, a, N);
		how.spec = "Flat";
		build(plain, &how, a, N);
		add(path, b, N, MORE, 50);
		add(plain, b, N, MORE, 50);
		support_damage(path, path, "RCLL");
		MUST(vsx_repair(path, whole, NULL, NULL, NULL, &err));
		change_sound(whole);
		expect_same(whole, plain, &sets[0], N + MORE, "repaired");
		remove(whole);
	}
}

Test(narrow, bytes_are_the_same_for_any_threads_and_memory)
{
	struct shape how = {NULL, VSX_L2, VSX_F32, 1, 0};
	char path[256], other[256];

	snprintf(path, sizeof(path), "%s", scratch_path("x"));
	snprintf(other, sizeof(other), "%s", scratch_path("other"));
	for (size_t k = 0; k < N_OF(specs); k++) {
		struct kept k1;

		how = (struct shape){specs[k], VSX_L2, VSX_F32, 1, 0};
		build(path, &how, &sets[0], 3000);
		k1 = keep(path);
		how.n_threads = 3;
		how.memory = 1;
		build(other, &how, &sets[0], 3000);
		k1.path = other;
		expect_unchanged(&k1);
	}
}
