/*
 * Graphs of many segments: a search finds as much as in one graph of all rows
 * with the same ef, wherever the neighbours are, and is not as thorough in each
 * of them for it.
 */
#include <stdlib.h>
#include <string.h>

#include "kind/hnsw/hnsw.h"
#include "read/searcher.h"

#include "living/change.h"
#include "living/cloud.h"
#include "write/scratch_folder.h"

TestSuite(graphs, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

enum { N = 6400, DIM = 24, PARTS = 16, QUERIES = 150, K = 10 };

static float rows[N + QUERIES][DIM];

struct found {
	size_t hits;	  /* of the exact neighbours of all queries */
	double distances; /* of a query */
};

/* Rows 0 .. n-1, `each` at a time, in segments of their own if these are kept.
 */
static const char *build(const char *name, const char *spec, size_t each,
			 bool keep)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_update_opts more = VSX_UPDATE_OPTS_INIT;
	const char *path = scratch_path(name);
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows[0], VSX_F32, each, NULL), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	more.keep_segments = keep;
	more.flat_below = 1;
	for (size_t i = each; i < N; i += each) {
		struct vsx_update *u = change_begin(path, &more);

		MUST(vsx_update_add(u, VSX_BATCH(rows[i], VSX_F32, each, NULL),
				    &err));
		cr_assert_leq(change_commit(u, path).n_segments,
			      keep ? 1 + i / each : 4);
	}
	return path;
}

static size_t in_common(const struct vsx_hit *a, size_t n,
			const struct vsx_hit *b)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < K; j++)
			same += a[i].id == b[j].id;
	return same;
}

static struct found search(const char *path, uint32_t ef)
{
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	struct vsx_search_stats before, after;
	struct vsx_hit truth[K], hits[K];
	struct vsx_searcher *s;
	struct found f = {0, 0};
	size_t n;

	exact.exact = 1;
	opts.effort = ef;
	MUST(vsx_searcher_new(&s, index, &err));
	for (size_t q = N; q < N + QUERIES; q++) {
		MUST(vsx_search(s, rows[q], VSX_F32, K, &exact, truth, &n,
				&err));
		vsx_get_stats(s, &before);
		MUST(vsx_search(s, rows[q], VSX_F32, K, &opts, hits, &n, &err));
		vsx_get_stats(s, &after);
		f.hits += in_common(hits, n, truth);
		f.distances +=
			(double)(after.n_distances - before.n_distances) /
			QUERIES;
	}
	vsx_searcher_free(s);
	vsx_close(index);
	return f;
}

static void compare(const char *spec, bool keep, double most_times)
{
	const char *one = build("one", spec, N, keep);
	const char *many = build("many", spec, N / PARTS, keep);

	for (uint32_t ef = 16; ef <= 64; ef *= 2) {
		struct found a = search(one, ef), b = search(many, ef);

		cr_log_info("%s ef %u: %zu %.0f, %zu %.0f", spec, ef, a.hits,
			    a.distances, b.hits, b.distances);
		/* At most 1/150 of the recall less, counted in hits. */
		cr_expect_geq(b.hits + K * QUERIES / 150, a.hits,
			      "%s, ef %u: %zu, %zu", spec, ef, b.hits, a.hits);
		cr_expect_leq(b.distances, most_times * a.distances,
			      "%s, ef %u: %f, %f", spec, ef, b.distances,
			      a.distances);
	}
}

static void draw(void)
{
	for (size_t i = 0; i < N + QUERIES; i++)
		cloud_row(rows[i], DIM, 4, i);
}

Test(graphs, find_as_much_where_neighbours_are_in_all)
{
	draw();
	compare("HNSW8", true, 6.5);
	compare("HNSW8,SQ8", true, 7);
	compare("HNSW16,SQ8,G8", true, 8);
}

/* What is left where rows are added and no segments are asked to be kept. */
Test(graphs, of_sixteen_additions_cost_at_most_three)
{
	draw();
	compare("HNSW8", false, 3);
	compare("HNSW16,SQ8,G8", false, 3);
}

/* Rows in the pool where a walk of a segment begins, of n_all rows in all. */
static size_t n_begun(const struct vsx *index, uint32_t ef, uint64_t n_all)
{
	const struct vsx_segment *seg = &index->segments[0];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_plan plan;
	struct vsx_searcher *s;
	struct vsx_level base;
	struct vsx_find find;
	struct vsx_walk w;

	MUST(vsx_searcher_new(&s, index, &err));
	MUST(vsx_plan_make(&plan, index, K, &opts, &err));
	MUST(vsx_search_begin(s, &plan, rows[N], VSX_F32, NULL, &find, &err));
	MUST(vsx_find_eligible(&find, seg, &err));
	find.n_all = n_all;
	MUST(vsx_hnsw_enter(&w, seg, &find, ef, &base, &err));
	vsx_searcher_free(s);
	return w.n;
}

/* Of ef 40 a quarter of the rows expands 20 and 3: gates refuse once the pool
 * has more. In the only segment ef are, and it begins at 8 and the entry point.
 */
Test(graphs, gates_refuse_from_the_first_hop_on)
{
	struct vsx *index;

	draw();
	index = change_open(build("many", "HNSW16,SQ8,G8", N / 4, true));
	cr_expect_gt(n_begun(index, 40, N), 23);
	cr_expect_leq(n_begun(index, 40, N / 4), 9);
	vsx_close(index);
}

/* Each segment has a place of its own, and so has each query. */
Test(graphs, find_as_much_where_neighbours_are_in_one)
{
	draw();
	for (size_t i = 0; i < N + QUERIES; i++) {
		size_t part = i < N ? i / (N / PARTS) : i % PARTS;

		for (size_t d = 0; d < DIM; d++)
			rows[i][d] += (float)(vsx_random_at(5, part, d) % 64);
	}
	compare("HNSW8", true, 12);
}
