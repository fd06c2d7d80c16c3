/* Learning the codewords of product quantisation; code/pq.h says what they
 * are. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sample.h"
#include "code/build.h"
#include "code/pq.h"
#include "code/scan.h"

#define CHUNK 256

/* What is coded of some rows. */
struct sample {
	const struct vsx_code_source *from;
	const struct vsx_code_params *p;
	uint32_t *rows; /* [n]; NULL: all */
	uint32_t n;
	float *y;    /* [n][coded] */
	float *work; /* [threads][dim] */
};

static enum vsx_status take(void *context, unsigned int thread, uint64_t first,
			    uint64_t last, struct vsx_error *err)
{
	struct sample *s = context;
	const struct vsx_code_form *f = &s->p->form;
	float *x = s->work + (size_t)thread * f->dim;

	(void)err;
	for (uint64_t i = first; i < last; i++)
		vsx_code_source_row(s->from, s->p, s->rows ? s->rows[i] : i, x,
				    s->y + i * f->coded);
	return VSX_OK;
}

/* n rows of `from`, from which it is drawn which. */
static enum vsx_status draw(struct sample *s, struct vsx_job *job, uint32_t n,
			    struct vsx_error *err)
{
	unsigned int threads = job->n_threads ? job->n_threads : 1;
	const struct vsx_code_form *f = &s->p->form;
	uint32_t all = s->from->rows->n;

	if (threads > VSX_MAX_THREADS)
		threads = VSX_MAX_THREADS;
	s->n = n < all ? n : all;
	if (n < all) {
		VSX_TRY(vsx_alloc_to(&s->rows, n, sizeof(*s->rows), err));
		vsx_sample(s->rows, n, all, job->seed, VSX_RANDOM_SAMPLE);
	}
	VSX_TRY(vsx_alloc_to(&s->y, s->n, f->coded * sizeof(*s->y), err));
	VSX_TRY(vsx_alloc_to(&s->work, threads, f->dim * sizeof(*s->work),
			     err));
	return vsx_parallel(threads, s->n, CHUNK, take, s, err);
}

/* Of these rows, centroids among them. */
static void put_mean(const struct sample *s, float *mean)
{
	uint32_t coded = s->p->form.coded;

	for (uint32_t d = 0; d < coded; d++) {
		double sum = 0.0;

		for (uint32_t i = 0; i < s->n; i++) {
			const float *centroid = vsx_code_centroid(
				s->from, s->p, s->rows ? s->rows[i] : i);

			sum += (double)s->y[(size_t)i * coded + d];
			sum += centroid ? (double)centroid[d] : 0.0;
		}
		mean[d] = (float)(sum / s->n);
	}
}

static enum vsx_status train(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	struct vsx_pq pq = vsx_pq_of(&p->form, vsx_pq_bits(p->build->codec));
	uint8_t *own = p->bytes + vsx_code_parts(&p->form).own;
	float *book = (float *)(void *)own;
	struct sample s = {.from = from, .p = p};
	enum vsx_status status = draw(&s, job, VSX_PQ_SAMPLE(pq.ksub), err);

	if (status == VSX_OK && p->build->codec == &vsx_codec_pq4fs) {
		put_mean(&s, book);
		book += pq.dim;
	}
	if (status == VSX_OK)
		status = vsx_pq_train(job, &pq, s.y, s.n, 0, false, book, err);
	free(s.rows);
	free(s.y);
	free(s.work);
	return status;
}

static uint64_t bytes(const struct vsx_code_form *f, uint64_t n, int bits,
		      unsigned int threads)
{
	struct vsx_pq pq = vsx_pq_of(f, bits);
	uint64_t some = VSX_PQ_SAMPLE(pq.ksub);

	if (some > n)
		some = n;
	return some * (f->coded * sizeof(float) + sizeof(uint32_t)) +
	       (uint64_t)threads * f->dim * sizeof(float) +
	       vsx_pq_train_bytes(&pq, (uint32_t)some, threads);
}

static uint64_t bytes_8(const struct vsx_code_form *f, uint64_t n,
			unsigned int threads)
{
	return bytes(f, n, 8, threads);
}

static uint64_t bytes_4(const struct vsx_code_form *f, uint64_t n,
			unsigned int threads)
{
	return bytes(f, n, 4, threads);
}

const struct vsx_codec_build vsx_codec_pq8_build = {
	.codec = &vsx_codec_pq8,
	.name = "PQ",
	.size_name = "m",
	.alias = "x8",
	.residual = true,
	.train = train,
	.train_bytes = bytes_8,
};

const struct vsx_codec_build vsx_codec_pq4_build = {
	.codec = &vsx_codec_pq4,
	.name = "PQ",
	.size_name = "m",
	.ending = "x4",
	.residual = true,
	.train = train,
	.train_bytes = bytes_4,
};

const struct vsx_codec_build vsx_codec_pq4fs_build = {
	.codec = &vsx_codec_pq4fs,
	.name = "PQ",
	.size_name = "m",
	.most_size = VSX_SCAN_MAX_PARTS,
	.ending = "x4fs",
	.kept = &vsx_codec_pq4_build,
	.alias = "x4fsr",
	.residual = true,
	.train = train,
	.train_bytes = bytes_4,
};
