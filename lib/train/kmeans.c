#include "train/kmeans.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/select.h"
#include "train/tally.h"

#define PER_CENTROID 256 /* sampled rows, at most */
#define ITERATIONS   12
#define CHUNK	     64 /* points that go over a tile of centroids */
#define TILE_BYTES   (128u << 10)
#define TILE	     1024u

/*
 * After the first iteration a point looks only at the centroids that are
 * nearest to its own: few points move farther at once.
 */
#define NEAR 48

/* Iterations end when less than one point in this many has moved. */
#define SETTLED 200

/* Chains are walked within stretches of this many centroids. */
#define STRETCH 4096u

struct lloyd {
	struct vsx_kmeans *km;
	struct vsx_job *job;
	const struct vsx_rows *rows;
	uint32_t *sample; /* [n] row numbers; NULL: all rows */
	uint32_t n;
	uint8_t *codes;	  /* [n][code_stride], of the points */
	uint32_t *of;	  /* [n] centroid of each point */
	uint32_t *away;	  /* [n] and its distance */
	uint64_t *spread; /* [k] their sum over the points of a centroid */
	uint32_t *start;  /* [k + 1] */
	uint32_t *member; /* [n] points by centroid, rising */
	uint32_t *near;	  /* [k][n_near] */
	uint32_t n_near;
	unsigned int threads;
	uint32_t *keys;	 /* [threads][CHUNK or k] */
	uint64_t *order; /* [threads][k] */
	uint64_t *sums;	 /* [threads][dim] */
	double *means;	 /* [threads][dim] */
	_Atomic uint64_t n_moved;
	struct vsx_tally tally;
};

static const uint8_t *point_row(const struct lloyd *l, uint64_t i)
{
	uint64_t row = l->sample ? l->sample[i] : i;

	return l->rows->base + row * l->rows->space->stride;
}

static unsigned int threads_of(const struct vsx_job *job)
{
	unsigned int n = job->n_threads ? job->n_threads : 1;

	return n > VSX_MAX_THREADS ? VSX_MAX_THREADS : n;
}

/* ---- points --------------------------------------------------------- */

/* m of n row numbers, rising; each set is as likely (Knuth, TAOCP 2, 3.4.2,
 * algorithm S). */
static void draw(uint32_t *out, uint32_t m, uint32_t n, uint64_t seed)
{
	struct vsx_rng rng = {vsx_random_at(seed, VSX_RANDOM_SAMPLE, 0)};
	uint32_t taken = 0;

	for (uint32_t i = 0; taken < m; i++)
		if (vsx_rng_below(&rng, n - i) < m - taken)
			out[taken++] = i;
}

static enum vsx_status encode_work(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct lloyd *l = context;

	for (uint64_t i = first; i < last; i++)
		vsx_codes_encode_plain(&l->km->grid, l->rows->space,
				       point_row(l, i),
				       l->codes + i * l->km->code_stride);
	return vsx_tally_add(&l->tally, thread, last - first, err);
}

/* ---- nearest centroids ---------------------------------------------- */

/* The nearest of the centroids for up to CHUNK points; away may be NULL. */
static void nearest(const struct vsx_kmeans *km, const uint8_t *points,
		    uint32_t n, uint32_t *keys, uint32_t *of, uint32_t *away)
{
	uint32_t tile = TILE_BYTES / km->code_stride;
	uint64_t best[CHUNK];

	tile = tile < 1 ? 1 : tile > TILE ? TILE : tile;
	for (uint32_t i = 0; i < n; i++)
		best[i] = UINT64_MAX;
	for (uint32_t c = 0; c < km->k; c += tile) {
		uint32_t m = km->k - c < tile ? km->k - c : tile;

		for (uint32_t i = 0; i < n; i++) {
			km->distance(points + (size_t)i * km->code_stride,
				     km->codes + (size_t)c * km->code_stride,
				     km->code_stride, NULL, m, km->dim, keys);
			for (uint32_t j = 0; j < m; j++) {
				uint64_t b = (uint64_t)keys[j] << 32 | (c + j);

				best[i] = b < best[i] ? b : best[i];
			}
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		of[i] = (uint32_t)best[i];
		if (away)
			away[i] = (uint32_t)(best[i] >> 32);
	}
}

static enum vsx_status full_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct lloyd *l = context;

	nearest(l->km, l->codes + first * l->km->code_stride,
		(uint32_t)(last - first), l->keys + (size_t)thread * TILE,
		l->of + first, l->away + first);
	return vsx_tally_add(&l->tally, thread, last - first, err);
}

