#include "train/pca.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sample.h"
#include "train/cross.h"
#include "train/eigen.h"
#include "train/tally.h"

#define BLOCK 512u /* rows that are multiplied at a time */
#define CHUNK 32u  /* and loaded by one thread */

void vsx_linear_map_release(struct vsx_linear_map *m)
{
	free(m->mean);
	free(m->matrix);
	*m = (struct vsx_linear_map){0};
}

/* ---- the sample ----------------------------------------------------- */

enum vsx_status vsx_rows_sample_draw(struct vsx_rows_sample *s,
				     const struct vsx_job *job,
				     const struct vsx_rows *rows, uint32_t most,
				     struct vsx_error *err)
{
	*s = (struct vsx_rows_sample){.rows = rows, .n = rows->n};
	if (rows->n <= most)
		return VSX_OK;
	s->n = most;
	VSX_TRY(vsx_alloc_to(&s->row, most, sizeof(*s->row), err));
	vsx_sample(s->row, most, rows->n, job->seed, VSX_RANDOM_SAMPLE);
	return VSX_OK;
}

void vsx_rows_sample_release(struct vsx_rows_sample *s)
{
	free(s->row);
	*s = (struct vsx_rows_sample){0};
}

void vsx_rows_sample_load(const struct vsx_rows_sample *s, uint32_t i,
			  float *out)
{
	const struct vsx_space *space = s->rows->space;
	size_t number = s->row ? s->row[i] : i;
	const uint8_t *row = s->rows->base + number * space->stride;
	double scale;

	if (s->load) {
		s->load(s->context, number, out);
		return;
	}
	scale = vsx_space_scale(space, row);
	vsx_space_load(space, out, row);
	if (scale != 1.0)
		for (uint32_t d = 0; d < space->dim; d++)
			out[d] = (float)((double)out[d] * scale);
}

enum vsx_status vsx_rows_sample_mean(const struct vsx_rows_sample *s,
				     float *mean, struct vsx_error *err)
{
	uint32_t dim = s->rows->space->dim;
	double *sum;
	float *row;

	VSX_TRY(vsx_alloc_to(&sum, dim, sizeof(*sum) + sizeof(*row), err));
	row = (float *)(void *)(sum + dim);
	for (uint32_t i = 0; i < s->n; i++) {
		vsx_rows_sample_load(s, i, row);
		for (uint32_t d = 0; d < dim; d++)
			sum[d] += (double)row[d];
	}
	for (uint32_t d = 0; d < dim; d++)
		mean[d] = (float)(sum[d] / s->n);
	free(sum);
	return VSX_OK;
}

/* ---- the covariance ------------------------------------------------- */

struct covariance {
	const struct vsx_rows_sample *sample;
	const float *mean;
	float *row;	/* [threads][dim] */
	double *block;	/* [BLOCK][dim] */
	uint32_t first; /* of the sample, in the block */
};

static enum vsx_status load_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct covariance *c = context;
	uint32_t dim = c->sample->rows->space->dim;
	float *row = c->row + (size_t)thread * dim;

	(void)err;
	for (uint64_t i = first; i < last; i++) {
		double *out = c->block + i * dim;

		vsx_rows_sample_load(c->sample, c->first + (uint32_t)i, row);
		for (uint32_t d = 0; d < dim; d++)
			out[d] = (double)row[d] - (double)c->mean[d];
	}
	return VSX_OK;
}

/* out = the sum of (x - mean)^T (x - mean). */
static enum vsx_status add_blocks(struct covariance *c, struct vsx_job *job,
				  unsigned int threads, double *out,
				  struct vsx_error *err)
{
	uint32_t dim = c->sample->rows->space->dim, n = c->sample->n, some;
	struct vsx_tally tally;

	VSX_TRY(vsx_tally_begin(&tally, job, &vsx_phase_training, n, err));
	for (c->first = 0; c->first < n; c->first += some) {
		some = n - c->first < BLOCK ? n - c->first : BLOCK;
		VSX_TRY(vsx_parallel(threads, some, CHUNK, load_work, c, err));
		VSX_TRY(vsx_cross_add(threads, c->block, dim, c->block, dim,
				      some, out, true, err));
		VSX_TRY(vsx_tally_add(&tally, 0, some, err));
	}
	vsx_cross_mirror(out, dim);
	return VSX_OK;
}

static unsigned int threads_of(const struct vsx_job *job)
{
	unsigned int n = job->n_threads ? job->n_threads : 1;

	return n > VSX_MAX_THREADS ? VSX_MAX_THREADS : n;
}

enum vsx_status vsx_axes_learn(struct vsx_job *job,
			       const struct vsx_rows_sample *sample,
			       float *mean, double *axes, double *variances,
			       struct vsx_error *err)
{
	uint32_t dim = sample->rows->space->dim;
	unsigned int threads = threads_of(job);
	struct covariance c = {.sample = sample, .mean = mean};
	enum vsx_status status;

	status = vsx_alloc_to(&c.row, threads, dim * sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&c.block, BLOCK, dim * sizeof(double),
				      err);
	if (status == VSX_OK)
		status = vsx_rows_sample_mean(sample, mean, err);
	if (status == VSX_OK) {
		memset(axes, 0, (size_t)dim * dim * sizeof(*axes));
		status = add_blocks(&c, job, threads, axes, err);
	}
	free(c.row);
	free(c.block);
	if (status != VSX_OK)
		return status;
	for (size_t i = 0; i < (size_t)dim * dim; i++)
		axes[i] /= sample->n;
	return vsx_eigen(axes, dim, variances, threads, err);
}

/* ---- the first directions ------------------------------------------- */

uint64_t vsx_pca_learn_bytes(uint64_t n, uint32_t dim, uint32_t d,
			     unsigned int threads)
{
	uint64_t sample = n < VSX_LINEAR_SAMPLE ? n : VSX_LINEAR_SAMPLE;

	/* The numbers of the sample, the axes and what turns them, a block. */
	return sample * sizeof(uint32_t) +
	       (uint64_t)dim * (3 * (uint64_t)dim + BLOCK) * sizeof(double) +
	       (uint64_t)dim * (d + threads) * sizeof(float);
}

enum vsx_status vsx_pca_learn(struct vsx_linear_map *out, struct vsx_job *job,
			      const struct vsx_rows *rows, uint32_t d,
			      struct vsx_error *err)
{
	uint32_t dim = rows->space->dim;
	struct vsx_rows_sample sample;
	double *axes = NULL, *variances = NULL;
	enum vsx_status status;

	*out = (struct vsx_linear_map){.dim = dim, .d = d};
	status = vsx_rows_sample_draw(&sample, job, rows, VSX_LINEAR_SAMPLE,
				      err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->mean, dim, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->matrix, (size_t)dim * d,
				      sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&axes, (size_t)dim * dim, sizeof(*axes),
				      err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&variances, dim, sizeof(*variances), err);
	if (status == VSX_OK)
		status = vsx_axes_learn(job, &sample, out->mean, axes,
					variances, err);
	for (size_t i = 0; status == VSX_OK && i < dim; i++)
		for (size_t j = 0; j < d; j++)
			out->matrix[i * d + j] = (float)axes[j * dim + i];
	vsx_rows_sample_release(&sample);
	free(axes);
	free(variances);
	if (status != VSX_OK)
		vsx_linear_map_release(out);
	return status;
}
