#include "kind/hnsw/build_split.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"

#define MOST_LEADERS 1000

/* Rows that were not split yet. */
struct part {
	uint32_t *rows; /* [n], rising */
	uint32_t n;
	uint32_t depth;
	uint32_t at;   /* as in struct vsx_leaf */
	uint64_t name; /* no other part has it */
	bool whole;    /* leaders do not tell its rows apart */
};

/* What is done to a part. */
struct cut {
	const struct vsx_split *split;
	struct vsx_seekers *seekers; /* [threads] */
	const struct part *part;
	uint32_t n_leaders, fan;
	uint32_t *drawn;		 /* [n_leaders] rows */
	struct vsx_packed_codes leaders; /* their codes */
	uint32_t *leader;		 /* [n][fan] of the part's rows */
	uint32_t *members;		 /* [n * fan] of the new parts */
	struct part *parts;		 /* [n_leaders] */
};

static uint32_t fan_of(const struct vsx_split *s, uint32_t depth)
{
	return depth < 2 ? s->fans[depth] : 1;
}

/* So many leaders that their parts are about as large as wanted; of few, a row
 * does not go to most. */
static void choose_numbers(struct cut *c)
{
	const struct vsx_split *s = c->split;
	uint32_t fan = fan_of(s, c->part->depth);
	uint64_t n = (uint64_t)c->part->n * fan / s->leaf_aim;

	n = n > MOST_LEADERS ? MOST_LEADERS : n;
	n = n > c->part->n ? c->part->n : n;
	c->n_leaders = n < 2 ? 2 : (uint32_t)n;
	c->fan = fan < c->n_leaders / 3 ? fan : c->n_leaders / 3;
	if (c->fan < 1)
		c->fan = 1;
}

static void draw_leaders(struct cut *c)
{
	struct vsx_rng rng = {
		vsx_random_at(c->split->seed, c->split->stream, c->part->name)};
	uint32_t taken = 0;

	for (uint32_t i = 0; taken < c->n_leaders; i++)
		if (vsx_rng_below(&rng, c->part->n - i) < c->n_leaders - taken)
			c->drawn[taken++] = c->part->rows[i];
}

static enum vsx_status begin(struct cut *c, struct vsx_error *err)
{
	const struct vsx_code_rows *codes = c->split->codes;
	size_t n;

	choose_numbers(c);
	n = (size_t)c->part->n * c->fan;
	VSX_TRY(vsx_alloc_to(&c->drawn, c->n_leaders, sizeof(*c->drawn), err));
	VSX_TRY(vsx_arrays_take(c->split->arrays, &c->leader, n,
				sizeof(*c->leader), err));
	VSX_TRY(vsx_arrays_take(c->split->arrays, &c->members, n,
				sizeof(*c->members), err));
	VSX_TRY(vsx_alloc_to(&c->parts, c->n_leaders, sizeof(*c->parts), err));
	VSX_TRY(vsx_packed_codes_init(&c->leaders, c->n_leaders, codes->dim,
				      err));
	draw_leaders(c);
	vsx_packed_codes_fill(&c->leaders, codes->base, codes->stride, c->drawn,
			      c->n_leaders);
	return VSX_OK;
}

static void end(struct cut *c)
{
	free(c->drawn);
	vsx_arrays_leave(c->split->arrays, c->leader);
	vsx_arrays_leave(c->split->arrays, c->members);
	free(c->parts);
	vsx_packed_codes_release(&c->leaders);
}

/* The leaders of the part's rows first .. last-1. */
static enum vsx_status find_leaders(void *context, unsigned int thread,
				    uint64_t first, uint64_t last,
				    struct vsx_error *err)
{
	struct cut *c = context;
	struct vsx_seekers *s = &c->seekers[thread];
	uint64_t best[VSX_SEEKERS];

	for (uint64_t i = first; i < last; i += s->n) {
		VSX_TRY(c->split->tell(c->split->context, thread, err));
		s->n = 0;
		while (s->n < VSX_SEEKERS && i + s->n < last)
			vsx_seekers_add(s,
					vsx_code_row(c->split->codes,
						     c->part->rows[i + s->n]));
		if (c->fan > 1) {
			VSX_TRY(vsx_seekers_near(s, &c->leaders, c->fan,
						 c->leader + i * c->fan, err));
			continue;
		}
		vsx_seekers_nearest(s, &c->leaders, best);
		for (uint32_t j = 0; j < s->n; j++)
			c->leader[i + j] = (uint32_t)best[j];
	}
	return VSX_OK;
}

