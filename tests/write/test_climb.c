/*
 * The recall table, which is measured by few passes, is what one search after
 * the other gives.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/rng.h"
#include "read/recall.h"
#include "segment/codes.h"
#include "support/build.h"
#include "read/test.h"
#include "write/climb.h"
#include "write/scratch_folder.h"
#include "write/update.h"

TestSuite(climb, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

enum { MOST_RUNGS = 48 };

static enum vsx_status no_progress(struct vsx_job *job,
				   const struct vsx_phase *phase, uint64_t done,
				   uint64_t total, struct vsx_error *e)
{
	(void)job;
	(void)phase;
	(void)done;
	(void)total;
	(void)e;
	return VSX_OK;
}

/* Efforts that rise faster and faster, from 1 to beyond n; of codes that only
 * estimate each with some factors, beyond what there is at last. */
static uint32_t rungs(struct vsx_recall *r, size_t n, bool estimates)
{
	static const double factors[] = {0, 1, 1.5, 2.001, 7, 1000};
	uint32_t n_factors = estimates ? 6 : 1, i = 0;

	for (uint32_t effort = 1; i + n_factors <= MOST_RUNGS && effort < 4 * n;
	     effort += 1 + effort * n_factors / 3)
		for (uint32_t f = 0; f < n_factors; f++, i++)
			r[i] = (struct vsx_recall){.effort = effort,
						   .refine = factors[f]};
	return i;
}

static void compare(const char *path, const char *what, bool given)
{
	struct vsx_recall table[MOST_RUNGS], one;
	struct vsx_job job = {.n_threads = 2, .progress = no_progress};
	struct vsx_accept *test;
	struct vsx_test held;
	struct vsx *index;
	uint32_t n;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	cr_assert_eq(vsx_test_load(&held, index, &err), VSX_OK);
	test = &held.accept;
	if (given) { /* as if they had been given */
		free((uint64_t *)(uintptr_t)test->own);
		test->own = NULL;
	}
	cr_assert_eq(vsx_test_truth(&held, index->segments, 1, 1, &err),
		     VSX_OK);
	free(test->n_truth);
	test->n_truth = NULL;
	n = rungs(table, index->manifest.n_rows,
		  vsx_codes_estimate(index->segments));
	cr_assert_eq(vsx_climb(index->segments, test, &job, &vsx_phase_recall,
			       table, n, &err),
		     VSX_OK, "%s: %s", what, err.text);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t effort = table[i].effort;
		uint32_t refine = vsx_refine_of(table[i].refine);

		cr_assert_eq(vsx_accept_measure(index->segments, 1, test,
						effort, refine, 1, &one, &err),
			     VSX_OK);
		cr_expect_eq(table[i].at_1, one.at_1,
			     "%s, %u, %u: @1 %g, not %g", what, effort, refine,
			     table[i].at_1, one.at_1);
		cr_expect_eq(table[i].at_10, one.at_10,
			     "%s, %u, %u: @10 %g, not %g", what, effort, refine,
			     table[i].at_10, one.at_10);
		cr_expect_eq(table[i].at_100, one.at_100,
			     "%s, %u, %u: @100 %g, not %g", what, effort,
			     refine, table[i].at_100, one.at_100);
		cr_expect_eq(table[i].distances, one.distances,
			     "%s, %u, %u: %g distances, not %g", what, effort,
			     refine, table[i].distances, one.distances);
	}
	vsx_test_release(&held);
	vsx_close(index);
}

static void check(const char *spec)
{
	static const size_t sizes[] = {2, 9, 60, 130, 1500};
	static const enum vsx_elem elems[] = {VSX_F32, VSX_F16, VSX_U8};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (size_t i = 0; i < 5; i++) {
			struct support_index x = {
				.spec = spec,
				.metric = (enum vsx_metric)metric,
				.elem = elems[i % 3],
				.dim = i % 2 ? 20 : 3,
				.n = sizes[i],
				.ids = i % 2,
				.n_test_queries = 25};
			char what[64];

			snprintf(what, sizeof(what), "%s, metric %d, %zu rows",
				 spec, metric, sizes[i]);
			support_build(scratch_path("x"), x);
			compare(scratch_path("x"), what, false);
		}
}

Test(climb, flat)
{
	check("Flat");
}

Test(climb, lists)
{
	check("IVF40,Flat");
}

/* Codes that only estimate, so coarse that some neighbours are missed. */
Test(climb, estimates)
{
	check("SQ4");
}

Test(climb, lists_of_estimates)
{
	check("IVF40,SQ8");
}

Test(climb, lists_of_coarse_estimates)
{
	check("IVF7,SQ4");
}

Test(climb, lists_of_signs)
{
	check("IVF7,RaBitQ");
	check("IVF7,RaBitQ3");
	check("RaBitQ2");
}

Test(climb, graphs)
{
	check("HNSW4");
}

Test(climb, graphs_over_codes)
{
	check("HNSW4,SQ8");
	check("HNSW4,RaBitQ4");
}

Test(climb, graphs_over_coarse_codes)
{
	check("HNSW4,SQ4");
}

/* Of these each effort has a walk of its own. */
Test(climb, graphs_with_codes_of_links)
{
	static const size_t sizes[] = {2, 60, 130, 1500};

	for (size_t i = 0; i < 4; i++) {
		struct support_index x = {.spec = "HNSW16,SQ8,G4",
					  .metric = i % 2 ? VSX_COSINE : VSX_L2,
					  .elem = i < 2 ? VSX_F16 : VSX_F32,
					  .dim = 20,
					  .n = sizes[i],
					  .ids = i % 2,
					  .n_test_queries = 25};

		support_build(scratch_path("x"), x);
		compare(scratch_path("x"), x.spec, i == 3);
	}
}

Test(climb, queries_that_are_no_rows)
{
	static const char *const specs[] = {
		"Flat",	     "IVF30,Flat", "HNSW3",	   "SQ4",
		"IVF30,SQ4", "HNSW3,SQ4",  "HNSW16,SQ8,G8"};

	for (size_t i = 0; i < 7; i++) {
		struct support_index x = {.spec = specs[i], .n = 400};

		support_build(scratch_path("x"), x);
		compare(scratch_path("x"), specs[i], true);
	}
}

/* Squares that are no f32: such graphs are searched row by row. */
Test(climb, rows_whose_keys_are_lost)
{
	static const char *const specs[] = {"IVF8,Flat", "HNSW4"};

	for (size_t i = 0; i < 2; i++) {
		struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
		struct vsx_builder *b;

		opts.dim = 2;
		opts.spec = specs[i];
		opts.n_test_queries = 20;
		opts.ef_construction = 20;
		opts.force = 1;
		cr_assert_eq(
			vsx_builder_new(&b, scratch_path("x"), &opts, &err),
			VSX_OK);
		for (uint32_t r = 0; r < 400; r++) {
			float scale = r % 3 ? 1e-22f : 1.0f;
			float row[2] = {
				(float)(vsx_random_at(1, 2, r) % 999) * scale,
				(float)(vsx_random_at(1, 3, r) % 999) * scale};

			vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, NULL),
					&err);
		}
		cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
		vsx_builder_free(b);
		compare(scratch_path("x"), specs[i], false);
	}
}
