/*
 * Exact search: every row of a segment of any kind, values in f64. And scans
 * that go by estimates.
 *
 * Several queries go over a block of rows while it is in the cache, in tiles
 * where their keys are integers. Each has a sieve of its own, so the answer of
 * a query does not depend on the others.
 */
#include "segment/exact.h"

#include <stdlib.h>
#include <string.h>

#define QUERIES 16

/* Fewer queries are done before rows are packed for them. */
#define LEAST_FOR_TILES 8

/* Blocks that the disk reads while one is scanned. */
#define AHEAD 32u

static void ask_ahead(const struct vsx_sieve *s, const struct vsx_run *run,
		      uint32_t row, uint32_t step)
{
	uint32_t from = row ? row + AHEAD * step : 0;
	uint32_t to = row + (AHEAD + 1) * step;
	struct vsx_run part = *run;

	if (to > run->n_rows)
		to = run->n_rows;
	if (from >= to)
		return;
	part.first_row += from;
	part.n_rows = to - from;
	part.offset += (uint64_t)from * vsx_vecs_stride(s->seg);
	vsx_sieve_ask(s, &part);
}

/* Sieves that rows pass over, one after the other. */
struct sieves {
	struct vsx_sieve *const *at;
	size_t n;
};

/* Receives n rows, the first at `offset` in VECS. */
typedef enum vsx_status take_rows(void *context, uint32_t first, uint32_t n,
				  uint64_t offset, struct vsx_error *err);

static enum vsx_status take_by_sieves(void *context, uint32_t first, uint32_t n,
				      uint64_t offset, struct vsx_error *err)
{
	const struct sieves *s = context;

	for (size_t i = 0; i < s->n; i++)
		VSX_TRY(vsx_sieve_rows(s->at[i], first, n, offset, err));
	return VSX_OK;
}

static enum vsx_status take_by_tiles(void *context, uint32_t first, uint32_t n,
				     uint64_t offset, struct vsx_error *err)
{
	return vsx_exact_tiles_rows(context, first, n, offset, err);
}

/* Rows that are taken together where few of them pass. */
#define FEW_STEP 65536u

/* The place in a run from which on rows may pass, `place` or behind it. */
static uint32_t next_place(const struct vsx_eligible *few,
			   const struct vsx_run *run, uint32_t place)
{
	uint32_t row = run->first_row + place;

	if (few)
		vsx_eligible_run(few, &row, run->first_row + run->n_rows);
	return row - run->first_row;
}

/* All rows of a segment, up to a step of the sieve at a time; few: those before
 * the first of these and between them need not pass; NULL: there are many. */
static enum vsx_status walk(const struct vsx_segment *seg,
			    const struct vsx_sieve *sieve,
			    const struct vsx_eligible *few, take_rows *take,
			    void *context, struct vsx_error *err)
{
	uint32_t step = few ? FEW_STEP : vsx_sieve_step(sieve), rows;
	struct vsx_run run;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < vsx_segment_runs(seg); i++) {
		if (few && vsx_list_is_barred(few, i))
			continue;
		VSX_TRY(vsx_halt_before(sieve->find->halt, 1, 0, err));
		VSX_TRY(vsx_segment_run(seg, i, &run, err));
		seen += run.n_rows;
		if (seen > seg->n_rows)
			return vsx_too_many_rows(seg, err);
		for (uint32_t r = next_place(few, &run, 0); r < run.n_rows;
		     r = next_place(few, &run, r + rows)) {
			uint64_t offset =
				run.offset + (uint64_t)r * vsx_vecs_stride(seg);

			rows = run.n_rows - r < step ? run.n_rows - r : step;

			if (seg->scarce)
				ask_ahead(sieve, &run, r, step);
			VSX_TRY(take(context, run.first_row + r, rows, offset,
				     err));
		}
	}
	return VSX_OK;
}

/* The rows that sieves let pass where these are few, and the same for all. */
static const struct vsx_eligible *few_of(const struct vsx_segment *seg,
					 const struct sieves *s)
{
	const struct vsx_eligible *e = &s->at[0]->find->eligible;

	if (seg->scarce)
		return NULL;
	for (size_t i = 1; i < s->n; i++)
		if (s->at[i]->find->eligible.barred != e->barred)
			return NULL;
	return s->at[0]->few ? e : NULL;
}

/* They see the same rows, the first of them before the others. */
static void join(struct vsx_sieve *const *sieves, size_t n)
{
	for (size_t i = 1; i < n; i++)
		vsx_sieve_join(sieves[i], sieves[0]);
}

