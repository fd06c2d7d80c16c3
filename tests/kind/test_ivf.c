/* Inverted lists: what a search finds, and what it makes of damaged lists. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "code/grid.h"
#include "segment/codes.h"
#include "segment/ids.h"
#include "kind/ivf/ivf.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"

#define N     2000
#define DIM   24
#define K     10
#define NLIST 32

static void build(struct laid_out *l, struct seeded *s, enum vsx_metric metric,
		  enum vsx_elem elem, unsigned int n_threads)
{
	struct vsx_job job = {.seed = 5, .n_threads = n_threads};
	struct vsx_error err = {0};

	memset(l, 0, sizeof(*l));
	seeded_init(s, metric, elem, N, DIM);
	cr_assert_eq(lay_build(l, &job, &s->rows, VSX_IVF, NLIST, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(lay_out(l, &job, &s->rows, true, &err), VSX_OK, "%s",
		     err.text);
}

static enum vsx_status search(struct laid_out *l, struct seeded *s, uint32_t i,
			      uint32_t nprobe, struct vsx_scratch *scratch,
			      struct vsx_find *find, struct vsx_error *err)
{
	enum vsx_status status;

	find_begin(find, scratch, K, nprobe);
	cr_assert_eq(vsx_space_prepare(&l->seg.space, &scratch->query,
				       seeded_query(s, i), VSX_F32, err),
		     VSX_OK);
	status = l->seg.kind->search(&l->seg, find, err);
	vsx_topk_sort(&find->top);
	return status;
}

static double recall(struct laid_out *l, struct seeded *s, uint32_t nprobe)
{
	struct vsx_scratch scratch;
	struct vsx_error err = {0};
	struct vsx_find find;
	uint64_t truth[K];
	unsigned int found = 0;

	cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
	for (uint32_t i = 0; i < SEEDED_QUERIES; i++) {
		size_t n = seeded_truth(s, i, K, truth);

		cr_assert_eq(search(l, s, i, nprobe, &scratch, &find, &err),
			     VSX_OK, "%s", err.text);
		cr_assert_eq(find.top.n, n);
		for (size_t j = 0; j < n; j++)
			for (size_t t = 0; t < n; t++)
				found += scratch.best[j].id == truth[t];
	}
	vsx_scratch_release(&scratch);
	return (double)found / (SEEDED_QUERIES * K);
}

Test(ivf, recall_has_a_floor_for_every_metric_and_type)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
		for (int elem = VSX_F32; elem <= VSX_U8; elem++) {
			struct laid_out l;
			struct seeded s;

			build(&l, &s, (enum vsx_metric)metric,
			      (enum vsx_elem)elem, 2);
			cr_expect_geq(recall(&l, &s, 8), 0.90,
				      "metric %d type %d: %g", metric, elem,
				      recall(&l, &s, 8));
			cr_expect_geq(recall(&l, &s, NLIST), 0.995,
				      "metric %d type %d: %g", metric, elem,
				      recall(&l, &s, NLIST));
			laid_out_release(&l);
			seeded_release(&s);
		}
	}
}

Test(ivf, more_lists_are_probed_when_rows_are_missing)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_scratch scratch;
	struct vsx_error err = {0};
	struct vsx_find find;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
	for (size_t k = 1; k <= N + 5; k = k * 3 + 1) {
		find_begin(&find, &scratch, k, 1);
		cr_assert_eq(vsx_space_prepare(&l.seg.space, &scratch.query,
					       seeded_query(&s, 0), VSX_F32,
					       &err),
			     VSX_OK);
		cr_assert_eq(l.seg.kind->search(&l.seg, &find, &err), VSX_OK);
		cr_expect_eq(find.top.n, k < N ? k : N);
	}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

/* However many rows the first lists have: not one less than k is found. */
Test(ivf, no_k_finds_a_row_less)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_scratch scratch;
	struct vsx_error err = {0};
	struct vsx_find find;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
	for (size_t k = 1; k < N; k++) {
		for (int skips = 0; skips < 2; skips++) {
			find_begin(&find, &scratch, k, 1);
			find.skip_self = skips;
			find.self = s.ids[0];
			cr_assert_eq(
				vsx_space_prepare(&l.seg.space, &scratch.query,
						  s.rows.base, VSX_F32, &err),
				VSX_OK);
			cr_assert_eq(l.seg.kind->search(&l.seg, &find, &err),
				     VSX_OK);
			cr_expect_eq(find.top.n, k, "k %zu, skips %d", k,
				     skips);
		}
	}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, a_row_that_asks_does_not_find_itself)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_scratch scratch;
	struct vsx_error err = {0};
	struct vsx_find find;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
	for (uint32_t row = 0; row < 50; row++) {
		find_begin(&find, &scratch, N, NLIST);
		find.skip_self = true;
		find.self = s.ids[row];
		cr_assert_eq(vsx_space_prepare(
				     &l.seg.space, &scratch.query,
				     s.rows.base + (size_t)row * s.space.stride,
				     VSX_F32, &err),
			     VSX_OK);
		cr_assert_eq(l.seg.kind->search(&l.seg, &find, &err), VSX_OK);
		cr_expect_eq(find.top.n, N - 1);
		for (size_t i = 0; i < find.top.n; i++)
			cr_expect_neq(scratch.best[i].id, s.ids[row]);
	}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, the_build_does_not_depend_on_threads)
{
	struct laid_out one, many;
	struct seeded s, t;
	unsigned int counts[] = {2, 8};

	build(&one, &s, VSX_COSINE, VSX_F16, 1);
	for (int i = 0; i < 2; i++) {
		build(&many, &t, VSX_COSINE, VSX_F16, counts[i]);
		cr_expect_arr_eq(one.built.order, many.built.order,
				 N * sizeof(uint32_t));
		cr_assert_eq(one.built.section[0].bytes,
			     many.built.section[0].bytes);
		cr_expect_arr_eq(one.built.section[0].data,
				 many.built.section[0].data,
				 one.built.section[0].bytes);
		cr_expect_arr_eq(one.params, many.params, one.codes.n_bytes);
		laid_out_release(&many);
		seeded_release(&t);
	}
	laid_out_release(&one);
	seeded_release(&s);
}