/* The parts of the leaders. */
static void group(struct cut *c)
{
	size_t n = (size_t)c->part->n * c->fan;
	uint32_t *members = c->members, at = c->part->at;

	for (size_t i = 0; i < n; i++)
		c->parts[c->leader[i]].n++;
	for (uint32_t l = 0; l < c->n_leaders; l++) {
		struct part *p = &c->parts[l];

		p->rows = members;
		p->depth = c->part->depth + 1;
		p->at = at;
		p->name = vsx_mix(c->part->name + l + 1);
		p->whole = p->n > c->part->n - c->part->n / 8;
		members += p->n;
		at += p->n;
		p->n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct part *p = &c->parts[c->leader[i]];

		p->rows[p->n++] = c->part->rows[i / c->fan];
	}
}

/* Leaves of rows in their order: they are alike. */
static enum vsx_status in_pieces(const struct vsx_split *s, unsigned int thread,
				 const struct part *p, struct vsx_error *err)
{
	for (uint32_t i = 0; i < p->n; i += s->leaf_most) {
		struct vsx_leaf leaf = {p->rows + i, p->n - i, p->at + i};

		if (leaf.n > s->leaf_most)
			leaf.n = s->leaf_most;
		VSX_TRY(s->work(s->context, thread, &leaf, err));
	}
	return VSX_OK;
}

/* Split a part until it is leaves, by one thread. */
static enum vsx_status split_part(const struct vsx_split *s,
				  struct vsx_seekers *seekers,
				  unsigned int thread, const struct part *p,
				  struct vsx_error *err)
{
	struct cut c = {.split = s, .seekers = seekers, .part = p};
	enum vsx_status status;

	if (p->n <= s->leaf_most || p->whole)
		return in_pieces(s, thread, p, err);
	status = begin(&c, err);
	if (status == VSX_OK)
		status = find_leaders(&c, thread, 0, p->n, err);
	if (status == VSX_OK)
		group(&c);
	for (uint32_t l = 0; status == VSX_OK && l < c.n_leaders; l++)
		status = split_part(s, seekers, thread, &c.parts[l], err);
	end(&c);
	return status;
}

static enum vsx_status split_some(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	struct cut *c = context;

	for (uint64_t l = first; l < last; l++)
		VSX_TRY(split_part(c->split, c->seekers, thread, &c->parts[l],
				   err));
	return VSX_OK;
}

/* The first split, by all threads. */
static enum vsx_status split_all(const struct vsx_split *s,
				 struct vsx_seekers *seekers,
				 const struct part *all, struct vsx_error *err)
{
	struct cut c = {.split = s, .seekers = seekers, .part = all};
	enum vsx_status status;

	if (all->n <= s->leaf_most)
		return in_pieces(s, 0, all, err);
	status = begin(&c, err);
	if (status == VSX_OK)
		status = vsx_parallel(s->n_threads, all->n, VSX_SEEKERS,
				      find_leaders, &c, err);
	if (status == VSX_OK) {
		group(&c);
		status = vsx_parallel(s->n_threads, c.n_leaders, 1, split_some,
				      &c, err);
	}
	end(&c);
	return status;
}

enum vsx_status vsx_split_run(const struct vsx_split *s, struct vsx_error *err)
{
	struct part all = {.n = s->codes->n};
	struct vsx_seekers *seekers;
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&seekers, s->n_threads, sizeof(*seekers), err));
	status = vsx_arrays_take(s->arrays, &all.rows, all.n, sizeof(*all.rows),
				 err);
	for (unsigned int i = 0; status == VSX_OK && i < s->n_threads; i++)
		status = vsx_seekers_init(&seekers[i], s->codes->dim, err);
	if (status == VSX_OK) {
		for (uint32_t i = 0; i < all.n; i++)
			all.rows[i] = i;
		status = split_all(s, seekers, &all, err);
	}
	for (unsigned int i = 0; i < s->n_threads; i++)
		vsx_seekers_release(&seekers[i]);
	free(seekers);
	vsx_arrays_leave(s->arrays, all.rows);
	return status;
}
