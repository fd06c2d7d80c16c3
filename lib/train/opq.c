#include "train/opq.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "kernel/codes.h"
#include "kernel/matmul.h"
#include "train/cross.h"
#include "train/polar.h"
#include "train/pq.h"
#include "train/tally.h"

/* Rows that are learned from: as many as these components, and no fewer than
 * 64 for a codeword. */
#define MOST_COMPONENTS (1u << 25)
#define LEAST_ROWS	16384u

#define BLOCK 512u /* rows that are multiplied at a time */
#define ROWS  32u  /* and by one thread */

/* Iterations of the quantiser, at first and after each rotation. */
#define FIRST_ITERATIONS 8
#define ITERATIONS	 2

/* Rotations, at most; and no more once one gains less than this. */
#define ROTATIONS 20
#define GAIN	  5e-4

/*
 * How much the next rotation is held back by the one before, as a part of what
 * each dimension has to say: directions in which rows hardly differ would turn
 * at random, and where they do not differ at all there would be no answer.
 */
#define HOLD 1e-3

struct opq {
	struct vsx_pq pq;
	uint32_t n, dim, d;
	unsigned int threads;
	float *x;	/* [n][dim], less their mean */
	float *y;	/* [n][d], turned */
	double *turn;	/* [dim][d] */
	float *matrix;	/* [dim][d], the same as applied */
	double *next;	/* [dim][d] */
	float *book;	/* [d * ksub] */
	double *loss;	/* [n] */
	uint32_t block; /* its first row */
	double *xs;	/* [BLOCK][dim] rows */
	double *ys;	/* [BLOCK][d] what their codes say */
};

static unsigned int threads_of(const struct vsx_job *job)
{
	unsigned int n = job->n_threads ? job->n_threads : 1;

	return n > VSX_MAX_THREADS ? VSX_MAX_THREADS : n;
}

/* ---- rows that are turned, and their codes ------------------------------ */

static enum vsx_status turn_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct opq *o = context;
	uint32_t n = (uint32_t)(last - first);
	float *y = o->y + first * o->d;

	(void)thread;
	(void)err;
	memset(y, 0, (size_t)n * o->d * sizeof(*y));
	vsx_matmuls()->f32(o->x + first * o->dim, o->dim, n, o->dim, o->matrix,
			   o->d, o->d, y, o->d);
	return VSX_OK;
}

/* What the code of row `row` says in part j, and what it loses. */
static double code_part(const struct opq *o, uint32_t j, uint64_t row,
			double *out)
{
	uint32_t first = vsx_pq_first(&o->pq, j);
	uint32_t n = vsx_pq_components(&o->pq, j);
	const float *book = o->book + vsx_pq_book(&o->pq, j);
	float away;
	uint32_t c = vsx_code_kernels()->nearest(o->y + row * o->d + first,
						 book, n, o->pq.ksub, &away);

	for (uint32_t i = 0; i < n; i++)
		out[first + i] = (double)book[(size_t)i * o->pq.ksub + c];
	return (double)away;
}

static enum vsx_status code_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct opq *o = context;

	(void)thread;
	(void)err;
	for (uint64_t i = first; i < last; i++) {
		const float *x = o->x + (o->block + i) * o->dim;

		o->loss[o->block + i] = 0.0;
		for (uint32_t e = 0; e < o->dim; e++)
			o->xs[i * o->dim + e] = (double)x[e];
	}
	/* Part by part, so that a book is looked at by all rows in turn. */
	for (uint32_t j = 0; j < o->pq.m; j++)
		for (uint64_t i = first; i < last; i++)
			o->loss[o->block + i] +=
				code_part(o, j, o->block + i, o->ys + i * o->d);
	return VSX_OK;
}

/* *loss = of all rows; and o->next = x^T y where `products`. */
static enum vsx_status code_rows(struct opq *o, bool products, double *loss,
				 struct vsx_error *err)
{
	uint32_t some;