static enum vsx_status pass_sieves(const struct vsx_segment *seg,
				   struct vsx_sieve *const *sieves, size_t n,
				   struct vsx_error *err)
{
	for (size_t i = 0; i < n; i += QUERIES) {
		struct sieves some = {sieves + i,
				      n - i < QUERIES ? n - i : QUERIES};

		join(some.at, some.n);
		VSX_TRY(walk(seg, sieves[i], few_of(seg, &some), take_by_sieves,
			     &some, err));
	}
	return VSX_OK;
}

static enum vsx_status pass_tiles(struct vsx_exact_tiles *tiles,
				  const struct vsx_segment *seg,
				  struct vsx_sieve *const *sieves, size_t n,
				  struct vsx_error *err)
{
	join(sieves, n);
	VSX_TRY(vsx_exact_tiles_begin(tiles, seg, sieves, n, err));
	VSX_TRY(walk(seg, sieves[0], NULL, take_by_tiles, tiles, err));
	return vsx_exact_tiles_end(tiles, err);
}

/* Begin all, and put those that suit tiles first; *suit is how many do. */
static enum vsx_status begin(const struct vsx_segment *seg,
			     struct vsx_find *finds, size_t n, bool may_miss,
			     struct vsx_sieve *sieves, struct vsx_sieve **order,
			     size_t *suit, struct vsx_error *err)
{
	size_t last = n;

	*suit = 0;
	for (size_t i = 0; i < n; i++) {
		VSX_TRY(vsx_sieve_begin(&sieves[i], seg, &finds[i], 0, may_miss,
					err));
		if (vsx_exact_tiles_suit(&sieves[i]))
			order[(*suit)++] = &sieves[i];
		else
			order[--last] = &sieves[i];
	}
	if (*suit < LEAST_FOR_TILES)
		*suit = 0;
	return VSX_OK;
}

/* One query never suits tiles: then `tiles` may be NULL. */
static enum vsx_status search(const struct vsx_segment *seg,
			      struct vsx_exact_tiles *tiles,
			      struct vsx_find *finds, size_t n, bool may_miss,
			      struct vsx_sieve *sieves,
			      struct vsx_sieve **order, struct vsx_error *err)
{
	size_t suit;

	VSX_TRY(begin(seg, finds, n, may_miss, sieves, order, &suit, err));
	if (suit)
		VSX_TRY(pass_tiles(tiles, seg, order, suit, err));
	VSX_TRY(pass_sieves(seg, order + suit, n - suit, err));
	for (size_t i = 0; i < n; i++) {
		VSX_TRY(vsx_sieve_finish(&sieves[i], err));
		if (vsx_sieve_covers(&sieves[i]))
			finds[i].n_covered += finds[i].eligible.n;
	}
	return VSX_OK;
}

enum vsx_status vsx_exact_batch(struct vsx_exact_room *room,
				const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err)
{
	if (n == 0)
		return VSX_OK;
	VSX_TRY(vsx_grow(&room->sieves, &room->sieves_cap, n,
			 sizeof(*room->sieves), err));
	VSX_TRY(vsx_grow(&room->order, &room->order_cap, n,
			 sizeof(struct vsx_sieve *), err));
	return search(seg, &room->tiles, finds, n, false, room->sieves,
		      room->order, err);
}

void vsx_exact_room_release(struct vsx_exact_room *room)
{
	free(room->sieves);
	free(room->order);
	vsx_exact_tiles_release(&room->tiles);
	memset(room, 0, sizeof(*room));
}

enum vsx_status vsx_exact_search(const struct vsx_segment *seg,
				 struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_sieve sieve, *order = &sieve;

	return search(seg, NULL, find, 1, false, &sieve, &order, err);
}

enum vsx_status vsx_scan_search(const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_sieve sieve, *order = &sieve;

	return search(seg, NULL, find, 1, true, &sieve, &order, err);
}

/* A query has up to 50 bytes for each dimension and neighbour: 25 MiB in all.
 */
#define SHARE (UINT64_C(1) << 19)

/* The same where memory is scarce, to the byte: what it has in any case is most
   of what a query of few dimensions has. */
#define QUERY_BYTES 8192u
#define EACH_BYTES  64u

uint32_t vsx_exact_share(size_t n, unsigned int n_threads, uint32_t dim,
			 size_t k, uint64_t memory)
{
	uint64_t items = (uint64_t)dim + k, most = SHARE / items, rounds;
	uint64_t fit = memory / n_threads / (QUERY_BYTES + EACH_BYTES * items);

	if (memory > 0 && fit < most)
		most = fit;
	most = most < 1 ? 1 : most;
	most = most > VSX_EXACT_TOGETHER ? VSX_EXACT_TOGETHER : most;
	if (n == 0)
		return 1;
	rounds = (n - 1) / (n_threads * most) + 1;
	return (uint32_t)((n - 1) / (n_threads * rounds) + 1);
}