/* Points by centroid, from member[first]: they share the centroids they look
 * at. */
static enum vsx_status near_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct lloyd *l = context;
	const struct vsx_kmeans *km = l->km;
	uint32_t keys[NEAR];
	uint64_t moved = 0;

	for (uint64_t i = first; i < last; i++) {
		uint32_t point = l->member[i], own = l->of[point];
		const uint32_t *near = l->near + (size_t)own * l->n_near;
		uint64_t best = UINT64_MAX;

		km->distance(l->codes + (size_t)point * km->code_stride,
			     km->codes, km->code_stride, near, l->n_near,
			     km->dim, keys);
		for (uint32_t j = 0; j < l->n_near; j++) {
			uint64_t b = (uint64_t)keys[j] << 32 | near[j];

			best = b < best ? b : best;
		}
		l->of[point] = (uint32_t)best;
		l->away[point] = (uint32_t)(best >> 32);
		moved += (uint32_t)best != own;
	}
	atomic_fetch_add(&l->n_moved, moved);
	return vsx_tally_add(&l->tally, thread, last - first, err);
}

/* For each centroid those that are nearest to it, itself among them. */
static enum vsx_status neighbours_work(void *context, unsigned int thread,
				       uint64_t first, uint64_t last,
				       struct vsx_error *err)
{
	struct lloyd *l = context;
	const struct vsx_kmeans *km = l->km;
	uint64_t *order = l->order + (size_t)thread * km->k;
	uint32_t keys[TILE];

	(void)err;
	for (uint64_t c = first; c < last; c++) {
		for (uint32_t t = 0; t < km->k; t += TILE) {
			uint32_t m = km->k - t < TILE ? km->k - t : TILE;

			km->distance(km->codes + c * km->code_stride,
				     km->codes + (size_t)t * km->code_stride,
				     km->code_stride, NULL, m, km->dim, keys);
			for (uint32_t j = 0; j < m; j++)
				order[t + j] =
					(uint64_t)keys[j] << 32 | (t + j);
		}
		/* Equal centroids must not push out the own one. */
		order[c] = c;
		vsx_least(order, km->k, l->n_near, false);
		for (uint32_t j = 0; j < l->n_near; j++)
			l->near[c * l->n_near + j] = (uint32_t)order[j];
	}
	return VSX_OK;
}

/* ---- clusters and their means --------------------------------------- */

static void group(struct lloyd *l)
{
	uint32_t k = l->km->k;

	memset(l->start, 0, ((size_t)k + 1) * sizeof(*l->start));
	for (uint32_t i = 0; i < l->n; i++)
		l->start[l->of[i] + 1]++;
	for (uint32_t c = 0; c < k; c++)
		l->start[c + 1] += l->start[c];
	for (uint32_t i = 0; i < l->n; i++)
		l->member[l->start[l->of[i]]++] = i;
	memmove(l->start + 1, l->start, (size_t)k * sizeof(*l->start));
	l->start[0] = 0;
}

/*
 * Empty clusters get a half each of those that are spread most: the points with
 * odd numbers in it. The means of the two halves drift apart from there. (Of
 * the most spread, not of the largest: that may be copies of one row.)
 */
static void repair(struct lloyd *l)
{
	uint32_t k = l->km->k;

	memset(l->spread, 0, k * sizeof(*l->spread));
	for (uint32_t i = 0; i < l->n; i++)
		l->spread[l->of[i]] += l->away[i];
	for (uint32_t c = 0; c < k; c++)
		if (l->start[c + 1] - l->start[c] < 2)
			l->spread[c] = 0;
	for (uint32_t c = 0; c < k; c++) {
		uint32_t from = 0;

		if (l->start[c + 1] > l->start[c])
			continue;
		for (uint32_t o = 1; o < k; o++)
			if (l->spread[o] > l->spread[from])
				from = o;
		if (l->spread[from] == 0)
			break;
		for (uint32_t i = l->start[from] + 1; i < l->start[from + 1];
		     i += 2)
			l->of[l->member[i]] = c;
		l->spread[from] = 0; /* once in an iteration */
	}
	group(l);
}

