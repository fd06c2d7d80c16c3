/*
 * Graphs of which many rows are deleted: the commit that deletes them writes
 * the others into a new segment, and they are searched as in a graph of these
 * rows alone.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "read/handle.h"
#include "read/test.h"

#include "living/change.h"
#include "living/cloud.h"
#include "write/scratch_folder.h"

TestSuite(worn, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

enum { N = 800, DIM = 18, QUERIES = 60, K = 10, FIFTH = N / 5 };

static const char *const specs[] = {"HNSW8", "HNSW8,SQ8", "HNSW16,SQ8,G8",
				    "HNSW8,SQ8,NoRefine"};
#define N_SPECS (sizeof(specs) / sizeof(*specs))

static uint64_t id_of(uint64_t i)
{
	return 3 * i + 7;
}

static const char *build(const char *name, const char *spec, size_t without)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path(name);
	struct vsx_builder *b;
	float row[DIM];

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = 20;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	for (uint64_t i = without; i < N; i++) {
		uint64_t id = id_of(i);

		cloud_row(row, DIM, 3, i);
		MUST(vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	}
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	return path;
}

static struct vsx_update_opts options(void)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;

	opts.flat_below = 1;
	return opts;
}

/* Rows first .. end-1. */
static struct vsx_update_result drop(const char *path, uint64_t first,
				     uint64_t end,
				     const struct vsx_update_opts *opts)
{
	struct vsx_update *u = change_begin(path, opts);
	struct vsx_update_result r;

	for (uint64_t i = first; i < end; i++) {
		uint64_t id = id_of(i);

		MUST(vsx_update_delete(u, &id, 1, &err));
	}
	r = change_commit(u, path);
	cr_expect_eq(r.n_deleted, end - first);
	return r;
}

static struct vsx_segment_facts segment(const char *path, uint32_t i)
{
	struct vsx *index = change_open(path);
	struct vsx_segment_facts seg;

	MUST(vsx_get_segment(index, i, &seg, &err));
	seg.kind = strcmp(seg.kind, "HNSW") == 0 ? "HNSW" : "another";
	vsx_close(index);
	return seg;
}

/* Rows are what they were, byte for byte, and none of the deleted is there. */
static void expect_rows(const char *path, const float *due, uint64_t gone)
{
	struct vsx *index = change_open(path);
	float row[DIM];

	for (uint64_t i = 0; i < N; i++) {
		enum vsx_status status = vsx_get(index, id_of(i), row, &err);

		if (i < gone) {
			cr_expect_eq(status, VSX_ENOTFOUND);
			continue;
		}
		cr_expect_eq(status, VSX_OK, "%s", err.text);
		cr_expect_eq(memcmp(row, due + i * DIM, sizeof(row)), 0);
	}
	vsx_close(index);
}

static float *rows_of(const char *path)
{
	float *rows = calloc((size_t)N * DIM, sizeof(*rows));
	struct vsx *index = change_open(path);

	for (uint64_t i = 0; i < N; i++)
		MUST(vsx_get(index, id_of(i), rows + i * DIM, &err));
	vsx_close(index);
	return rows;
}

struct found {
	size_t hits;
	double distances;
};

static struct found search(const char *path, uint32_t ef)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats stats = {0};
	struct vsx *index = change_open(path);
	static struct vsx_hit truth[QUERIES * K], hits[QUERIES * K];
	static float queries[QUERIES][DIM];
	size_t n[QUERIES];
	struct found f = {0};

	for (uint64_t q = 0; q < QUERIES; q++)
		cloud_row(queries[q], DIM, 3, N + q);
	opts.exact = 1;
	MUST(vsx_search_batch(index, queries, VSX_F32, QUERIES, K, &opts, 1,
			      truth, n, NULL, &err));
	opts.exact = 0;
	opts.effort = ef;
	MUST(vsx_search_batch(index, queries, VSX_F32, QUERIES, K, &opts, 1,
			      hits, n, &stats, &err));
	for (size_t q = 0; q < QUERIES; q++)
		for (size_t i = 0; i < n[q]; i++)
			for (size_t j = 0; j < K; j++)
				f.hits += hits[q * K + i].id ==
					  truth[q * K + j].id;
	f.distances = (double)stats.n_distances / QUERIES;
	vsx_close(index);
	return f;
}

