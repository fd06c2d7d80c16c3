/*
 * What comes into an answer is what the view of eligible rows says, whoever
 * made it: no search asks the segment which of its rows are deleted. None is,
 * here.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "kind/laid_out.h"
#include "kind/seeded.h"
#include "segment/exact.h"

TestSuite(eligible, .timeout = 120);

enum { N = 900, DIM = 18, K = 12 };

static struct vsx_error err;

static enum vsx_status no_progress(struct vsx_job *job,
				   const struct vsx_phase *phase, uint64_t done,
				   uint64_t total, struct vsx_error *e)
{
	(void)job, (void)phase, (void)done, (void)total, (void)e;
	return VSX_OK;
}

static void no_note(struct vsx_job *job, const char *fmt, ...)
{
	(void)job, (void)fmt;
}

static void build(struct laid_out *l, struct seeded *s, enum vsx_kind_code kind,
		  enum vsx_metric metric, bool codes)
{
	struct vsx_job job = {.seed = 3,
			      .n_threads = 1,
			      .ef_construction = 60,
			      .progress = no_progress,
			      .note = no_note};

	memset(l, 0, sizeof(*l));
	seeded_init(s, metric, VSX_F32, N, DIM);
	cr_assert_eq(lay_build(l, &job, &s->rows, kind,
			       kind == VSX_HNSW ? 8 : 14, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(lay_out(l, &job, &s->rows, codes, &err), VSX_OK, "%s",
		     err.text);
}

/* n of the rows, drawn, and all the bits of the others. */
static struct vsx_eligible draw(const struct vsx_segment *seg, uint8_t *bits,
				uint32_t n, struct vsx_rng *rng)
{
	struct vsx_eligible e = {
		.seg = seg, .barred = bits, .n_rows = N, .n = n};

	memset(bits, 0xff, (N + 7) / 8);
	while (n > 0) {
		uint32_t row = (uint32_t)vsx_rng_below(rng, N);

		if (vsx_is_eligible(&e, row))
			continue;
		bits[row >> 3] &= (uint8_t) ~(1u << (row & 7));
		n--;
	}
	return e;
}

/* The k nearest of the eligible rows, by looking at each. */
static size_t brute_force(const struct laid_out *l,
			  const struct vsx_eligible *e,
			  const struct vsx_query *query, struct vsx_best *best)
{
	struct vsx_topk top = {best, 0, K};

	for (uint32_t row = 0; row < N; row++) {
		uint64_t offset = 0;

		if (!vsx_is_eligible(e, row))
			continue;
		cr_assert_eq(vsx_segment_locate(&l->seg, row, &offset, &err),
			     VSX_OK);
		vsx_topk_push(&top,
			      (struct vsx_best){vsx_space_exact_value(
							&l->seg.space, query,
							l->vecs + offset),
						l->ids[row], row});
	}
	vsx_topk_sort(&top);
	return top.n;
}

/* Efforts with which every kind looks at every row that it may return. */
static void expect_nearest(const struct laid_out *l,
			   const struct vsx_eligible *e,
			   struct vsx_scratch *scratch, bool exact,
			   const char *what)
{
	struct vsx_best due[K];
	size_t n = brute_force(l, e, &scratch->query, due);
	struct vsx_find find;

	find_begin(&find, scratch, K, N);
	find.eligible = *e;
	cr_assert_eq(exact ? vsx_exact_search(&l->seg, &find, &err)
			   : l->seg.kind->search(&l->seg, &find, &err),
		     VSX_OK, "%s: %s", what, err.text);
	vsx_topk_sort(&find.top);
	cr_assert_eq(find.top.n, n, "%s: %zu rows, not %zu", what, find.top.n,
		     n);
	for (size_t i = 0; i < n; i++)
		cr_expect_eq(scratch->best[i].id, due[i].id, "%s: place %zu",
			     what, i);
}

/* From all but one row down to one: walks, scans and those that look for the
 * rows. */