/* The codes nearest to the means of the codes. */
static enum vsx_status mean_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct lloyd *l = context;
	const struct vsx_kmeans *km = l->km;
	uint64_t *sum = l->sums + (size_t)thread * km->dim;

	(void)err;
	for (uint64_t c = first; c < last; c++) {
		uint8_t *code = km->codes + c * km->code_stride;
		uint32_t n = l->start[c + 1] - l->start[c];

		if (n == 0)
			continue;
		memset(sum, 0, km->dim * sizeof(*sum));
		for (uint32_t i = l->start[c]; i < l->start[c + 1]; i++) {
			const uint8_t *p = l->codes + (size_t)l->member[i] *
							      km->code_stride;

			for (uint32_t d = 0; d < km->dim; d++)
				sum[d] += p[d];
		}
		for (uint32_t d = 0; d < km->dim; d++)
			code[d] =
				(uint8_t)((sum[d] * 2 + n) / ((uint64_t)n * 2));
	}
	return VSX_OK;
}

/* The means of the rows. */
static enum vsx_status centroid_work(void *context, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	struct lloyd *l = context;
	struct vsx_kmeans *km = l->km;
	const struct vsx_space *space = l->rows->space;
	double *sum = l->means + (size_t)thread * km->dim;
	float x[VSX_SPACE_PIECE];

	(void)err;
	for (uint64_t c = first; c < last; c++) {
		float *mean = km->centroids + c * km->dim;
		uint32_t n = l->start[c + 1] - l->start[c];

		memset(sum, 0, km->dim * sizeof(*sum));
		for (uint32_t i = l->start[c]; i < l->start[c + 1]; i++) {
			const uint8_t *row = point_row(l, l->member[i]);
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
				    : km->grid.lo[d] +
						  km->grid.header.delta * code;
		}
	}
	return VSX_OK;
}

/* ---- the loop ------------------------------------------------------- */

/* Random points, all different ones. */
static void first_centroids(struct lloyd *l)
{
	struct vsx_rng rng = {
		vsx_random_at(l->job->seed, VSX_RANDOM_CENTROIDS, 0)};
	struct vsx_kmeans *km = l->km;
	uint32_t *deck = l->member;

	for (uint32_t i = 0; i < l->n; i++)
		deck[i] = i;
	for (uint32_t c = 0; c < km->k; c++) {
		uint32_t other = c + (uint32_t)vsx_rng_below(&rng, l->n - c);
		uint32_t t = deck[other];

		deck[other] = deck[c];
		deck[c] = t;
		memcpy(km->codes + (size_t)c * km->code_stride,
		       l->codes + (size_t)t * km->code_stride, km->dim);
	}
}

static enum vsx_status iterate(struct lloyd *l, struct vsx_error *err)
{
	unsigned int threads = l->threads;
	uint32_t k = l->km->k;

	first_centroids(l);
	VSX_TRY(vsx_parallel(threads, l->n, CHUNK, full_work, l, err));
	group(l);
	for (int i = 1; i < ITERATIONS; i++) {
		repair(l);
		VSX_TRY(vsx_parallel(threads, k, 8, mean_work, l, err));
		VSX_TRY(vsx_parallel(threads, k, 8, neighbours_work, l, err));
		atomic_store(&l->n_moved, 0);
		VSX_TRY(vsx_parallel(threads, l->n, CHUNK, near_work, l, err));
		group(l);
		if (atomic_load(&l->n_moved) < l->n / SETTLED)
			break;
	}
	repair(l);
	return vsx_parallel(threads, k, 8, centroid_work, l, err);
}

static enum vsx_status alloc_lloyd(struct lloyd *l, struct vsx_error *err)
{
	struct vsx_kmeans *km = l->km;
	size_t k = km->k, t = l->threads;

