#include "train/kmeans.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sample.h"
#include "train/cells.h"
#include "train/lloyd.h"
#include "train/tally.h"

#define PER_CENTROID 256 /* sampled rows, at most */

/*
 * From so many centroids on, they begin in cells, and points look only at the
 * centroids that are nearest to their own: few points move farther at once.
 */
#define MANY 256
#define LOTS 4096 /* where they move farther, and are long in settling */

static uint32_t near_of(uint32_t k)
{
	return k < MANY ? k : k < LOTS ? 96 : 160;
}

static uint32_t iterations_of(uint32_t k)
{
	return k < LOTS ? 9 : 12;
}

/* Iterations end when less than one point in this many has moved, and no
 * cluster was empty. */
#define SETTLED 200

struct training {
	struct vsx_kmeans *km;
	struct vsx_job *job;
	const struct vsx_rows *rows;
	uint32_t *sample; /* [n] row numbers of the points; NULL: all rows */
	struct vsx_lloyd l;
	double *means; /* [threads][dim] */
	struct vsx_tally tally;
};

static const uint8_t *point_row(const struct training *t, uint64_t i)
{
	uint64_t row = t->sample ? t->sample[i] : i;

	return t->rows->base + row * t->rows->space->stride;
}

static enum vsx_status encode_work(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct training *t = context;

	for (uint64_t i = first; i < last; i++)
		vsx_grid_encode(&t->km->grid, t->rows->space, point_row(t, i),
				t->l.codes + i * t->l.stride);
	return vsx_tally_add(&t->tally, thread, last - first, err);
}

/* The means of the rows. */
static enum vsx_status centroid_work(void *context, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	struct training *t = context;
	const struct vsx_lloyd *l = &t->l;
	struct vsx_kmeans *km = t->km;
	const struct vsx_space *space = t->rows->space;
	double *sum = t->means + (size_t)thread * km->dim;
	float x[VSX_SPACE_PIECE];

	(void)err;
	for (uint64_t c = first; c < last; c++) {
		float *mean = km->centroids + c * km->dim;
		uint32_t n = l->start[c + 1] - l->start[c];

		memset(sum, 0, km->dim * sizeof(*sum));
		for (uint32_t i = l->start[c]; i < l->start[c + 1]; i++) {
			const uint8_t *row = point_row(t, l->member[i]);
			double scale = vsx_space_scale(space, row);

			for (uint32_t d = 0; d < km->dim;
			     d += VSX_SPACE_PIECE) {
				uint32_t m = vsx_space_piece(km->dim, d);

				vsx_space_load_some(space, x, row, d, m);
				for (uint32_t e = 0; e < m; e++)
					sum[d + e] += (double)x[e] * scale;
			}
		}
		/* A cluster that could not be filled keeps its last code. */
		for (uint32_t d = 0; d < km->dim; d++) {
			uint8_t code = km->codes[c * km->code_stride + d];

			mean[d] = n ? (float)(sum[d] / n)
				    : km->grid.lo[d] + km->grid.delta * code;
		}
	}
	return VSX_OK;
}

/* ---- the loop ------------------------------------------------------- */

/* In cells: the points get another order. */
static enum vsx_status begin_in_cells(struct training *t, struct vsx_error *err)
{
	struct vsx_lloyd *l = &t->l;
	uint32_t *order;
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&order, l->n, sizeof(*order), err));
	status = vsx_cells_begin(l, t->job->seed, order, err);
	for (uint32_t i = 0; t->sample && i < l->n; i++)
		order[i] = t->sample[order[i]];
	free(t->sample);
	t->sample = order;
	return status;
}

static enum vsx_status begin(struct training *t, struct vsx_error *err)
{
	struct vsx_lloyd *l = &t->l;

	if (l->near)
		return begin_in_cells(t, err);
	vsx_lloyd_begin(l, t->job->seed, VSX_RANDOM_CENTROIDS);
	VSX_TRY(vsx_lloyd_look(l, err));
	vsx_lloyd_group(l);
	return VSX_OK;
}

static enum vsx_status iterate(struct training *t, struct vsx_error *err)
{
	struct vsx_lloyd *l = &t->l;
	uint32_t n = iterations_of(l->k);

	VSX_TRY(begin(t, err));
	for (uint32_t i = 1; i < n; i++) {
		VSX_TRY(vsx_lloyd_repair(l, err));
		VSX_TRY(vsx_lloyd_move(l, i + 1 < n, err));
		VSX_TRY(l->near ? vsx_lloyd_look_near(l, err)
				: vsx_lloyd_look(l, err));
		vsx_lloyd_group(l);
		if (l->near && l->n_filled == 0 &&
		    atomic_load(&l->n_moved) < l->n / SETTLED)
			break;
	}
	VSX_TRY(vsx_lloyd_repair(l, err));
	return vsx_parallel(l->threads, l->k, 8, centroid_work, t, err);
}

