/* Rows of an index, drawn by seed. */
#ifndef VSX_VERIFY_SAMPLE_H
#define VSX_VERIFY_SAMPLE_H

#include "vsx.h"

/*
 * The ids of `most` rows, or of all if there are fewer, spread evenly over the
 * file: one from each of `most` runs of equal length that has a live row. *ids
 * is to be freed.
 */
enum vsx_status sample_ids(const struct vsx *index, size_t most, uint64_t seed,
			   uint64_t **ids, size_t *n, struct vsx_error *err);

/* Sums in f64. */
double vector_length(const float *x, uint32_t dim);
double vector_product(const float *x, const float *y, uint32_t dim);

/*
 * The cosine between two; 1 if both are zero, 0 if only one is.
 */
double vector_cosine(const float *x, const float *y, uint32_t dim);

#endif
