/* Rotations for product quantisers: that codes lose less after them, and that
 * they are defined and always the same. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kernel/codes.h"
#include "kind/seeded.h"
#include "train/opq.h"
#include "train/pq.h"

TestSuite(opq, .timeout = 120);

static void learn(struct vsx_linear_map *map, const struct vsx_rows *rows,
		  uint32_t m, uint32_t d, unsigned int n_threads)
{
	struct vsx_job job = {.seed = 3, .n_threads = n_threads};
	struct vsx_opq_wish wish = {.m = m, .ksub = 256, .d = d};
	struct vsx_error err = {0};
	struct vsx_linear l;

	cr_assert_eq(vsx_opq_learn(map, &job, rows, &wish, &err), VSX_OK, "%s",
		     err.text);
	l = vsx_linear_of(map);
	cr_assert_eq(vsx_linear_check(&l, &err), VSX_OK, "%s", err.text);
}

/* What a product quantiser of m parts loses of y[n][d], a row. */
static double loss_of(const float *y, uint32_t n, uint32_t d, uint32_t m,
		      uint32_t ksub)
{
	struct vsx_job job = {.seed = 5, .n_threads = 1};
	struct vsx_pq pq = {.dim = d, .m = m, .ksub = ksub};
	float *book = vsx_alloc((size_t)d * ksub, sizeof(*book)), away;
	double loss = 0.0;

	cr_assert_eq(vsx_pq_train(&job, &pq, y, n, 12, false, book, NULL),
		     VSX_OK);
	for (uint32_t j = 0; j < m; j++)
		for (uint32_t r = 0; r < n; r++) {
			vsx_code_kernels()->nearest(
				y + (size_t)r * d + vsx_pq_first(&pq, j),
				book + vsx_pq_book(&pq, j),
				vsx_pq_components(&pq, j), ksub, &away);
			loss += (double)away;
		}
	free(book);
	return loss / n;
}

/* Rows whose pairs of dimensions that say the same are far apart. */
static void make_rows(float *x, uint32_t n, uint32_t dim)
{
	struct vsx_rng rng = {11};

	for (uint32_t r = 0; r < n; r++)
		for (uint32_t i = 0; i < dim / 2; i++) {
			float a = seeded_value(&rng, 4.0 / (1 + i));
			float b = seeded_value(&rng, 0.05);

			x[(size_t)r * dim + i] = a + b;
			x[(size_t)r * dim + dim / 2 + i] = a - b;
		}
}

static void store(struct vsx_space *space, struct vsx_rows *rows,
		  const float *x, uint32_t n, uint32_t dim)
{
	uint8_t *base;

	vsx_space_init(space, VSX_L2, VSX_F32, dim, 0);
	base = vsx_alloc(n, space->stride);
	for (uint32_t r = 0; r < n; r++)
		memcpy(base + (size_t)r * space->stride, x + (size_t)r * dim,
		       dim * sizeof(*x));
	*rows = (struct vsx_rows){.space = space, .base = base, .n = n};
}

Test(opq, codes_lose_less_after_it)
{
	enum { N = 3000, DIM = 16, M = 4 };
	float *x = vsx_alloc(N * DIM, sizeof(*x));
	float *y = vsx_alloc(N * DIM, sizeof(*y));
	struct vsx_linear_map map;
	struct vsx_space space;
	struct vsx_rows rows;
	struct vsx_linear l;
	double before, after;

	make_rows(x, N, DIM);
	store(&space, &rows, x, N, DIM);
	learn(&map, &rows, M, DIM, 2);
	l = vsx_linear_of(&map);
	vsx_linear_apply(&l, x, DIM, N, true, y);
	before = loss_of(x, N, DIM, M, 256);
	after = loss_of(y, N, DIM, M, 256);
	cr_expect_lt(after, before * 0.5, "%g, before %g", after, before);
	free((void *)(uintptr_t)rows.base);
	free(x);
	free(y);
	vsx_linear_map_release(&map);
}