/* As much as in a graph of the rows that are left, for as much. */
static void expect_as_fresh(const char *path, const char *spec, size_t gone)
{
	const char *fresh = build("fresh", spec, gone);

	for (uint32_t ef = 10; ef <= 40; ef *= 4) {
		struct found a = search(path, ef), b = search(fresh, ef);

		/* What so few queries can tell of two graphs. */
		cr_expect_geq(a.hits + QUERIES * K / 20, b.hits,
			      "%s, ef %u: %zu of %zu", spec, ef, a.hits,
			      b.hits);
		cr_expect_leq(a.distances, 1.1 * b.distances,
			      "%s, ef %u: %f of %f", spec, ef, a.distances,
			      b.distances);
	}
}

Test(worn, more_than_a_fifth_deleted_is_another_graph)
{
	for (size_t s = 0; s < N_SPECS; s++) {
		const char *path = build("x", specs[s], 0);
		struct vsx_update_opts opts = options();
		struct vsx_update_result r;
		float *rows = rows_of(path);

		r = drop(path, 0, FIFTH, &opts);
		cr_expect_eq(r.n_segments, 1);
		cr_expect_eq(r.n_merged, 0);
		cr_expect_lt(r.appended_bytes, 20000);
		r = drop(path, FIFTH, FIFTH + 1, &opts);
		cr_expect_eq(r.n_segments, 2, "%s: %u", specs[s], r.n_segments);
		cr_expect_eq(r.n_merged, 1);
		cr_expect_eq(r.n_live, N - FIFTH - 1);
		cr_expect_eq(r.n_added, 0);
		cr_expect_eq(segment(path, 0).n_dead, N);
		cr_expect_eq(segment(path, 1).n_rows, N - FIFTH - 1);
		cr_expect_eq(segment(path, 1).n_dead, 0);
		cr_expect_str_eq(segment(path, 1).kind, "HNSW");
		cr_expect_str_eq(segment(path, 1).kept, segment(path, 0).kept);
		cr_expect_str_eq(segment(path, 1).codes,
				 segment(path, 0).codes);
		expect_rows(path, rows, FIFTH + 1);
		change_sound(path);
		expect_as_fresh(path, specs[s], FIFTH + 1);
		free(rows);
	}
}

/* Little by little: the newest graph takes the place of the one before. */
Test(worn, never_costs_more_however_many_are_deleted)
{
	const char *path = build("x", "HNSW8", 0);
	struct vsx_update_opts opts = options();
	float *rows = rows_of(path);

	for (uint64_t i = 0; i < N * 4 / 5; i += N / 10) {
		struct vsx_update_result r = drop(path, i, i + N / 10, &opts);
		struct vsx_segment_facts last = segment(path, r.n_segments - 1);

		cr_expect_leq(r.n_segments, 2);
		cr_expect_leq(5 * last.n_dead, last.n_rows);
		cr_expect_eq(last.n_rows - last.n_dead, r.n_live);
	}
	change_sound(path);
	expect_rows(path, rows, N * 4 / 5);
	expect_as_fresh(path, "HNSW8", N * 4 / 5);
	free(rows);
}

