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

/*
 * Learn for m subspaces, subspace s of the dimensions s * d / m up to
 * (s + 1) * d / m. m is 1 to d, d 1 to the dimension of the rows, and that at
 * most VSX_MAX_LINEAR_DIM.
 *
 * Repeat  the same rows and seed give the same bits for any number of threads
 *         and instruction set
 */
enum vsx_status vsx_opq_learn(struct vsx_linear_map *out, struct vsx_job *job,
			      const struct vsx_rows *rows, uint32_t m,
			      uint32_t d, struct vsx_error *err);

/* What that takes, of n rows of dim components. */
uint64_t vsx_opq_learn_bytes(uint64_t n, uint32_t dim, uint32_t m, uint32_t d,
			     unsigned int threads);

#endif
