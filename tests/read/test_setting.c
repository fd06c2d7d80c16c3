/* Which effort and refine factor a search is done with. */
#include <criterion/criterion.h>

#include "read/recall.h"
#include "read/searcher.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(setting, .init = scratch_make, .fini = scratch_drop, .timeout = 60);

static struct vsx_error err;

/* The table of an index of 8 lists whose codes stand for its rows. */
static const struct vsx_recall rows[] = {
	{1, 0.5, 0.50, 0.40, 1000, 1.5}, {1, 0.6, 0.60, 0.41, 1000, 8},
	{4, 0.9, 0.90, 0.95, 3000, 2},	 {8, 1.0, 0.99, 0.97, 5000, 2.5},
	{8, 1.0, 0.99, 1.00, 5000, 16},
};
enum { N = sizeof(rows) / sizeof(rows[0]) };
static _Alignas(8) struct vsx_disk_recall table[N];

static struct vsx *index_with_table(void)
{
	const char *path = scratch_path("index");
	struct vsx *index;

	support_build(path, (struct support_index){.spec = "IVF8,Flat"});
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	for (uint32_t i = 0; i < N; i++)
		vsx_recall_encode(&table[i], &rows[i]);
	index->whole[VSX_SEC_RCLL] = (struct vsx_view){
		.base = (const uint8_t *)table, .bytes = sizeof(table)};
	index->manifest.n_recalls = N;
	index->manifest.default_effort = 4;
	index->manifest.default_refine = 2000;
	return index;
}

static struct vsx_search_plan plan_of(const struct vsx *index, size_t k,
				      uint32_t effort, double recall)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_plan plan;

	opts.effort = effort;
	opts.recall = recall;
	cr_assert_eq(vsx_plan_make(&plan, index, k, &opts, &err), VSX_OK, "%s",
		     err.text);
	return plan;
}

#define IS(plan, e, f)                                                         \
	cr_expect((plan).effort == (e) && (plan).refine == (f),                \
		  "effort %u, refine %u", (plan).effort, (plan).refine)

Test(setting, is_the_default_of_the_index)
{
	struct vsx *index = index_with_table();

	IS(plan_of(index, 10, 0, 0), 4, 2000);
	IS(plan_of(index, 100, 0, 0), 4, 2000);
	vsx_close(index);
}

Test(setting, makes_the_most_of_an_effort)
{
	struct vsx *index = index_with_table();

	IS(plan_of(index, 10, 1, 0), 1, 8000);
	IS(plan_of(index, 10, 3, 0), 3, 8000);
	/* More effort is never looked through less thoroughly. */
	IS(plan_of(index, 10, 4, 0), 4, 8000);
	IS(plan_of(index, 10, 7, 0), 7, 8000);
	IS(plan_of(index, 10, 8, 0), 8, 16000);
	IS(plan_of(index, 10, UINT32_MAX, 0), UINT32_MAX, 16000);
	/* Below all rows, and without a table. */
	vsx_put32(&table[0].effort, 2);
	vsx_put32(&table[1].effort, 2);
	IS(plan_of(index, 10, 1, 0), 1, 2000);
	index->manifest.n_recalls = 0;
	IS(plan_of(index, 10, 8, 0), 8, 2000);
	/* Nothing is estimated. */
	index->manifest.default_refine = 0;
	IS(plan_of(index, 10, 8, 0), 8, 0);
	vsx_close(index);
}

Test(setting, reaches_a_recall_for_k)
{
	struct vsx *index = index_with_table();
	uint32_t effort;
	double refine;

	IS(plan_of(index, 1, 0, 0.95), 8, 2500);
	IS(plan_of(index, 10, 0, 0.55), 1, 8000);
	IS(plan_of(index, 10, 0, 0.95), 8, 2500);
	IS(plan_of(index, 100, 0, 0.95), 4, 2000);
	IS(plan_of(index, 100, 0, 0.98), 8, 16000);
	IS(plan_of(index, 11, 0, 0.98), 8, 16000);
	/* Between them both count. */
	IS(plan_of(index, 11, 0, 0.95), 8, 2500);
	IS(plan_of(index, 99, 0, 0.95), 8, 2500);
	/* What none reached: what found most. */
	IS(plan_of(index, 10, 0, 1.0), 8, 2500);
	cr_expect_eq(vsx_effort_for(index, 0.98, 10, &effort, &refine, &err),
		     VSX_OK);
	cr_expect(effort == 8 && refine == 2.5);
	cr_expect_eq(vsx_effort_for(index, 0.98, 100, &effort, &refine, &err),
		     VSX_OK);
	cr_expect(effort == 8 && refine == 16);
	cr_expect_eq(vsx_effort_for(index, 0.995, 10, &effort, &refine, &err),
		     VSX_ENOTFOUND);
	cr_expect(strstr(err.text, "recall@10 0.9950 was not reached, the best "
				   "measured is 0.9900"),
		  "%s", err.text);
	vsx_close(index);
}

/* Efforts are chosen for 10 rows, or for 100 where so many are measured. */
Test(setting, was_chosen_for_so_many_rows)
{
	struct vsx *index = index_with_table();
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_plan plan;

	cr_expect(plan_of(index, 50, 0, 0).all_k);
	cr_expect_not(plan_of(index, 50, 4, 0).all_k);
	cr_expect_not(plan_of(index, 1000, 4, 0).all_k);
	cr_expect_not(plan_of(index, 100, 0, 0.95).all_k);
	cr_expect(plan_of(index, 101, 0, 0.95).all_k);
	/* Of groups more rows are asked for. */
	opts.group_by = "n";
	opts.effort = 4;
	index->manifest.n_segments = 0;
	cr_expect_eq(vsx_plan_make(&plan, index, 1, &opts, &err), VSX_OK);
	cr_expect(plan.all_k);
	/* Nothing was measured. */
	index->manifest.n_recalls = 0;
	cr_expect(plan_of(index, 50, 0, 0.95).all_k);
	index->manifest.n_segments = 1;
	vsx_close(index);
}

