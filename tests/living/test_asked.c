/*
 * An index that was begun with few rows, or had few for a while, becomes what
 * its owner asked for: an update says when it is not, and a compaction builds
 * it, no worse than a build of the same rows does.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "living/change.h"
#include "living/cloud.h"
#include "write/scratch_folder.h"

TestSuite(asked, .init = scratch_make, .fini = scratch_drop, .timeout = 600);

enum { DIM = 16, MANY = 6000, QUERIES = 300, K = 10 };

static float cloud[(MANY + QUERIES) * DIM];

static void make_cloud(void)
{
	for (uint64_t i = 0; i < MANY + QUERIES; i++)
		cloud_row(cloud + i * DIM, DIM, 8, i);
}

/* The first n rows, with their numbers for ids. */
static const char *build(const char *name, const char *spec, size_t n,
			 uint32_t n_queries)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path(name);
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	opts.ef_construction = 60;
	opts.n_test_queries = n_queries;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(cloud, VSX_F32, n, NULL), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	return path;
}

/* Rows first .. last-1, and the deletion of those with the ids in between. */
static struct vsx_update_result add(const char *path, size_t first, size_t last)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint64_t *ids = calloc(MANY, sizeof(*ids));
	struct vsx_update *u;

	/* As they are, not as small tests want them. */
	opts.flat_below = 1024;
	u = change_begin(path, &opts);
	for (uint64_t i = first; i < last; i++)
		ids[i - first] = i;
	MUST(vsx_update_add(
		u, VSX_BATCH(cloud + first * DIM, VSX_F32, last - first, ids),
		&err));
	free(ids);
	return change_commit(u, path);
}

static struct vsx_update_result drop(const char *path, uint64_t first,
				     uint64_t last)
{
	struct vsx_update *u = change_begin(path, NULL);

	for (uint64_t i = first; i < last; i++)
		MUST(vsx_update_delete(u, &i, 1, &err));
	return change_commit(u, path);
}

static double recall(const char *path)
{
	struct vsx_hit *hits = calloc(2 * QUERIES * K, sizeof(*hits));
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	size_t n[2][QUERIES], found = 0;

	for (opts.exact = 0; opts.exact < 2; opts.exact++)
		MUST(vsx_search_batch(index, cloud + MANY * DIM, VSX_F32,
				      QUERIES, K, &opts, 0,
				      hits + opts.exact * QUERIES * K,
				      n[opts.exact], NULL, &err));
	for (size_t q = 0; q < QUERIES; q++)
		for (size_t i = 0; i < n[0][q]; i++)
			for (size_t j = 0; j < K; j++)
				found += hits[q * K + i].id ==
					 hits[(QUERIES + q) * K + j].id;
	vsx_close(index);
	free(hits);
	return (double)found / (QUERIES * K);
}

static struct vsx_facts facts_of(struct vsx *index)
{
	struct vsx_facts facts;

	vsx_get_facts(index, &facts);
	return facts;
}

static void expect_facts(const char *path, const char *spec, const char *asked,
			 uint32_t n_queries)
{
	struct vsx *index = change_open(path);
	struct vsx_facts facts = facts_of(index);

	cr_expect_str_eq(facts.spec, spec);
	cr_expect_str_eq(facts.asked, asked);
	cr_expect_eq(facts.n_queries, n_queries, "%u queries, expected %u",
		     facts.n_queries, n_queries);
	vsx_close(index);
}

/* Compacted it is what a build of all rows is. */
static void expect_cured(const char *path, const char *spec)
{
	const char *fresh = build("fresh", spec, MANY, 0);
	double due = recall(fresh), before = recall(path), after;
	struct vsx *index = change_open(fresh);
	uint32_t n_queries = facts_of(index).n_queries;
	char built[64];

	snprintf(built, sizeof(built), "%s", facts_of(index).spec);
	vsx_close(index);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	after = recall(path);
	printf("  %-10s recall@10 %.4f, compacted %.4f, fresh %.4f\n", spec,
	       before, after, due);
	cr_expect(after >= due - 0.01, "%s: %.4f, fresh %.4f", spec, after,
		  due);
	expect_facts(path, built, spec, n_queries);
	change_sound(path);
}

static void begun_with(size_t n, const char *spec, const char *said)
{
	struct vsx_update_result r;
	const char *path;

	make_cloud();
	path = build("x", spec, n, 0);
	r = add(path, n, MANY);
	cr_expect(strstr(r.advice, said), "%s: '%s'", spec, r.advice);
	cr_expect(strstr(r.advice, spec), "%s: '%s'", spec, r.advice);
	expect_cured(path, spec);
}

