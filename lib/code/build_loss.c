#include "code/build_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"

/* The most rows that a mean is taken over, and of them at a time. */
#define SAMPLE 2048u
#define CHUNK  32u

struct sample {
	const struct vsx_code_source *from;
	const struct vsx_code_params *p;
	uint64_t row[SAMPLE];
	double lost[SAMPLE]; /* of each */
	uint32_t n;
	float *work; /* [threads][n_work] */
	size_t n_work;
	double *middle; /* [dim] */
};

/* A row, as the way back gives it, what is coded of it, and its code. */
static size_t work_of(const struct vsx_code_params *p)
{
	return 2 * (size_t)p->form.dim + p->form.coded +
	       (p->block_bytes + sizeof(float) - 1) / sizeof(float);
}

/* Evenly, in the order of the segment: from all lists. */
static void choose(struct sample *s)
{
	uint64_t n = 0, seen = 0;

	for (uint64_t r = 0; r < s->from->rows->n; r++)
		n += !vsx_code_there(s->from, r);
	s->n = (uint32_t)(n < SAMPLE ? n : SAMPLE);
	for (uint64_t r = 0, i = 0; i < s->n; r++) {
		if (vsx_code_there(s->from, r))
			continue;
		if (seen++ == i * n / s->n)
			s->row[i++] = r;
	}
}

static double distance(const float *a, const float *b, uint32_t n)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++) {
		double d = (double)a[i] - (double)b[i];

		sum += d * d;
	}
	return sqrt(sum);
}

/* What is lost of rows first .. last-1 of the sample. */
static enum vsx_status lose(void *context, unsigned int thread, uint64_t first,
			    uint64_t last, struct vsx_error *err)
{
	struct sample *s = context;
	const struct vsx_code_params *p = s->p;
	const struct vsx_codec *codec = p->build->codec;
	float *x = s->work + thread * s->n_work;
	float *again = x + p->form.dim, *y = again + p->form.dim;
	uint8_t *block = (uint8_t *)(y + p->form.coded);

	(void)err;
	for (uint64_t i = first; i < last; i++) {
		const float *centroid =
			vsx_code_centroid(s->from, p, s->row[i]);

		vsx_code_source_row(s->from, p, s->row[i], x, y);
		memset(block, 0, p->block_bytes);
		codec->encode(&p->form, p->bytes, y,
			      centroid ? &centroid : NULL, 1, block);
		codec->decode(&p->form, p->bytes, block, 0, y);
		vsx_code_output(&p->form, p->bytes, centroid, y, again);
		s->lost[i] = distance(x, again, p->form.dim);
	}
	return VSX_OK;
}

static void load(const struct sample *s, uint32_t i, float *x)
{
	const struct vsx_code_params plain = {
		.form = vsx_code_form_plain(s->p->form.dim, 0)};

	vsx_code_source_row(s->from, &plain, s->row[i], x, x);
}

/* The mean distance from the middle. */
static double spread(const struct sample *s)
{
	uint32_t dim = s->p->form.dim;
	float *x = s->work;
	double sum = 0.0;

	for (uint32_t i = 0; i < s->n; i++) {
		load(s, i, x);
		for (uint32_t d = 0; d < dim; d++)
			s->middle[d] += (double)x[d];
	}
	for (uint32_t i = 0; i < s->n; i++) {
		double square = 0.0;

		load(s, i, x);
		for (uint32_t d = 0; d < dim; d++) {
			double off = (double)x[d] - s->middle[d] / s->n;

			square += off * off;
		}
		sum += sqrt(square);
	}
	return sum / s->n;
}

static double mean(const double *x, uint32_t n)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++)
		sum += x[i];
	return sum / n;
}

static enum vsx_status take(struct sample *s, struct vsx_job *job,
			    struct vsx_code_loss *loss, struct vsx_error *err)
{
	unsigned int threads = vsx_job_threads(job);

	choose(s);
	if (!s->n)
		return VSX_OK;
	s->n_work = work_of(s->p);
	VSX_TRY(vsx_alloc_to(&s->work, threads, s->n_work * sizeof(*s->work),
			     err));
	VSX_TRY(vsx_alloc_to(&s->middle, s->p->form.dim, sizeof(*s->middle),
			     err));
	VSX_TRY(vsx_parallel(threads, s->n, CHUNK, lose, s, err));
	loss->n = s->n;
	loss->mean = mean(s->lost, s->n);
	loss->spread = spread(s);
	return VSX_OK;
}

enum vsx_status vsx_code_loss(struct vsx_job *job,
			      const struct vsx_code_source *from,
			      const struct vsx_code_params *p,
			      struct vsx_code_loss *loss, struct vsx_error *err)
{
	enum vsx_status status;
	struct sample *s;

	*loss = (struct vsx_code_loss){0};
	VSX_TRY(vsx_alloc_to(&s, 1, sizeof(*s), err));
	s->from = from;
	s->p = p;
	status = take(s, job, loss, err);
	free(s->work);
	free(s->middle);
	free(s);
	return status;
}
