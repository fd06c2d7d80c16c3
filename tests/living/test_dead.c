/*
 * Searching among deleted rows: they are never found, and the others are found
 * as well as in an index that was built without them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "living/change.h"
#include "living/cloud.h"
#include "write/scratch_folder.h"

TestSuite(dead, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

enum { N = 3000, DIM = 24, QUERIES = 120, K = 10 };

static unsigned long n_allocations;

/* All memory of the library comes from here. */
void *aligned_alloc(size_t alignment, size_t size)
{
	void *p;

	n_allocations++;
	return posix_memalign(&p, alignment, size) == 0 ? p : NULL;
}

static float rows[N][DIM], queries[QUERIES][DIM];

static const char *build(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path("index");
	struct vsx_builder *b;

	for (size_t i = 0; i < N; i++)
		cloud_row(rows[i], DIM, 1, i);
	for (size_t i = 0; i < QUERIES; i++)
		cloud_row(queries[i], DIM, 2, i);
	opts.dim = DIM;
	opts.spec = spec;
	opts.ef_construction = 60;
	opts.force = 1;
	opts.n_test_queries = 10;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	return path;
}

/* They stay in their graph. */
static struct vsx_update *begin(const char *path)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;

	opts.keep_segments = 1;
	return change_begin(path, &opts);
}

static void delete_marked(const char *path, const bool *gone)
{
	struct vsx_update *u = begin(path);

	for (uint64_t id = 0; id < N; id++)
		if (gone[id])
			MUST(vsx_update_delete(u, &id, 1, &err));
	change_commit(u, path);
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

/* All rows, the nearest to q first. */
static void sort_rows(const float *q, struct near all[N])
{
	for (uint64_t i = 0; i < N; i++) {
		all[i] = (struct near){0, i};
		for (int d = 0; d < DIM; d++)
			all[i].value += ((double)q[d] - rows[i][d]) *
					((double)q[d] - rows[i][d]);
	}
	qsort(all, N, sizeof(*all), by_value);
}

static void mark_random(bool *gone, unsigned int percent)
{
	for (uint64_t i = 0; i < N; i++)
		gone[i] = vsx_random_at(7, 7, i) % 100 < percent;
}

/* A share of the rows nearest to one of the queries. */
static void mark_nearest(bool *gone, unsigned int percent)
{
	static struct near all[N];

	memset(gone, 0, N);
	sort_rows(queries[0], all);
	for (size_t i = 0; i < N / 100 * percent; i++)
		gone[all[i].id] = true;
}

/* Recall@K over all queries; every hit must be a live row. */
static double recall(const char *path, const bool *gone, uint32_t ef,
		     double *distances)
{
	static struct near all[N];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	struct vsx_search_stats stats;
	struct vsx_searcher *s;
	size_t found = 0, of = 0;

	opts.effort = ef;
	MUST(vsx_searcher_new(&s, index, &err));
	for (size_t q = 0; q < QUERIES; q++) {
		struct vsx_hit hits[K];
		struct near due[K];
		size_t n, n_due = 0;

		sort_rows(queries[q], all);
		for (size_t i = 0; i < N && n_due < K; i++)
			if (!gone[all[i].id])
				due[n_due++] = all[i];
		MUST(vsx_search(s, queries[q], VSX_F32, K, &opts, hits, &n,
				&err));
		cr_assert_eq(n, n_due, "query %zu: %zu hits, expected %zu", q,
			     n, n_due);
		for (size_t i = 0; i < n; i++) {
			cr_assert(hits[i].id < N && !gone[hits[i].id]);
			for (size_t j = 0; j < n_due; j++)
				found += hits[i].id == due[j].id;
		}
		of += n_due;
	}
	vsx_get_stats(s, &stats);
	*distances = (double)stats.n_distances / QUERIES;
	vsx_searcher_free(s);
	vsx_close(index);
	return (double)found / (double)of;
}

/* A fresh build of what is left, in a file of its own. */
static const char *rebuild(const char *path)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *fresh = scratch_path("fresh");

	opts.force = 1;
	MUST(vsx_compact(&path, 1, fresh, &opts, NULL, NULL, &err));
	return fresh;
}

