/* RaBitQ: all there is to learn is where the rows are. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/sample.h"
#include "code/build.h"
#include "code/rabitq.h"

/* Rows that the mean is of. */
#define SAMPLE 16384u

/* The mean of some rows of `from`, as it codes them: `rows`, or the first. */
static enum vsx_status add_up(const struct vsx_code_source *from,
			      const struct vsx_code_params *p,
			      const uint32_t *rows, uint32_t n, float *mean,
			      struct vsx_error *err)
{
	const struct vsx_code_form *f = &p->form;
	double *sum = NULL;
	float *x = NULL;
	enum vsx_status status =
		vsx_alloc_to(&sum, f->coded, sizeof(*sum), err);

	if (status == VSX_OK)
		status = vsx_alloc_to(&x, (size_t)f->dim + f->coded, sizeof(*x),
				      err);
	for (uint32_t r = 0; status == VSX_OK && r < n; r++) {
		float *y = x + f->dim;

		vsx_code_source_row(from, p, rows ? rows[r] : r, x, y);
		for (uint32_t i = 0; i < f->coded; i++)
			sum[i] += (double)y[i];
	}
	for (uint32_t i = 0; status == VSX_OK && i < f->coded; i++)
		mean[i] = (float)(sum[i] / n);
	free(sum);
	free(x);
	return status;
}

static enum vsx_status train(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	float *mean =
		(float *)(void *)(p->bytes + vsx_code_parts(&p->form).own);
	struct vsx_code_params whole = *p;
	uint32_t n = from->rows->n, *rows = NULL;
	enum vsx_status status = VSX_OK;

	/* Rows before any centroid is taken from them. */
	whole.form.flags &= ~VSX_CODES_RESIDUAL;
	if (n > SAMPLE) {
		status = vsx_alloc_to(&rows, SAMPLE, sizeof(*rows), err);
		if (status == VSX_OK)
			vsx_sample(rows, SAMPLE, n, job->seed,
				   VSX_RANDOM_SAMPLE);
		n = SAMPLE;
	}
	if (status == VSX_OK)
		status = add_up(from, &whole, rows, n, mean, err);
	free(rows);
	return status;
}

const struct vsx_codec_build vsx_codec_rabitq_build = {
	.codec = &vsx_codec_rabitq,
	.name = "RaBitQ",
	.size_name = "bits",
	.usual_size = 1,
	.most_size = VSX_RABITQ_MOST_BITS,
	.kept = &vsx_codec_rabitq_record_build,
	.kept_alone = true,
	.residual = true,
	.train = train,
};

const struct vsx_codec_build vsx_codec_rabitq_record_build = {
	.codec = &vsx_codec_rabitq_record,
	.name = "RaBitQ",
	.size_name = "bits",
	.usual_size = 1,
	.most_size = VSX_RABITQ_MOST_BITS,
	.residual = true,
	.train = train,
};
