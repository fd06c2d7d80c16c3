#include "segment/exact_tile.h"

#include <stdlib.h>
#include <string.h>

#include "segment/offer.h"

/*
 * A block stays in the second cache while all queries go over it, and so do the
 * keys of 16 queries.
 */
#define BLOCK_BYTES (192u << 10)
#define BLOCK_ROWS  512u

static const struct vsx_query *query_of(const struct vsx_sieve *s)
{
	return s->query->compared;
}

static bool are_panels(const struct vsx_sieve *s)
{
	return s->codes.codec->tile != NULL;
}

bool vsx_exact_tiles_suit(const struct vsx_sieve *s)
{
	const struct vsx_eligible *e = &s->find->eligible;
	bool whole = are_panels(s)
			     ? s->query->s != NULL
			     : query_of(s) && vsx_query_native(&s->codes.space,
							       query_of(s));

	/* A few rows of its own a sieve finds faster alone. */
	return whole &&
	       (e->barred == s->seg->dead || !vsx_eligible_are_sparse(e));
}

/* ---- queries -------------------------------------------------------- */

/*
 * What a query adds to its keys, and a row (row_add()), so that these are those
 * of vsx_space_keys(). With tile.h's u and s, and P the sum of xu * qs:
 *
 *	l2      sum of (qu - xu)^2 = qu^2 + xu^2 - 256 * xu - 2 * P
 *	ip u8   -1 - product       = -1 - 128 * xu - P
 *	ip i8   2^31 - product     = 2^31 + 128 * qs - P
 *	cosine  -product           = -128 * xu - P, or 128 * qs - P
 */
static uint32_t query_add(const struct vsx_space *space, const int8_t *s)
{
	uint32_t u, of_u = 0, sum, squares = 0;

	for (uint32_t i = 0; i < space->dim; i++) {
		u = (uint8_t)(s[i] ^ 0x80);
		of_u += u;
		squares += u * u;
	}
	sum = of_u - 128 * space->dim;
	if (space->metric == VSX_L2)
		return squares;
	if (space->elem == VSX_U8)
		return space->metric == VSX_IP ? ~0u : 0;
	return 128 * sum + (space->metric == VSX_IP ? 0x80000000u : 0);
}

static void take_queries(struct vsx_exact_tiles *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct vsx_code_query *q = t->sieves[i]->query;
		int8_t *s = t->s + i * t->stride;

		if (t->in_place) {
			memcpy(s, q->s, t->stride);
			t->add[i] = q->add;
			continue;
		}
		vsx_tile_query(
			s, vsx_query_native(t->space, query_of(t->sieves[i])),
			t->space->dim, t->query_turn);
		t->add[i] = query_add(t->space, s);
	}
}

/* ---- a block of rows ------------------------------------------------ */

static enum vsx_status alloc_block(struct vsx_row_block *b, uint32_t dim,
				   struct vsx_error *err)
{
	size_t panel_bytes = vsx_panel_bytes(dim);
	size_t panels = BLOCK_BYTES / panel_bytes, room;

	if (panels < 1)
		panels = 1;
	if (panels > BLOCK_ROWS / VSX_PANEL)
		panels = BLOCK_ROWS / VSX_PANEL;
	room = panels * VSX_PANEL;
	b->room = (uint32_t)room;
	VSX_TRY(vsx_alloc_to(&b->panels, panels, panel_bytes, err));
	VSX_TRY(vsx_alloc_to(&b->add, room, sizeof(*b->add), err));
	VSX_TRY(vsx_alloc_to(&b->row, room, sizeof(*b->row), err));
	VSX_TRY(vsx_alloc_to(&b->before, room, sizeof(*b->before), err));
	VSX_TRY(vsx_alloc_to(&b->at, room, sizeof(*b->at), err));
	VSX_TRY(vsx_alloc_to(&b->sum, room, sizeof(*b->sum), err));
	VSX_TRY(vsx_alloc_to(&b->squares, room, sizeof(*b->squares), err));
	VSX_TRY(vsx_alloc_to(&b->tail, room, sizeof(*b->tail), err));
	VSX_TRY(vsx_alloc_to(&b->wild, room, sizeof(*b->wild), err));
	return vsx_alloc_to(&b->own, room, sizeof(*b->own), err);
}

