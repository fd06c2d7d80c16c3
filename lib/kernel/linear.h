/*
 * A linear transform of rows: y = (x - mean) W, with orthonormal columns of W.
 * It turns rows, and may leave out directions in which they hardly differ.
 */
#ifndef VSX_LINEAR_H
#define VSX_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct vsx_linear {
	uint32_t dim;	     /* D, of rows */
	uint32_t d;	     /* of what becomes of them; 1 to D */
	const float *mean;   /* [D] */
	const float *matrix; /* [D][d], W */
};

/* The most dimensions of rows that are transformed: an hour of training. */
#define VSX_MAX_LINEAR_DIM 8192

/*
 * Transform n rows that lie x_stride components apart; y is [n][d].
 *
 * centred  false: y = x W. Of a query whose inner product with rows is wanted:
 *          <q, x> = <q W, (x - mean) W> + <q, mean> for d = D, and the last
 *          term is one number for all rows.
 *
 * In f32, y[j] adds the terms of dimension 0, 1, ... in this order, each of the
 * subtraction, the product and the sum rounded: the same bits everywhere.
 */
void vsx_linear_apply(const struct vsx_linear *l, const float *x,
		      size_t x_stride, uint32_t n, bool centred, float *y);

/* The row that y stands for, x = y W^T + mean: x is [D]. The products are sums
 * of vsx_kernels()->ip. */
void vsx_linear_back(const struct vsx_linear *l, const float *y, float *x);

/*
 * Bytes of a transform in parameters of codes, where mean and matrix begin at
 * multiples of 64; D is at most VSX_MAX_LINEAR_DIM. And the transform there:
 * `bytes` is aligned as floats are.
 */
uint64_t vsx_linear_bytes(uint32_t dim, uint32_t d);
void vsx_linear_at(struct vsx_linear *l, const uint8_t *bytes, uint32_t dim,
		   uint32_t d);
/* Write it there. */
void vsx_linear_put(const struct vsx_linear *l, uint8_t *bytes);

/*
 * The rules of SPEC.md: mean and matrix are finite, and a product of two
 * columns is within VSX_LINEAR_OFF of 1 or 0. The first broken one, as
 * VSX_ECORRUPT.
 *
 * Time  D d^2 products
 */
enum vsx_status vsx_linear_check(const struct vsx_linear *l,
				 struct vsx_error *err);

#define VSX_LINEAR_OFF 0x1p-12

#endif
