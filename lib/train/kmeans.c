#include "train/kmeans.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sample.h"
#include "base/select.h"
#include "train/near_codes.h"
#include "train/tally.h"

#define PER_CENTROID 256 /* sampled rows, at most */
#define ITERATIONS   12
#define CHUNK	     VSX_SEEKERS /* points that go over the centroids */
#define NEAR_CHUNK   512 /* points, by centroid, that look at near ones */

/*
 * After the first iteration a point looks only at the centroids that are
 * nearest to its own: few points move farther at once.
 */
#define NEAR 48

/* Iterations end when less than one point in this many has moved. */
#define SETTLED 200

/* What a thread looks for near centroids with. */
struct desk {
	struct vsx_seekers seekers;
	struct vsx_packed_codes near; /* NEAR centroids */
};

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
	struct vsx_packed_codes packed; /* the centroids */
	struct desk *desks;		/* [threads] */
	uint64_t *sums;			/* [threads][code_stride] */
	uint32_t *parts;		/* [threads][code_stride], all 0 */
	double *means;			/* [threads][dim] */
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

static enum vsx_status encode_work(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct lloyd *l = context;

	for (uint64_t i = first; i < last; i++)
		vsx_grid_encode(&l->km->grid, l->rows->space, point_row(l, i),
				l->codes + i * l->km->code_stride);
	return vsx_tally_add(&l->tally, thread, last - first, err);
}

/* ---- nearest centroids ---------------------------------------------- */

/* The nearest of packed centroids for up to CHUNK points; away may be NULL. */
static void nearest(struct vsx_seekers *seekers,
		    const struct vsx_packed_codes *packed,
		    const uint8_t *points, size_t stride, uint32_t n,
		    uint32_t *of, uint32_t *away)
{
	uint64_t best[CHUNK];

	seekers->n = 0;
	for (uint32_t i = 0; i < n; i++)
		vsx_seekers_add(seekers, points + i * stride);
	vsx_seekers_nearest(seekers, packed, best);
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
	size_t stride = l->km->code_stride;

	nearest(&l->desks[thread].seekers, &l->packed,
		l->codes + first * stride, stride, (uint32_t)(last - first),
		l->of + first, l->away + first);
	return vsx_tally_add(&l->tally, thread, last - first, err);
}

/* Points by centroid lie anywhere: the code of the one that comes a few later
 * is asked for. */
#define LATER 16

static const uint8_t *code_of_member(const struct lloyd *l, uint64_t i)
{
	size_t stride = l->km->code_stride;
	const uint8_t *later =
		l->codes +
		l->member[i + LATER < l->n ? i + LATER : l->n - 1] * stride;

	for (size_t b = 0; b < stride; b += 64)
		__builtin_prefetch(later + b);
	return l->codes + l->member[i] * stride;
}

/* n points of one centroid look at those that are near it. Returns how many
 * moved. */
static uint32_t look_near(struct lloyd *l, struct desk *d, uint64_t first,
			  uint32_t n)
{
	const uint32_t *member = l->member + first;
	const uint32_t *near = l->near + (size_t)l->of[member[0]] * l->n_near;
	uint64_t best[CHUNK];
	uint32_t moved = 0;

	d->seekers.n = 0;
	for (uint32_t i = 0; i < n; i++)
		vsx_seekers_add(&d->seekers, code_of_member(l, first + i));
	vsx_seekers_nearest(&d->seekers, &d->near, best);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t centroid = near[(uint32_t)best[i]];

		moved += centroid != l->of[member[i]];
		l->of[member[i]] = centroid;
		l->away[member[i]] = (uint32_t)(best[i] >> 32);
	}
	return moved;
}

/* Points by centroid, from member[first] on: those of one centroid look at the
 * same ones. */
