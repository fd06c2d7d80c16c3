/*
 * Searches among some rows find these as well as others find all, never fewer
 * than there are, and for little: whatever part of the rows it is, drawn at
 * random or all of them far from the query.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "living/cloud.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(filtered, .init = scratch_make, .fini = scratch_drop, .timeout = 240);

enum { N = 16000, DIM = 16, K = 10, QUERIES = 40 };

static struct vsx_error err;
static float rows[N][DIM], queries[QUERIES][DIM];

static bool even; /* no clouds: rows are all over the place */

static void make_even(float row[DIM], uint64_t stream, uint64_t i)
{
	for (uint64_t d = 0; d < DIM; d++)
		row[d] = (float)(vsx_random_at(stream, i, d) >> 40) * 0x1p-24f;
}

static void make_rows(void)
{
	for (uint64_t i = 0; even && i < N; i++)
		make_even(rows[i], 7, i);
	for (uint64_t i = 0; even && i < QUERIES; i++)
		make_even(queries[i], 8, i);
	if (even)
		return;
	for (uint64_t i = 0; i < N; i++)
		cloud_row(rows[i], DIM, 7, i);
	for (uint64_t i = 0; i < QUERIES; i++)
		cloud_row(queries[i], DIM, 8, i);
}

static struct vsx *build(const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path("some");
	struct vsx_builder *b;
	struct vsx *index;

	make_rows();
	opts.dim = DIM;
	opts.spec = spec;
	opts.n_threads = 2;
	opts.ef_construction = 60;
	opts.n_test_queries = UINT32_MAX;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err),
		VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	return index;
}

/* Which rows pass: one in so many, or those of which a component is least. */
struct rule {
	uint32_t one_in;
	float below; /* 0: drawn */
};

static int passes(void *context, uint64_t id)
{
	const struct rule *rule = context;

	return rule->below != 0.0f
		       ? rows[id][3] < rule->below
		       : rule->one_in &&
				 vsx_random_at(5, 1, id) % rule->one_in == 0;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static float least(uint32_t one_in)
{
	static float values[N];

	for (size_t i = 0; i < N; i++)
		values[i] = rows[i][3];
	qsort(values, N, sizeof(*values), by_value);
	return values[N / one_in];
}

/* A row of a scan takes a tenth of the time of one of a walk: they lie in the
 * order of memory, and no lists are read between them. */
#define SCANNED 4

struct found {
	double recall, distances; /* of a walk, or as many as a scan is worth */
	uint64_t complete;
};

static struct found run(const struct vsx *index, struct rule rule,
			uint32_t effort)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats before, after;
	struct vsx_selection *s = NULL;
	struct vsx_searcher *searcher;
	size_t found = 0, sought = 0;
	struct found result = {0};

	cr_assert_eq(vsx_searcher_new(&searcher, index, &err), VSX_OK);
	if (rule.one_in != 1)
		cr_assert_eq(vsx_select_where(&s, index, passes, &rule, &err),
			     VSX_OK);
	opts.among = s;
	for (size_t q = 0; q < QUERIES; q++) {
		size_t n, due, all = s ? vsx_selection_count(s) : N;
		struct vsx_hit hits[K], truth[K];

		opts.exact = 1;
		cr_assert_eq(vsx_search(searcher, queries[q], VSX_F32, K, &opts,
					truth, &due, &err),
			     VSX_OK);
		opts.exact = 0;
		opts.effort = effort;
		vsx_get_stats(searcher, &before);
		cr_assert_eq(vsx_search(searcher, queries[q], VSX_F32, K, &opts,
					hits, &n, &err),
			     VSX_OK);
		vsx_get_stats(searcher, &after);
		cr_assert_eq(n, all < K ? all : K, "%zu hits of %zu rows", n,
			     all);
		result.distances +=
			(double)(after.n_distances - before.n_distances) /
			(after.n_hops > before.n_hops ? 1 : SCANNED);
		result.complete += after.n_complete - before.n_complete;
		for (size_t i = 0; i < n; i++) {
			cr_assert(!s || passes(&rule, hits[i].id));
			for (size_t j = 0; j < due; j++)
				found += truth[j].id == hits[i].id;
		}
		sought += due;
	}
	vsx_selection_free(s);
	vsx_searcher_free(searcher);
	result.recall = sought ? (double)found / (double)sought : 1.0;
	result.distances /= QUERIES;
	return result;
}

/* Parts of the rows, each for at most so many times the distances of a search
 * without a filter. */
static void check(const char *spec, uint32_t effort, double times)
{
	static const uint32_t parts[] = {2, 8, 40, 400, 4000};
	struct vsx *index = build(spec);
	struct found all = run(index, (struct rule){.one_in = 1}, effort);

	cr_assert_geq(all.recall, 0.95, "%s: %g", spec, all.recall);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (int far = 0; far < 2; far++) {
			struct rule rule = {parts[i],
					    far ? least(parts[i]) : 0.0f};
			struct found some = run(index, rule, effort);

			cr_expect_geq(some.recall, 0.95, "%s, 1 of %u, %d: %g",
				      spec, parts[i], far, some.recall);
			/* Far from the query it may be all that pass. */
			if (!far)
				cr_expect_leq(some.distances,
					      times * all.distances,
					      "%s, 1 of %u: %g, all %g", spec,
					      parts[i], some.distances,
					      all.distances);
			if (parts[i] >= 400)
				cr_expect_eq(some.complete, QUERIES);
		}
	/* What passes nothing costs nothing. */
	all = run(index, (struct rule){.one_in = 0}, effort);
	cr_expect_eq(all.distances, 0.0);
	cr_expect_eq(all.complete, QUERIES);
	vsx_close(index);
}

