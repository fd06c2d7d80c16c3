/*
 * The directions in which rows differ most: eigenvectors of the covariance of a
 * sample of them.
 */
#ifndef VSX_PCA_H
#define VSX_PCA_H

#include "kernel/linear.h"
#include "train/job.h"

/* A transform that was learned; owned. */
struct vsx_linear_map {
	uint32_t dim, d;
	float *mean;   /* [dim] */
	float *matrix; /* [dim][d] */
};

/* The map as it is applied. */
static inline struct vsx_linear vsx_linear_of(const struct vsx_linear_map *m)
{
	return (struct vsx_linear){m->dim, m->d, m->mean, m->matrix};
}

void vsx_linear_map_release(struct vsx_linear_map *m);

/* What is learned of row number `row`, [dim]; any thread may call it. */
typedef void vsx_row_loader(const void *context, uint64_t row, float *out);

/* Rows to learn from, under cosine scaled to length 1. */
struct vsx_rows_sample {
	const struct vsx_rows *rows;
	uint32_t *row; /* [n] rising; NULL: all rows */
	uint32_t n;
	vsx_row_loader *load; /* NULL: the rows themselves */
	const void *context;  /* of load */
};

/* At most `most` rows, drawn by job->seed. */
enum vsx_status vsx_rows_sample_draw(struct vsx_rows_sample *s,
				     const struct vsx_job *job,
				     const struct vsx_rows *rows, uint32_t most,
				     struct vsx_error *err);
void vsx_rows_sample_release(struct vsx_rows_sample *s);
/* out is [dim]. */
void vsx_rows_sample_load(const struct vsx_rows_sample *s, uint32_t i,
			  float *out);

/* mean is [dim]. */
enum vsx_status vsx_rows_sample_mean(const struct vsx_rows_sample *s,
				     float *mean, struct vsx_error *err);

/* The most rows that a transform is learned from. */
#define VSX_LINEAR_SAMPLE 65536u

/*
 * Mean, directions and variances, of which there are as many as dimensions:
 * axes is [dim][dim], its rows the directions by falling variance, and
 * variances [dim]. Directions in which rows do not differ are any that are
 * orthonormal to the rest.
 *
 * Time    n dim^2 products, 10 dim^3 operations
 * Repeat  the same rows and seed give the same bits for any number of threads
 *         and instruction set
 */
enum vsx_status vsx_axes_learn(struct vsx_job *job,
			       const struct vsx_rows_sample *sample,
			       float *mean, double *axes, double *variances,
			       struct vsx_error *err);

/* The d first directions: of rows of any number, even one; d is 1 to dim, and
 * dim at most VSX_MAX_LINEAR_DIM. */
enum vsx_status vsx_pca_learn(struct vsx_linear_map *out, struct vsx_job *job,
			      const struct vsx_rows *rows, uint32_t d,
			      struct vsx_error *err);

/* What that takes, of n rows of dim components. */
uint64_t vsx_pca_learn_bytes(uint64_t n, uint32_t dim, uint32_t d,
			     unsigned int threads);

#endif
