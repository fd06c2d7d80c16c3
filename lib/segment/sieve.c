#include "segment/sieve.h"

#include <math.h>
#include <string.h>

#include "base/select.h"
#include "segment/offer.h"
#include "io/advice.h"

/* ---- the sieve ------------------------------------------------------ */

#define BLOCK_BYTES (64u << 10)
#define BLOCK_ROWS  1024u
#define HEAD_BYTES  4096u

uint32_t vsx_sieve_step(const struct vsx_sieve *s)
{
	uint32_t stride =
		s->by_code ? s->codes.space.stride : s->seg->space.stride;
	uint32_t n = BLOCK_BYTES / stride;

	return n < 1 ? 1 : n > BLOCK_ROWS ? BLOCK_ROWS : n;
}

/* How many entries make it worth while to thin them out. */
static size_t first_limit(size_t want)
{
	return 2 * want + 44;
}

enum vsx_status vsx_sieve_reserve(struct vsx_scratch *scratch, size_t base,
				  size_t want, struct vsx_error *err)
{
	VSX_TRY(vsx_grow(&scratch->keys, &scratch->keys_cap, BLOCK_ROWS,
			 sizeof(*scratch->keys), err));
	return vsx_grow(&scratch->pool, &scratch->pool_cap,
			base + first_limit(want) + BLOCK_ROWS,
			sizeof(*scratch->pool), err);
}

/* Wild rows are marked by the greatest key, which no code has. */
static void set_cut(struct vsx_sieve *s)
{
	s->cut = vsx_bounds_key(&s->bounds, s->bound);
	if (s->by_code && s->cut == UINT32_MAX)
		s->cut--;
}

enum vsx_status vsx_sieve_begin(struct vsx_sieve *s,
				const struct vsx_segment *seg,
				struct vsx_find *find, size_t base,
				struct vsx_error *err)
{
	struct vsx_scratch *scratch = find->scratch;

	memset(s, 0, sizeof(*s));
	s->seg = seg;
	s->find = find;
	s->base = base;
	s->want = find->k + find->skip_self;
	if (s->want > seg->n_rows)
		s->want = seg->n_rows;
	s->limit = first_limit(s->want);
	s->by_code = vsx_codes_present(seg);
	if (s->by_code) {
		VSX_TRY(vsx_codes_open(&s->codes, seg, err));
		VSX_TRY(vsx_codes_query(&s->codes, &seg->space, find->query,
					&scratch->code, &s->bounds, err));
	} else if (!vsx_bounds_rows(&s->bounds, &seg->space, find->query)) {
		s->by_length = true;
		/* The code query is not needed: its buffer is the zero vector
		 * whose distance to a row is the row's length. */
		memset(scratch->code.f32_buffer, 0,
		       seg->space.dim * sizeof(float));
		s->zero = scratch->code.f32_buffer;
		/* Components whose squares are lost in an f32 make a row look
		 * as if it had no length; their products are lost as well. */
		s->longest = 1e-18;
		s->bounds.error = vsx_bounds_product_error(
			&seg->space, find->query, s->longest);
	}
	s->bound = vsx_topk_bound(&find->top);
	set_cut(s);
	VSX_TRY(vsx_find_eligible(find, seg, err));
	return vsx_sieve_reserve(scratch, base, s->want, err);
}

/* Learn a new cut from the entries, and drop those above it. */
static void thin_out(struct vsx_sieve *s)
{
	uint64_t *pool = s->find->scratch->pool + s->base;
	double bound = vsx_topk_bound(&s->find->top), high;
	size_t kept = 0;
	uint32_t cut = 0;

	if (bound < s->bound)
		s->bound = bound;
	if (s->want < s->n) {
		vsx_least(pool, s->n, s->want, false);
		for (size_t i = 0; i < s->want; i++)
			if ((uint32_t)(pool[i] >> 32) > cut)
				cut = (uint32_t)(pool[i] >> 32);
		high = vsx_bounds_high(&s->bounds, cut);
		if (high < s->bound)
			s->bound = high;
	}
	set_cut(s);
	for (size_t i = 0; i < s->n; i++)
		if (pool[i] >> 32 <= s->cut)
			pool[kept++] = pool[i];
	s->n = kept;
	if (s->limit < 2 * kept)
		s->limit = 2 * kept;
}

