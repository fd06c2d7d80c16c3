/* Principal directions of rows of all kinds, and the transform by them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/seeded.h"
#include "train/pca.h"

static void learn(struct vsx_linear_map *map, const struct vsx_rows *rows,
		  uint32_t d, unsigned int n_threads)
{
	struct vsx_job job = {.seed = 3, .n_threads = n_threads};
	struct vsx_error err = {0};
	struct vsx_linear l;

	cr_assert_eq(vsx_pca_learn(map, &job, rows, d, &err), VSX_OK, "%s",
		     err.text);
	l = vsx_linear_of(map);
	cr_assert_eq(vsx_linear_check(&l, &err), VSX_OK, "%s", err.text);
}

/* Sums of squares of what rows become, by their dimensions. */
static void spread(const struct vsx_linear_map *map, const float *x, uint32_t n,
		   double *out)
{
	struct vsx_linear l = vsx_linear_of(map);
	float *y = vsx_alloc((size_t)n * l.d, sizeof(*y));

	memset(out, 0, l.d * sizeof(*out));
	vsx_linear_apply(&l, x, l.dim, n, true, y);
	for (uint32_t r = 0; r < n; r++)
		for (uint32_t j = 0; j < l.d; j++)
			out[j] +=
				(double)y[r * l.d + j] * (double)y[r * l.d + j];
	free(y);
}

Test(pca, directions_are_those_of_the_greatest_variance)
{
	enum { N = 900, DIM = 24 };
	struct vsx_linear_map all, some;
	double variance[DIM], kept = 0.0, whole = 0.0, total = 0.0, mean[DIM];
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	learn(&all, &s.rows, DIM, 2);
	learn(&some, &s.rows, 7, 2);
	for (size_t i = 0; i < DIM; i++)
		cr_expect_arr_eq(all.matrix + i * DIM, some.matrix + i * 7,
				 7 * sizeof(float));
	spread(&all, s.x, N, variance);
	for (uint32_t j = 0; j < DIM; j++) {
		cr_expect(j == 0 || variance[j] <= variance[j - 1] * 1.0001);
		whole += variance[j];
		kept += j < 7 ? variance[j] : 0.0;
		mean[j] = 0.0;
	}
	for (uint32_t i = 0; i < N * DIM; i++)
		mean[i % DIM] += (double)s.x[i] / N;
	for (uint32_t i = 0; i < N * DIM; i++)
		total += pow((double)s.x[i] - mean[i % DIM], 2);
	/* A rotation about the mean loses nothing, and few directions of rows
	 * in clusters lose little. */
	cr_expect_float_eq(whole / total, 1.0, 1e-5);
	cr_expect_gt(kept, 7.0 / DIM * whole);
	vsx_linear_map_release(&all);
	vsx_linear_map_release(&some);
	seeded_release(&s);
}

Test(pca, does_not_depend_on_threads)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
		struct vsx_linear_map one, many;
		struct seeded s;

		seeded_init(&s, (enum vsx_metric)metric, VSX_F16, 1500, 70);
		learn(&one, &s.rows, 33, 1);
		for (unsigned int t = 2; t <= 8; t += 3) {
			learn(&many, &s.rows, 33, t);
			cr_expect_arr_eq(one.mean, many.mean,
					 70 * sizeof(float));
			cr_expect_arr_eq(one.matrix, many.matrix,
					 70 * 33 * sizeof(float));
			vsx_linear_map_release(&many);
		}
		vsx_linear_map_release(&one);
		seeded_release(&s);
	}
}

static float *row_of(struct seeded *s, uint32_t r)
{
	return (float *)(void *)(s->base + r * s->space.stride);
}

/* Fewer rows than dimensions, one row, rows all the same, dimensions that are
 * constant: directions are orthonormal all the same, see learn(). */
Test(pca, is_defined_for_rows_that_say_little)
{
	enum { DIM = 30 };
	static const uint32_t counts[] = {1, 2, 7, DIM};

	for (int c = 0; c < 4; c++)
		for (int constant = 0; constant < 3; constant++) {
			struct vsx_linear_map map;
			struct seeded s;
			float y[DIM], back[DIM];
			struct vsx_linear l;

			seeded_init(&s, VSX_L2, VSX_F32, counts[c], DIM);
			for (uint32_t r = 0; r < counts[c]; r++)
				for (uint32_t i = 0; i < DIM; i++)
					if (constant == 2 ||
					    (constant && i % 2))
						row_of(&s, r)[i] = 7.0f;
			learn(&map, &s.rows, DIM, 1);
			l = vsx_linear_of(&map);
			/* and rows come back from what they became */
			for (uint32_t r = 0; r < counts[c]; r++) {
				const float *x = row_of(&s, r);

				vsx_linear_apply(&l, x, DIM, 1, true, y);
				vsx_linear_back(&l, y, back);
				for (uint32_t i = 0; i < DIM; i++)
					cr_expect_float_eq(back[i], x[i], 1e-4);
			}
			vsx_linear_map_release(&map);
			seeded_release(&s);
		}
}
