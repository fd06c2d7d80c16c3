#include "train/codes_train.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "train/tally.h"

#define CHUNK 1024
#define LOOK  4096 /* rows that mean and deviation are taken from */

/* Fewer dimensions are scanned as fast without codes. */
#define LEAST_DIM 16

/* A range wider than this many deviations is cut. */
#define DEVIATIONS 12.0

struct stats {
	double *min, *max;  /* [dim] */
	double *mean, *dev; /* [dim] */
	bool whole;	    /* every component is a whole number */
};

struct pass {
	const struct vsx_rows *rows;
	struct vsx_tally tally;
	double *min, *max; /* [threads][dim] */
	bool *part;	   /* [threads] has a component that is not whole */
	const struct vsx_code_params *params;
	float *eps, *wild_eps; /* [threads] */
	uint8_t *code;	       /* [threads][dim] */
};

static const uint8_t *row_at(const struct vsx_rows *rows, uint64_t i)
{
	return rows->base + i * rows->space->stride;
}

/* ---- the range of the components ------------------------------------ */

static enum vsx_status range_work(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	struct pass *p = context;
	const struct vsx_space *space = p->rows->space;
	double *min = p->min + (size_t)thread * space->dim;
	double *max = p->max + (size_t)thread * space->dim;
	float x[VSX_SPACE_PIECE];
	bool part = p->part[thread];

	for (uint64_t r = first; r < last; r++) {
		const uint8_t *row = row_at(p->rows, r);
		double scale = vsx_space_scale(space, row);

		for (uint32_t d = 0; d < space->dim; d += VSX_SPACE_PIECE) {
			uint32_t n = vsx_space_piece(space->dim, d);

			vsx_space_load_some(space, x, row, d, n);
			for (uint32_t i = 0; i < n; i++) {
				double c = (double)x[i] * scale;

				if (c < min[d + i])
					min[d + i] = c;
				if (c > max[d + i])
					max[d + i] = c;
				if (!part && c != rint(c))
					part = true;
			}
		}
	}
	p->part[thread] = part;
	return vsx_tally_add(&p->tally, thread, last - first, err);
}

static enum vsx_status find_range(struct vsx_job *job,
				  const struct vsx_rows *rows, struct stats *s,
				  struct vsx_error *err)
{
	unsigned int threads = job->n_threads ? job->n_threads : 1;
	uint32_t dim = rows->space->dim;
	struct pass p = {.rows = rows,
			 .tally = {job, &vsx_phase_ranges, 0, rows->n}};
	enum vsx_status status;

	if (threads > VSX_MAX_THREADS)
		threads = VSX_MAX_THREADS;
	status = vsx_alloc_to(&p.min, (size_t)threads * dim, sizeof(double),
			      err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.max, (size_t)threads * dim,
				      sizeof(double), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.part, threads, sizeof(bool), err);
	if (status != VSX_OK)
		goto done;
	for (size_t i = 0; i < (size_t)threads * dim; i++) {
		p.min[i] = INFINITY;
		p.max[i] = -INFINITY;
	}
	status = vsx_parallel(threads, rows->n, CHUNK, range_work, &p, err);
	if (status != VSX_OK)
		goto done;
	s->whole = true;
	for (uint32_t d = 0; d < dim; d++) {
		s->min[d] = INFINITY;
		s->max[d] = -INFINITY;
	}
	for (unsigned int t = 0; t < threads; t++) {
		s->whole = s->whole && !p.part[t];
		for (uint32_t d = 0; d < dim; d++) {
			s->min[d] = fmin(s->min[d], p.min[t * dim + d]);
			s->max[d] = fmax(s->max[d], p.max[t * dim + d]);
		}
	}
done:
	free(p.min);
	free(p.max);
	free(p.part);
	return status;
}

/* ---- mean and deviation, from some rows ----------------------------- */

