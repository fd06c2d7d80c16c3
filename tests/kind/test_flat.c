/* Exact search: the answers of brute force, whatever way they are found. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "code/grid.h"
#include "segment/exact.h"
#include "segment/ids.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"

#define N   700
#define DIM 33

static void build(struct laid_out *l, struct seeded *s, enum vsx_metric metric,
		  enum vsx_elem elem, enum vsx_kind_code kind, bool codes)
{
	struct vsx_job job = {.seed = 5, .n_threads = 1};
	struct vsx_error err = {0};

	memset(l, 0, sizeof(*l));
	seeded_init(s, metric, elem, N, DIM);
	cr_assert_eq(lay_build(l, &job, &s->rows, kind, 12, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(lay_out(l, &job, &s->rows, codes, &err), VSX_OK, "%s",
		     err.text);
}

static void prepare(struct laid_out *l, struct vsx_scratch *scratch,
		    const float *query)
{
	struct vsx_error err;

	cr_assert_eq(vsx_space_prepare(&l->seg.space, &scratch->query, query,
				       VSX_F32, &err),
		     VSX_OK);
}

static bool near(double a, double b)
{
	return fabs(a - b) <= 1e-11 * (1.0 + fabs(a) + fabs(b));
}

/*
 * The values are those of every row, sorted: from vsx_space_exact_value() over
 * all rows, so that ties are the same ties.
 */
static void expect_brute_force(struct laid_out *l, struct vsx_scratch *scratch,
			       size_t k, const char *what)
{
	struct vsx_best *all = calloc(N, sizeof(*all));
	struct vsx_topk top = {all, 0, N};
	struct vsx_error err = {0};
	struct vsx_find find;

	for (uint32_t row = 0; row < N; row++) {
		uint64_t offset = 0;

		cr_assert_eq(vsx_segment_locate(&l->seg, row, &offset, &err),
			     VSX_OK);
		vsx_topk_push(&top, (struct vsx_best){vsx_space_exact_value(
							      &l->seg.space,
							      &scratch->query,
							      l->vecs + offset),
						      l->ids[row], row});
	}
	vsx_topk_sort(&top);
	find_begin(&find, scratch, k, 1);
	cr_assert_eq(vsx_exact_search(&l->seg, &find, &err), VSX_OK, "%s",
		     err.text);
	vsx_topk_sort(&find.top);
	cr_assert_eq(find.top.n, k < N ? k : N);
	for (size_t i = 0; i < find.top.n; i++) {
		cr_expect_eq(scratch->best[i].id, all[i].id,
			     "%s, k %zu, at %zu", what, k, i);
		cr_expect(near(scratch->best[i].value, all[i].value), "%s",
			  what);
	}
	free(all);
}

Test(flat, answers_are_those_of_brute_force)
{
	static const size_t ks[] = {1, 2, 10, 139, N - 1, N, N + 50};
	static const enum vsx_kind_code kinds[] = {VSX_FLAT, VSX_IVF};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int elem = VSX_F32; elem <= VSX_U8; elem++)
			for (int way = 0; way < 4; way++) {
				struct vsx_scratch scratch;
				struct vsx_error err;
				struct laid_out l;
				struct seeded s;
				char what[64];

				snprintf(what, sizeof(what),
					 "metric %d type %d way %d", metric,
					 elem, way);
				build(&l, &s, (enum vsx_metric)metric,
				      (enum vsx_elem)elem, kinds[way & 1],
				      way < 2);
				vsx_scratch_init(&scratch, DIM, &err);
				for (uint32_t q = 0; q < 5; q++) {
					prepare(&l, &scratch,
						seeded_query(&s, q));
					for (size_t k = 0; k < 7; k++)
						expect_brute_force(&l, &scratch,
								   ks[k], what);
				}
				vsx_scratch_release(&scratch);
				laid_out_release(&l);
				seeded_release(&s);
			}
}

