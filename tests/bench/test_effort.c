/* bench/measure: effort, spread, recall, what is derived from measurements. */
#include "bench/measure/effort.h"

#include "bench/engine/specs.h"
#include "bench/measure/cell.h"
#include "bench/measure/recall.h"
#include "bench/measure/spread.h"
#include "fake_engine.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Recall 1 from effort `full` on, in proportion below, but not above `cap`. */
struct curve {
	uint32_t full;
	double cap;
	int n_measured;
};

static enum vsx_status measure(void *context, uint32_t effort, double *recall,
			       struct vsx_error *err)
{
	struct curve *c = context;

	(void)err;
	c->n_measured++;
	*recall = fmin(c->cap, (double)effort / c->full);
	return VSX_OK;
}

static uint32_t find(struct curve *c, struct effort_search search,
		     double *recall)
{
	struct vsx_error err;
	uint32_t effort = 0;

	search.measure = measure;
	search.context = c;
	cr_assert(effort_least(&search, &effort, recall, &err) == VSX_OK);
	return effort;
}

Test(effort, finds_the_least_that_reaches_the_target)
{
	struct effort_search search = {.most = 100000, .target = 1.0};

	for (uint32_t full = 1; full < 128; full++) {
		for (uint32_t guess = 0; guess < 300; guess += 7) {
			struct curve c = {full, 1.0, 0};
			double recall;

			search.least = 1;
			search.guess = guess;
			cr_expect(find(&c, search, &recall) == full,
				  "full %u, guess %u", full, guess);
			cr_expect(recall == 1.0);
			search.least = 10;
			search.guess = guess < 10 ? 0 : guess;
			cr_expect(find(&c, search, &recall) ==
				  (full < 10 ? 10 : full));
		}
	}
}

Test(effort, is_within_one_percent_where_it_is_great)
{
	struct effort_search search = {1, 1000000, 0, 0.9, NULL, NULL};

	for (uint32_t full = 1000; full < 500000; full = full * 3 / 2 + 1) {
		struct curve c = {full, 1.0, 0};
		double recall, due = ceil(0.9 * full);
		uint32_t got = find(&c, search, &recall);

		cr_expect(got >= due && got <= 1.01 * due, "%u, due %.0f", got,
			  due);
		cr_expect(recall >= 0.9);
		cr_expect(c.n_measured < 40);
	}
}

Test(effort, comes_as_near_as_it_can)
{
	struct effort_search search = {10, 100000, 0, 0.95, NULL, NULL};
	struct curve flat = {100, 0.8, 0};
	struct curve beyond = {1000000, 1.0, 0};
	double recall;

	/* It stops where doubling brings nothing, long before the most. */
	cr_expect(find(&flat, search, &recall) >= 80);
	cr_expect(fabs(recall - 0.8) < 1e-9);
	cr_expect(flat.n_measured < 12);
	search.least = 10000;
	search.most = 20000;
	cr_expect(find(&beyond, search, &recall) == 20000);
	cr_expect(fabs(recall - 0.02) < 1e-9);
}

Test(effort, spreads_in_equal_ratios)
{
	uint32_t e[12];
	size_t n = effort_spread(10, 5120, e, 10);

	cr_assert(n == 10);
	for (uint32_t i = 0; i < 10; i++)
		cr_expect(e[i] == 10u << i);
	n = effort_spread(1, 4, e, 12);
	cr_assert(n == 4);
	for (uint32_t i = 0; i < 4; i++)
		cr_expect(e[i] == i + 1);
	cr_assert(effort_spread(7, 7, e, 12) == 1);
	cr_expect(e[0] == 7);
}

Test(spread, is_half_the_range_and_more)
{
	double steady[9] = {100, 100, 100, 100, 100, 100, 100, 100, 100};
	double wide[9] = {100, 80, 101, 99, 100, 120, 100, 98, 102};
	double few[3] = {100, 98, 102};
	struct spread s = spread_of(steady, 9);

	cr_expect(fabs(s.median - 100.0) < 1e-9);
	cr_expect(fabs(s.relative - 0.04) < 1e-9);
	s = spread_of(wide, 9);
	cr_expect(fabs(s.median - 100.0) < 1e-9);
	cr_expect(fabs(s.relative - 0.24) < 1e-9);
	cr_expect(fabs(spread_middle(wide, 9) - 0.01) < 1e-9);
	/* A range of three says less than one of nine. */
	cr_expect(spread_of(few, 3).relative > 0.04 + 0.02);
	cr_expect(isnan(spread_of(few, 0).median));
	cr_expect(fabs((spread_median((double[]){4, 1, 3, 2}, 4)) - 2.5) <
		  1e-9);
}

