#include "write/trial_sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sample.h"

/* Their recall@10 is known to about a hundredth. */
#define MOST_QUERIES 256

/* A search for 10 is what it is about. */
#define TRUTH_K 10

/* The rows of the builder as they are. */
static void copy_rows(const struct vsx_trial_sample *s)
{
	const struct vsx_spool *from = &s->b->intake.spool;
	size_t stride = s->space.stride;

	for (uint32_t i = 0; i < s->n; i++)
		memcpy(s->base + i * stride, vsx_spool_row(from, s->drawn[i]),
		       stride);
}

static enum vsx_status convert_rows(const struct vsx_trial_sample *s,
				    struct vsx_error *err)
{
	const struct vsx_spool *from = &s->b->intake.spool;
	enum vsx_status status = VSX_OK;
	float *row;

	VSX_TRY(vsx_alloc_to(&row, s->space.dim, sizeof(*row), err));
	for (uint32_t i = 0; i < s->n && status == VSX_OK; i++) {
		vsx_space_load(from->space, row,
			       vsx_spool_row(from, s->drawn[i]));
		status = vsx_space_store(&s->space,
					 s->base + (size_t)i * s->space.stride,
					 row, VSX_F32, false, err);
	}
	free(row);
	return status;
}

enum vsx_status vsx_trial_sample_as(struct vsx_trial_sample *s,
				    enum vsx_elem elem, struct vsx_error *err)
{
	const struct vsx_space *given = s->b->intake.spool.space;
	struct vsx_arrays *arrays = s->b->job.arrays;

	if (s->base && s->space.elem == elem)
		return VSX_OK;
	vsx_arrays_leave(arrays, s->base);
	s->base = NULL;
	vsx_space_init(&s->space, given->metric, elem, given->dim, 0);
	VSX_TRY(vsx_arrays_take(arrays, &s->base, s->n, s->space.stride, err));
	if (elem != given->elem)
		return convert_rows(s, err);
	copy_rows(s);
	return VSX_OK;
}

struct vsx_rows vsx_trial_sample_rows(const struct vsx_trial_sample *s)
{
	return (struct vsx_rows){
		.space = &s->space, .base = s->base, .n = s->n};
}

/* The first of those that were given, or rows, which do not find themselves. */
static enum vsx_status take_queries(struct vsx_trial_sample *s,
				    struct vsx_error *err)
{
	const struct vsx_builder *b = s->b;
	struct vsx_measure *m = &s->measure;
	uint32_t dim = b->opts.dim, n = b->n_queries;
	float *queries;

	if (!b->queries) {
		vsx_measure_draw(m, MOST_QUERIES, s->n, dim, b->opts.seed);
		m->test.truth_k = TRUTH_K;
		return VSX_OK;
	}
	if (n > MOST_QUERIES)
		n = MOST_QUERIES;
	VSX_TRY(vsx_alloc_to(&queries, (size_t)n * dim, sizeof(*queries), err));
	memcpy(queries, b->queries, (size_t)n * dim * sizeof(*queries));
	vsx_measure_take(m, queries, n, dim, s->n);
	m->test.truth_k = TRUTH_K;
	return VSX_OK;
}

enum vsx_status vsx_trial_sample_open(struct vsx_trial_sample *s,
				      struct vsx_builder *b, uint32_t n,
				      struct vsx_job *job,
				      struct vsx_error *err)
{
	struct vsx_rows rows;

	*s = (struct vsx_trial_sample){.b = b, .n = n};
	VSX_TRY(vsx_alloc_to(&s->drawn, n, sizeof(*s->drawn), err));
	vsx_sample(s->drawn, n, (uint32_t)b->intake.spool.n, b->opts.seed,
		   VSX_RANDOM_TRIAL);
	VSX_TRY(vsx_trial_sample_as(s, b->intake.spool.space->elem, err));
	VSX_TRY(take_queries(s, err));
	rows = vsx_trial_sample_rows(s);
	return vsx_measure_given(&s->measure, &rows, NULL, job, err);
}

void vsx_trial_sample_close(struct vsx_trial_sample *s)
{
	if (!s->b)
		return;
	vsx_arrays_leave(s->b->job.arrays, s->base);
	vsx_measure_release(&s->measure);
	free(s->drawn);
	memset(s, 0, sizeof(*s));
}