/* The oracle of the test above is the library's; this one is not. */
Test(flat, answers_are_those_of_a_naive_loop)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
		uint64_t truth[10];
		struct vsx_scratch scratch;
		struct vsx_error err = {0};
		struct vsx_find find;
		struct laid_out l;
		struct seeded s;
		unsigned int found = 0;

		build(&l, &s, (enum vsx_metric)metric, VSX_F32, VSX_FLAT, true);
		vsx_scratch_init(&scratch, DIM, &err);
		for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
			seeded_truth(&s, q, 10, truth);
			prepare(&l, &scratch, seeded_query(&s, q));
			find_begin(&find, &scratch, 10, 1);
			cr_assert_eq(vsx_exact_search(&l.seg, &find, &err),
				     VSX_OK);
			vsx_topk_sort(&find.top);
			for (size_t i = 0; i < 10; i++)
				found += scratch.best[i].id == truth[i];
		}
		/* Repeated rows tie; under cosine the loop's rounding may
		 * order two of them otherwise. */
		cr_expect_geq(found, 10 * SEEDED_QUERIES - 4, "metric %d: %u",
			      metric, found);
		vsx_scratch_release(&scratch);
		laid_out_release(&l);
		seeded_release(&s);
	}
}

Test(flat, queries_far_from_the_rows_are_answered_exactly)
{
	static const float scales[] = {0.0f, 1e-20f, 100.0f, 1e12f, 1e16f};

	for (int metric = VSX_L2; metric <= VSX_IP; metric++)
		for (int codes = 0; codes < 2; codes++) {
			struct vsx_scratch scratch;
			struct vsx_error err;
			struct laid_out l;
			struct seeded s;

			build(&l, &s, (enum vsx_metric)metric, VSX_F32,
			      VSX_FLAT, codes);
			vsx_scratch_init(&scratch, DIM, &err);
			for (size_t i = 0; i < 5; i++) {
				float q[DIM];

				for (uint32_t d = 0; d < DIM; d++)
					q[d] = seeded_query(&s, 1)[d] *
					       scales[i];
				prepare(&l, &scratch, q);
				expect_brute_force(&l, &scratch, 10,
						   "far query");
			}
			vsx_scratch_release(&scratch);
			laid_out_release(&l);
			seeded_release(&s);
		}
}

Test(flat, rows_far_out_do_not_hide_others)
{
	struct vsx_job job = {.n_threads = 2};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
		struct vsx_scratch scratch;
		struct vsx_error err = {0};
		struct laid_out l = {0};
		struct seeded s;
		float *x;

		seeded_init(&s, (enum vsx_metric)metric, VSX_F32, N, DIM);
		x = (float *)(void *)(s.base + 100 * (size_t)s.space.stride);
		x[3] = 3e4f;
		if (metric == VSX_COSINE) {
			float y[DIM];

			memcpy(y, x, sizeof(y));
			cr_assert_eq(vsx_space_store(&s.space, (uint8_t *)x, y,
						     VSX_F32, false, &err),
				     VSX_OK);
		}
		cr_assert_eq(lay_build(&l, &job, &s.rows, VSX_FLAT, 0, &err),
			     VSX_OK);
		cr_assert_eq(lay_out(&l, &job, &s.rows, true, &err), VSX_OK);
		if (metric != VSX_COSINE)
			cr_expect_eq(vsx_grid_header(l.params).wild, 1);
		vsx_scratch_init(&scratch, DIM, &err);
		for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
			prepare(&l, &scratch, seeded_query(&s, q));
			expect_brute_force(&l, &scratch, 10, "wild row");
			expect_brute_force(&l, &scratch, N, "wild row");
		}
		vsx_scratch_release(&scratch);
		laid_out_release(&l);
		seeded_release(&s);
	}
}

