/* Codebooks of product quantisers: what they hold, and that they are always the
 * same. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "kernel/codes.h"
#include "train/pq.h"

static void train(const struct vsx_pq *pq, const float *x, uint32_t n,
		  unsigned int threads, float *book)
{
	struct vsx_job job = {.seed = 3, .n_threads = threads};
	struct vsx_error err = {0};

	cr_assert_eq(vsx_pq_train(&job, pq, x, n, 0, false, book, &err), VSX_OK,
		     "%s", err.text);
	for (size_t i = 0; i < (size_t)pq->dim * pq->ksub; i++)
		cr_assert(isfinite(book[i]));
}

/* The mean squared distance from the nearest codewords. */
static double error_of(const struct vsx_pq *pq, const float *x, uint32_t n,
		       const float *book)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < pq->m; j++) {
			float away;

			vsx_code_kernels()->nearest(
				x + (size_t)i * pq->dim + vsx_pq_first(pq, j),
				book + vsx_pq_book(pq, j),
				vsx_pq_components(pq, j), pq->ksub, &away);
			sum += (double)away;
		}
	return sum / n;
}

/* Around 40 centres in each of the parts. */
static float *clustered(uint32_t n, uint32_t dim)
{
	struct vsx_rng rng = {1};
	float *x = vsx_alloc((size_t)n * dim, sizeof(float));

	for (size_t i = 0; i < (size_t)n * dim; i++)
		x[i] = (float)vsx_rng_below(&rng, 40) +
		       (float)vsx_rng_below(&rng, 1000) / 10000.0f;
	return x;
}

Test(pq, parts_are_as_even_as_can_be)
{
	for (uint32_t dim = 1; dim <= 70; dim++)
		for (uint32_t m = 1; m <= dim; m++) {
			struct vsx_pq pq = {dim, m, 16};

			cr_assert_eq(vsx_pq_first(&pq, 0), 0);
			cr_assert_eq(vsx_pq_first(&pq, m), dim);
			for (uint32_t j = 0; j < m; j++) {
				uint32_t n = vsx_pq_components(&pq, j);

				cr_assert(n == dim / m ||
					  (n == dim / m + 1 && dim % m));
			}
		}
}

Test(pq, finds_the_clusters_that_are_there)
{
	struct vsx_pq pq = {3, 3, 256};
	uint32_t n = 4000;
	float *x = clustered(n, 3), *book = vsx_alloc(3 * 256, sizeof(float));

	train(&pq, x, n, 1, book);
	/* Within 0.1 of 40 places: 256 codewords halve that twice and more. */
	cr_assert_lt(error_of(&pq, x, n, book), 3 * 0.1 * 0.1 / 12 / 16);
	free(x);
	free(book);
}

Test(pq, is_the_same_for_any_number_of_threads)
{
	for (uint32_t m = 1; m <= 7; m += 3) {
		struct vsx_pq pq = {10, m, m == 4 ? 16 : 256};
		uint32_t n = 700, floats = pq.dim * pq.ksub;
		float *x = clustered(n, pq.dim);
		float *a = vsx_alloc(floats, sizeof(float));
		float *b = vsx_alloc(floats, sizeof(float));

		train(&pq, x, n, 1, a);
		for (unsigned int threads = 2; threads <= 9; threads += 3) {
			memset(b, 0xff, floats * sizeof(float));
			train(&pq, x, n, threads, b);
			cr_assert_arr_eq(a, b, floats * sizeof(float));
		}
		free(x);
		free(a);
		free(b);
	}
}

/* Few vectors are codewords themselves, and what is left is the first again. */
static void check_few(uint32_t n, uint32_t different, uint32_t ksub)
{
	struct vsx_pq pq = {5, 2, ksub};
	float *book = vsx_alloc(pq.dim * ksub, sizeof(float));
	float x[64 * 5];

	for (uint32_t i = 0; i < n * 5; i++)
		x[i] = (float)(i / 5 % different) * 1.25f - 3.0f;
	train(&pq, x, n, 2, book);
	cr_assert_eq(error_of(&pq, x, n, book), 0.0);
	for (uint32_t j = 0; j < pq.m; j++) {
		const float *words = book + vsx_pq_book(&pq, j);
		uint32_t others = 0;

		for (uint32_t c = 1; c < ksub; c++)
			others += words[c] != words[0];
		cr_assert_eq(others, different - 1, "%u of %u", others,
			     different);
	}
	free(book);
}

Test(pq, keeps_few_vectors_as_they_are)
{
	for (uint32_t n = 1; n <= 64; n++) {
		check_few(n, n, 256);
		check_few(n, n < 16 ? n : 16, 16);
		check_few(n, (n + 3) / 4, 256);
	}
}

/* As large as rows may be: 2^62 in each of 8 components is a length of
 * 2^63.5, squared 2^127. */
Test(pq, holds_the_greatest_numbers)
{
	struct vsx_pq pq = {8, 2, 16};
	float x[8 * 40], book[8 * 16];

	for (int i = 0; i < 8 * 40; i++)
		x[i] = (i * 7 % 11 < 5 ? -0x1p61f : 0x1p61f);
	train(&pq, x, 40, 1, book);
	cr_assert_eq(error_of(&pq, x, 40, book), 0.0);
}

Test(pq, goes_on_from_a_book)
{
	struct vsx_pq pq = {6, 2, 16};
	struct vsx_job job = {.seed = 3, .n_threads = 2};
	struct vsx_error err = {0};
	float *x = clustered(3000, 6), book[6 * 16];
	double error[3];

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(vsx_pq_train(&job, &pq, x, 3000, i == 0 ? 1 : 3,
					  i > 0, book, &err),
			     VSX_OK);
		error[i] = error_of(&pq, x, 3000, book);
	}
	cr_assert_lt(error[1], error[0]);
	cr_assert_lt(error[2], error[1]);
	free(x);
}

static enum vsx_status stop(struct vsx_job *job, const struct vsx_phase *phase,
			    uint64_t done, uint64_t total,
			    struct vsx_error *err)
{
	(void)phase;
	(void)err;
	cr_assert_leq(done, total);
	return done > 0 && job->context ? VSX_ESTOPPED : VSX_OK;
}

Test(pq, tells_how_far_it_is_and_can_be_stopped)
{
	struct vsx_pq pq = {6, 6, 16};
	struct vsx_job job = {.n_threads = 1, .progress = stop};
	struct vsx_error err = {0};
	float *x = clustered(300, 6), book[6 * 16];

	cr_assert_eq(vsx_pq_train(&job, &pq, x, 300, 0, false, book, &err),
		     VSX_OK);
	job.context = &pq;
	cr_assert_eq(vsx_pq_train(&job, &pq, x, 300, 0, false, book, &err),
		     VSX_ESTOPPED);
	free(x);
}