static void expect_view(enum vsx_kind_code kind, enum vsx_metric metric,
			bool codes)
{
	static const uint32_t counts[] = {N - 1, N / 2, N / 5, 40, K, 3, 1};
	struct vsx_scratch scratch;
	struct vsx_rng rng = {11};
	uint8_t bits[(N + 7) / 8];
	struct laid_out l;
	struct seeded s;
	char what[96];

	build(&l, &s, kind, metric, codes);
	vsx_scratch_init(&scratch, DIM, &err);
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
		for (uint32_t q = 0; q < 4; q++) {
			struct vsx_eligible e =
				draw(&l.seg, bits, counts[c], &rng);

			vsx_space_prepare(&l.seg.space, &scratch.query,
					  seeded_query(&s, q), VSX_F32, &err);
			snprintf(what, sizeof(what),
				 "kind %d, metric %d, codes %d, %u of %d rows",
				 kind, metric, codes, counts[c], N);
			expect_nearest(&l, &e, &scratch, false, what);
			expect_nearest(&l, &e, &scratch, true, what);
		}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(eligible, rows_alone_come_into_answers)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int codes = 0; codes < 2; codes++) {
			expect_view(VSX_FLAT, (enum vsx_metric)metric, codes);
			expect_view(VSX_IVF, (enum vsx_metric)metric, codes);
			expect_view(VSX_HNSW, (enum vsx_metric)metric, codes);
		}
}

/* With few lists, too: those without an eligible row do not count. */
Test(eligible, lists_are_visited_until_there_are_enough)
{
	struct vsx_scratch scratch;
	uint8_t bits[(N + 7) / 8];
	struct vsx_rng rng = {5};
	struct vsx_eligible e;
	struct vsx_find find;
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_IVF, VSX_L2, true);
	vsx_scratch_init(&scratch, DIM, &err);
	e = draw(&l.seg, bits, 2 * K, &rng);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		vsx_space_prepare(&l.seg.space, &scratch.query,
				  seeded_query(&s, q), VSX_F32, &err);
		find_begin(&find, &scratch, K, 1);
		find.eligible = e;
		cr_assert_eq(
			vsx_kind_find(VSX_IVF)->search(&l.seg, &find, &err),
			VSX_OK);
		cr_expect_eq(find.top.n, K);
	}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

/* The answer of a search among chosen rows; returns the lists it went to. */
static uint64_t search_lists(const struct laid_out *l,
			     struct vsx_scratch *scratch, struct vsx_chosen *c,
			     uint64_t ids[K])
{
	const struct vsx_selection among = {NULL, 1, c, c->n};
	struct vsx_find find;

	find_begin(&find, scratch, K, 2);
	find.among = &among;
	cr_assert_eq(vsx_kind_find(VSX_IVF)->search(&l->seg, &find, &err),
		     VSX_OK, "%s", err.text);
	vsx_topk_sort(&find.top);
	cr_assert_eq(find.top.n, K);
	for (uint32_t i = 0; i < K; i++)
		ids[i] = find.top.heap[i].id;
	return find.n_hops;
}

/* Where it is known how many rows of each list are eligible, lists without any
 * are not gone to, and answers are the same. */
Test(eligible, lists_are_passed_by_where_none_is)
{
	struct vsx_row_lists lists;
	struct vsx_scratch scratch;
	uint64_t ids[2][K], hops = 0;
	uint8_t bits[(N + 7) / 8];
	uint32_t *ends, counts[14];
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_IVF, VSX_L2, true);
	vsx_scratch_init(&scratch, DIM, &err);
	cr_assert_eq(vsx_segment_lists(&l.seg, &ends, &lists, &err), VSX_OK);
	cr_assert_eq(lists.n, 14);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		struct vsx_chosen c = {.barred = bits};

		memset(bits, 0xff, sizeof(bits));
		for (uint32_t i = 0; i < lists.n; i++) {
			counts[i] = 0;
			for (uint32_t r = i ? ends[i - 1] : 0;
			     (i + q) % 5 == 0 && r < ends[i]; r += 2) {
				bits[r >> 3] &= (uint8_t) ~(1u << (r & 7));
				counts[i]++;
			}
			c.n += counts[i];
		}
		vsx_space_prepare(&l.seg.space, &scratch.query,
				  seeded_query(&s, q), VSX_F32, &err);
		hops += search_lists(&l, &scratch, &c, ids[0]);
		c.in_list = counts;
		cr_expect_leq(search_lists(&l, &scratch, &c, ids[1]), 2 + 3);
		cr_expect_arr_eq(ids[0], ids[1], sizeof(ids[0]));
	}
	cr_expect_gt(hops, SEEDED_QUERIES * (2 + 3), "%d", (int)hops);
	free(ends);
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