	memset(o->next, 0, (size_t)o->dim * o->d * sizeof(*o->next));
	for (o->block = 0; o->block < o->n; o->block += some) {
		some = o->n - o->block < BLOCK ? o->n - o->block : BLOCK;
		VSX_TRY(vsx_parallel(o->threads, some, ROWS, code_work, o,
				     err));
		if (products)
			VSX_TRY(vsx_cross_add(o->threads, o->xs, o->dim, o->ys,
					      o->d, some, o->next, false, err));
	}
	*loss = 0.0;
	for (uint32_t i = 0; i < o->n; i++)
		*loss += o->loss[i];
	return VSX_OK;
}

static enum vsx_status turn_and_train(struct opq *o, struct vsx_job *job,
				      uint32_t iterations, bool warm,
				      struct vsx_error *err)
{
	struct vsx_job quiet = *job;

	quiet.progress = NULL;
	for (size_t i = 0; i < (size_t)o->dim * o->d; i++)
		o->matrix[i] = (float)o->turn[i];
	VSX_TRY(vsx_parallel(o->threads, o->n, ROWS, turn_work, o, err));
	return vsx_pq_train(&quiet, &o->pq, o->y, o->n, iterations, warm,
			    o->book, err);
}

/* ---- the first rotation ------------------------------------------------- */

/* A product of many numbers, mantissa * 2^exponent. */
struct product {
	double mantissa;
	int64_t exponent;
};

static bool is_less(const struct product *a, const struct product *b)
{
	return a->exponent != b->exponent ? a->exponent < b->exponent
					  : a->mantissa < b->mantissa;
}

static void multiply(struct product *p, double x)
{
	int exponent;

	p->mantissa = frexp(p->mantissa * x, &exponent);
	p->exponent += exponent;
}

/*
 * The directions by falling variance, each to the subspace whose variances have
 * the least product so far: then all subspaces lose alike.
 */
static enum vsx_status spread(struct opq *o, const double *axes,
			      const double *variances, struct vsx_error *err)
{
	double least = variances[0] * 0x1p-40;
	struct product *product;
	uint32_t *n;

	VSX_TRY(vsx_alloc_to(&product, o->pq.m, sizeof(*product) + sizeof(*n),
			     err));
	n = (uint32_t *)(product + o->pq.m);
	for (uint32_t j = 0; j < o->pq.m; j++)
		product[j].mantissa = 0.5;
	for (uint32_t a = 0; a < o->d; a++) {
		double part = least > 0.0 ? variances[a] / least : 1.0;
		uint32_t to = o->pq.m, at;

		for (uint32_t j = 0; j < o->pq.m; j++)
			if (n[j] < vsx_pq_components(&o->pq, j) &&
			    (to == o->pq.m ||
			     is_less(&product[j], &product[to])))
				to = j;
		at = vsx_pq_first(&o->pq, to) + n[to]++;
		multiply(&product[to], part > 1.0 ? part : 1.0);
		for (size_t i = 0; i < o->dim; i++)
			o->turn[i * o->d + at] = axes[a * o->dim + i];
	}
	free(product);
	return VSX_OK;
}

/*
 * What lies nearest to the dimensions as they are: often neighbours belong
 * together, as in histograms. With fewer dimensions, in the space of the first
 * directions the nearest to sums of neighbours.
 */
static enum vsx_status stay(struct opq *o, const double *axes, bool *found,
			    struct vsx_error *err)
{
	double *sums;
	enum vsx_status status;

	*found = true;
	memset(o->turn, 0, (size_t)o->dim * o->d * sizeof(*o->turn));
	if (o->d == o->dim) {
		for (size_t i = 0; i < o->dim; i++)
			o->turn[i * o->d + i] = 1.0;
		return VSX_OK;
	}
	VSX_TRY(vsx_alloc_to(&sums, (size_t)o->d * o->d, sizeof(*sums), err));
	for (size_t a = 0; a < o->d; a++)
		for (size_t i = 0; i < o->dim; i++)
			sums[a * o->d + i * o->d / o->dim] +=
				axes[a * o->dim + i];
	status = vsx_cross_add(o->threads, axes, o->dim, sums, o->d, o->d,
			       o->turn, false, err);
	free(sums);
	if (status != VSX_OK)
		return status;
	return vsx_polar(o->turn, o->dim, o->d, o->threads, found, err);
}

