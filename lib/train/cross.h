/* Sums of products of columns: x^T y, by all threads. */
#ifndef VSX_CROSS_H
#define VSX_CROSS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/*
 * c[i][j] += x[0][i] * y[0][j] + x[1][i] * y[1][j] ..., the n terms one after
 * the other: the same bits for any number of threads. x is [n][dim], y [n][d],
 * c [dim][d]. half: for y = x the part with j <= i alone, and perhaps more.
 */
enum vsx_status vsx_cross_add(unsigned int threads, const double *x,
			      uint32_t dim, const double *y, uint32_t d,
			      uint32_t n, double *c, bool half,
			      struct vsx_error *err);

/* c [n][n] gets what lies above its diagonal from what lies below. */
void vsx_cross_mirror(double *c, uint32_t n);

#endif