static void expect_recall(const char *spec, bool near, unsigned int percent)
{
	static const uint32_t efforts[] = {20, 40};
	const char *path = build(spec), *fresh;
	static bool gone[N];

	if (near)
		mark_nearest(gone, percent);
	else
		mark_random(gone, percent);
	delete_marked(path, gone);
	fresh = rebuild(path);
	for (int e = 0; e < 2; e++) {
		double cost, cost_fresh;
		double now = recall(path, gone, efforts[e], &cost);
		double due = recall(fresh, gone, efforts[e], &cost_fresh);

		printf("%s, %u %% %s, ef %u: recall@10 %.4f, %.0f distances; "
		       "fresh %.4f, %.0f\n",
		       spec, percent, near ? "around a query" : "anywhere",
		       efforts[e], now, cost, due, cost_fresh);
		cr_expect_geq(now, due - 0.02,
			      "%u %% deleted: %.4f, a fresh build %.4f",
			      percent, now, due);
		/* Where a walk would cost more, the live rows are looked at. */
		cr_expect_leq(cost, N / 2);
	}
}

Test(dead, anywhere_cost_no_recall)
{
	static const unsigned int percents[] = {10, 30, 60, 90};

	for (int i = 0; i < 4; i++)
		expect_recall("HNSW6", false, percents[i]);
}

Test(dead, around_a_query_cost_no_recall)
{
	static const unsigned int percents[] = {1, 10, 30, 60, 90};

	for (int i = 0; i < 5; i++)
		expect_recall("HNSW6", true, percents[i]);
}

/* So many that most walks give up, and every row is looked at. */
Test(dead, all_around_the_query_hide_nothing)
{
	static struct near all[N];
	static bool gone[N];
	const char *path = build("HNSW6");
	double cost;

	mark_nearest(gone, 75);
	delete_marked(path, gone);
	sort_rows(queries[0], all);
	for (size_t q = 0; q < QUERIES; q++)
		memcpy(queries[q], rows[all[q].id], sizeof(queries[q]));
	cr_expect_geq(recall(path, gone, 10, &cost), 0.98);
	cr_expect_gt(cost, 2000); /* that was the case to be tested */
}

/*
 * Few are left, and far apart: what there is is found, whatever the effort. So
 * it is with a row that is the entry point, or that is not.
 */
Test(dead, all_but_a_few)
{
	static const char *const specs[] = {"HNSW6", "HNSW6,SQ8", "Flat",
					    "IVF32,Flat", "IVF32,SQ8"};
	static bool gone[N];

	for (int s = 0; s < 5; s++)
		for (size_t left = 1; left <= 20; left += left < 5 ? 4 : 15) {
			const char *path = build(specs[s]);
			/* One probe visits one list, if that has K rows. */
			uint32_t effort = s >= 3 ? 32 : 1;
			double cost;

			memset(gone, 1, sizeof(gone));
			for (size_t i = 0; i < left; i++)
				gone[i * 149] = false;
			delete_marked(path, gone);
			cr_expect_eq(recall(path, gone, effort, &cost), 1.0);
			cr_expect_leq(cost, left + 32);
			change_sound(path);
		}
}

/* In any type and metric: what is left answers as an index of its own. */
Test(dead, nearly_all_leave_the_exact_answers)
{
	static const char *const specs[] = {"HNSW6",	   "Flat",
					    "IVF8,Flat",   "IVF8,SQ4",
					    "IVF8,RaBitQ", "IVF4,SQ8,NoRefine",
					    "HNSW6,SQ8"};

	for (int mix = 0; mix < 45; mix++) {
		struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
		struct support_index what =
			support_defaults((struct support_index){
				.spec = specs[mix % 6],
				.metric = (enum vsx_metric)(1 + mix / 3 % 3),
				.elem = (enum vsx_elem)(1 + mix / 9),
				.dim = DIM,
				.n = 1500});
		const char *path = scratch_path("index"), *fresh;
		struct vsx *index[2];
		struct vsx_update *u;
		float q[DIM];

		support_build(path, what);
		u = begin(path);
		for (uint64_t id = 0; id < what.n; id++)
			if (vsx_random_at(3, 3, id) % 100 > 5)
				MUST(vsx_update_delete(u, &id, 1, &err));
		change_commit(u, path);
		fresh = rebuild(path);
		index[0] = change_open(path);
		index[1] = change_open(fresh);
		exact.exact = 1;
		for (size_t i = 0; i < 20; i++) {
			struct vsx_hit hits[2][K];
			size_t n[2];

			support_row(&what, i, q);
			for (int j = 0; j < 2; j++)
				MUST(vsx_search_batch(index[j], q, VSX_F32, 1,
						      K, &exact, 1, hits[j],
						      &n[j], NULL, &err));
			cr_assert_eq(n[0], n[1]);
			for (size_t j = 0; j < n[0]; j++)
				cr_expect(hits[0][j].id == hits[1][j].id &&
					  hits[0][j].distance ==
						  hits[1][j].distance);
		}
		vsx_close(index[0]);
		vsx_close(index[1]);
	}
}

