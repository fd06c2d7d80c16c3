/* Eigenvectors and polar factors: what they are, of matrices of all kinds, and
 * that they are always the same. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "train/eigen.h"
#include "train/polar.h"

static double number(struct vsx_rng *rng)
{
	return vsx_to_unit(vsx_rng_next(rng)) - 0.5;
}

enum shape {
	RANDOM,
	ZERO,
	ONES,
	IDENTITY,
	GRADED,
	CONSTANT_SOME,
	LOW,
	N_SHAPES
};

/* x^T x of some rows, or another symmetric matrix. */
static double *make(enum shape shape, uint32_t n, double scale)
{
	struct vsx_rng rng = {n * 31 + (uint32_t)shape};
	double *a = vsx_alloc((size_t)n * n, sizeof(*a));
	double *row = vsx_alloc(n, sizeof(*row));
	uint32_t rows = shape == LOW ? n / 3 : n + 5;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++)
			a[i * n + j] = a[j * n + i] =
				shape == RANDOM	    ? number(&rng) * scale
				: shape == ONES	    ? scale
				: shape == IDENTITY ? (i == j ? scale : 0.0)
						    : 0.0;
	for (uint32_t r = 0; shape >= GRADED && r < rows; r++) {
		for (uint32_t i = 0; i < n; i++) {
			row[i] = number(&rng);
			if (shape == GRADED)
				row[i] *= exp2(-(double)i);
			if (shape == CONSTANT_SOME && i % 3 == 1)
				row[i] = 0.0;
		}
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++)
				a[i * n + j] += row[i] * row[j] * scale;
	}
	free(row);
	return a;
}

static void check_eigen(const double *a, const double *v, const double *values,
			uint32_t n, double scale)
{
	for (size_t k = 0; k < n; k++) {
		const double *x = v + k * n;
		double most = 0.0;

		for (size_t l = 0; l <= k; l++) {
			double sum = 0.0;

			for (size_t i = 0; i < n; i++)
				sum += x[i] * v[l * n + i];
			cr_assert_float_eq(sum, l == k, 1e-12, "%u: %zu, %zu",
					   n, k, l);
		}
		for (size_t i = 0; i < n; i++) {
			double sum = 0.0;

			for (size_t j = 0; j < n; j++)
				sum += a[i * n + j] / scale * x[j];
			cr_assert_float_eq(sum, values[k] / scale * x[i],
					   1e-13 * n * n, "%u: vector %zu", n,
					   k);
			if (fabs(x[i]) > fabs(most))
				most = x[i];
		}
		cr_assert_gt(most, 0.0);
		cr_assert(k == 0 || values[k] <= values[k - 1]);
	}
}

static void try_eigen(enum shape shape, uint32_t n, double scale)
{
	double *a = make(shape, n, scale);
	double *one = make(shape, n, scale), *many = make(shape, n, scale);
	double *values = vsx_alloc(n, sizeof(*values));
	double *again = vsx_alloc(n, sizeof(*values));

	cr_assert_eq(vsx_eigen(one, n, values, 1, NULL), VSX_OK);
	check_eigen(a, one, values, n, scale);
	cr_assert_eq(vsx_eigen(many, n, again, 3, NULL), VSX_OK);
	cr_assert_arr_eq(one, many, (size_t)n * n * sizeof(*a));
	cr_assert_arr_eq(values, again, n * sizeof(*values));
	free(a);
	free(one);
	free(many);
	free(values);
	free(again);
}

Test(eigen, holds_for_matrices_of_every_size_and_shape)
{
	for (int shape = 0; shape < N_SHAPES; shape++) {
		for (uint32_t n = 1; n <= 40; n += n < 12 ? 1 : 7)
			try_eigen((enum shape)shape, n, 1.0);
		try_eigen((enum shape)shape, 150, 1.0);
	}
}

Test(eigen, holds_for_huge_and_tiny_matrices)
{
	for (int shape = RANDOM; shape < N_SHAPES; shape++)
		if (shape != ZERO) {
			try_eigen((enum shape)shape, 20, 1e270);
			try_eigen((enum shape)shape, 20, 1e-270);
		}
}

/* ---- polar factors -------------------------------------------------- */

/* Random, with one column that is `last` times a random one. */
static double *make_tall(uint32_t dim, uint32_t d, double last, uint32_t seed)
{
	struct vsx_rng rng = {seed};
	double *x = vsx_alloc((size_t)dim * d, sizeof(*x));

	for (size_t i = 0; i < dim; i++)
		for (size_t j = 0; j < d; j++)
			x[i * d + j] = number(&rng) * (j + 1 == d ? last : 1.0);
	return x;
}

/* x = q s with s symmetric and no eigenvalue below 0 says that q is it. */
static void check_polar(const double *x, const double *q, uint32_t dim,
			uint32_t d, double scale)
{
	double *s = vsx_alloc((size_t)d * d, sizeof(*s));
	double *values = vsx_alloc(d, sizeof(*values));

	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++) {
			double orthonormal = 0.0;

			for (size_t r = 0; r < dim; r++) {
				s[i * d + j] += q[r * d + i] * x[r * d + j];
				orthonormal += q[r * d + i] * q[r * d + j];
			}
			cr_assert_float_eq(orthonormal, i == j, 1e-11);
		}
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < i; j++)
			cr_assert_float_eq(s[i * d + j], s[j * d + i],
					   1e-9 * dim * scale);
	for (size_t r = 0; r < dim; r++)
		for (size_t j = 0; j < d; j++) {
			double sum = 0.0;

			for (size_t i = 0; i < d; i++)
				sum += q[r * d + i] * s[i * d + j];
			/* x lies in the space of its columns, and so q */
			cr_assert_float_eq(sum, x[r * d + j],
					   1e-9 * dim * scale);
		}
	cr_assert_eq(vsx_eigen(s, d, values, 1, NULL), VSX_OK);
	cr_assert_gt(values[d - 1], -1e-9 * dim * scale);
	free(s);
	free(values);
}

static void try_polar(uint32_t dim, uint32_t d, double last)
{
	double *x = make_tall(dim, d, last, dim * 100 + d);
	double *one = make_tall(dim, d, last, dim * 100 + d);
	double *many = make_tall(dim, d, last, dim * 100 + d);
	bool found = false;

	cr_assert_eq(vsx_polar(one, dim, d, 1, &found, NULL), VSX_OK);
	cr_assert(found, "%u %u %g", dim, d, last);
	check_polar(x, one, dim, d, fmax(last, 1.0));
	cr_assert_eq(vsx_polar(many, dim, d, 3, &found, NULL), VSX_OK);
	cr_assert_arr_eq(one, many, (size_t)dim * d * sizeof(*x));
	free(x);
	free(one);
	free(many);
}

Test(polar, is_found_in_all_shapes)
{
	static const double last[] = {1e6, 1.0, 1e-3, 1e-7};

	for (size_t i = 0; i < 4; i++) {
		for (uint32_t d = 1; d <= 20; d++) {
			try_polar(d, d, last[i]);
			try_polar(40, d, last[i]);
		}
		try_polar(70, 70, last[i]);
	}
}

Test(polar, is_not_found_where_there_are_many)
{
	double *x = make_tall(9, 4, 0.0, 5);
	bool found = true;

	cr_assert_eq(vsx_polar(x, 9, 4, 2, &found, NULL), VSX_OK);
	cr_expect_not(found);
	memset(x, 0, 9 * 4 * sizeof(*x));
	found = true;
	cr_assert_eq(vsx_polar(x, 9, 4, 2, &found, NULL), VSX_OK);
	cr_expect_not(found);
	free(x);
}