/* Wild rows: their keys say too little, so they are looked at at once. */
static enum vsx_status offer_wild(struct vsx_sieve *s, uint32_t first,
				  uint32_t n, uint32_t *keys, uint64_t offset,
				  struct vsx_error *err)
{
	const struct vsx_view *vecs = &s->seg->view[VSX_SEC_VECS];
	uint32_t stride = s->seg->space.stride;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = offset + (uint64_t)i * stride;

		if (vsx_codes_eps(&s->codes, first + i) <=
		    s->codes.header.eps_cap)
			continue;
		keys[i] = UINT32_MAX;
		if (!vsx_is_eligible(&s->find->eligible, first + i))
			continue;
		VSX_TRY(vsx_touch(vecs, at, stride, err));
		VSX_TRY(vsx_offer_row(s->seg, s->find, first + i,
				      vecs->base + at, err));
	}
	return VSX_OK;
}

/* Products of floats: how far off a key may be goes by the row's length. */
static void widen(struct vsx_sieve *s, const uint8_t *rows, uint32_t n,
		  float *squares)
{
	const struct vsx_space *space = &s->seg->space;
	double longest = s->longest;

	space->kernels->l2[space->elem](s->zero, rows, space->stride, NULL, n,
					space->dim, squares);
	for (uint32_t i = 0; i < n; i++)
		if (!(squares[i] <= longest * longest))
			longest = sqrt((double)squares[i] * 1.01) + 1e-18;
	if (longest > s->longest) {
		s->longest = longest;
		s->bounds.error = vsx_bounds_product_error(
			space, s->find->query, longest);
		set_cut(s);
	}
}

/* Append what is not above the cut. */
static void keep(struct vsx_sieve *s, const uint32_t *keys, uint32_t first,
		 uint32_t n)
{
	uint64_t *pool = s->find->scratch->pool + s->base;
	const struct vsx_eligible *eligible = &s->find->eligible;
	uint32_t cut = s->cut;
	size_t kept = s->n;

	for (uint32_t i = 0; i < n; i++)
		if (keys[i] <= cut && vsx_is_eligible(eligible, first + i))
			pool[kept++] = (uint64_t)keys[i] << 32 | (first + i);
	s->n = kept;
}

enum vsx_status vsx_sieve_keep(struct vsx_sieve *s, const uint32_t *keys,
			       const uint32_t *rows, const uint32_t *places,
			       uint32_t n, struct vsx_error *err)
{
	struct vsx_scratch *scratch = s->find->scratch;
	uint64_t *pool;

	if (s->base + s->n + n > scratch->pool_cap)
		VSX_TRY(vsx_grow(&scratch->pool, &scratch->pool_cap,
				 s->base + s->n + n, sizeof(*scratch->pool),
				 err));
	pool = scratch->pool + s->base;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = rows[places[i]];

		if (vsx_is_eligible(&s->find->eligible, row))
			pool[s->n++] = (uint64_t)keys[places[i]] << 32 | row;
	}
	if (s->n >= s->limit)
		thin_out(s);
	return VSX_OK;
}

/* What of a run passes. */
static const uint8_t *bytes_of(const struct vsx_sieve *s,
			       const struct vsx_run *run, uint64_t *bytes)
{
	uint64_t stride = s->seg->space.stride;

	if (s->by_code) {
		stride = s->codes.space.stride;
		*bytes = run->n_rows * stride;
		return s->codes.base + run->first_row * stride;
	}
	*bytes = run->n_rows * stride;
	return s->seg->view[VSX_SEC_VECS].base + run->offset;
}

void vsx_sieve_expect(const struct vsx_sieve *s, const struct vsx_run *run)
{
	uint64_t bytes;
	const uint8_t *p = bytes_of(s, run, &bytes);

	/* The rest of a run the processor fetches ahead by itself. */
	if (bytes > HEAD_BYTES)
		bytes = HEAD_BYTES;
	for (uint64_t b = 0; b < bytes; b += 64)
		__builtin_prefetch(p + b, 0, 2);
}