Test(worn, stays_where_segments_are_kept)
{
	const char *path = build("x", "HNSW8", 0);
	struct vsx_update_opts opts = options();
	struct vsx_update_result r;
	struct vsx_update *u;
	uint64_t id = id_of(N);
	float row[DIM];

	opts.keep_segments = 1;
	r = drop(path, 0, N / 2, &opts);
	cr_expect_eq(r.n_segments, 1);
	cr_expect_eq(r.n_merged, 0);
	/* Nor is it left for later: who deletes nothing writes what is added.
	 */
	opts.keep_segments = 0;
	u = change_begin(path, &opts);
	cloud_row(row, DIM, 3, N);
	MUST(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	r = change_commit(u, path);
	cr_expect_eq(r.n_merged, 0);
	r = drop(path, N / 2, N / 2 + 1, &opts);
	cr_expect_eq(r.n_merged, 2);
	cr_expect_eq(segment(path, 1).n_rows, N / 2);
	change_sound(path);
}

/* Rows that are replaced are deleted, too. */
Test(worn, is_told_from_what_is_replaced)
{
	const char *path = build("x", "HNSW8,SQ8", 0);
	struct vsx_update_opts opts = options();
	struct vsx_update_result r;
	struct vsx_update *u;
	float row[DIM];

	opts.replace = 1;
	u = change_begin(path, &opts);
	for (uint64_t i = 0; i <= FIFTH; i++) {
		uint64_t id = id_of(i);

		cloud_row(row, DIM, 3, N + i);
		MUST(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	}
	r = change_commit(u, path);
	cr_expect_eq(r.n_replaced, FIFTH + 1);
	cr_expect_eq(r.n_live, N);
	cr_expect_eq(r.n_merged, 1);
	cr_expect_eq(segment(path, 1).n_rows, N);
	cr_expect_eq(segment(path, 1).n_dead, 0);
	change_sound(path);
}

/* Lists are searched row by row: those that are deleted cost no more than
 * others. */
Test(worn, are_graphs_alone)
{
	static const char *const others[] = {"Flat", "IVF8,Flat", "IVF8,SQ8"};

	for (size_t s = 0; s < 3; s++) {
		const char *path = build("x", others[s], 0);
		struct vsx_update_opts opts = options();

		cr_expect_eq(drop(path, 0, N / 2, &opts).n_segments, 1);
	}
}

/* All of them: nothing is left to be written. */
Test(worn, without_a_row_that_lives_are_left)
{
	const char *path = build("x", "HNSW8", 0);
	struct vsx_update_opts opts = options();
	struct vsx_update_result r = drop(path, 0, N, &opts);

	cr_expect_eq(r.n_segments, 1);
	cr_expect_eq(r.n_merged, 0);
	cr_expect_eq(r.n_live, 0);
	change_sound(path);
}

/* What is not known of rows that are gone from the first segment keeps none of
 * the others out of the test. SPEC.md 5.6. */
Test(worn, leave_all_neighbours_to_the_test)
{
	const char *path = scratch_path("x");
	struct support_index what = support_defaults((struct support_index){
		.spec = "HNSW8", .n = 400, .keeps_truth = true});
	struct vsx_update_opts opts = options();
	struct vsx_update *u;
	struct vsx *index;
	struct vsx_test t;

	support_build(path, what);
	u = change_begin(path, &opts);
	for (uint64_t id = 0; id < 300; id++)
		MUST(vsx_update_delete(u, &id, 1, &err));
	cr_expect_eq(change_commit(u, path).n_segments, 2);
	index = change_open(path);
	MUST(vsx_test_load(&t, index, &err));
	cr_assert(t.truth_rows);
	cr_assert_eq(t.accept.truth_k, 100);
	MUST(vsx_test_truth(&t, index->segments, 2, 1, &err));
	for (uint32_t q = 0; q < t.accept.n_queries; q++)
		cr_expect_eq(t.accept.n_truth[q],
			     t.accept.own[q] < 300 ? 100 : 99);
	vsx_test_release(&t);
	vsx_close(index);
	change_sound(path);
}

/* By as many threads as there are, and in as little memory. */
Test(worn, become_the_same_bytes)
{
	const char *path = build("x", "HNSW16,SQ8,G8", 0);
	struct vsx_update_opts opts = options();
	size_t n = 0, n_one = 0, n_many = 0;
	uint8_t *before = scratch_read(path, &n), *one, *many;

	opts.n_threads = 1;
	drop(path, 0, N / 2, &opts);
	one = scratch_read(path, &n_one);
	scratch_write(path, before, n);
	opts.n_threads = 3;
	opts.memory = 1u << 20;
	drop(path, 0, N / 2, &opts);
	many = scratch_read(path, &n_many);
	cr_assert_eq(n_one, n_many);
	cr_expect_eq(memcmp(one, many, n_one), 0);
	free(before);
	free(one);
	free(many);
}