static uint32_t row_add(const struct vsx_exact_tiles *t, uint32_t i)
{
	const struct vsx_space *space = t->space;
	uint32_t sum = t->rows.sum[i];

	if (space->metric != VSX_L2)
		return space->elem == VSX_U8 ? 0 - 128 * sum : 0;
	if (space->elem == VSX_I8)
		sum += 128 * space->dim; /* of u, not of s */
	return t->rows.squares[i] - 256 * sum;
}

static void pack(struct vsx_exact_tiles *t)
{
	struct vsx_row_block *b = &t->rows;
	uint32_t dim = t->space->dim;
	size_t panel_bytes = vsx_panel_bytes(dim);
	uint32_t n_panels = (b->n + VSX_PANEL - 1) / VSX_PANEL;

	for (uint32_t p = 0; p < n_panels; p++) {
		uint32_t first = p * VSX_PANEL, n = b->n - first;

		vsx_panel_pack(b->panels + p * panel_bytes, b->at + first,
			       n < VSX_PANEL ? n : VSX_PANEL, dim, t->row_turn);
	}
	for (uint32_t i = 0; i < b->n; i++)
		b->add[i] = row_add(t, i);
	b->tile = vsx_tile_packed(b->panels, b->add, n_panels, dim);
	b->tile.shift = t->space->metric == VSX_L2;
}

/* The panels that the rows are of; rows beside them are in these, too. */
static void find_panels(struct vsx_exact_tiles *t)
{
	const struct vsx_codes *codes = &t->sieves[0]->codes;
	struct vsx_row_block *b = &t->rows;

	b->tile = codes->codec->tile(codes, b->row[0] / VSX_PANEL,
				     (b->lead + b->n + VSX_PANEL - 1) /
					     VSX_PANEL);
}

/* ---- queries over a block ------------------------------------------- */

/* Rows whose codes say too little are looked at at once. */
static enum vsx_status offer_wild(struct vsx_exact_tiles *t,
				  struct vsx_sieve *s, uint32_t *keys,
				  struct vsx_error *err)
{
	const struct vsx_row_block *b = &t->rows;
	const uint8_t *at;

	for (uint32_t i = 0; i < b->n_wild; i++) {
		uint32_t place = b->wild[i];

		keys[place] = VSX_KEY_UNSURE;
		if (!vsx_is_eligible(&s->find->eligible, b->row[place]))
			continue;
		VSX_TRY(vsx_kept_at(&s->find->scratch->kept, b->row[place],
				    b->own[i], &at, err));
		VSX_TRY(vsx_offer_row(t->seg, s->find, b->row[place], at, err));
	}
	return VSX_OK;
}

static enum vsx_status take_keys(struct vsx_exact_tiles *t, struct vsx_sieve *s,
				 uint32_t *keys, struct vsx_error *err)
{
	const struct vsx_row_block *b = &t->rows;
	uint32_t n;

	if (!t->in_place && t->space->metric == VSX_COSINE)
		vsx_space_cosine_keys(t->space, query_of(s), b->tail, b->n,
				      keys);
	if (b->n_wild)
		VSX_TRY(offer_wild(t, s, keys, err));
	n = t->kernels->up_to(keys, b->n, s->cut, t->pass);
	return n ? vsx_sieve_keep(s, keys, b->row, b->before, t->pass, n, err)
		 : VSX_OK;
}

static enum vsx_status flush(struct vsx_exact_tiles *t, struct vsx_error *err)
{
	struct vsx_row_block *b = &t->rows;

	if (b->n == 0)
		return VSX_OK;
	if (t->in_place)
		find_panels(t);
	else
		pack(t);
	for (size_t first = 0; first < t->n; first += VSX_TILE_QUERIES) {
		size_t n = t->n - first;
		struct vsx_tile_queries q = {
			.s = t->s + first * t->stride,
			.stride = t->stride,
			.add = t->add + first,
			.n = (uint32_t)(n < VSX_TILE_QUERIES
						? n
						: VSX_TILE_QUERIES),
		};

		VSX_TRY(vsx_halt_before(t->sieves[first]->find->halt,
					(uint64_t)q.n * b->n, t->dim, err));
		t->kernels->keys(&b->tile, &q, t->keys, b->room);
		for (size_t i = 0; i < q.n; i++)
			VSX_TRY(take_keys(t, t->sieves[first + i],
					  t->keys + i * b->room + b->lead,
					  err));
	}
	b->n = 0;
	b->lead = 0;
	b->n_wild = 0;
	return VSX_OK;
}

