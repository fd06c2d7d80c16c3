#include "kind/hnsw/build_leaves.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/select.h"

/* Rows of a leaf, and those of it that a row is offered. */
#define LEAF_MOST 1024
#define LEAF_AIM  512
#define LEAF_NEAR 24

/* The row itself is found, too; then a step more. */
#define WANT (LEAF_NEAR + 1)
#define ROOM (2 * WANT + VSX_SEEKERS_STEP)

/* What a thread compares the rows of a leaf with. */
struct desk {
	struct vsx_packed_codes packed;
	struct vsx_seekers seekers;
	const uint32_t *rows; /* of the leaf */
	uint64_t (*found)[ROOM];
	uint32_t n_found[VSX_SEEKERS];
	uint32_t cut[VSX_SEEKERS]; /* what is farther is not wanted */
	uint32_t places[VSX_SEEKERS_STEP];
};

struct pairs {
	const struct vsx_code_rows *codes;
	struct vsx_near *near;
	struct vsx_linking *linking;
	struct desk *desks; /* [threads] */
};

/* Keep the nearest of what a seeker found. */
static void thin_out(struct desk *d, uint32_t seeker)
{
	uint64_t *found = d->found[seeker];
	uint32_t farthest = 0;

	if (d->n_found[seeker] <= WANT)
		return;
	vsx_least(found, d->n_found[seeker], WANT, false);
	d->n_found[seeker] = WANT;
	for (uint32_t i = 0; i < WANT; i++)
		if ((uint32_t)(found[i] >> 32) > farthest)
			farthest = (uint32_t)(found[i] >> 32);
	d->cut[seeker] = farthest;
}

static void take_near(void *context, uint32_t seeker, uint32_t first,
		      const uint32_t *keys, uint32_t n)
{
	struct desk *d = context;
	uint64_t *found = d->found[seeker] + d->n_found[seeker];
	uint32_t some =
		d->packed.tiles->up_to(keys, n, d->cut[seeker], d->places);

	for (uint32_t i = 0; i < some; i++)
		found[i] = (uint64_t)keys[d->places[i]] << 32 |
			   d->rows[first + d->places[i]];
	d->n_found[seeker] += some;
	if (d->n_found[seeker] > 2 * WANT)
		thin_out(d, seeker);
}

static void offer(struct pairs *p, struct desk *d, uint32_t seeker,
		  uint32_t row)
{
	uint64_t *found = d->found[seeker];
	uint32_t n = 0;

	thin_out(d, seeker);
	vsx_least(found, d->n_found[seeker], d->n_found[seeker], true);
	for (uint32_t i = 0; i < d->n_found[seeker]; i++)
		if ((uint32_t)found[i] != row)
			found[n++] = found[i];
	vsx_near_offer(p->near, row, found, n < LEAF_NEAR ? n : LEAF_NEAR);
}

static enum vsx_status compare(void *context, unsigned int thread,
			       const struct vsx_leaf *leaf,
			       struct vsx_error *err)
{
	struct pairs *p = context;
	struct desk *d = &p->desks[thread];
	struct vsx_seekers *s = &d->seekers;

	d->rows = leaf->rows;
	vsx_packed_codes_fill(&d->packed, p->codes->base, p->codes->stride,
			      leaf->rows, leaf->n);
	for (uint32_t first = 0; first < leaf->n; first += s->n) {
		const uint32_t *rows = leaf->rows + first;

		s->n = 0;
		while (s->n < VSX_SEEKERS && first + s->n < leaf->n) {
			d->n_found[s->n] = 0;
			d->cut[s->n] = vsx_near_cut(p->near, rows[s->n]);
			vsx_seekers_add(s, vsx_code_row(p->codes, rows[s->n]));
		}
		vsx_seekers_look(s, &d->packed, take_near, d);
		for (uint32_t i = 0; i < s->n; i++)
			offer(p, d, i, rows[i]);
	}
	return vsx_linking_add(p->linking, thread, leaf->n, err);
}

static enum vsx_status tell_pairs(void *context, unsigned int thread,
				  struct vsx_error *err)
{
	const struct pairs *p = context;

	return vsx_linking_add(p->linking, thread, 0, err);
}

static enum vsx_status init_desk(struct desk *d, uint32_t dim,
				 struct vsx_error *err)
{
	VSX_TRY(vsx_packed_codes_init(&d->packed, LEAF_MOST, dim, err));
	VSX_TRY(vsx_seekers_init(&d->seekers, dim, err));
	return vsx_alloc_to(&d->found, VSX_SEEKERS, sizeof(*d->found), err);
}

static void release_desk(struct desk *d)
{
	vsx_packed_codes_release(&d->packed);
	vsx_seekers_release(&d->seekers);
	free(d->found);
}

enum vsx_status vsx_leaves_near(const struct vsx_job *job,
				const struct vsx_code_rows *codes,
				struct vsx_near *near,
				struct vsx_linking *linking,
				struct vsx_error *err)
{
	struct pairs p = {.codes = codes, .near = near, .linking = linking};
	struct vsx_split split = {
		.codes = codes,
		.arrays = job->arrays,
		.seed = job->seed,
		.stream = VSX_RANDOM_LEADERS,
		.n_threads = job->n_threads,
		.leaf_most = LEAF_MOST,
		.leaf_aim = LEAF_AIM,
		.fans = {VSX_LEAVES_FIRST_FAN, VSX_LEAVES_LATER_FAN},
		.work = compare,
		.tell = tell_pairs,
		.context = &p,
	};
	enum vsx_status status = VSX_OK;

	VSX_TRY(vsx_alloc_to(&p.desks, job->n_threads, sizeof(*p.desks), err));
	for (unsigned int i = 0; status == VSX_OK && i < job->n_threads; i++)
		status = init_desk(&p.desks[i], codes->dim, err);
	if (status == VSX_OK)
		status = vsx_split_run(&split, err);
	for (unsigned int i = 0; i < job->n_threads; i++)
		release_desk(&p.desks[i]);
	free(p.desks);
	return status;
}

/* ---- the order ------------------------------------------------------- */

/* Small, so that what is numbered together is near each other. */
#define ORDER_MOST 128
#define ORDER_AIM  64

struct ordering {
	uint32_t *order;
	struct vsx_tally *tally;
};

static enum vsx_status put_rows(void *context, unsigned int thread,
				const struct vsx_leaf *leaf,
				struct vsx_error *err)
{
	const struct ordering *o = context;

	(void)thread, (void)err;
	memcpy(o->order + leaf->at, leaf->rows, leaf->n * sizeof(*o->order));
	return VSX_OK;
}

static enum vsx_status tell_order(void *context, unsigned int thread,
				  struct vsx_error *err)
{
	const struct ordering *o = context;

	return vsx_tally_add(o->tally, thread, 0, err);
}

enum vsx_status vsx_leaves_order(const struct vsx_job *job,
				 const struct vsx_code_rows *codes,
				 struct vsx_tally *tally, uint32_t *order,
				 struct vsx_error *err)
{
	struct ordering ordering = {order, tally};
	struct vsx_split split = {
		.codes = codes,
		.arrays = job->arrays,
		.seed = job->seed,
		.stream = VSX_RANDOM_LEAF_ORDER,
		.n_threads = job->n_threads,
		.leaf_most = ORDER_MOST,
		.leaf_aim = ORDER_AIM,
		.fans = {1, 1},
		.work = put_rows,
		.tell = tell_order,
		.context = &ordering,
	};

	return vsx_split_run(&split, err);
}
