/*
 * What vsx_verify() is asked for beside the rules of the file: floors of
 * recall, a test of the caller's; and what it leaves behind.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <unistd.h>

#include "disk.h"
#include "read/heard.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(verify_options, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 300);

static struct vsx_error err;
static struct heard heard;
static struct vsx_verify_result result;

static enum vsx_status check(const char *path)
{
	heard_reset(&heard);
	return vsx_verify(path, NULL, hear, &heard, &result, &err);
}

Test(verify_options, holds_recall_against_a_floor)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	const char *path = scratch_path("x");

	support_build(path, (struct support_index){.spec = "IVF16,Flat",
						   .n = 4000,
						   .n_test_queries = 100});
	cr_assert_eq(check(path), VSX_OK);
	cr_assert_lt(result.recall_at_10, 1.0);
	/* Just as much is enough. */
	opts.min_recall = result.recall_at_10;
	cr_assert_eq(vsx_verify(path, &opts, hear, &heard, &result, &err),
		     VSX_OK);
	cr_assert_eq(result.n_findings, 0, "%s", heard.findings);
	opts.min_recall = 1.0;
	heard_reset(&heard);
	cr_assert_eq(vsx_verify(path, &opts, hear, &heard, &result, &err),
		     VSX_OK);
	cr_assert_eq(result.n_findings, 1);
	cr_assert(heard_has(&heard, "at nprobe "), "%s", heard.findings);
	cr_assert(heard_has(&heard, "expected 1.0000 or more"), "%s",
		  heard.findings);

	support_build(path,
		      (struct support_index){.n_test_queries = UINT32_MAX});
	heard_reset(&heard);
	cr_assert_eq(vsx_verify(path, &opts, hear, &heard, &result, &err),
		     VSX_OK);
	cr_assert_eq(result.n_findings, 1);
	cr_assert(heard_has(&heard, "the index holds no test queries"));
}

/* A floor is not reached by what few queries cannot tell. */
Test(verify_options, counts_the_queries_of_a_floor)
{
	static const struct {
		uint64_t n;
		uint32_t asked, due;
	} cases[] = {
		{300, 99, 100}, {300, 100, 100}, {40, 39, 40}, {40, 40, 40}};
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	const char *path = scratch_path("x");

	opts.min_recall = 0.01;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		support_build(path, (struct support_index){
					    .spec = "HNSW8",
					    .n = cases[i].n,
					    .n_test_queries = cases[i].asked});
		heard_reset(&heard);
		cr_assert_eq(
			vsx_verify(path, &opts, hear, &heard, &result, &err),
			VSX_OK, "%s", err.text);
		cr_expect_eq(result.n_queries, cases[i].asked);
		cr_expect_eq(result.due_queries, cases[i].due);
		cr_expect_eq(result.n_findings, cases[i].asked < cases[i].due,
			     "%s", heard.findings);
		cr_assert_eq(check(path), VSX_OK);
		cr_expect_eq(result.n_findings, 0);
		cr_expect_eq(heard_has(&heard, "too few to tell: expected"),
			     cases[i].asked < cases[i].due);
	}
}