/* A walk through few barred rows stays a walk, and looks at few. */
Test(eligible, walks_go_through_rows_that_are_not)
{
	struct vsx_scratch scratch;
	uint8_t bits[(N + 7) / 8];
	struct vsx_rng rng = {5};
	struct vsx_eligible e;
	struct vsx_find find;
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_HNSW, VSX_L2, false);
	vsx_scratch_init(&scratch, DIM, &err);
	/* Of these alone there are to be ef in its pool. */
	e = draw(&l.seg, bits, N / 2, &rng);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		vsx_space_prepare(&l.seg.space, &scratch.query,
				  seeded_query(&s, q), VSX_F32, &err);
		find_begin(&find, &scratch, K, K);
		find.eligible = e;
		cr_assert_eq(
			vsx_kind_find(VSX_HNSW)->search(&l.seg, &find, &err),
			VSX_OK);
		cr_expect_eq(find.top.n, K);
		cr_expect_lt(find.n_distances, N);
	}
	e = draw(&l.seg, bits, N / 10 * 9, &rng);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		struct vsx_best due[K];
		size_t n, found = 0;

		vsx_space_prepare(&l.seg.space, &scratch.query,
				  seeded_query(&s, q), VSX_F32, &err);
		n = brute_force(&l, &e, &scratch.query, due);
		find_begin(&find, &scratch, K, 30);
		find.eligible = e;
		cr_assert_eq(
			vsx_kind_find(VSX_HNSW)->search(&l.seg, &find, &err),
			VSX_OK);
		cr_expect_lt(find.n_distances, N);
		for (size_t i = 0; i < find.top.n; i++) {
			uint32_t row = (uint32_t)scratch.best[i].row;

			cr_expect(vsx_is_eligible(&e, row), "row %u", row);
			for (size_t j = 0; j < n; j++)
				found += due[j].id == scratch.best[i].id;
		}
		cr_expect_geq(found, K - 2);
	}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

/* ---- the view itself ------------------------------------------------------
 */

Test(eligible, runs_and_counts_are_those_of_single_rows)
{
	struct vsx_segment seg = {.n_rows = N};
	uint8_t bits[(N + 7) / 8];
	struct vsx_rng rng = {23};

	for (uint32_t n = 0; n <= N; n += 1 + n / 3) {
		struct vsx_eligible e = draw(&seg, bits, n, &rng);

		for (int i = 0; i < 50; i++) {
			uint32_t first = (uint32_t)vsx_rng_below(&rng, N);
			uint32_t end = first + (uint32_t)vsx_rng_below(
						       &rng, N - first + 1);
			uint32_t due = 0, sum = 0, row = first, run;

			for (uint32_t r = first; r < end; r++)
				due += vsx_is_eligible(&e, r);
			cr_expect_eq(vsx_eligible_among(&e, first, end - first),
				     due);
			while ((run = vsx_eligible_run(&e, &row, end)) > 0) {
				for (uint32_t r = row; r < row + run; r++)
					cr_expect(vsx_is_eligible(&e, r));
				sum += run;
				row += run;
			}
			cr_expect_eq(row, end);
			cr_expect_eq(sum, due);
		}
	}
}

Test(eligible, all_are_where_there_are_no_bits)
{
	struct vsx_eligible e = {.n_rows = N, .n = N};
	uint32_t row = 5;

	cr_expect(vsx_is_eligible(&e, N - 1));
	cr_expect_not(vsx_eligible_are_sparse(&e));
	cr_expect_eq(vsx_eligible_among(&e, 7, 100), 100);
	cr_expect_eq(vsx_eligible_run(&e, &row, 90), 85);
	cr_expect_eq(row, 5);
}
