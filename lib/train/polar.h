/*
 * The matrix with orthonormal columns that is nearest to another one, its polar
 * factor: U V^T of its singular value decomposition U S V^T. It solves the
 * orthogonal Procrustes problem.
 *
 * Found by scaled Newton-Schulz iterations (Chen and Chow, "A Stable Scaling of
 * Newton-Schulz for Improving the Sign Function Computation of a Hermitian
 * Matrix", 2014), which are products of matrices alone: every thread helps,
 * and unlike the decomposition of LAPACK no bit depends on how many there are.
 */
#ifndef VSX_POLAR_H
#define VSX_POLAR_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/*
 * x is [dim][d], d <= dim, finite. `least` > 0 is a guess at its least singular
 * value, which saves iterations. *found says whether there is one answer: not
 * so where a singular value is 0, or far below the guess; then x is spoilt.
 *
 * Time    about 30 dim d^2 products
 * Memory  x once more, and two matrices of [d][d]
 * Repeat  the same bits for any number of threads and instruction set
 */
enum vsx_status vsx_polar(double *x, uint32_t dim, uint32_t d, double least,
			  unsigned int threads, bool *found,
			  struct vsx_error *err);

#endif
