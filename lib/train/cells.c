#include "train/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sample.h"
#include "base/select.h"

#define EACH	   256 /* points that a cell is learned from, at most */
#define ITERATIONS 8   /* of the cells */

/*
 * Iterations in each cell. A part of the points shows as well where centroids
 * of random points should go: a quarter of them at first, then half, unless
 * these would be fewer than FEWEST for each centroid.
 */
#define FEWEST 32
static const uint8_t parts_of[] = {4, 4, 4, 4, 2, 2, 1, 1};
#define LOOKS (sizeof(parts_of) / sizeof(parts_of[0]))

struct cells {
	struct vsx_lloyd *l;
	uint32_t n;
	uint8_t *cents;	    /* [n][stride], codes */
	uint32_t *start;    /* [n + 1] points */
	uint32_t *first;    /* [n + 1] their centroids */
	uint32_t *order;    /* of the points, as vsx_cells_begin() gives it */
	uint8_t *new_codes; /* in that order */
};

/* How many cells k centroids are spread over. */
static uint32_t cells_for(uint32_t k)
{
	return k < 9 ? 1 : (uint32_t)(sqrt((double)k) / 3.0);
}

/* Points that cells are learned from. */
static uint32_t few_of(uint32_t n, uint32_t cells)
{
	return n / EACH > cells ? cells * EACH : n;
}

/* Points of a cell of n, and k centroids, that an iteration looks at. */
static uint32_t some_of(uint32_t n, uint32_t k, size_t iteration)
{
	uint64_t some = n / parts_of[iteration], fewest = (uint64_t)k * FEWEST;

	if (some < fewest)
		some = fewest;
	return some < n ? (uint32_t)some : n;
}

/* At most: how points and centroids are shared out is not known yet. */
uint64_t vsx_cells_looks(uint32_t n, uint32_t k)
{
	uint64_t looks = (uint64_t)few_of(n, cells_for(k)) * ITERATIONS + n;

	for (size_t i = 0; i < LOOKS; i++) {
		uint64_t some = n / parts_of[i] + (uint64_t)k * FEWEST;

		looks += some < n ? some : n;
	}
	return looks;
}

/* ---- which cells ---------------------------------------------------- */

/* Plain iterations over some of the points. */
static enum vsx_status learn(struct cells *s, uint64_t seed,
			     struct vsx_error *err)
{
	const struct vsx_lloyd *l = s->l;
	struct vsx_lloyd few = {.k = s->n,
				.dim = l->dim,
				.stride = l->stride,
				.cents = s->cents,
				.n = few_of(l->n, s->n),
				.n_near = s->n,
				.threads = l->threads,
				.tally = l->tally};
	enum vsx_status status = vsx_lloyd_alloc(&few, err);

	if (status == VSX_OK) {
		vsx_sample(few.member, few.n, l->n, seed, VSX_RANDOM_CELLS);
		for (uint32_t i = 0; i < few.n; i++)
			memcpy(few.codes + i * l->stride,
			       l->codes + few.member[i] * l->stride, l->stride);
		vsx_lloyd_begin(&few, seed, VSX_RANDOM_CELLS);
	}
	for (int i = 0; status == VSX_OK && i < ITERATIONS; i++) {
		status = vsx_lloyd_look(&few, err);
		vsx_lloyd_group(&few);
		if (status == VSX_OK)
			status = vsx_lloyd_repair(&few, err);
		if (status == VSX_OK)
			status = vsx_lloyd_move(&few, false, err);
	}
	vsx_lloyd_release(&few);
	return status;
}

static uint32_t points_of(const struct cells *s, uint32_t cell)
{
	return s->start[cell + 1] - s->start[cell];
}

/* l->of: the cell of each point; its points follow each other from start on, in
 * random order. */
static enum vsx_status enter(struct cells *s, uint64_t seed,
			     struct vsx_error *err)
{
	struct vsx_lloyd *l = s->l;
	uint8_t *centroids = l->cents;
	enum vsx_status status;
	uint32_t k = l->k;

	l->cents = s->cents;
	l->k = s->n;
	status = vsx_lloyd_look(l, err);
	vsx_lloyd_group(l);
	l->cents = centroids;
	l->k = k;
	memcpy(s->start, l->start, (s->n + (size_t)1) * sizeof(*s->start));
	memcpy(s->order, l->member, l->n * sizeof(*s->order));
	for (uint32_t c = 0; c < s->n; c++) {
		struct vsx_rng rng = {
			vsx_random_at(seed, VSX_RANDOM_CENTROIDS, c)};
		uint32_t n = points_of(s, c);

		vsx_shuffle_some(s->order + s->start[c], n, n, &rng);
	}
	return status;
}