/* Of which rows of a run no code tells enough; they are the block's last. */
static void note_wild(struct vsx_exact_tiles *t, const struct vsx_run *run)
{
	const struct vsx_codes *codes = &t->sieves[0]->codes;
	uint32_t stride = vsx_vecs_stride(t->seg), *keys = t->pass;
	struct vsx_row_block *b = &t->rows;

	memset(keys, 0, run->n_rows * sizeof(*keys));
	codes->codec->mark(codes, run, keys);
	for (uint32_t i = 0; i < run->n_rows; i++) {
		uint64_t offset = run->offset + (uint64_t)i * stride;

		if (keys[i] != VSX_KEY_UNSURE)
			continue;
		b->wild[b->n_wild] = b->n - run->n_rows + i;
		b->own[b->n_wild++] = offset;
	}
}

/* What is to be packed of the last n rows, which are those of a run. */
static void add_codes(struct vsx_exact_tiles *t, const struct vsx_run *run)
{
	const struct vsx_codes *codes = &t->sieves[0]->codes;
	const struct vsx_space *space = t->space;
	struct vsx_row_block *b = &t->rows;
	uint32_t n = run->n_rows, at = b->n - n;
	const uint8_t *base;
	uint64_t bytes;

	base = codes->view->base + vsx_codes_extent(codes, run, &bytes);
	space->kernels->ip_int[space->elem](t->ones, base, space->stride, NULL,
					    n, space->dim, b->sum + at);
	if (space->metric == VSX_L2)
		space->kernels->l2_int[space->elem](
			t->none, base, space->stride, NULL, n, space->dim,
			b->squares + at);
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *row = base + (size_t)i * space->stride;

		b->at[at + i] = row;
		if (space->metric == VSX_COSINE)
			memcpy(&b->tail[at + i], row + space->tail,
			       sizeof(float));
	}
}

/* Rows that lie one after the other and are there, as many as there is room
 * for; so many passed before. */
static enum vsx_status add_rows(struct vsx_exact_tiles *t,
				const struct vsx_run *run, uint32_t before,
				struct vsx_error *err)
{
	const struct vsx_codes *codes = &t->sieves[0]->codes;
	struct vsx_row_block *b = &t->rows;

	VSX_TRY(vsx_codes_touch(codes, run, err));
	for (uint32_t i = 0; i < run->n_rows; i++, b->n++) {
		b->row[b->n] = run->first_row + i;
		b->before[b->n] = before + i;
	}
	if (!t->in_place)
		add_codes(t, run);
	if (codes->unsure)
		note_wild(t, run);
	return VSX_OK;
}

/* Panels in place go on with this row, or begin with it. */
static enum vsx_status join_panels(struct vsx_exact_tiles *t, uint32_t row,
				   struct vsx_error *err)
{
	struct vsx_row_block *b = &t->rows;

	if (b->n && b->row[b->n - 1] + 1 != row)
		VSX_TRY(flush(t, err));
	if (b->n == 0)
		b->lead = row % VSX_PANEL;
	return VSX_OK;
}

/* Add rows that lie side by side. */
static enum vsx_status add_run(struct vsx_exact_tiles *t, struct vsx_run run,
			       uint32_t before, struct vsx_error *err)
{
	struct vsx_row_block *b = &t->rows;
	uint32_t left = run.n_rows;

	for (; left > 0; left -= run.n_rows) {
		uint32_t room;

		if (t->in_place)
			VSX_TRY(join_panels(t, run.first_row, err));
		room = b->room - b->lead - b->n;
		run.n_rows = room < left ? room : left;
		VSX_TRY(add_rows(t, &run, before, err));
		if (b->lead + b->n == b->room)
			VSX_TRY(flush(t, err));
		run.first_row += run.n_rows;
		run.offset += (uint64_t)run.n_rows * vsx_vecs_stride(t->seg);
		before += run.n_rows;
	}
	return VSX_OK;
}