Test(recall, counts_ids_among_the_first)
{
	struct workload w;
	struct subject s = fake_open(&w, 3);
	struct vsx_error err;

	for (uint32_t effort = 0; effort <= 12; effort++) {
		struct recall_pass pass = {
			.effort = effort,
			.k = FAKE_K,
			.stride = 1,
			.at = {1, 5, FAKE_K},
			.n_at = 3,
		};

		fake.searches = 0;
		cr_assert(recall_run(&pass, &s, &err) == VSX_OK);
		for (size_t i = 0; i < 3; i++)
			cr_expect(
				fabs(pass.recall[i] -
				     (fmin(1.0, effort / (double)pass.at[i]))) <
				1e-12);
		cr_expect(fake.searches == FAKE_QUERIES);
		pass.stride = 7;
		fake.searches = 0;
		cr_assert(recall_run(&pass, &s, &err) == VSX_OK);
		cr_expect(fake.searches == 8);
		cr_expect(fabs(pass.recall[2] - (fmin(1.0, effort / 10.0))) <
			  1e-12);
	}
	fake.fail_every = 20;
	cr_expect(recall_run(&(struct recall_pass){.k = FAKE_K,
						   .stride = 1,
						   .at = {1},
						   .n_at = 1},
			     &s, &err) == VSX_EIO);
	fake_close(&s);
}

/* Both must be among the first r, the answer and the exact neighbour. */
Test(recall, counts_neither_what_comes_late_nor_what_comes_twice)
{
	struct recall_pass pass = {
		.effort = FAKE_K,
		.k = FAKE_K,
		.stride = 1,
		.at = {1, 6, FAKE_K},
		.n_at = 3,
	};
	struct workload w;
	struct subject s = fake_open(&w, 2);
	struct vsx_error err;

	fake.reversed = true;
	cr_assert(recall_run(&pass, &s, &err) == VSX_OK);
	cr_expect(pass.recall[0] == 0.0);
	cr_expect(fabs(pass.recall[1] - 2 / 6.0) < 1e-12);
	cr_expect(pass.recall[2] == 1.0);
	fake.repeated = true;
	cr_assert(recall_run(&pass, &s, &err) == VSX_OK);
	cr_expect(fabs(pass.recall[2] - 0.1) < 1e-12);
	fake_close(&s);
}

Test(cells, are_the_target_and_some_around_it)
{
	struct measure_opts opts = {.target = 0.6};
	struct cells cells = {0};
	struct workload w;
	struct subject s = fake_open(&w, 2);
	struct vsx_error err;

	cr_assert(cells_add(&cells, &s, &opts, &err) == VSX_OK);
	cr_assert(cells.n == 5);
	for (size_t i = 0; i < 5; i++) {
		static const uint32_t due[] = {1, 3, 6, 12, 24};

		cr_expect(cells.items[i].point.effort == due[i]);
		cr_expect(cells.items[i].main == (due[i] == 6));
		cr_expect(fabs(cells.items[i].point.recall_k -
			       (fmin(1.0, due[i] / 10.0))) < 1e-12);
		/* Of ten exact neighbours none can tell recall@100. */
		cr_expect(isnan(cells.items[i].point.recall[2]));
	}
	cr_expect(cells_at_target(&cells, &s, 0.6) == &cells.items[2]);
	cells_release(&cells);

	opts.curve = true;
	cr_assert(cells_add(&cells, &s, &opts, &err) == VSX_OK);
	cr_assert(cells.n == 8);
	for (uint32_t i = 0; i < 8; i++) {
		static const uint32_t due[] = {1, 2, 3, 4, 5, 6, 8, 10};

		cr_expect(cells.items[i].point.effort == due[i]);
		cr_expect(cells.items[i].main);
	}
	cells_release(&cells);

	opts.ef = 42;
	cr_assert(cells_add(&cells, &s, &opts, &err) == VSX_OK);
	cr_assert(cells.n == 1);
	cr_expect(cells.items[0].point.effort == 42);
	cells_release(&cells);
	fake_close(&s);
}

Test(specs, suit_the_data)
{
	const struct engine_ops *engines[] = {&engine_vsx, &fake_ops, NULL};
	const char *texts[] = {"fake:hnsw", "vsx:IVF9,Flat", "Flat"};
	const char *wrong = "faiss:Flat";
	struct vsx_error err;
	struct spec *specs;
	size_t n;

	cr_assert(specs_make(&specs, &n, NULL, 0, engines, 60000, 784, &err) ==
		  VSX_OK);
	cr_assert(n == 3);
	cr_expect(strcmp(specs[0].text, "Flat") == 0);
	cr_expect(strcmp(specs[1].text, "IVF1024,Flat") == 0);
	cr_expect(strcmp(specs[2].text, "HNSW16") == 0);
	free(specs);
	for (uint64_t rows = 1; rows < 40; rows++) {
		cr_assert(specs_make(&specs, &n, NULL, 0, engines, rows, 4,
				     &err) == VSX_OK);
		cr_expect(rows >= 16 ||
			  strcmp(specs[1].text, "IVF1,Flat") == 0);
		free(specs);
	}
	cr_assert(specs_make(&specs, &n, texts, 3, engines, 2000000, 96,
			     &err) == VSX_OK);
	cr_expect(strcmp(specs[0].text, "HNSW32") == 0);
	cr_expect(specs[0].ops == &fake_ops);
	cr_expect(strcmp(specs[1].text, "IVF9,Flat") == 0);
	cr_expect(specs[1].ops == &engine_vsx);
	cr_expect(specs[2].ops == &engine_vsx);
	free(specs);
	cr_assert(specs_make(&specs, &n, &wrong, 1, engines, 60000, 96, &err) ==
		  VSX_EINVAL);
	cr_expect(strstr(err.text, "'faiss'") != NULL);
	cr_expect(strstr(err.text, "vsx, fake") != NULL);
}