/* ---- what else holds among them -------------------------------------- */

Test(dead, cost_no_memory_in_the_steady_state)
{
	static const char *const specs[] = {"HNSW6",
					    "Flat",
					    "IVF32,Flat",
					    "IVF32,SQ8",
					    "IVF4,SQ8,NoRefine",
					    "HNSW6,SQ8"};
	static struct near all[N];
	static bool gone[N];

	for (int s = 0; s < 6; s++) {
		struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
		const char *path = build(specs[s]);
		struct vsx_searcher *searcher;
		unsigned long before = 0;
		struct vsx *index;
		size_t far = 0;

		/* Around the first query so many that a walk gives up. */
		mark_nearest(gone, 50);
		delete_marked(path, gone);
		index = change_open(path);
		MUST(vsx_searcher_new(&searcher, index, &err));
		opts.effort = 10;
		sort_rows(queries[0], all);
		for (size_t i = 0; i < 400; i++) {
			struct vsx_hit hits[K];
			size_t n;

			/* First where all rows live, then where none does. */
			far = i < 200 ? N - 1 - i % 100 : i % 100;
			if (i == 100)
				before = n_allocations;
			MUST(vsx_search(searcher, rows[all[far].id], VSX_F32, K,
					&opts, hits, &n, &err));
		}
		cr_expect_eq(n_allocations, before, "%s: %lu allocations",
			     specs[s], n_allocations - before);
		vsx_searcher_free(searcher);
		vsx_close(index);
	}
}

struct answers {
	struct vsx_hit hits[QUERIES][K];
	size_t n[QUERIES];
};

static void answer(const char *path, unsigned int n_threads, struct answers *a)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	struct vsx_searcher *s;

	memset(a, 0, sizeof(*a));
	opts.effort = 12;
	if (n_threads) {
		MUST(vsx_search_batch(index, queries, VSX_F32, QUERIES, K,
				      &opts, n_threads, a->hits[0], a->n, NULL,
				      &err));
	} else {
		MUST(vsx_searcher_new(&s, index, &err));
		for (size_t q = 0; q < QUERIES; q++)
			MUST(vsx_search(s, queries[q], VSX_F32, K, &opts,
					a->hits[q], &a->n[q], &err));
		vsx_searcher_free(s);
	}
	vsx_close(index);
}

static bool same(const struct answers *a, const struct answers *b)
{
	for (size_t q = 0; q < QUERIES; q++)
		for (size_t i = 0; i < K; i++)
			if (a->n[q] != b->n[q] ||
			    (i < a->n[q] &&
			     (a->hits[q][i].id != b->hits[q][i].id ||
			      a->hits[q][i].distance !=
				      b->hits[q][i].distance)))
				return false;
	return true;
}

/* A process of its own, since kernels are chosen once. */
static void answer_by(const char *isa, const char *path, const char *out)
{
	static struct answers a;
	int status = -1;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		if (isa)
			setenv("VSX_ISA", isa, 1);
		for (size_t i = 0; i < QUERIES; i++)
			cloud_row(queries[i], DIM, 2, i);
		answer(path, 0, &a);
		scratch_write(out, &a, sizeof(a));
		_exit(!isa || strcmp(vsx_isa(), isa) == 0 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	cr_assert_eq(status, 0);
}

Test(dead, same_answers_by_any_way)
{
	static const char *const specs[] = {"HNSW6",
					    "Flat",
					    "IVF32,Flat",
					    "IVF32,SQ8",
					    "IVF4,SQ8,NoRefine",
					    "HNSW6,SQ8"};
	static struct answers one, other;
	static bool gone[N];
	const char *wide = scratch_path("wide");
	const char *scalar = scratch_path("scalar");

	for (int s = 0; s < 6; s++) {
		const char *path = scratch_path("index");
		int status = -1;
		pid_t child = fork();

		if (child == 0) {
			build(specs[s]);
			mark_random(gone, 40);
			for (size_t i = 0; i < N / 8; i++)
				gone[i] = true;
			delete_marked(path, gone);
			answer(path, 0, &one);
			for (unsigned int n = 1; n <= 8; n *= 2) {
				answer(path, n, &other);
				cr_assert(same(&one, &other));
			}
			_exit(0);
		}
		waitpid(child, &status, 0);
		cr_assert_eq(status, 0);
		answer_by(NULL, path, wide);
		answer_by("scalar", path, scalar);
		cr_expect(scratch_same(wide, scalar), "%s", specs[s]);
	}
}