Test(verify_options, runs_a_test_of_the_callers)
{
	struct support_index what = support_defaults((struct support_index){
		.spec = "Flat", .n_test_queries = UINT32_MAX});
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	uint64_t truth[3] = {5, 6, 0};
	int8_t queries[3][8];

	support_build(scratch_path("x"), what);
	for (size_t i = 0; i < 3; i++)
		for (uint32_t d = 0; d < 8; d++)
			queries[i][d] =
				(int8_t)support_component(&what, i + 5, d);
	opts.queries = queries;
	opts.query_elem = VSX_I8;
	opts.query_dim = 8;
	opts.n_queries = 3;
	opts.truth = truth;
	opts.truth_k = 1;
	opts.min_recall = 0.7;
	cr_assert_eq(vsx_verify(scratch_path("x"), &opts, hear, &heard, &result,
				&err),
		     VSX_OK, "%s", err.text);
	cr_assert(result.own_measured);
	cr_assert_float_eq(result.own_recall, 2.0 / 3.0, 1e-9);
	cr_assert_eq(result.n_findings, 2);
	cr_assert(heard_has(&heard, "on the queries given"), "%s",
		  heard.findings);
	cr_assert(heard_has(&heard, "recall cannot be judged from 3 queries, "
				    "expected 100 or more"),
		  "%s", heard.findings);
	cr_assert(result.n_own == 3 && result.due_queries == 100);

	/* A list that ends at once is none. */
	truth[2] = UINT64_MAX;
	heard_reset(&heard);
	cr_assert_eq(vsx_verify(scratch_path("x"), &opts, hear, &heard, &result,
				&err),
		     VSX_OK, "%s", err.text);
	cr_assert(result.n_own == 2 && result.own_recall == 1.0);

	opts.query_dim = 7;
	cr_assert_eq(
		vsx_verify(scratch_path("x"), &opts, NULL, NULL, NULL, &err),
		VSX_EINVAL);
	cr_assert(strstr(err.text, "7 components, the index 8"), "%s",
		  err.text);
	opts.query_dim = 8;
	opts.query_elem = (enum vsx_elem)(VSX_U8 + 1);
	cr_assert_eq(
		vsx_verify(scratch_path("x"), &opts, NULL, NULL, NULL, &err),
		VSX_EINVAL);
	cr_assert(strstr(err.text, "element type 6 is not known"), "%s",
		  err.text);
}

Test(verify_options, refuses_options_that_make_no_sense)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;

	support_build(scratch_path("x"), (struct support_index){0});
	opts.min_recall = 1.5;
	cr_expect_eq(
		vsx_verify(scratch_path("x"), &opts, NULL, NULL, NULL, &err),
		VSX_EINVAL);
	opts.min_recall = 0.5;
	opts.level = VSX_VERIFY_PAGES;
	cr_expect_eq(
		vsx_verify(scratch_path("x"), &opts, NULL, NULL, NULL, &err),
		VSX_EINVAL);
	opts.min_recall = 0;
	opts.n_queries = 3;
	opts.level = VSX_VERIFY_FULL;
	cr_expect_eq(
		vsx_verify(scratch_path("x"), &opts, NULL, NULL, NULL, NULL),
		VSX_EINVAL);
	opts.struct_size = 1;
	cr_expect_eq(
		vsx_verify(scratch_path("x"), &opts, NULL, NULL, NULL, NULL),
		VSX_EINVAL);
}

Test(verify_options, stops_when_told_to)
{
	support_build(scratch_path("x"), (struct support_index){0});
	for (size_t after = 1; after < 8; after++) {
		heard_reset(&heard);
		heard.stop_after = after;
		cr_expect_eq(vsx_verify(scratch_path("x"), NULL, hear, &heard,
					&result, &err),
			     VSX_ESTOPPED, "after %zu", after);
	}
}

Test(verify_options, leaves_no_descriptor_open)
{
	unsigned int before;

	support_build(scratch_path("x"), (struct support_index){0});
	before = scratch_descriptors();
	check(scratch_path("x"));
	check(scratch_path("missing"));
	check("/tmp");
	cr_expect_eq(scratch_descriptors(), before);
}

Test(verify_options, refuses_a_test_that_is_not_whole)
{
	static const float queries[8] = {1};
	static const uint64_t truth[1] = {0};
	struct vsx_verify_opts good = VSX_VERIFY_OPTS_INIT, bad[5];

	support_build(scratch_path("x"), (struct support_index){0});
	good.n_queries = 1;
	good.queries = queries;
	good.query_elem = VSX_F32;
	good.query_dim = 8;
	good.truth = truth;
	good.truth_k = 1;
	cr_expect_eq(
		vsx_verify(scratch_path("x"), &good, NULL, NULL, NULL, &err),
		VSX_OK, "%s", err.text);
	for (int i = 0; i < 5; i++)
		bad[i] = good;
	bad[0].queries = NULL;
	bad[1].truth = NULL;
	bad[2].truth_k = 0;
	bad[3].n_queries = UINT64_C(1) << 32;
	bad[4].query_elem = VSX_U8 + 1;
	for (int i = 0; i < 5; i++)
		cr_expect_eq(vsx_verify(scratch_path("x"), &bad[i], NULL, NULL,
					NULL, &err),
			     VSX_EINVAL, "%d", i);
}