/* Whichever of the two loses less is begun with; the books are its own. */
static enum vsx_status begin(struct opq *o, struct vsx_job *job,
			     const double *axes, const double *variances,
			     struct vsx_error *err)
{
	double stays = INFINITY, spreads;
	bool found;

	VSX_TRY(stay(o, axes, &found, err));
	if (found) {
		VSX_TRY(turn_and_train(o, job, FIRST_ITERATIONS, false, err));
		VSX_TRY(code_rows(o, false, &stays, err));
	}
	VSX_TRY(spread(o, axes, variances, err));
	VSX_TRY(turn_and_train(o, job, FIRST_ITERATIONS, false, err));
	VSX_TRY(code_rows(o, false, &spreads, err));
	if (spreads <= stays)
		return VSX_OK;
	VSX_TRY(stay(o, axes, &found, err));
	return turn_and_train(o, job, FIRST_ITERATIONS, false, err);
}

/* ---- the next ones ------------------------------------------------------ */

/* The rotation that brings rows nearest to what their codes say, o->next being
 * x^T y. Without one answer the last stays. */
static enum vsx_status rotate(struct opq *o, struct vsx_error *err)
{
	size_t n = (size_t)o->dim * o->d;
	double said = 0.0;
	bool found;

	for (size_t i = 0; i < n; i++)
		said += o->next[i] * o->turn[i];
	for (size_t i = 0; i < n; i++)
		o->next[i] += HOLD * said / o->d * o->turn[i];
	VSX_TRY(vsx_polar(o->next, o->dim, o->d, o->threads, &found, err));
	if (found)
		memcpy(o->turn, o->next, n * sizeof(*o->turn));
	return VSX_OK;
}

static enum vsx_status alternate(struct opq *o, struct vsx_job *job,
				 struct vsx_error *err)
{
	double before = INFINITY, loss;
	struct vsx_tally tally;

	VSX_TRY(vsx_tally_begin(&tally, job, &vsx_phase_training,
				(uint64_t)o->n * ROTATIONS, err));
	for (int i = 0; i < ROTATIONS; i++) {
		VSX_TRY(code_rows(o, true, &loss, err));
		if (!(loss < before * (1.0 - GAIN)))
			break;
		before = loss;
		VSX_TRY(rotate(o, err));
		VSX_TRY(turn_and_train(o, job, ITERATIONS, true, err));
		VSX_TRY(vsx_tally_add(&tally, 0, o->n, err));
	}
	return VSX_OK;
}

/* ---- all of it ---------------------------------------------------------- */

static enum vsx_status alloc_opq(struct opq *o, struct vsx_error *err)
{
	size_t turn = (size_t)o->dim * o->d, n = o->n;

	VSX_TRY(vsx_alloc_to(&o->x, n, o->dim * sizeof(*o->x), err));
	VSX_TRY(vsx_alloc_to(&o->y, n, o->d * sizeof(*o->y), err));
	VSX_TRY(vsx_alloc_to(&o->turn, turn, sizeof(*o->turn), err));
	VSX_TRY(vsx_alloc_to(&o->next, turn, sizeof(*o->next), err));
	VSX_TRY(vsx_alloc_to(&o->book, (size_t)o->d * o->pq.ksub,
			     sizeof(*o->book), err));
	VSX_TRY(vsx_alloc_to(&o->loss, n, sizeof(*o->loss), err));
	VSX_TRY(vsx_alloc_to(&o->xs, BLOCK, o->dim * sizeof(*o->xs), err));
	return vsx_alloc_to(&o->ys, BLOCK, o->d * sizeof(*o->ys), err);
}

static void free_opq(struct opq *o)
{
	free(o->x);
	free(o->y);
	free(o->turn);
	free(o->next);
	free(o->book);
	free(o->loss);
	free(o->xs);
	free(o->ys);
}