	l->n_near = km->k < NEAR ? km->k : NEAR;
	VSX_TRY(vsx_alloc_to(&l->codes, l->n, km->code_stride, err));
	VSX_TRY(vsx_alloc_to(&l->of, l->n, sizeof(*l->of), err));
	VSX_TRY(vsx_alloc_to(&l->away, l->n, sizeof(*l->away), err));
	VSX_TRY(vsx_alloc_to(&l->spread, k, sizeof(*l->spread), err));
	VSX_TRY(vsx_alloc_to(&l->start, k + 1, sizeof(*l->start), err));
	VSX_TRY(vsx_alloc_to(&l->member, l->n, sizeof(*l->member), err));
	VSX_TRY(vsx_alloc_to(&l->near, k * l->n_near, sizeof(*l->near), err));
	VSX_TRY(vsx_alloc_to(&l->keys, t * TILE, sizeof(*l->keys), err));
	VSX_TRY(vsx_alloc_to(&l->order, t * k, sizeof(*l->order), err));
	VSX_TRY(vsx_alloc_to(&l->sums, t * km->dim, sizeof(*l->sums), err));
	return vsx_alloc_to(&l->means, t * km->dim, sizeof(*l->means), err);
}

static void free_lloyd(struct lloyd *l)
{
	free(l->sample);
	free(l->codes);
	free(l->of);
	free(l->away);
	free(l->spread);
	free(l->start);
	free(l->member);
	free(l->near);
	free(l->keys);
	free(l->order);
	free(l->sums);
	free(l->means);
}

