#include "write/code_drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/codes.h"
#include "segment/kept.h"

/* Rows that a mean is taken over, about. */
#define SAMPLE 2048

struct drift {
	const struct vsx_code_params *p;
	float *x, *y, *again; /* [dim]; [coded]; [coded] */
	uint8_t *block;
};

/* What is lost of d->y, a row less the centroid, when it is coded. */
static double loss(const struct drift *d, const float *centroid)
{
	const struct vsx_codec *codec = d->p->build->codec;
	const struct vsx_code_form *f = &d->p->form;
	double sum = 0.0;

	memset(d->block, 0, d->p->block_bytes);
	codec->encode(f, d->p->bytes, d->y, centroid ? &centroid : NULL, 1,
		      d->block);
	codec->decode(f, d->p->bytes, d->block, 0, d->again);
	for (uint32_t i = 0; i < f->coded; i++) {
		double r = (double)d->y[i] - (double)d->again[i];

		sum += r * r;
	}
	return sqrt(sum);
}

static double mean_of_new(const struct drift *d,
			  const struct vsx_code_source *from)
{
	uint32_t n = from->rows->n < SAMPLE ? from->rows->n : SAMPLE;
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t row = (uint64_t)i * from->rows->n / n;

		vsx_code_source_row(from, d->p, row, d->x, d->y);
		sum += loss(d, vsx_code_centroid(from, d->p, row));
	}
	return sum / n;
}

/* Some rows of each run, more of a longer one. */
static enum vsx_status mean_of_trained(const struct drift *d,
				       const struct vsx_codes *codes,
				       struct vsx_kept *kept, double *mean,
				       struct vsx_error *err)
{
	const struct vsx_segment *seg = kept->seg;
	uint32_t step = seg->n_rows / SAMPLE + 1;
	uint64_t n = 0, seen = 0;
	double sum = 0.0;

	for (uint32_t i = 0; i < vsx_segment_runs(seg); i++) {
		const float *centroid;
		const uint8_t *row;
		struct vsx_run run;

		VSX_TRY(vsx_segment_run(seg, i, &run, err));
		seen += run.n_rows;
		if (seen > seg->n_rows)
			return vsx_too_many_rows(seg, err);
		if (run.n_rows)
			VSX_TRY(vsx_codes_centroid(codes, i, &centroid, err));
		for (uint32_t r = 0; r < run.n_rows; r += step, n++) {
			uint64_t at =
				run.offset + (uint64_t)r * vsx_vecs_stride(seg);

			VSX_TRY(vsx_kept_at(kept, run.first_row + r, at, &row,
					    err));
			vsx_code_input(&d->p->form, d->p->bytes, &seg->space,
				       row, centroid, d->x, d->y);
			sum += loss(d, centroid);
		}
	}
	*mean = n ? sum / (double)n : 0.0;
	return VSX_OK;
}

static enum vsx_status mean_before(const struct drift *d,
				   const struct vsx_segment *trained,
				   double *mean, struct vsx_error *err)
{
	struct vsx_kept kept = {.seg = NULL};
	struct vsx_codes codes;
	enum vsx_status status;

	VSX_TRY(vsx_segment_codes(trained, &codes, err));
	status = vsx_kept_begin(&kept, trained, err);
	if (status == VSX_OK)
		status = mean_of_trained(d, &codes, &kept, mean, err);
	vsx_kept_release(&kept);
	return status;
}

static enum vsx_status find(const struct drift *d,
			    const struct vsx_code_source *from,
			    const struct vsx_segment *trained, double *drift,
			    struct vsx_error *err)
{
	double before = 0.0, now;

	*drift = 0.0;
	if (trained)
		VSX_TRY(mean_before(d, trained, &before, err));
	else if (d->p->build->usual_loss)
		before = d->p->build->usual_loss(d->p);
	else
		return VSX_OK;
	now = mean_of_new(d, from);
	*drift = before > 0.0 ? now / before : now > 0.0 ? INFINITY : 1.0;
	return VSX_OK;
}

enum vsx_status vsx_code_drift(const struct vsx_code_source *from,
			       const struct vsx_code_params *p,
			       const struct vsx_segment *trained, double *drift,
			       struct vsx_error *err)
{
	struct drift d = {.p = p};
	enum vsx_status status;

	status = vsx_alloc_to(&d.x, p->form.dim, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&d.y, 2 * (size_t)p->form.coded,
				      sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&d.block, p->block_bytes, 1, err);
	d.again = d.y ? d.y + p->form.coded : NULL;
	if (status == VSX_OK)
		status = find(&d, from, trained, drift, err);
	free(d.x);
	free(d.y);
	free(d.block);
	return status;
}