Test(filtered, walks_find_rows_that_pass)
{
	check("HNSW8", 40, 2.5);
}

Test(filtered, walks_over_codes_find_rows_that_pass)
{
	check("HNSW8,SQ8", 40, 2.5);
}

/* Of few distances: what such a walk costs is lists and their codes. One among
 * all rows begins near its query, which saves it some. */
Test(filtered, gated_walks_find_rows_that_pass)
{
	check("HNSW8,SQ8,G8", 40, 4.2);
}

Test(filtered, lists_have_rows_that_pass)
{
	check("IVF64,Flat", 12, 2.0);
}

/* To look at all that pass is for few: of more the nearest lists are enough. */
Test(filtered, lists_are_looked_at_where_that_takes_less)
{
	struct vsx *index = build("IVF64,Flat");
	struct found many = run(index, (struct rule){.one_in = 8}, 12);
	struct found few = run(index, (struct rule){.one_in = 200}, 12);

	cr_expect_geq(many.recall, 0.95, "%g", many.recall);
	cr_expect_eq(many.complete, 0);
	cr_expect_lt(many.distances, 0.75 * N / 8, "%g", many.distances);
	cr_expect_eq(few.complete, QUERIES);
	vsx_close(index);
}

/* Short lists have too few rows that pass: the others are compared, too, where
 * those lie anywhere. Bridged they were 0.9525 and 0.9975. */
Test(filtered, walks_over_short_lists_find_rows_that_pass)
{
	struct vsx *index;
	struct found some;

	even = true;
	index = build("HNSW16");
	some = run(index, (struct rule){.one_in = 5}, 10);
	cr_expect_geq(some.recall, 0.96, "%g", some.recall);
	some = run(index, (struct rule){5, least(5)}, 10);
	cr_expect_geq(some.recall, 0.99, "%g", some.recall);
	vsx_close(index);
}

/* Rows alone, panels of codes that have one, or all codes, whatever takes
 * least: answers are those of a plain search in each case. */
Test(filtered, few_rows_are_looked_for_in_three_ways)
{
	static const struct {
		uint32_t one_in;
		float part; /* in front, in place of drawn ones */
	} cases[] = {{400, 0.0f}, {8, 0.0f}, {0, 0.125f}, {0, 0.002f}};
	struct vsx *index = build("Flat");

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
		struct vsx_search_stats stats;
		uint8_t bits[N / 8] = {0};
		struct vsx_searcher *searcher;
		struct vsx_selection *s;

		for (uint64_t i = 0; i < N; i++)
			if (cases[c].one_in ? vsx_random_at(5, 1, i) %
							      cases[c].one_in ==
						      0
					    : (float)i < cases[c].part * N)
				bits[i / 8] |= (uint8_t)(1u << i % 8);
		cr_assert_eq(vsx_select_bits(&s, index, bits, N, &err), VSX_OK);
		cr_assert_eq(vsx_searcher_new(&searcher, index, &err), VSX_OK);
		opts.among = s;
		for (size_t q = 0; q < QUERIES; q++) {
			struct vsx_hit hits[K];
			double before = -1.0;
			size_t n;

			cr_assert_eq(vsx_search(searcher, queries[q], VSX_F32,
						K, &opts, hits, &n, &err),
				     VSX_OK);
			cr_assert_eq(n, K);
			for (size_t i = 0; i < n; i++) {
				uint64_t id = hits[i].id;

				cr_assert(bits[id / 8] >> id % 8 & 1);
				cr_assert_geq((double)hits[i].distance, before);
				before = (double)hits[i].distance;
			}
			/* No row that passes is nearer than the last. */
			for (uint64_t i = 0; i < N; i++) {
				double sum = 0.0;
				bool is = false;

				for (size_t h = 0; h < n; h++)
					is |= hits[h].id == i;
				if (is || !(bits[i / 8] >> i % 8 & 1))
					continue;
				for (size_t d = 0; d < DIM; d++) {
					double by = (double)rows[i][d] -
						    (double)queries[q][d];

					sum += by * by;
				}
				cr_assert_geq(sum, before * (1.0 - 1e-6));
			}
		}
		/* The others of blocks of codes do not count. */
		vsx_get_stats(searcher, &stats);
		cr_expect_leq(stats.n_distances,
			      stats.n_queries * vsx_selection_count(s) * 11 /
				      10);
		vsx_searcher_free(searcher);
		vsx_selection_free(s);
	}
	vsx_close(index);
}

/* The lists in front of a query have none of them, and those behind come in an
 * order that says little. */
Test(filtered, lists_elsewhere_are_gone_through_for_longer)
{
	struct vsx *index;
	struct found all;

	even = true;
	index = build("IVF256,Flat");
	all = run(index, (struct rule){.one_in = 1}, 8);
	for (uint32_t part = 8; part <= 32; part *= 2) {
		struct rule rule = {part, least(part)};
		struct found some = run(index, rule, 8);

		cr_expect_geq(some.recall, all.recall + 0.07,
			      "1 of %u: %g, all %g", part, some.recall,
			      all.recall);
	}
	vsx_close(index);
}