/* Axes and mean of what is coded, which is then o->x. */
static enum vsx_status load_rows(struct opq *o, struct vsx_job *job,
				 const struct vsx_rows_sample *sample,
				 float *mean, double *axes, double *variances,
				 struct vsx_error *err)
{
	VSX_TRY(vsx_axes_learn(job, sample, mean, axes, variances, err));
	for (uint32_t r = 0; r < o->n; r++) {
		float *x = o->x + (size_t)r * o->dim;

		vsx_rows_sample_load(sample, r, x);
		for (uint32_t i = 0; i < o->dim; i++)
			x[i] -= mean[i];
	}
	return VSX_OK;
}

/* `sample` is of what is coded, `mean` that of the rows. */
static enum vsx_status learn(struct opq *o, struct vsx_job *job,
			     struct vsx_rows_sample *sample, float *mean,
			     struct vsx_error *err)
{
	vsx_row_loader *load = sample->load;
	double *axes = NULL, *variances = NULL;
	enum vsx_status status;

	status = vsx_alloc_to(&axes, (size_t)o->dim * o->dim, sizeof(*axes),
			      err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&variances, o->dim, sizeof(*variances),
				      err);
	if (status == VSX_OK)
		status = load_rows(o, job, sample, mean, axes, variances, err);
	if (status == VSX_OK)
		status = begin(o, job, axes, variances, err);
	free(axes);
	free(variances);
	if (status == VSX_OK)
		status = alternate(o, job, err);
	if (status != VSX_OK || !load)
		return status;
	sample->load = NULL;
	return vsx_rows_sample_mean(sample, mean, err);
}

static uint32_t most_rows(uint32_t dim)
{
	uint32_t most = MOST_COMPONENTS / dim;

	most = most < LEAST_ROWS ? LEAST_ROWS : most;
	return most > VSX_LINEAR_SAMPLE ? VSX_LINEAR_SAMPLE : most;
}

uint64_t vsx_opq_learn_bytes(uint64_t n, uint32_t dim,
			     const struct vsx_opq_wish *wish,
			     unsigned int threads)
{
	struct vsx_pq pq = {wish->d, wish->m, wish->ksub};
	uint64_t both = (uint64_t)dim + wish->d;

	if (n > most_rows(dim))
		n = most_rows(dim);
	return n * (both * sizeof(float) + sizeof(double)) +
	       both * BLOCK * sizeof(double) +
	       (uint64_t)wish->d * (wish->ksub + dim) * sizeof(float) +
	       (uint64_t)dim * wish->d * 2 * sizeof(double) +
	       vsx_pca_learn_bytes(n, dim, wish->d, threads) +
	       vsx_pq_train_bytes(&pq, (uint32_t)n, threads);
}

enum vsx_status vsx_opq_learn(struct vsx_linear_map *out, struct vsx_job *job,
			      const struct vsx_rows *rows,
			      const struct vsx_opq_wish *wish,
			      struct vsx_error *err)
{
	uint32_t dim = rows->space->dim, d = wish->d;
	struct vsx_rows_sample sample;
	struct opq o = {.pq = {d, wish->m, wish->ksub},
			.dim = dim,
			.d = d,
			.threads = threads_of(job)};
	enum vsx_status status;

	*out = (struct vsx_linear_map){.dim = dim, .d = d};
	status = vsx_rows_sample_draw(&sample, job, rows, most_rows(dim), err);
	sample.load = wish->load;
	sample.context = wish->context;
	o.n = sample.n;
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->mean, dim, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->matrix, (size_t)dim * d,
				      sizeof(float), err);
	o.matrix = out->matrix;
	if (status == VSX_OK)
		status = alloc_opq(&o, err);
	if (status == VSX_OK)
		status = learn(&o, job, &sample, out->mean, err);
	vsx_rows_sample_release(&sample);
	free_opq(&o);
	if (status != VSX_OK)
		vsx_linear_map_release(out);
	return status;
}
