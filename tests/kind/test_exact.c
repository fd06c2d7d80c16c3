/*
 * Exact search where arithmetic is hardest: its answers are those of comparing
 * every row in f64, whatever a first pass could or could not tell.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "code/coding.h"
#include "kind/kind.h"
#include "segment/scratch.h"
#include "manifest.h"
#include "code/build.h"

#define K 2

static struct vsx_error err;

/* Search n rows for the k nearest to q; compare ids with brute force. */
static void check_k(const char *what, enum vsx_metric metric, uint32_t dim,
		    uint32_t n, const float *x, const float *q, size_t k)
{
	struct vsx_segment seg = {.kind = vsx_kind_find(VSX_FLAT), .n_rows = n};
	struct vsx_best found[K], due[K];
	struct vsx_topk top = {due, 0, k};
	struct vsx_job job = {.n_threads = 1};
	struct vsx_code_params params;
	struct vsx_scratch s;
	struct vsx_find find = {.k = k, .effort = 1, .top = {found, 0, k}};
	uint8_t *base, *code = NULL;

	vsx_space_init(&seg.space, metric, VSX_F32, dim, 0);
	base = vsx_alloc(n, seg.space.stride);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(vsx_space_store(
				     &seg.space,
				     base + (size_t)i * seg.space.stride,
				     x + (size_t)i * dim, VSX_F32, false, &err),
			     VSX_OK, "%s", err.text);
	seg.view[VSX_SEC_VECS].base = base;
	seg.view[VSX_SEC_VECS].bytes = (uint64_t)n * seg.space.stride;
	{
		struct vsx_rows rows = {
			.space = &seg.space, .base = base, .n = n};

		cr_assert_eq(train_codes(vsx_codec_for(VSX_F32, dim), &job,
					 &rows, &params, &err),
			     VSX_OK);
		if (params.build) {
			uint64_t bytes = vsx_codes_bytes(&params, n);

			code = vsx_alloc(bytes, 1);
			encode_codes(&params, &rows, NULL, 0, n, code);
			seg.view[VSX_SEC_CODE].base = code;
			seg.view[VSX_SEC_CODE].bytes = bytes;
			seg.view[VSX_SEC_CPAR].base = params.bytes;
			seg.view[VSX_SEC_CPAR].bytes = params.n_bytes;
		}
	}
	cr_assert_eq(vsx_segment_open(&seg, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_scratch_init(&s, dim, &err), VSX_OK);
	cr_assert_eq(vsx_space_prepare(&seg.space, &s.query, q, VSX_F32, &err),
		     VSX_OK);
	find.query = &s.query;
	find.scratch = &s;
	cr_assert_eq(vsx_exact_search(&seg, &find, &err), VSX_OK);
	vsx_topk_sort(&find.top);
	for (uint32_t i = 0; i < n; i++) {
		struct vsx_best b = {.id = i, .row = i};

		b.value = vsx_space_exact_value(
			&seg.space, &s.query,
			base + (size_t)i * seg.space.stride);
		vsx_topk_push(&top, b);
	}
	vsx_topk_sort(&top);
	cr_assert_eq(find.top.n, top.n);
	for (size_t i = 0; i < top.n; i++)
		cr_expect_eq(found[i].id, due[i].id, "%s, k %zu: place %zu",
			     what, k, i);
	vsx_code_params_release(&params);
	vsx_scratch_release(&s);
	free(base);
	free(code);
}

static void check(const char *what, enum vsx_metric metric, uint32_t dim,
		  uint32_t n, const float *x, const float *q)
{
	for (size_t k = 1; k <= K; k++)
		check_k(what, metric, dim, n, x, q, k);
}

Test(exact, orders_products_that_an_f32_loses)
{
	static const float rows[2][2] = {{1e-28f, 0}, {2e-28f, 0}};
	static const float query[2] = {1e-26f, 0};

	check("tiny products", VSX_IP, 2, 2, rows[0], query);
}

Test(exact, allows_for_the_rounding_of_long_sums_of_products)
{
	enum { DIM = 4096 };
	static const double last[4] = {100, 100.3, 0, 255};
	float *x = vsx_alloc(4 * DIM, sizeof(*x));
	float *q = vsx_alloc(DIM, sizeof(*q));

	for (uint32_t d = 0; d < DIM; d++)
		q[d] = 1.0f + 90 * 0x1p-23f;
	q[0] = 1024;
	q[DIM - 1] = 100;
	for (uint32_t i = 0; i < 4; i++) {
		float *row = x + (size_t)i * DIM;

		for (uint32_t d = 0; d < DIM; d++)
			row[d] = 1.0f + 91 * 0x1p-23f;
		row[0] = 1024;
		row[DIM - 1] = (float)(last[i] * 1e-10);
	}
	check("long products", VSX_IP, DIM, 4, x, q);
	free(x);
	free(q);
}

Test(exact, allows_for_the_rounding_of_lengths)
{
	for (uint32_t dim = 4096; dim <= 32768; dim *= 2) {
		float *x = vsx_alloc(3 * (size_t)dim, sizeof(*x));
		float *q = vsx_alloc(dim, sizeof(*q));

		for (uint32_t d = 0; d < dim; d++)
			q[d] = 1.0f + 5 * 0x1p-23f;
		q[0] = 64;
		for (uint32_t d = 0; d < dim; d++) {
			x[d] = q[d] * 0.75f;
			x[dim + d] = q[d];
			x[2 * dim + d] = -q[d];
		}
		check("lengths", VSX_COSINE, dim, 3, x, q);
		free(x);
		free(q);
	}
}

/* All are at right angles to the query; what a sum of f32 says varies. */
Test(exact, allows_for_the_rounding_of_products_under_cosine)
{
	enum { DIM = 8, N = 60 };
	static const float q[DIM] = {1, 2, 3, 5, 7, 11, 13, 17};
	float x[N][DIM] = {{0}};

	for (uint32_t i = 0; i < N; i++) {
		uint32_t a = i % DIM, b = (i / DIM + a + 1) % DIM;

		if (a == b)
			b = (b + 1) % DIM;
		x[i][a] = q[b] * (float)(N - i);
		x[i][b] = -q[a] * (float)(N - i);
	}
	check("right angles", VSX_COSINE, DIM, N, x[0], q);
}