/* Where dimensions are in the best order already, they stay near it. */
Test(opq, loses_no_more_where_nothing_is_to_be_gained)
{
	enum { N = 3000, DIM = 12, M = 6 };
	float *x = vsx_alloc(N * DIM, sizeof(*x));
	float *y = vsx_alloc(N * DIM, sizeof(*y));
	struct vsx_rng rng = {4};
	struct vsx_linear_map map;
	struct vsx_space space;
	struct vsx_rows rows;
	struct vsx_linear l;

	/* pairs on the corners of squares, with little around them */
	for (uint32_t i = 0; i < N * DIM; i++)
		x[i] = (float)vsx_rng_below(&rng, 2) + seeded_value(&rng, 0.02);
	store(&space, &rows, x, N, DIM);
	learn(&map, &rows, M, DIM, 2);
	l = vsx_linear_of(&map);
	vsx_linear_apply(&l, x, DIM, N, true, y);
	cr_expect_leq(loss_of(y, N, DIM, M, 256),
		      loss_of(x, N, DIM, M, 256) * 1.02);
	free((void *)(uintptr_t)rows.base);
	free(x);
	free(y);
	vsx_linear_map_release(&map);
}

/* With as many codewords as will be: 16 lose least by another rotation than
 * 256 do. */
static double loss_with(const struct vsx_rows *rows, const float *x, float *y,
			uint32_t n, uint32_t dim, uint32_t ksub)
{
	struct vsx_job job = {.seed = 3, .n_threads = 2};
	struct vsx_opq_wish wish = {.m = 4, .ksub = ksub, .d = dim};
	struct vsx_linear_map map;
	struct vsx_error err;
	struct vsx_linear l;
	double loss;

	cr_assert_eq(vsx_opq_learn(&map, &job, rows, &wish, &err), VSX_OK);
	l = vsx_linear_of(&map);
	vsx_linear_apply(&l, x, dim, n, true, y);
	loss = loss_of(y, n, dim, 4, 16);
	vsx_linear_map_release(&map);
	return loss;
}

Test(opq, goes_by_the_number_of_codewords)
{
	enum { N = 3000, DIM = 16 };
	float *x = vsx_alloc(N * DIM, sizeof(*x));
	float *y = vsx_alloc(N * DIM, sizeof(*y));
	struct vsx_rng rng = {12};
	struct vsx_space space;
	struct vsx_rows rows;
	double few, many;

	/* corners of cubes of four dimensions, and noise of falling width */
	for (uint32_t i = 0; i < N * DIM; i++)
		x[i] = 2.0f * (float)vsx_rng_below(&rng, i % 4 < 2 ? 4 : 2) +
		       seeded_value(&rng, 2.0 / (1 + i % DIM));
	store(&space, &rows, x, N, DIM);
	few = loss_with(&rows, x, y, N, DIM, 16);
	many = loss_with(&rows, x, y, N, DIM, 256);
	cr_expect_lt(few, many * 0.99, "%g by 16 words, %g by 256", few, many);
	free((void *)(uintptr_t)rows.base);
	free(x);
	free(y);
}

Test(opq, does_not_depend_on_threads)
{
	static const uint32_t dims[] = {40, 13};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int i = 0; i < 2; i++) {
			struct vsx_linear_map one, many;
			struct seeded s;

			seeded_init(&s, (enum vsx_metric)metric, VSX_F16, 700,
				    40);
			learn(&one, &s.rows, 5, dims[i], 1);
			learn(&many, &s.rows, 5, dims[i], 3);
			cr_expect_arr_eq(one.mean, many.mean,
					 40 * sizeof(float));
			cr_expect_arr_eq(one.matrix, many.matrix,
					 40 * dims[i] * sizeof(float));
			vsx_linear_map_release(&one);
			vsx_linear_map_release(&many);
			seeded_release(&s);
		}
}

/* One row, fewer than dimensions or codewords, rows all the same, and every
 * number of parts: learn() says that columns are orthonormal all the same. */
Test(opq, is_defined_for_rows_that_say_little)
{
	enum { DIM = 9 };
	static const uint32_t counts[] = {1, 2, 7, 100};

	for (int c = 0; c < 4; c++)
		for (int constant = 0; constant < 2; constant++)
			for (uint32_t m = 1; m <= DIM; m += 2) {
				struct vsx_linear_map map;
				struct seeded s;

				seeded_init(&s, VSX_L2, VSX_F32, counts[c],
					    DIM);
				for (uint32_t r = 0; constant && r < counts[c];
				     r++)
					memcpy(s.base + r * s.space.stride,
					       s.base, DIM * sizeof(float));
				learn(&map, &s.rows, m, DIM, 1);
				vsx_linear_map_release(&map);
				learn(&map, &s.rows, m, m, 1);
				vsx_linear_map_release(&map);
				seeded_release(&s);
			}
}
