#include "kernel/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kernel/kernel.h"
#include "kernel/matmul.h"

#define PIECE 256u /* dimensions of rows that are centred at a time */
#define ROWS  16u

/* y[0 .. n-1] += (x - mean) W of dimensions first .. first+m-1. */
static void add_piece(const struct vsx_linear *l, const float *x,
		      size_t x_stride, uint32_t n, uint32_t first, uint32_t m,
		      float *y)
{
	float centred[ROWS * PIECE];

	for (uint32_t r = 0; r < n; r++)
		for (uint32_t i = 0; i < m; i++)
			centred[r * PIECE + i] = x[r * x_stride + first + i] -
						 l->mean[first + i];
	vsx_matmuls()->f32(centred, PIECE, n, m,
			   l->matrix + (size_t)first * l->d, l->d, l->d, y,
			   l->d);
}

void vsx_linear_apply(const struct vsx_linear *l, const float *x,
		      size_t x_stride, uint32_t n, bool centred, float *y)
{
	uint32_t some;

	memset(y, 0, (size_t)n * l->d * sizeof(*y));
	if (!centred) {
		vsx_matmuls()->f32(x, x_stride, n, l->dim, l->matrix, l->d,
				   l->d, y, l->d);
		return;
	}
	for (uint32_t r = 0; r < n; r += some) {
		some = n - r < ROWS ? n - r : ROWS;
		for (uint32_t i = 0; i < l->dim; i += PIECE)
			add_piece(l, x + r * x_stride, x_stride, some, i,
				  l->dim - i < PIECE ? l->dim - i : PIECE,
				  y + (size_t)r * l->d);
	}
}

void vsx_linear_back(const struct vsx_linear *l, const float *y, float *x)
{
	vsx_kernels()->ip[VSX_F32](y, (const uint8_t *)l->matrix,
				   (size_t)l->d * sizeof(float), NULL, l->dim,
				   l->d, x);
	for (uint32_t i = 0; i < l->dim; i++)
		x[i] += l->mean[i];
}

/* ---- where it lies in parameters ------------------------------------ */

static uint64_t part(uint64_t floats)
{
	return (floats * sizeof(float) + 63) & ~UINT64_C(63);
}

uint64_t vsx_linear_bytes(uint32_t dim, uint32_t d)
{
	return part(dim) + part((uint64_t)dim * d);
}

void vsx_linear_at(struct vsx_linear *l, const uint8_t *bytes, uint32_t dim,
		   uint32_t d)
{
	*l = (struct vsx_linear){
		.dim = dim,
		.d = d,
		.mean = (const float *)(const void *)bytes,
		.matrix = (const float *)(const void *)(bytes + part(dim)),
	};
}

void vsx_linear_put(const struct vsx_linear *l, uint8_t *bytes)
{
	memcpy(bytes, l->mean, l->dim * sizeof(float));
	memcpy(bytes + part(l->dim), l->matrix,
	       (size_t)l->dim * l->d * sizeof(float));
}

/* ---- its rules ------------------------------------------------------ */

#define COLUMNS 64u /* whose products with all columns are taken at once */

static enum vsx_status check_finite(const struct vsx_linear *l,
				    struct vsx_error *err)
{
	for (uint32_t i = 0; i < l->dim; i++) {
		const float *row = l->matrix + (size_t)i * l->d;

		if (!isfinite(l->mean[i]))
			return vsx_fail(err, VSX_ECORRUPT,
					"a transform whose mean of dimension "
					"%u is %g",
					i, (double)l->mean[i]);
		for (uint32_t j = 0; j < l->d; j++)
			if (!isfinite(row[j]))
				return vsx_fail(err, VSX_ECORRUPT,
						"a transform whose matrix has "
						"%g in row %u, column %u",
						(double)row[j], i, j);
	}
	return VSX_OK;
}

/* products[c][j] = column first + c times column j; b has room for PIECE rows
 * of the matrix, a for n columns of these. */
static void take_products(const struct vsx_linear *l, uint32_t first,
			  uint32_t n, double *products, double *a, double *b)
{
	memset(products, 0, (size_t)n * l->d * sizeof(*products));
	for (uint32_t i = 0; i < l->dim; i += PIECE) {
		uint32_t some = l->dim - i < PIECE ? l->dim - i : PIECE;
		const float *rows = l->matrix + (size_t)i * l->d;

		for (size_t e = 0; e < (size_t)some * l->d; e++)
			b[e] = (double)rows[e];
		for (uint32_t c = 0; c < n; c++)
			for (uint32_t r = 0; r < some; r++)
				a[c * PIECE + r] =
					b[(size_t)r * l->d + first + c];
		vsx_matmuls()->f64(a, PIECE, n, some, b, l->d, l->d, products,
				   l->d);
	}
}

static enum vsx_status check_columns(const struct vsx_linear *l, uint32_t first,
				     uint32_t n, const double *products,
				     struct vsx_error *err)
{
	for (uint32_t c = 0; c < n; c++)
		for (uint32_t j = 0; j < l->d; j++) {
			double x = products[(size_t)c * l->d + j];
			double due = j == first + c ? 1.0 : 0.0;

			if (!(fabs(x - due) <= VSX_LINEAR_OFF))
				return vsx_fail(err, VSX_ECORRUPT,
						"a transform whose columns %u "
						"and %u have the product %.9g, "
						"not %g",
						first + c, j, x, due);
		}
	return VSX_OK;
}

enum vsx_status vsx_linear_check(const struct vsx_linear *l,
				 struct vsx_error *err)
{
	enum vsx_status status = check_finite(l, err);
	double *products = NULL, *a, *b;

	if (status == VSX_OK)
		status = vsx_alloc_to(&products,
				      (size_t)l->d * (COLUMNS + PIECE) +
					      COLUMNS * PIECE,
				      sizeof(*products), err);
	if (status != VSX_OK)
		return status;
	a = products + (size_t)l->d * COLUMNS;
	b = a + COLUMNS * PIECE;
	for (uint32_t c = 0; status == VSX_OK && c < l->d; c += COLUMNS) {
		uint32_t n = l->d - c < COLUMNS ? l->d - c : COLUMNS;

		take_products(l, c, n, products, a, b);
		status = check_columns(l, c, n, products, err);
	}
	free(products);
	return status;
}