Test(asked, for_a_graph_begun_with_a_row)
{
	begun_with(1, "HNSW16", "started as HNSW2");
}

Test(asked, for_a_graph_begun_with_three)
{
	begun_with(3, "HNSW16", "started as HNSW2");
}

Test(asked, for_lists_begun_with_few_rows)
{
	begun_with(20, "IVF64,Flat", "started as IVF");
}

/* Row by row, and never a segment of many at once. */
Test(asked, for_a_graph_begun_row_by_row)
{
	struct vsx_update_result r = {0};
	size_t n = 1, step = 1;
	const char *path;

	make_cloud();
	path = build("x", "HNSW16", 1, 0);
	while (n < MANY) {
		r = add(path, n, n + step < MANY ? n + step : MANY);
		n += step;
		step = n < 8 ? 1 : 500;
	}
	cr_expect(strstr(r.advice, "compact"), "'%s'", r.advice);
	expect_cured(path, "HNSW16");
}

/* Many rows, then few, compacted then, and many again. */
static void shrunk(const char *spec, size_t left)
{
	struct vsx_update_result r;
	const char *path;

	make_cloud();
	path = build("x", spec, MANY, 0);
	drop(path, left, MANY);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	change_sound(path);
	r = add(path, left, MANY);
	cr_expect(strstr(r.advice, spec), "%s: '%s'", spec, r.advice);
	expect_cured(path, spec);
}

Test(asked, for_a_graph_that_was_shrunk)
{
	shrunk("HNSW16", 5);
}

Test(asked, for_lists_that_were_shrunk)
{
	shrunk("IVF64,Flat", 30);
}

/* Not compacted in between: the rows of the first segment are dead. */
Test(asked, for_a_graph_whose_rows_were_replaced)
{
	const char *path;

	make_cloud();
	path = build("x", "HNSW16", 2, 0);
	add(path, 2, MANY / 2);
	drop(path, 0, 2);
	add(path, MANY / 2, MANY);
	add(path, 0, 2);
	expect_cured(path, "HNSW16");
}

/* By the rules of the writer for the rows that there are. */
Test(asked, for_what_the_writer_likes)
{
	const char *path;

	make_cloud();
	path = build("x", "auto", 4, 0);
	expect_facts(path, "Flat", "auto", 4);
	add(path, 4, MANY);
	expect_cured(path, "auto");
}

/* The number of queries is asked for, too. */
Test(asked, for_a_test_of_some_queries)
{
	const char *path;

	make_cloud();
	path = build("x", "HNSW16", 3, 150);
	expect_facts(path, "HNSW2", "HNSW16", 3);
	add(path, 3, 2000);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	expect_facts(path, "HNSW16", "HNSW16", 150);
	path = build("x", "HNSW16", 3, UINT32_MAX);
	add(path, 3, 2000);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	expect_facts(path, "HNSW16", "HNSW16", 0);
}

/* A test of few queries is said to be so, where compacting draws more. */
Test(asked, for_more_queries_than_there_were_rows)
{
	struct vsx_update_result r;
	const char *path;

	make_cloud();
	path = build("x", "HNSW2", 3, 0);
	expect_facts(path, "HNSW2", "HNSW2", 3);
	r = add(path, 3, MANY);
	cr_expect(strstr(r.advice, "3 queries"), "'%s'", r.advice);
	expect_cured(path, "HNSW2");
}

/* Nor would a few more of them say more. */
Test(asked, for_a_few_rows)
{
	struct vsx_update_result r;
	const char *path;

	make_cloud();
	path = build("x", "HNSW2", 5, 0);
	r = add(path, 5, 12);
	cr_expect_str_eq(r.advice, "");
	path = build("x", "HNSW2", 5, 11);
	r = add(path, 5, 12);
	cr_expect(strstr(r.advice, "5 queries"), "'%s'", r.advice);
}

/* What there are rows enough for needs no advice. */
Test(asked, for_and_built)
{
	struct vsx_update_result r;
	const char *path;

	make_cloud();
	path = build("x", "HNSW16", 2000, 0);
	r = add(path, 2000, 4000);
	cr_expect_str_eq(r.advice, "");
}

/* Another kind may be asked for, and stays so. */
Test(asked, for_anew)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *path;

	make_cloud();
	path = build("x", "HNSW16", 3, 0);
	opts.spec = "IVF16,Flat";
	MUST(vsx_compact(&path, 1, NULL, &opts, NULL, NULL, &err));
	add(path, 3, 2000);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	expect_facts(path, "IVF16,Flat", "IVF16,Flat", 1000);
}