Test(ivf, rows_of_a_list_are_in_the_order_of_their_ids)
{
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	for (uint32_t c = 0; c < l.built.n_runs; c++) {
		uint64_t first = l.built.runs[c].first_row;

		for (uint64_t r = 1; r < l.built.runs[c].n_rows; r++)
			cr_expect_lt(l.ids[first + r - 1], l.ids[first + r]);
	}
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, every_row_is_located)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_error err = {0};

	build(&l, &s, VSX_L2, VSX_F32, 1);
	for (uint32_t row = 0; row < N; row++) {
		uint64_t offset = 0;

		cr_assert_eq(vsx_segment_locate(&l.seg, row, &offset, &err),
			     VSX_OK, "%s", err.text);
		cr_expect_arr_eq(l.vecs + offset,
				 s.rows.base + (size_t)l.built.order[row] *
						       s.space.stride,
				 s.space.stride);
	}
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, there_is_no_list_behind_the_last)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_error err = {0};
	struct vsx_run run;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	cr_expect_eq(vsx_segment_run(&l.seg, NLIST - 1, &run, &err), VSX_OK);
	cr_expect_eq(vsx_segment_run(&l.seg, NLIST, &run, &err), VSX_ECORRUPT);
	cr_expect_str_eq(err.text, "list 32 of 32");
	laid_out_release(&l);
	seeded_release(&s);
}

static int count_findings(void *context, const struct vsx_error *finding)
{
	(void)finding;
	++*(int *)context;
	return 0;
}

static int findings(struct laid_out *l)
{
	struct vsx_error err = {0};
	int n = 0;

	/* Not the ids: these segments have no table of rows by rising id. */
	cr_assert_eq(l->seg.kind->check(&l->seg, 2, count_findings, &n, &err),
		     VSX_OK);
	cr_assert_eq(vsx_codes_check(&l->seg, 2, count_findings, &n, &err),
		     VSX_OK);
	return n;
}

Test(ivf, a_good_segment_has_no_findings)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
		struct laid_out l;
		struct seeded s;

		build(&l, &s, (enum vsx_metric)metric, VSX_BF16, 1);
		cr_expect_eq(findings(&l), 0);
		laid_out_release(&l);
		seeded_release(&s);
	}
}

/* Every search over all lists must meet the damaged one. */
static void refuses(struct laid_out *l, struct seeded *s, const char *what)
{
	struct vsx_scratch scratch;
	struct vsx_error err = {0};
	struct vsx_find find;

	cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
	cr_expect_eq(search(l, s, 0, NLIST, &scratch, &find, &err),
		     VSX_ECORRUPT, "%s", what);
	cr_expect_gt(findings(l), 0, "%s", what);
	vsx_scratch_release(&scratch);
}

Test(ivf, refuses_list_entries_that_point_outside)
{
	static const uint64_t hostile[] = {UINT64_MAX, UINT64_MAX - 3,
					   UINT64_C(1) << 63, UINT32_MAX,
					   UINT64_C(1) << 32};
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	for (size_t h = 0; h < sizeof(hostile) / sizeof(hostile[0]); h++) {
		struct vsx_disk_list good = l.lists[3];

		vsx_put64(&l.lists[3].first_row, hostile[h]);
		refuses(&l, &s, "first row");
		l.lists[3] = good;
		vsx_put64(&l.lists[3].n_rows, hostile[h]);
		refuses(&l, &s, "rows");
		l.lists[3] = good;
		vsx_put64(&l.lists[3].offset, hostile[h]);
		refuses(&l, &s, "offset");
		l.lists[3] = good;
	}
	cr_expect_eq(findings(&l), 0);
	laid_out_release(&l);
	seeded_release(&s);
}