/* Rows around which a search for 40 looks; ef 0: by the index. */
static uint64_t looks_around(const struct vsx *index, uint32_t ef)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats stats;
	struct vsx_searcher *s;
	struct vsx_hit hits[40];
	float query[8] = {0};
	size_t n;

	opts.effort = ef;
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_assert_eq(vsx_search(s, query, VSX_F32, 40, &opts, hits, &n, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(n, 40, "ef %u", ef);
	vsx_get_stats(s, &stats);
	vsx_searcher_free(s);
	return stats.n_hops;
}

Test(setting, below_k_looks_around_fewer_rows)
{
	const char *path = scratch_path("graph");
	uint64_t all, most;
	struct vsx *index;

	support_build(path,
		      (struct support_index){.spec = "HNSW12", .n = 3000});
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	all = looks_around(index, 40);
	most = looks_around(index, 80);
	cr_expect_gt(most, all + 30);
	cr_expect_lt(looks_around(index, 20), all - 15);
	cr_expect_lt(looks_around(index, 10), looks_around(index, 20) - 5);
	/* So few lead to fewer than 40 rows: it goes on. */
	cr_expect_leq(looks_around(index, 1), looks_around(index, 10));
	/* Chosen for fewer rows. */
	index->manifest.default_effort = 1;
	cr_expect_eq(looks_around(index, 0), all);
	index->manifest.default_effort = 39;
	cr_expect_eq(looks_around(index, 0), all);
	index->manifest.default_effort = 80;
	cr_expect_eq(looks_around(index, 0), most);
	vsx_close(index);
}

Test(setting, is_k_at_least_where_it_is_a_number_of_rows)
{
	const char *path = scratch_path("graph");
	uint32_t effort;
	struct vsx *index;

	support_build(path, (struct support_index){.spec = "HNSW8", .n = 2000});
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	cr_expect_eq(vsx_effort_for(index, 0.5, 100, &effort, NULL, &err),
		     VSX_OK);
	cr_expect_lt(effort, 100);
	cr_expect_eq(vsx_effort_for(index, 0.5, 1500, &effort, NULL, &err),
		     VSX_OK);
	cr_expect_eq(effort, 1500);
	vsx_close(index);
}

/* recall@1 is that of the first of 10 found: a search for fewer looks at as
 * many rows as it was measured with, and finds the same. */
Test(setting, of_fewer_than_10_finds_the_first_of_10)
{
	static const char *const specs[] = {"SQ4", "PQ2x4", "IVF8,PQ2x4",
					    "HNSW8,PQ2x4"};
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;

	for (size_t s = 0; s < sizeof(specs) / sizeof(specs[0]); s++) {
		struct support_index what = {
			.spec = specs[s], .n = 2000, .half = true};
		const char *path = scratch_path("codes");
		struct vsx_hit due[10], hits[10];
		struct vsx_searcher *searcher;
		struct vsx *index;
		float query[8];
		size_t n;

		support_build(path, what);
		what = support_defaults(what);
		cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
		cr_assert_eq(vsx_searcher_new(&searcher, index, &err), VSX_OK);
		for (size_t q = 0; q < 50; q++) {
			size_t k = 1 + q % 9;

			support_row(&what, 2000 + q, query);
			opts.refine = q % 2 ? 1.5 : 0.0;
			cr_assert_eq(vsx_search(searcher, query, VSX_F32, 10,
						&opts, due, &n, &err),
				     VSX_OK);
			cr_assert_eq(vsx_search(searcher, query, VSX_F32, k,
						&opts, hits, &n, &err),
				     VSX_OK);
			cr_assert_eq(n, k);
			for (size_t i = 0; i < k; i++)
				cr_expect_eq(hits[i].id, due[i].id,
					     "%s, query %zu, k %zu, hit %zu",
					     specs[s], q, k, i);
		}
		vsx_searcher_free(searcher);
		vsx_close(index);
	}
}

/* [5.6-23] Told where it is asked for, and no search without it minds. */
Test(setting, is_not_taken_from_a_row_that_is_none)
{
	static const uint32_t factors[] = {1, 999, 1000001, UINT32_MAX};
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_plan plan;
	struct vsx_recall row;

	for (size_t i = 0; i < 4; i++) {
		struct vsx *index = index_with_table();
		char due[96];

		vsx_put32(&table[4].refine, factors[i]);
		snprintf(
			due, sizeof(due),
			"recall table, row 4: refine factor of %u thousandths, "
			"expected 0 or 1000 to 1000000",
			factors[i]);
		cr_expect_eq(vsx_get_recall(index, 4, &row, &err),
			     VSX_ECORRUPT);
		cr_expect(strstr(err.text, due), "%s", err.text);
		opts.effort = 8;
		opts.recall = 0;
		cr_expect_eq(vsx_plan_make(&plan, index, 10, &opts, &err),
			     VSX_ECORRUPT);
		opts.recall = 0.5;
		cr_expect_eq(vsx_plan_make(&plan, index, 10, &opts, &err),
			     VSX_ECORRUPT);
		IS(plan_of(index, 10, 0, 0), 4, 2000);
		vsx_close(index);
	}
}
