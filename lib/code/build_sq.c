/* Learning the scale of 8 and 4 bits; code/sq.h says what they are. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "code/build.h"
#include "code/sq.h"
#include "train/tally.h"

#define CHUNK 1024

/* The least and greatest value in each dimension, by all threads. */
struct pass {
	const struct vsx_code_source *from;
	const struct vsx_code_params *p;
	struct vsx_tally tally;
	float *low, *high; /* [threads][coded] */
	float *work;	   /* [threads][dim + coded] */
};

static enum vsx_status look(void *context, unsigned int thread, uint64_t first,
			    uint64_t last, struct vsx_error *err)
{
	struct pass *s = context;
	const struct vsx_code_form *f = &s->p->form;
	float *low = s->low + (size_t)thread * f->coded;
	float *high = s->high + (size_t)thread * f->coded;
	float *x = s->work + (size_t)thread * ((size_t)f->dim + f->coded);
	float *y = x + f->dim;

	for (uint64_t r = first; r < last; r++) {
		vsx_code_source_row(s->from, s->p, r, x, y);
		for (uint32_t i = 0; i < f->coded; i++) {
			low[i] = y[i] < low[i] ? y[i] : low[i];
			high[i] = y[i] > high[i] ? y[i] : high[i];
		}
	}
	return vsx_tally_add(&s->tally, thread, last - first, err);
}

static void merge(struct pass *s, unsigned int threads)
{
	uint32_t n = s->p->form.coded;

	for (unsigned int t = 1; t < threads; t++)
		for (uint32_t i = 0; i < n; i++) {
			float low = s->low[(size_t)t * n + i];
			float high = s->high[(size_t)t * n + i];

			s->low[i] = low < s->low[i] ? low : s->low[i];
			s->high[i] = high > s->high[i] ? high : s->high[i];
		}
}

/* low and high are set in s; to be freed by the caller, also after a failure */
static enum vsx_status find_range(struct pass *s, struct vsx_job *job,
				  struct vsx_error *err)
{
	unsigned int threads = job->n_threads ? job->n_threads : 1;
	const struct vsx_code_form *f = &s->p->form;
	size_t n;

	if (threads > VSX_MAX_THREADS)
		threads = VSX_MAX_THREADS;
	n = (size_t)threads * f->coded;
	VSX_TRY(vsx_alloc_to(&s->low, n, sizeof(float), err));
	VSX_TRY(vsx_alloc_to(&s->high, n, sizeof(float), err));
	VSX_TRY(vsx_alloc_to(&s->work, threads,
			     ((size_t)f->dim + f->coded) * sizeof(float), err));
	for (size_t i = 0; i < n; i++) {
		s->low[i] = INFINITY;
		s->high[i] = -INFINITY;
	}
	VSX_TRY(vsx_tally_begin(&s->tally, job, &vsx_phase_codes,
				s->from->rows->n, err));
	VSX_TRY(vsx_parallel(threads, s->from->rows->n, CHUNK, look, s, err));
	merge(s, threads);
	return VSX_OK;
}

/* So that the greatest value has the greatest code. */
static float step_of(float low, float high, uint32_t most)
{
	return (float)(((double)high - (double)low) / most);
}

static void put_scale(const struct pass *s, bool one_step)
{
	const struct vsx_code_form *f = &s->p->form;
	uint8_t *own = s->p->bytes + vsx_code_parts(f).own;
	float *lo = (float *)(void *)own, *step = lo + f->coded;
	float widest = 0.0f;
	uint32_t most = vsx_sq_most(s->p->build->codec);

	for (uint32_t i = 0; i < f->coded; i++) {
		lo[i] = s->low[i] + 0.0f; /* -0 and 0 are found by chance */
		step[i] = step_of(s->low[i], s->high[i], most);
		widest = step[i] > widest ? step[i] : widest;
	}
	for (uint32_t i = 0; one_step && i < f->coded; i++)
		step[i] = widest;
}

static enum vsx_status learn(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, bool one_step,
			     struct vsx_error *err)
{
	struct pass s = {.from = from, .p = p};
	enum vsx_status status = find_range(&s, job, err);

	if (status == VSX_OK)
		put_scale(&s, one_step);
	free(s.low);
	free(s.high);
	free(s.work);
	return status;
}

static enum vsx_status train(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	return learn(job, from, p, false, err);
}

static enum vsx_status train_one_step(struct vsx_job *job,
				      const struct vsx_code_source *from,
				      struct vsx_code_params *p,
				      struct vsx_error *err)
{
	return learn(job, from, p, true, err);
}

const struct vsx_codec_build vsx_codec_sq8_build = {
	.codec = &vsx_codec_sq8,
	.name = "SQ8",
	.train = train,
};

const struct vsx_codec_build vsx_codec_sq8u_build = {
	.codec = &vsx_codec_sq8,
	.name = "SQ8u",
	.train = train_one_step,
};

const struct vsx_codec_build vsx_codec_sq4_build = {
	.codec = &vsx_codec_sq4,
	.name = "SQ4",
	.residual = true,
	.train = train,
};