/*
 * What is deleted is not packed. What else is barred, sieves leave out, and
 * among panels in place all.
 */
enum vsx_status vsx_exact_tiles_rows(struct vsx_exact_tiles *t, uint32_t first,
				     uint32_t n, uint64_t offset,
				     struct vsx_error *err)
{
	uint64_t stride = vsx_vecs_stride(t->seg);
	struct vsx_run run = {.first_row = first, .n_rows = n};
	uint32_t end = first + n, n_live = 0, before, skipped;

	VSX_TRY(vsx_passed_add(t->sieves[0]->passed, first, n, offset, err));
	before = t->sieves[0]->passed->n_rows - n;
	run.offset = offset;
	if (t->in_place)
		VSX_TRY(add_run(t, run, before, err));
	while ((run.n_rows = vsx_eligible_run(&t->live, &run.first_row, end)) >
	       0) {
		skipped = run.first_row - first;
		run.offset = offset + skipped * stride;
		if (!t->in_place)
			VSX_TRY(add_run(t, run, before + skipped, err));
		n_live += run.n_rows;
		run.first_row += run.n_rows;
	}
	/* Counted as vsx_sieve_rows() does. */
	for (size_t i = 0; i < t->n; i++)
		t->sieves[i]->find->n_distances +=
			vsx_eligible_are_sparse(&t->live) ? n_live : n;
	return VSX_OK;
}

enum vsx_status vsx_exact_tiles_end(struct vsx_exact_tiles *t,
				    struct vsx_error *err)
{
	return flush(t, err);
}

/* What goes by the number of components alone. */
static enum vsx_status alloc_for(struct vsx_exact_tiles *t, uint32_t dim,
				 struct vsx_error *err)
{
	if (t->dim == dim)
		return VSX_OK;
	vsx_exact_tiles_release(t);
	VSX_TRY(alloc_block(&t->rows, dim, err));
	VSX_TRY(vsx_alloc_to(&t->none, dim, 1, err));
	VSX_TRY(vsx_alloc_to(&t->ones, dim, 1, err));
	VSX_TRY(vsx_alloc_to(&t->keys, (size_t)VSX_TILE_QUERIES * t->rows.room,
			     sizeof(*t->keys), err));
	VSX_TRY(vsx_alloc_to(&t->pass, t->rows.room, sizeof(*t->pass), err));
	t->dim = dim;
	return VSX_OK;
}

enum vsx_status vsx_exact_tiles_begin(struct vsx_exact_tiles *t,
				      const struct vsx_segment *seg,
				      struct vsx_sieve *const *sieves, size_t n,
				      struct vsx_error *err)
{
	uint32_t dim = seg->space.dim;
	size_t stride = vsx_tile_stride(dim);

	VSX_TRY(alloc_for(t, dim, err));
	VSX_TRY(vsx_grow(&t->s, &t->s_cap, n, stride, err));
	VSX_TRY(vsx_grow(&t->add, &t->add_cap, n, sizeof(*t->add), err));
	t->seg = seg;
	t->space = &sieves[0]->codes.space;
	t->in_place = are_panels(sieves[0]);
	t->live = vsx_eligible_live(seg);
	t->sieves = sieves;
	t->n = n;
	t->kernels = vsx_tiles();
	t->row_turn = t->space->elem == VSX_I8 ? 0x80 : 0; /* to pack */
	t->query_turn = t->space->elem == VSX_I8 ? 0 : 0x80;
	t->stride = stride;
	t->rows.n = 0;
	t->rows.lead = 0;
	t->rows.n_wild = 0;
	memset(t->none, t->row_turn, dim);
	memset(t->ones, 1, dim);
	take_queries(t);
	return VSX_OK;
}

void vsx_exact_tiles_release(struct vsx_exact_tiles *t)
{
	struct vsx_row_block *b = &t->rows;

	free(b->panels);
	free(b->add);
	free(b->row);
	free(b->before);
	free((void *)b->at);
	free(b->sum);
	free(b->squares);
	free(b->tail);
	free(b->wild);
	free(b->own);
	free(t->s);
	free(t->add);
	free(t->none);
	free(t->ones);
	free(t->keys);
	free(t->pass);
	memset(t, 0, sizeof(*t));
}