/* The codes of the final centroids. */
static void encode_centroids(struct vsx_kmeans *km,
			     const struct vsx_space *rows)
{
	struct vsx_space space;

	vsx_space_init(&space, VSX_L2, VSX_F32, rows->dim, rows->dim * 4);
	for (uint32_t c = 0; c < km->k; c++)
		vsx_codes_encode_plain(
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

enum vsx_status vsx_kmeans_train(struct vsx_kmeans *out, struct vsx_job *job,
				 const struct vsx_rows *rows, uint32_t k,
				 uint64_t sample, struct vsx_error *err)
{
	struct lloyd l = {.km = out,
			  .job = job,
			  .rows = rows,
			  .n = rows->n,
			  .threads = threads_of(job)};
	enum vsx_status status;

	init(out, k, rows->space->dim);
	if (sample == 0)
		sample = (uint64_t)k * PER_CENTROID;
	if (sample < k)
		sample = k;
	if (sample < l.n) {
		l.n = (uint32_t)sample;
		VSX_TRY(vsx_alloc_to(&l.sample, l.n, sizeof(*l.sample), err));
		draw(l.sample, l.n, rows->n, job->seed);
	}
	status = vsx_codes_grid(job, rows, &out->grid, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->centroids, (size_t)k * out->dim,
				      sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->codes, k, out->code_stride, err);
	if (status == VSX_OK)
		status = alloc_lloyd(&l, err);
	if (status != VSX_OK)
		goto done;
	l.tally = (struct vsx_tally){job, &vsx_phase_training, 0,
				     (uint64_t)l.n * (ITERATIONS + 1)};
	status = vsx_parallel(l.threads, l.n, 1024, encode_work, &l, err);
	if (status == VSX_OK)
		status = iterate(&l, err);
	if (status == VSX_OK)
		encode_centroids(out, rows->space);
done:
	free_lloyd(&l);
	if (status != VSX_OK)
		vsx_kmeans_release(out);
	return status;
}

enum vsx_status vsx_kmeans_take(struct vsx_kmeans *out, uint32_t k,
				const struct vsx_space *space,
				const uint8_t *cents,
				const struct vsx_codes *grid,
				struct vsx_error *err)
{
	size_t row_bytes = space->dim * sizeof(float);
	enum vsx_status status;

	init(out, k, space->dim);
	out->grid.header = grid->header;
	out->grid.dim = out->dim;
	out->grid.stride = vsx_codes_stride(out->dim);
	status = vsx_alloc_to(&out->grid.lo, out->dim, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->centroids, k, row_bytes, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->codes, k, out->code_stride, err);
	if (status != VSX_OK) {
		vsx_kmeans_release(out);
		return status;
	}
	memcpy(out->grid.lo, grid->lo, row_bytes);
	for (uint32_t c = 0; c < k; c++)
		memcpy(out->centroids + (size_t)c * out->dim,
		       cents + (size_t)c * space->stride, row_bytes);
	encode_centroids(out, space);
	return VSX_OK;
}

/* ---- all rows ------------------------------------------------------- */

struct assign {
	const struct vsx_kmeans *km;
	const struct vsx_rows *rows;
	uint32_t *list;
	uint8_t *codes; /* [threads][CHUNK][code_stride] */
	uint32_t *keys; /* [threads][TILE] */
	struct vsx_tally tally;
};

static enum vsx_status assign_work(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct assign *a = context;
	const struct vsx_kmeans *km = a->km;
	uint8_t *codes = a->codes + (size_t)thread * CHUNK * km->code_stride;
	uint32_t n = (uint32_t)(last - first);

	for (uint32_t i = 0; i < n; i++)
		vsx_codes_encode_plain(
			&km->grid, a->rows->space,
			a->rows->base + (first + i) * a->rows->space->stride,
			codes + (size_t)i * km->code_stride);
	nearest(km, codes, n, a->keys + (size_t)thread * TILE, a->list + first,
		NULL);
	return vsx_tally_add(&a->tally, thread, n, err);
}

enum vsx_status vsx_kmeans_assign(const struct vsx_kmeans *km,
				  struct vsx_job *job,
				  const struct vsx_rows *rows, uint32_t *list,
				  struct vsx_error *err)
{
	unsigned int threads = threads_of(job);
	struct assign a = {.km = km,
			   .rows = rows,
			   .list = list,
			   .tally = {job, &vsx_phase_assigning, 0, rows->n}};
	enum vsx_status status;

	status = vsx_alloc_to(&a.codes, (size_t)threads * CHUNK,
			      km->code_stride, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a.keys, (size_t)threads * TILE,
				      sizeof(*a.keys), err);
	if (status == VSX_OK)
		status = vsx_parallel(threads, rows->n, CHUNK, assign_work, &a,
				      err);
	free(a.codes);
	free(a.keys);
	return status;
}

/* ---- near centroids get near numbers -------------------------------- */

/* From centroid `first` of order[0..n) always on to the nearest one left. */
static void walk(const struct vsx_kmeans *km, uint32_t *order, uint32_t n,
		 uint32_t *keys)
{
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint32_t left = n - i - 1, best = 0, t;

		km->distance(km->codes + (size_t)order[i] * km->code_stride,
			     km->codes, km->code_stride, order + i + 1, left,
			     km->dim, keys);
		for (uint32_t j = 1; j < left; j++)
			if (keys[j] < keys[best] ||
			    (keys[j] == keys[best] &&
			     order[i + 1 + j] < order[i + 1 + best]))
				best = j;
		t = order[i + 1];
		order[i + 1] = order[i + 1 + best];
		order[i + 1 + best] = t;
	}
}

enum vsx_status vsx_kmeans_chain(struct vsx_kmeans *km, struct vsx_error *err)
{
	float *centroids = NULL;
	uint8_t *codes = NULL;
	uint32_t *order = NULL, *keys = NULL;
	enum vsx_status status;

	status = vsx_alloc_to(&order, km->k, sizeof(*order), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&keys, km->k, sizeof(*keys), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&centroids, (size_t)km->k * km->dim,
				      sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&codes, km->k, km->code_stride, err);
	if (status != VSX_OK)
		goto done;
	for (uint32_t c = 0; c < km->k; c++)
		order[c] = c;
	for (uint32_t c = 0; c < km->k; c += STRETCH)
		walk(km, order + c, km->k - c < STRETCH ? km->k - c : STRETCH,
		     keys);
	for (uint32_t c = 0; c < km->k; c++) {
		memcpy(centroids + (size_t)c * km->dim,
		       km->centroids + (size_t)order[c] * km->dim,
		       km->dim * sizeof(float));
		memcpy(codes + (size_t)c * km->code_stride,
		       km->codes + (size_t)order[c] * km->code_stride,
		       km->code_stride);
	}
	free(km->centroids);
	free(km->codes);
	km->centroids = centroids;
	km->codes = codes;
	centroids = NULL;
	codes = NULL;
done:
	free(centroids);
	free(codes);
	free(order);
	free(keys);
	return status;
}

void vsx_kmeans_release(struct vsx_kmeans *km)
{
	free(km->centroids);
	free(km->codes);
	vsx_code_params_release(&km->grid);
	memset(km, 0, sizeof(*km));
}
