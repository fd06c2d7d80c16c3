/*
 * Eigenvectors of a symmetric matrix: Householder's reduction to three
 * diagonals and QL iterations with implicit shifts (Golub and Van Loan, Matrix
 * Computations, 8.3).
 *
 * LAPACK does the same, but its last bits go by the BLAS below it, the
 * processor and the number of threads, and what a build writes must not.
 */
#ifndef VSX_EIGEN_H
#define VSX_EIGEN_H

#include <stdint.h>

#include "error.h"

/*
 * a is [n][n], symmetric and finite. Its rows become orthonormal eigenvectors
 * by falling eigenvalue, which are in values[n]; of equal ones any, but always
 * the same. The component that is farthest from 0, the first of such, is
 * positive.
 *
 * Time    about 10 n^3 operations, half of them by all threads
 * Memory  another matrix
 * Repeat  the same bits for any number of threads and instruction set
 */
enum vsx_status vsx_eigen(double *a, uint32_t n, double *values,
			  unsigned int threads, struct vsx_error *err);

#endif