Test(flat, a_batch_answers_like_single_queries)
{
	struct vsx_scratch scratch[SEEDED_QUERIES], single;
	struct vsx_find finds[SEEDED_QUERIES], find;
	struct vsx_exact_room room = {0};
	struct vsx_error err = {0};
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_L2, VSX_F16, VSX_FLAT, true);
	vsx_scratch_init(&single, DIM, &err);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		vsx_scratch_init(&scratch[q], DIM, &err);
		find_begin(&finds[q], &scratch[q], 20, 1);
		prepare(&l, &scratch[q], seeded_query(&s, q));
	}
	cr_assert_eq(
		vsx_exact_batch(&room, &l.seg, finds, SEEDED_QUERIES, &err),
		VSX_OK);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		find_begin(&find, &single, 20, 1);
		prepare(&l, &single, seeded_query(&s, q));
		cr_assert_eq(vsx_exact_search(&l.seg, &find, &err), VSX_OK);
		vsx_topk_sort(&find.top);
		vsx_topk_sort(&finds[q].top);
		for (size_t i = 0; i < 20; i++)
			cr_expect_eq(single.best[i].id, scratch[q].best[i].id);
		vsx_scratch_release(&scratch[q]);
	}
	vsx_exact_room_release(&room);
	vsx_scratch_release(&single);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(flat, rows_come_in_the_order_of_their_ids)
{
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_L2, VSX_F32, VSX_FLAT, false);
	for (uint32_t r = 1; r < N; r++)
		cr_expect_lt(l.ids[r - 1], l.ids[r]);
	laid_out_release(&l);
	s.rows.ids = NULL;
	memset(&l, 0, sizeof(l));
	cr_assert_eq(
		lay_build(&l, &(struct vsx_job){0}, &s.rows, VSX_FLAT, 0, NULL),
		VSX_OK);
	cr_expect_null(l.built.order);
	seeded_release(&s);
}

static int count_findings(void *context, const struct vsx_error *finding)
{
	(void)finding;
	++*(int *)context;
	return 0;
}

Test(flat, check_finds_a_code_that_hides_its_loss)
{
	struct vsx_error err = {0};
	struct laid_out l;
	struct seeded s;
	int n = 0;

	build(&l, &s, VSX_COSINE, VSX_F32, VSX_FLAT, true);
	cr_assert_eq(vsx_segment_check(&l.seg, 2, count_findings, &n, &err),
		     VSX_OK);
	cr_expect_eq(n, 0);
	l.code[9 * l.codes.block_bytes] ^= 0x40;
	cr_assert_eq(vsx_segment_check(&l.seg, 2, count_findings, &n, &err),
		     VSX_OK);
	cr_expect_eq(n, 1);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(flat, codes_with_broken_parameters_are_refused)
{
	static const float bad[] = {0.0f, -1.0f, NAN, INFINITY};
	struct vsx_scratch scratch;
	struct vsx_error err = {0};
	struct vsx_find find;
	struct laid_out l;
	struct seeded s;

	build(&l, &s, VSX_L2, VSX_F32, VSX_FLAT, true);
	vsx_scratch_init(&scratch, DIM, &err);
	prepare(&l, &scratch, seeded_query(&s, 0));
	for (size_t i = 0; i < 4; i++) {
		float good;

		memcpy(&good, l.params, 4);
		memcpy(l.params, &bad[i], 4);
		find_begin(&find, &scratch, 10, 1);
		cr_expect_eq(vsx_exact_search(&l.seg, &find, &err),
			     VSX_ECORRUPT);
		memcpy(l.params, &good, 4);
		if (i < 2)
			continue;
		memcpy(&good, l.params + 16, 4);
		memcpy(l.params + 16, &bad[i], 4);
		find_begin(&find, &scratch, 10, 1);
		cr_expect_eq(vsx_exact_search(&l.seg, &find, &err),
			     VSX_ECORRUPT);
		memcpy(l.params + 16, &good, 4);
	}
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(flat, a_kind_that_is_not_known_is_none)
{
	cr_expect_eq(vsx_kind_find(VSX_FLAT)->code, VSX_FLAT);
	cr_expect_null(vsx_kind_find(0));
	cr_expect_null(vsx_kind_find(VSX_HNSW + 1));
	cr_expect_null(vsx_kind_find(UINT32_MAX));
}
