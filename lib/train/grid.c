#include "train/grid.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "train/tally.h"

#define CHUNK 1024
#define LOOK  4096 /* rows that mean and deviation are taken from */

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

			part |= space->kernels->grid_range(
				vsx_space_f32s(space, x, row, d, n), n, scale,
				min + d, max + d);
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
	struct pass p = {.rows = rows};
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
	if (status == VSX_OK)
		status = vsx_tally_begin(&p.tally, job, &vsx_phase_ranges,
					 rows->n, err);
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
static void place(struct vsx_grid *p, const struct stats *s, double width)
{
	double delta = width / 255.0;
	float step = (float)delta;

	/* The grid reaches the greatest value after rounding, too. */
	if ((double)step < delta)
		step = nextafterf(step, INFINITY);
	p->delta = step;
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
			    const struct vsx_grid *p, uint8_t *code)
{
	uint64_t n = rows->n < LOOK ? rows->n : LOOK, clipped = 0;

	for (uint64_t k = 0; k < n; k++)
		clipped += vsx_grid_encode(p, rows->space,
					   row_at(rows, k * rows->n / n), code);
	return (double)clipped / (double)n;
}

static void choose(const struct vsx_rows *rows, const struct stats *s,
		   struct vsx_grid *p, uint8_t *code)
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

enum vsx_status vsx_grid_learn(struct vsx_job *job, const struct vsx_rows *rows,
			       struct vsx_grid *grid, struct vsx_error *err)
{
	uint32_t dim = rows->space->dim;
	struct stats s = {0};
	double *all = NULL;
	uint8_t *code = NULL;
	enum vsx_status status;

	*grid = (struct vsx_grid){.dim = dim};
	status = vsx_alloc_to(&grid->lo, dim, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&all, (size_t)dim * 4, sizeof(double),
				      err);
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
	choose(rows, &s, grid, code);
done:
	free(all);
	free(code);
	if (status != VSX_OK)
		vsx_grid_release(grid);
	return status;
}

void vsx_grid_release(struct vsx_grid *grid)
{
	free(grid->lo);
	*grid = (struct vsx_grid){0};
}

bool vsx_grid_encode_at(const struct vsx_grid *grid,
			const struct vsx_space *space, const uint8_t *row,
			uint8_t *code, size_t step)
{
	float x[VSX_SPACE_PIECE];
	double scale = vsx_space_scale(space, row);
	double inverse = 1.0 / (double)grid->delta;
	uint8_t c[VSX_SPACE_PIECE];
	bool out = false;

	for (uint32_t d = 0; d < space->dim; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(space->dim, d);

		uint8_t *to = step == 4 ? code + d : c;

		out |= space->kernels->grid_codes(
			vsx_space_f32s(space, x, row, d, n),
			(const uint8_t *)(grid->lo + d), n, scale, inverse, to);
		for (uint32_t i = 0; to == c && i < n; i += 4)
			memcpy(code + (d + i) / 4 * step, c + i,
			       n - i < 4 ? n - i : 4);
	}
	return out;
}