static enum vsx_status order_work(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	struct cells *s = context;
	size_t stride = s->l->stride;

	(void)thread;
	(void)err;
	for (uint64_t i = first; i < last; i++)
		memcpy(s->new_codes + i * stride,
		       s->l->codes + s->order[i] * stride, stride);
	return VSX_OK;
}

/* Codes of a cell lie together from now on. */
static enum vsx_status put_in_order(struct cells *s, struct vsx_error *err)
{
	struct vsx_lloyd *l = s->l;

	VSX_TRY(vsx_alloc_to(&s->new_codes, l->n, l->stride, err));
	VSX_TRY(vsx_parallel(l->threads, l->n, 1024, order_work, s, err));
	free(l->codes);
	l->codes = s->new_codes;
	s->new_codes = NULL;
	return VSX_OK;
}

/* ---- how many centroids each gets ----------------------------------- */

/* One each, unless it is empty, and the others by the number of points, rounded
 * so that they come to k: never more than there are points. */
static enum vsx_status share(struct cells *s, struct vsx_error *err)
{
	uint64_t points = s->l->n, left = s->l->k, most = 0;
	uint64_t *rest; /* left over by division, and the cell */

	VSX_TRY(vsx_alloc_to(&rest, s->n, sizeof(*rest), err));
	for (uint32_t c = 0; c < s->n; c++)
		if (points_of(s, c) > 0) {
			points--;
			left--;
		}
	most = left;
	for (uint32_t c = 0; c < s->n; c++) {
		uint64_t n = points_of(s, c), due = n > 0 ? (n - 1) * most : 0;

		s->first[c + 1] = n > 0;
		if (points > 0) {
			s->first[c + 1] += (uint32_t)(due / points);
			left -= due / points;
			due %= points;
		}
		rest[c] = due << 32 | c;
	}
	/* The greatest rests first, of equals the last. */
	vsx_least(rest, s->n, s->n, true);
	for (uint32_t i = 0; i < left; i++)
		s->first[(uint32_t)rest[s->n - 1 - i] + 1]++;
	for (uint32_t c = 0; c < s->n; c++)
		s->first[c + 1] += s->first[c];
	free(rest);
	return VSX_OK;
}

/* ---- in each cell --------------------------------------------------- */

/* The first points, which are random ones, are its first centroids. */
static enum vsx_status cluster(struct cells *s, uint32_t cell,
			       struct vsx_error *err)
{
	uint32_t n = points_of(s, cell), first = s->first[cell];
	uint32_t k = s->first[cell + 1] - first;
	struct vsx_lloyd part =
		vsx_lloyd_part(s->l, first, k, s->start[cell], n);

	for (uint32_t c = 0; c < k; c++)
		memcpy(part.cents + c * part.stride,
		       part.codes + c * part.stride, part.dim);
	for (size_t i = 0; i < LOOKS; i++) {
		if (i > 0)
			VSX_TRY(vsx_lloyd_move(&part, false, err));
		part.n = some_of(n, k, i);
		VSX_TRY(vsx_lloyd_look(&part, err));
		vsx_lloyd_group(&part);
	}
	for (uint32_t i = 0; i < n; i++)
		part.of[i] += first;
	return VSX_OK;
}

static enum vsx_status alloc_cells(struct cells *s, struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&s->cents, s->n, s->l->stride, err));
	VSX_TRY(vsx_alloc_to(&s->start, s->n + (size_t)1, sizeof(*s->start),
			     err));
	return vsx_alloc_to(&s->first, s->n + (size_t)1, sizeof(*s->first),
			    err);
}

enum vsx_status vsx_cells_begin(struct vsx_lloyd *l, uint64_t seed,
				uint32_t *order, struct vsx_error *err)
{
	struct cells s = {.l = l, .n = cells_for(l->k), .order = order};
	enum vsx_status status = alloc_cells(&s, err);

	if (status == VSX_OK)
		status = learn(&s, seed, err);
	if (status == VSX_OK)
		status = enter(&s, seed, err);
	if (status == VSX_OK)
		status = put_in_order(&s, err);
	if (status == VSX_OK)
		status = share(&s, err);
	for (uint32_t c = 0; status == VSX_OK && c < s.n; c++)
		if (points_of(&s, c) > 0)
			status = cluster(&s, c, err);
	if (status == VSX_OK)
		vsx_lloyd_group(l);
	free(s.cents);
	free(s.start);
	free(s.first);
	free(s.new_codes);
	return status;
}
