/*
 * The matrix with orthonormal columns that is nearest to another one, its polar
 * factor: U V^T of its singular value decomposition U S V^T. It solves the
 * orthogonal Procrustes problem.
 */
#ifndef VSX_POLAR_H
#define VSX_POLAR_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/*
 * x is [dim][d], d <= dim, finite. Where its rank is less than d there are many
 * answers: then *found says whether x is one, or spoilt.
 *
 * Time    10 d^3 operations and about 5 dim d^2 products
 * Memory  x once more, and four matrices of [d][d]
 * Repeat  the same bits for any number of threads and instruction set
 */
enum vsx_status vsx_polar(double *x, uint32_t dim, uint32_t d,
			  unsigned int threads, bool *found,
			  struct vsx_error *err);

#endif