/* Each list by itself is within bounds, and all of them name every row. */
Test(ivf, refuses_lists_that_share_rows)
{
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	for (uint32_t i = 0; i < NLIST; i++) {
		vsx_put64(&l.lists[i].first_row, 0);
		vsx_put64(&l.lists[i].n_rows, l.seg.n_rows);
		vsx_put64(&l.lists[i].offset, 0);
	}
	refuses(&l, &s, "shared rows");
	laid_out_release(&l);
	seeded_release(&s);
}

static int find_words(void *context, const struct vsx_error *finding)
{
	return strstr(finding->text, context) ? 1 : 0;
}

/* Stopped, because a finding has these words. */
static bool finds(struct laid_out *l, const char *words)
{
	char copy[80];

	snprintf(copy, sizeof(copy), "%s", words);
	return l->seg.kind->check(&l->seg, 2, find_words, copy, NULL) != VSX_OK;
}

Test(ivf, check_says_what_is_no_partition)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_disk_list good;
	uint64_t first, at;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	good = l.lists[3];
	first = vsx_get64(good.first_row);
	at = vsx_get64(good.offset);
	/* The least that they can overlap by: a row begins at a word. */
	vsx_put64(&l.lists[3].offset, at - 4);
	cr_expect(finds(&l, "list 3: begins at byte"));
	vsx_put64(&l.lists[3].offset, at - 1);
	cr_expect(finds(&l, "list 3: rows"));
	l.lists[3] = good;
	vsx_put64(&l.lists[3].first_row, first - 1);
	cr_expect(finds(&l, "list 3: begins at row"));
	vsx_put64(&l.lists[3].first_row, first + 1);
	cr_expect(finds(&l, "list 3: begins at row"));
	l.lists[3] = good;
	cr_expect(!finds(&l, "list"));
	good = l.lists[NLIST - 1];
	vsx_put64(&l.lists[NLIST - 1].n_rows, vsx_get64(good.n_rows) - 1);
	cr_expect(finds(&l, "the lists have 1999 rows, expected 2000"));
	cr_expect(finds(&l, "the last list ends at byte"));
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, check_finds_lists_that_are_no_partition)
{
	struct laid_out l;
	struct seeded s;
	struct vsx_disk_list good;
	uint64_t n;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	good = l.lists[3];
	n = vsx_get64(good.n_rows);
	cr_assert_gt(n, 1);

	vsx_put64(&l.lists[3].n_rows, n - 1);
	cr_expect_gt(findings(&l), 0, "a row in no list");
	l.lists[3] = good;
	l.lists[3] = l.lists[2];
	cr_expect_gt(findings(&l), 0, "rows in two lists");
	l.lists[3] = good;
	vsx_put64(&l.lists[3].offset, vsx_get64(good.offset) - 4);
	cr_expect_gt(findings(&l), 0, "lists that overlap");
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, check_finds_a_code_that_hides_its_loss)
{
	struct laid_out l;
	struct seeded s;
	float eps = 0.0f;

	build(&l, &s, VSX_L2, VSX_F32, 1);
	memcpy(l.code + vsx_grid_eps_at(DIM) + 7 * sizeof(eps), &eps,
	       sizeof(eps));
	cr_expect_eq(findings(&l), 1);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, open_refuses_sections_of_another_length)
{
	static const enum vsx_section_slot slots[] = {
		VSX_SEC_LIST, VSX_SEC_CENT, VSX_SEC_CODE, VSX_SEC_CPAR};
	struct laid_out l;
	struct seeded s;
	struct vsx_error err = {0};

	build(&l, &s, VSX_L2, VSX_F32, 1);
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		struct vsx_view *view = &l.seg.view[slots[i]];

		for (int by = -1; by <= 1; by += 2) {
			view->bytes += (uint64_t)by;
			cr_expect_eq(vsx_segment_open(&l.seg, &err),
				     VSX_ECORRUPT);
			view->bytes -= (uint64_t)by;
		}
	}
	l.seg.params[VSX_IVF_NLIST] = 0;
	cr_expect_eq(vsx_segment_open(&l.seg, &err), VSX_ECORRUPT);
	l.seg.params[VSX_IVF_NLIST] = UINT32_MAX;
	cr_expect_eq(vsx_segment_open(&l.seg, &err), VSX_ECORRUPT);
	l.seg.params[VSX_IVF_NLIST] = NLIST;
	cr_expect_eq(vsx_segment_open(&l.seg, &err), VSX_OK);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(ivf, has_as_many_lists_as_rows_at_most)
{
	struct vsx_job job = {.n_threads = 1};
	struct vsx_error err = {0};
	struct laid_out l = {0};
	struct seeded s;
	static const uint32_t sizes[] = {1, 2, 7, 100};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		seeded_init(&s, VSX_L2, VSX_F32, sizes[i], DIM);
		cr_assert_eq(lay_build(&l, &job, &s.rows, VSX_IVF, 4096, &err),
			     VSX_OK, "%s", err.text);
		cr_expect_eq(l.built.n_runs, sizes[i]);
		laid_out_release(&l);
		seeded_release(&s);
	}
}
