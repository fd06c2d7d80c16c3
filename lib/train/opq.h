/*
 * Optimised product quantisation (Ge, He, Ke and Sun, "Optimized Product
 * Quantization for Approximate Nearest Neighbor Search", CVPR 2013): a rotation
 * after which a product quantiser loses less.
 *
 * It begins with the principal directions, spread over the subspaces so that
 * the products of their variances are alike (the parametric solution of the
 * paper), and then alternates (the non-parametric one): codes of the turned
 * rows, and the rotation that brings rows nearest to what their codes say.
 */
#ifndef VSX_OPQ_H
#define VSX_OPQ_H

#include "train/pca.h"

/* What a rotation is for. */
struct vsx_opq_wish {
	uint32_t m;    /* subspaces, 1 to d */
	uint32_t ksub; /* codewords of each, 16 or 256 */
	uint32_t d;    /* dimensions that are left, 1 to that of the rows */
	/* What is coded of a row, where that is not the row itself but what a
	   centroid leaves of it: its dimensions lie otherwise. NULL: the row */
	vsx_row_loader *load;
	const void *context;
};

/*
 * Learn for subspaces of which number s has the dimensions s * d / m up to
 * (s + 1) * d / m. Rows have at most VSX_MAX_LINEAR_DIM dimensions.
 *
 * Repeat  the same rows and seed give the same bits for any number of threads
 *         and instruction set
 */
enum vsx_status vsx_opq_learn(struct vsx_linear_map *out, struct vsx_job *job,
			      const struct vsx_rows *rows,
			      const struct vsx_opq_wish *wish,
			      struct vsx_error *err);

/* What that takes, of n rows of dim components. */
uint64_t vsx_opq_learn_bytes(uint64_t n, uint32_t dim,
			     const struct vsx_opq_wish *wish,
			     unsigned int threads);

#endif
