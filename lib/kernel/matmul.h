/*
 * Products of matrices, and rotations of their rows: what linear transforms of
 * rows and their training consist of.
 *
 * There is one table for each instruction set, and all of them give the same
 * bits: a sum adds its terms in rising order, each product and each sum rounded
 * for itself, never fused; what is vectorised are sums beside each other.
 */
#ifndef VSX_MATMUL_H
#define VSX_MATMUL_H

#include <stddef.h>
#include <stdint.h>

/* Rows i and i + 1 of a matrix, turned by an angle of cosine c and sine s:
 * row i becomes c * row i - s * row i+1, row i+1 becomes s * row i + c * row
 * i+1. */
struct vsx_turn {
	double c, s;
	uint32_t i;
};

struct vsx_matmuls {
	const char *name; /* "scalar", "avx2", "avx512" */

	/*
	 * c += a b, of a [n][k], b [k][d] and c [n][d], which lie by rows that
	 * are a_stride, b_stride and c_stride components apart:
	 * c[r][j] + a[r][0] * b[0][j] + a[r][1] * b[1][j] ... from left to
	 * right. So a product may be taken in pieces of k, one after the other.
	 * No two of them overlap. Any alignment that the type has.
	 */
	void (*f32)(const float *a, size_t a_stride, uint32_t n, uint32_t k,
		    const float *b, size_t b_stride, uint32_t d, float *c,
		    size_t c_stride);
	void (*f64)(const double *a, size_t a_stride, uint32_t n, uint32_t k,
		    const double *b, size_t b_stride, uint32_t d, double *c,
		    size_t c_stride);

	/* n turns, one after the other, of rows of d components. */
	void (*turns)(const struct vsx_turn *turns, size_t n, uint32_t d,
		      double *rows, size_t stride);
};

/* The table for this machine; VSX_ISA chooses as it does in kernel.h. Any
 * thread may call it. */
const struct vsx_matmuls *vsx_matmuls(void);

/* Every table that this machine can run, for tests; NULL past the last. */
const struct vsx_matmuls *vsx_matmuls_at(unsigned int i);

#endif