void vsx_sieve_ask(const struct vsx_sieve *s, const struct vsx_run *run)
{
	uint64_t bytes;
	const uint8_t *p = bytes_of(s, run, &bytes);

	vsx_ask(p, bytes);
}

static enum vsx_status take_rows(struct vsx_sieve *s, uint32_t first,
				 uint32_t n, uint64_t offset,
				 struct vsx_error *err)
{
	struct vsx_scratch *scratch = s->find->scratch;
	const struct vsx_segment *seg = s->seg;
	const struct vsx_view *view = &seg->view[VSX_SEC_VECS];
	const struct vsx_space *space = &seg->space;
	const struct vsx_query *query = s->find->query;
	uint64_t at = offset;

	if (n == 0)
		return VSX_OK;
	VSX_TRY(vsx_grow(&scratch->pool, &scratch->pool_cap, s->base + s->n + n,
			 sizeof(*scratch->pool), err));
	if (s->by_code) {
		view = s->codes.view;
		space = &s->codes.space;
		query = &scratch->code;
		at = s->codes.at + (uint64_t)first * space->stride;
	}
	VSX_TRY(vsx_touch(view, at, (uint64_t)n * space->stride, err));
	if (s->by_length)
		widen(s, view->base + at, n, (float *)scratch->keys);
	vsx_space_keys(space, query, view->base + at, NULL, n, scratch->keys);
	if (s->by_code && s->codes.header.wild)
		VSX_TRY(offer_wild(s, first, n, scratch->keys, offset, err));
	s->find->n_distances += n;
	keep(s, scratch->keys, first, n);
	if (s->n >= s->limit)
		thin_out(s);
	return VSX_OK;
}

enum vsx_status vsx_sieve_rows(struct vsx_sieve *s, uint32_t first, uint32_t n,
			       uint64_t offset, struct vsx_error *err)
{
	const struct vsx_eligible *eligible = &s->find->eligible;
	uint64_t stride = s->seg->space.stride;
	uint32_t end = first + n, row = first, side_by_side;

	if (!vsx_eligible_are_sparse(eligible))
		return take_rows(s, first, n, offset, err);
	while ((side_by_side = vsx_eligible_run(eligible, &row, end)) > 0) {
		VSX_TRY(take_rows(s, row, side_by_side,
				  offset + (row - first) * stride, err));
		row += side_by_side;
	}
	return VSX_OK;
}

/* Keys that are the values: the rows need not be looked at. */
static enum vsx_status offer_keys(struct vsx_sieve *s, struct vsx_error *err)
{
	const uint64_t *pool = s->find->scratch->pool + s->base;
	struct vsx_find *find = s->find;

	for (size_t i = 0; i < s->n; i++) {
		double value = vsx_space_value(&s->seg->space, find->query,
					       (uint32_t)(pool[i] >> 32));

		if (value > vsx_topk_bound(&find->top))
			break;
		VSX_TRY(vsx_offer_value(s->seg, find, (uint32_t)pool[i], value,
					err));
	}
	return VSX_OK;
}

enum vsx_status vsx_sieve_finish(struct vsx_sieve *s, struct vsx_error *err)
{
	const struct vsx_view *vecs = &s->seg->view[VSX_SEC_VECS];
	uint64_t *pool = s->find->scratch->pool + s->base;

	if (s->n == 0)
		return VSX_OK;
	thin_out(s);
	vsx_least(pool, s->n, s->n, true);
	if (!s->by_code && vsx_bounds_are_values(&s->bounds))
		return offer_keys(s, err);
	for (size_t i = 0; i < s->n; i++) {
		uint32_t key = (uint32_t)(pool[i] >> 32);
		uint32_t row = (uint32_t)pool[i];
		uint64_t offset;

		if (vsx_bounds_low(&s->bounds, key) >
		    vsx_topk_bound(&s->find->top))
			break;
		VSX_TRY(vsx_segment_locate(s->seg, row, &offset, err));
		VSX_TRY(vsx_offer_row(s->seg, s->find, row, vecs->base + offset,
				      err));
	}
	return VSX_OK;
}