static void look(const struct vsx_rows *rows, struct stats *s)
{
	const struct vsx_space *space = rows->space;
	uint64_t n = rows->n < LOOK ? rows->n : LOOK;
	float x[VSX_SPACE_PIECE];

	for (uint64_t k = 0; k < n; k++) {
		const uint8_t *row = row_at(rows, k * rows->n / n);
		double scale = vsx_space_scale(space, row);

		for (uint32_t d = 0; d < space->dim; d += VSX_SPACE_PIECE) {
			uint32_t m = vsx_space_piece(space->dim, d);

			vsx_space_load_some(space, x, row, d, m);
			for (uint32_t i = 0; i < m; i++) {
				/* about the least value, so that a large mean
				 * does not swallow a small deviation */
				double c = (double)x[i] * scale - s->min[d + i];

				s->mean[d + i] += c;
				s->dev[d + i] += c * c;
			}
		}
	}
	for (uint32_t d = 0; d < space->dim; d++) {
		double mean = s->mean[d] / (double)n;
		double var = s->dev[d] / (double)n - mean * mean;

		s->mean[d] = s->min[d] + mean;
		s->dev[d] = var > 0.0 ? sqrt(var) : 0.0;
	}
}

/* ---- the grid ------------------------------------------------------- */

/* Put lo so that 255 steps from it cover the range, or its middle. */
static void place(struct vsx_code_params *p, const struct stats *s,
		  double width)
{
	double delta = width / 255.0;
	float step = (float)delta;

	/* The grid reaches the greatest value after rounding, too. */
	if ((double)step < delta)
		step = nextafterf(step, INFINITY);
	p->header.delta = step;
	for (uint32_t d = 0; d < p->dim; d++) {
		double span = 255.0 * (double)step, lo = s->min[d];

		if (s->max[d] - s->min[d] > span) {
			lo = s->mean[d] - span / 2.0;
			lo = fmax(lo, s->min[d]);
			lo = fmin(lo, s->max[d] - span);
		}
		p->lo[d] = (float)lo;
	}
}

/* The share of the looked-at rows with a component outside of the grid. */
static double clipped_share(const struct vsx_rows *rows,
			    const struct vsx_code_params *p, uint8_t *code)
{
	uint64_t n = rows->n < LOOK ? rows->n : LOOK, clipped = 0;

	for (uint64_t k = 0; k < n; k++)
		clipped += vsx_codes_encode_plain(
			p, rows->space, row_at(rows, k * rows->n / n), code);
	return (double)clipped / (double)n;
}

static void choose(const struct vsx_rows *rows, const struct stats *s,
		   struct vsx_code_params *p, uint8_t *code)
{
	double full = 0.0, cut = 0.0;

	for (uint32_t d = 0; d < p->dim; d++) {
		double range = s->max[d] - s->min[d];

		full = fmax(full, range);
		cut = fmax(cut, fmin(range, DEVIATIONS * s->dev[d]));
	}
	/* Whole numbers keep their values: then nothing is lost at all. */
	if (s->whole && full <= 255.0)
		full = cut = 255.0;
	/* All rows the same, or nearly: any step will do. */
	if (full < FLT_MIN * 1e6)
		full = FLT_MIN * 1e6;
	if (cut < full * 0.75 && cut > FLT_MIN * 1e6) {
		place(p, s, cut);
		if (clipped_share(rows, p, code) <= 0.005)
			return;
	}
	place(p, s, full);
}

static enum vsx_status alloc_params(struct vsx_code_params *p, uint32_t dim,
				    struct vsx_error *err)
{
	memset(p, 0, sizeof(*p));
	p->dim = dim;
	p->stride = vsx_codes_stride(dim);
	return vsx_alloc_to(&p->lo, dim, sizeof(float), err);
}

enum vsx_status vsx_codes_grid(struct vsx_job *job, const struct vsx_rows *rows,
			       struct vsx_code_params *params,
			       struct vsx_error *err)
{
	uint32_t dim = rows->space->dim;
	struct stats s = {0};
	double *all = NULL;
	uint8_t *code = NULL;
	enum vsx_status status;

	VSX_TRY(alloc_params(params, dim, err));
	status = vsx_alloc_to(&all, (size_t)dim * 4, sizeof(double), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&code, dim, 1, err);
	if (status != VSX_OK)
		goto done;
	s.min = all;
	s.max = all + dim;
	s.mean = all + 2 * (size_t)dim;
	s.dev = all + 3 * (size_t)dim;
	status = find_range(job, rows, &s, err);
	if (status != VSX_OK)
		goto done;
	look(rows, &s);
	choose(rows, &s, params, code);
done:
	free(all);
	free(code);
	if (status != VSX_OK)
		vsx_code_params_release(params);
	return status;
}

/* ---- what is lost --------------------------------------------------- */