static enum vsx_status near_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct lloyd *l = context;
	struct desk *d = &l->desks[thread];
	uint64_t moved = 0, i = first, end;

	while (i < last) {
		uint32_t own = l->of[l->member[i]];

		for (end = i; end < last && l->of[l->member[end]] == own;)
			end++;
		vsx_packed_codes_fill(
			&d->near, l->km->codes, l->km->code_stride,
			l->near + (size_t)own * l->n_near, l->n_near);
		for (uint32_t n; i < end; i += n) {
			n = end - i < CHUNK ? (uint32_t)(end - i) : CHUNK;
			moved += look_near(l, d, i, n);
		}
	}
	atomic_fetch_add(&l->n_moved, moved);
	return vsx_tally_add(&l->tally, thread, last - first, err);
}

/* For each centroid those that are nearest to it. */
static enum vsx_status neighbours_work(void *context, unsigned int thread,
				       uint64_t first, uint64_t last,
				       struct vsx_error *err)
{
	struct lloyd *l = context;
	const struct vsx_kmeans *km = l->km;
	struct desk *d = &l->desks[thread];

	d->seekers.n = 0;
	for (uint64_t c = first; c < last; c++)
		vsx_seekers_add(&d->seekers, km->codes + c * km->code_stride);
	return vsx_seekers_near(&d->seekers, &l->packed, l->n_near,
				l->near + first * l->n_near, err);
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

/* Sums of so many codes fit a u32. */
#define FOLD (1u << 24)

/* Sixteen at a time, so that compilers see what they can do at once; codes
 * end in zeros. */
static void add_code(uint32_t *part, const uint8_t *code, uint32_t stride)
{
	for (uint32_t d = 0; d < stride; d += 16)
		for (uint32_t e = 0; e < 16; e++)
			part[d + e] += code[d + e];
}

static void fold(uint64_t *sum, uint32_t *part, uint32_t stride)
{
	for (uint32_t d = 0; d < stride; d++) {
		sum[d] += part[d];
		part[d] = 0;
	}
}

/* The codes nearest to the means of the codes. */
static enum vsx_status mean_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct lloyd *l = context;
	const struct vsx_kmeans *km = l->km;
	uint32_t stride = km->code_stride;
	uint64_t *sum = l->sums + (size_t)thread * stride;
	uint32_t *part = l->parts + (size_t)thread * stride;