/* The codes of the final centroids. */
static void encode_centroids(struct vsx_kmeans *km,
			     const struct vsx_space *rows)
{
	struct vsx_space space;

	vsx_space_init(&space, VSX_L2, VSX_F32, rows->dim, rows->dim * 4);
	for (uint32_t c = 0; c < km->k; c++)
		vsx_grid_encode(
			&km->grid, &space,
			(const uint8_t *)(km->centroids + (size_t)c * km->dim),
			km->codes + (size_t)c * km->code_stride);
}

static void init(struct vsx_kmeans *km, uint32_t k, uint32_t dim)
{
	*km = (struct vsx_kmeans){
		.k = k,
		.dim = dim,
		.code_stride = (dim + 63) & ~63u,
		.distance = vsx_kernels()->l2_int[VSX_U8],
	};
}

static enum vsx_status draw(struct training *t, uint64_t sample,
			    struct vsx_error *err)
{
	struct vsx_lloyd *l = &t->l;

	if (sample == 0)
		sample = (uint64_t)l->k * PER_CENTROID;
	if (sample < l->k)
		sample = l->k;
	if (sample >= l->n)
		return VSX_OK;
	l->n = (uint32_t)sample;
	VSX_TRY(vsx_alloc_to(&t->sample, l->n, sizeof(*t->sample), err));
	vsx_sample(t->sample, l->n, t->rows->n, t->job->seed,
		   VSX_RANDOM_SAMPLE);
	return VSX_OK;
}

static enum vsx_status alloc_training(struct training *t, struct vsx_error *err)
{
	struct vsx_kmeans *km = t->km;
	struct vsx_lloyd *l = &t->l;

	VSX_TRY(vsx_alloc_to(&km->centroids, (size_t)km->k * km->dim,
			     sizeof(float), err));
	VSX_TRY(vsx_alloc_to(&km->codes, km->k, km->code_stride, err));
	VSX_TRY(vsx_alloc_to(&t->means, (size_t)l->threads * km->dim,
			     sizeof(*t->means), err));
	l->cents = km->codes;
	l->n_near = near_of(km->k);
	return vsx_lloyd_alloc(l, err);
}

/* What the tally counts: points put on the grid, then looked at. */
static uint64_t looks(const struct vsx_lloyd *l)
{
	uint64_t n = l->n;

	return n * iterations_of(l->k) +
	       (l->near ? vsx_cells_looks(l->n, l->k) : n);
}

enum vsx_status vsx_kmeans_train(struct vsx_kmeans *out, struct vsx_job *job,
				 const struct vsx_rows *rows, uint32_t k,
				 uint64_t sample, struct vsx_error *err)
{
	struct training t = {.km = out, .job = job, .rows = rows};
	enum vsx_status status;

	init(out, k, rows->space->dim);
	t.l = (struct vsx_lloyd){.k = k,
				 .dim = out->dim,
				 .stride = out->code_stride,
				 .n = rows->n,
				 .threads = vsx_job_threads(job),
				 .tally = &t.tally};
	status = draw(&t, sample, err);
	if (status == VSX_OK)
		status = vsx_grid_learn(job, rows, &out->grid, err);
	if (status == VSX_OK)
		status = alloc_training(&t, err);
	if (status == VSX_OK)
		status = vsx_tally_begin(&t.tally, job, &vsx_phase_training,
					 looks(&t.l), err);
	if (status == VSX_OK)
		status = vsx_parallel(t.l.threads, t.l.n, 1024, encode_work, &t,
				      err);
	if (status == VSX_OK)
		status = iterate(&t, err);
	if (status == VSX_OK)
		encode_centroids(out, rows->space);
	vsx_lloyd_release(&t.l);
	free(t.sample);
	free(t.means);
	if (status != VSX_OK)
		vsx_kmeans_release(out);
	return status;
}

enum vsx_status vsx_kmeans_take(struct vsx_kmeans *out, uint32_t k,
				const struct vsx_space *space,
				const uint8_t *cents, float delta,
				const uint8_t *lo, struct vsx_error *err)
{
	size_t row_bytes = space->dim * sizeof(float);
	enum vsx_status status;

	init(out, k, space->dim);
	out->grid.dim = out->dim;
	out->grid.delta = delta;
	status = vsx_alloc_to(&out->grid.lo, out->dim, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->centroids, k, row_bytes, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->codes, k, out->code_stride, err);
	if (status != VSX_OK) {
		vsx_kmeans_release(out);
		return status;
	}
	memcpy(out->grid.lo, lo, row_bytes);
	for (uint32_t c = 0; c < k; c++)
		memcpy(out->centroids + (size_t)c * out->dim,
		       cents + (size_t)c * space->stride, row_bytes);
	encode_centroids(out, space);
	return VSX_OK;
}

void vsx_kmeans_release(struct vsx_kmeans *km)
{
	free(km->centroids);
	free(km->codes);
	vsx_grid_release(&km->grid);
	memset(km, 0, sizeof(*km));
}