static enum vsx_status loss_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct pass *p = context;
	const struct vsx_space *space = p->rows->space;
	uint8_t *code = p->code + (size_t)thread * space->dim;

	for (uint64_t r = first; r < last; r++) {
		const uint8_t *row = row_at(p->rows, r);
		bool out = vsx_codes_encode_plain(p->params, space, row, code);
		float *most = out ? &p->wild_eps[thread] : &p->eps[thread];
		float eps = vsx_codes_loss(space, p->params->header.delta,
					   (const uint8_t *)p->params->lo, row,
					   code);

		if (eps > *most)
			*most = eps;
	}
	return vsx_tally_add(&p->tally, thread, last - first, err);
}

enum vsx_status vsx_codes_losses(struct vsx_job *job,
				 const struct vsx_rows *rows,
				 struct vsx_code_params *params,
				 struct vsx_error *err)
{
	unsigned int threads = job->n_threads ? job->n_threads : 1;
	struct pass p = {.rows = rows,
			 .params = params,
			 .tally = {job, &vsx_phase_codes, 0, rows->n}};
	float eps = 0.0f, wild = 0.0f;
	enum vsx_status status;

	if (threads > VSX_MAX_THREADS)
		threads = VSX_MAX_THREADS;
	status = vsx_alloc_to(&p.eps, 2 * (size_t)threads, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.code, threads, params->dim, err);
	if (status != VSX_OK)
		goto done;
	p.wild_eps = p.eps + threads;
	status = vsx_parallel(threads, rows->n, CHUNK, loss_work, &p, err);
	if (status != VSX_OK)
		goto done;
	for (unsigned int t = 0; t < threads; t++) {
		eps = fmaxf(eps, p.eps[t]);
		wild = fmaxf(wild, p.wild_eps[t]);
	}
	params->header.eps_cap = eps;
	params->header.wild = wild > eps;
done:
	free(p.eps);
	free(p.code);
	return status;
}

enum vsx_status vsx_codes_train(struct vsx_job *job,
				const struct vsx_rows *rows,
				struct vsx_code_params *params,
				struct vsx_error *err)
{
	const struct vsx_space *space = rows->space;
	enum vsx_status status;

	if (vsx_elem_is_int(space->elem) || space->dim < LEAST_DIM ||
	    rows->n == 0) {
		memset(params, 0, sizeof(*params));
		return VSX_OK;
	}
	VSX_TRY(vsx_codes_grid(job, rows, params, err));
	status = vsx_codes_losses(job, rows, params, err);
	if (status != VSX_OK)
		vsx_code_params_release(params);
	return status;
}

void vsx_code_params_release(struct vsx_code_params *params)
{
	free(params->lo);
	memset(params, 0, sizeof(*params));
}

/* ---- writing -------------------------------------------------------- */

void vsx_codes_put_params(const struct vsx_code_params *params, uint8_t *out)
{
	memcpy(out, &params->header, sizeof(params->header));
	memcpy(out + sizeof(params->header), params->lo,
	       (size_t)params->dim * sizeof(float));
}

bool vsx_codes_encode_plain(const struct vsx_code_params *params,
			    const struct vsx_space *space, const uint8_t *row,
			    uint8_t *code)
{
	float x[VSX_SPACE_PIECE];
	double scale = vsx_space_scale(space, row);
	double inverse = 1.0 / (double)params->header.delta;
	bool out = false;

	for (uint32_t d = 0; d < space->dim; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(space->dim, d);

		vsx_space_load_some(space, x, row, d, n);
		for (uint32_t i = 0; i < n; i++) {
			double c = ((double)x[i] * scale -
				    (double)params->lo[d + i]) *
				   inverse;

			/* lo was rounded: a hair outside is inside */
			out |= c < -0.5 || c > 255.5;
			c = c < 0.0 ? 0.0 : c > 255.0 ? 255.0 : c;
			code[d + i] = (uint8_t)(c + 0.5);
		}
	}
	return out;
}

void vsx_codes_encode(const struct vsx_code_params *params,
		      const struct vsx_space *space, const uint8_t *row,
		      uint8_t *out)
{
	float eps;

	vsx_codes_encode_plain(params, space, row, out);
	eps = vsx_codes_loss(space, params->header.delta,
			     (const uint8_t *)params->lo, row, out);
	memset(out + space->dim, 0, params->stride - space->dim);
	memcpy(out + vsx_codes_eps_at(space->dim), &eps, sizeof(eps));
}