	(void)err;
	for (uint64_t c = first; c < last; c++) {
		uint8_t *code = km->codes + c * km->code_stride;
		uint32_t n = l->start[c + 1] - l->start[c];

		if (n == 0)
			continue;
		memset(sum, 0, stride * sizeof(*sum));
		for (uint32_t i = 0; i < n; i++) {
			add_code(part, code_of_member(l, l->start[c] + i),
				 stride);
			if (i % FOLD == FOLD - 1)
				fold(sum, part, stride);
		}
		fold(sum, part, stride);
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
				    : km->grid.lo[d] + km->grid.delta * code;
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

static void pack(struct lloyd *l)
{
	const struct vsx_kmeans *km = l->km;

	vsx_packed_codes_fill(&l->packed, km->codes, km->code_stride, NULL,
			      km->k);
}

static enum vsx_status iterate(struct lloyd *l, struct vsx_error *err)
{
	unsigned int threads = l->threads;
	uint32_t k = l->km->k;

	first_centroids(l);
	pack(l);
	VSX_TRY(vsx_parallel(threads, l->n, CHUNK, full_work, l, err));
	group(l);
	for (int i = 1; i < ITERATIONS; i++) {
		repair(l);
		VSX_TRY(vsx_parallel(threads, k, 8, mean_work, l, err));
		pack(l);
		VSX_TRY(vsx_parallel(threads, k, CHUNK, neighbours_work, l,
				     err));
		atomic_store(&l->n_moved, 0);
		VSX_TRY(vsx_parallel(threads, l->n, NEAR_CHUNK, near_work, l,
				     err));
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
	VSX_TRY(vsx_packed_codes_init(&l->packed, km->k, km->dim, err));
	VSX_TRY(vsx_alloc_to(&l->desks, t, sizeof(*l->desks), err));
	for (size_t i = 0; i < t; i++) {
		struct desk *d = &l->desks[i];

		VSX_TRY(vsx_seekers_init(&d->seekers, km->dim, err));
		VSX_TRY(vsx_packed_codes_init(&d->near, l->n_near, km->dim,
					      err));
	}
	VSX_TRY(vsx_alloc_to(&l->sums, t * km->code_stride, sizeof(*l->sums),
			     err));
	VSX_TRY(vsx_alloc_to(&l->parts, t * km->code_stride, sizeof(*l->parts),
			     err));
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
	for (unsigned int i = 0; l->desks && i < l->threads; i++) {
		vsx_seekers_release(&l->desks[i].seekers);
		vsx_packed_codes_release(&l->desks[i].near);
	}
	free(l->desks);
	vsx_packed_codes_release(&l->packed);
	free(l->sums);
	free(l->parts);
	free(l->means);
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
		vsx_sample(l.sample, l.n, rows->n, job->seed,
			   VSX_RANDOM_SAMPLE);
	}
	status = vsx_grid_learn(job, rows, &out->grid, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->centroids, (size_t)k * out->dim,
				      sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&out->codes, k, out->code_stride, err);
	if (status == VSX_OK)
		status = alloc_lloyd(&l, err);
	if (status == VSX_OK)
		status = vsx_tally_begin(&l.tally, job, &vsx_phase_training,
					 (uint64_t)l.n * (ITERATIONS + 1), err);
	if (status == VSX_OK)
		status = vsx_parallel(l.threads, l.n, 1024, encode_work, &l,
				      err);
	if (status == VSX_OK)
		status = iterate(&l, err);
	if (status == VSX_OK)
		encode_centroids(out, rows->space);
	free_lloyd(&l);
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

/* ---- all rows ------------------------------------------------------- */

struct assign {
	const struct vsx_kmeans *km;
	const struct vsx_rows *rows;
	uint32_t *list;
	uint8_t *codes; /* [threads][CHUNK][code_stride] */
	struct vsx_packed_codes packed;
	struct vsx_seekers *seekers; /* [threads] */
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
		vsx_grid_encode(&km->grid, a->rows->space,
				a->rows->base +
					(first + i) * a->rows->space->stride,
				codes + (size_t)i * km->code_stride);
	nearest(&a->seekers[thread], &a->packed, codes, km->code_stride, n,
		a->list + first, NULL);
	return vsx_tally_add(&a->tally, thread, n, err);
}

enum vsx_status vsx_kmeans_assign(const struct vsx_kmeans *km,
				  struct vsx_job *job,
				  const struct vsx_rows *rows, uint32_t *list,
				  struct vsx_error *err)
{
	unsigned int threads = threads_of(job);
	struct assign a = {.km = km, .rows = rows, .list = list};
	enum vsx_status status;

	status = vsx_alloc_to(&a.codes, (size_t)threads * CHUNK,
			      km->code_stride, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a.seekers, threads, sizeof(*a.seekers),
				      err);
	for (unsigned int i = 0; status == VSX_OK && i < threads; i++)
		status = vsx_seekers_init(&a.seekers[i], km->dim, err);
	if (status == VSX_OK)
		status = vsx_packed_codes_init(&a.packed, km->k, km->dim, err);
	if (status == VSX_OK)
		status = vsx_tally_begin(&a.tally, job, &vsx_phase_assigning,
					 rows->n, err);
	if (status == VSX_OK) {
		vsx_packed_codes_fill(&a.packed, km->codes, km->code_stride,
				      NULL, km->k);
		status = vsx_parallel(threads, rows->n, CHUNK, assign_work, &a,
				      err);
	}
	for (unsigned int i = 0; a.seekers && i < threads; i++)
		vsx_seekers_release(&a.seekers[i]);
	free(a.seekers);
	vsx_packed_codes_release(&a.packed);
	free(a.codes);
	return status;
}

void vsx_kmeans_release(struct vsx_kmeans *km)
{
	free(km->centroids);
	free(km->codes);
	vsx_grid_release(&km->grid);
	memset(km, 0, sizeof(*km));
}
