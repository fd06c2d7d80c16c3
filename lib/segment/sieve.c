#include "segment/sieve.h"

#include <math.h>
#include <string.h>

#include "base/select.h"
#include "kernel/tile.h"
#include "segment/looks.h"
#include "segment/offer.h"
#include "io/advice.h"

/* ---- the sieve ------------------------------------------------------ */

#define BLOCK_BYTES (64u << 10)
#define BLOCK_ROWS  1024u
#define HEAD_BYTES  8192u

/* Of rows one by one as many as stay in the cache; whole blocks of others. */
uint32_t vsx_sieve_step(const struct vsx_sieve *s)
{
	uint32_t n = (BLOCK_BYTES / s->codes.block_bytes)
		     << s->codes.block_shift;
	uint32_t least = 1u << s->codes.block_shift;

	return n < least ? least : n > BLOCK_ROWS ? BLOCK_ROWS : n;
}

/* How many entries make it worth while to thin them out. */
static size_t first_limit(size_t want)
{
	return 2 * want + 44;
}

/* Of a search for all rows within a distance nobody knows how many those are:
 * there is room for so many at first. */
#define FIRST_WITHIN 1024u

static size_t expected(const struct vsx_find *find, size_t want)
{
	return find->within && want > FIRST_WITHIN ? FIRST_WITHIN : want;
}

enum vsx_status vsx_sieve_reserve(struct vsx_scratch *scratch, size_t base,
				  size_t want, struct vsx_error *err)
{
	VSX_TRY(vsx_grow(&scratch->keys, &scratch->keys_cap, BLOCK_ROWS,
			 sizeof(*scratch->keys), err));
	VSX_TRY(vsx_grow(&scratch->passed.runs, &scratch->passed.cap, 1,
			 sizeof(*scratch->passed.runs), err));
	return vsx_grow(&scratch->pool, &scratch->pool_cap,
			base + first_limit(want) + BLOCK_ROWS,
			sizeof(*scratch->pool), err);
}

/* A key that says nothing is above every cut. */
static void set_cut(struct vsx_sieve *s)
{
	if (s->estimates)
		return; /* by keys alone: see thin_out() */
	s->error = s->query->bounds.error;
	s->cut = vsx_bounds_key(&s->query->bounds, s->bound);
	if (s->codes.unsure && s->cut == VSX_KEY_UNSURE)
		s->cut--;
}

size_t vsx_sieve_want(const struct vsx_segment *seg,
		      const struct vsx_find *find, bool estimates)
{
	uint64_t want = find->k, refine = find->refine;

	if (want > seg->n_rows)
		return seg->n_rows;
	if (refine == 0 && estimates)
		refine = (uint64_t)(vsx_segment_codec(seg)->refine *
					    VSX_REFINE_UNIT +
				    0.5);
	if (estimates)
		want = vsx_refine_rows(want, (uint32_t)refine);
	want += find->skip_self;
	return want < seg->n_rows ? (size_t)want : seg->n_rows;
}

/* What is waited for at a row or a panel of codes that lies alone, as bytes
 * that are read in the order of memory. */
#define ALONE_WAIT 512u

/* What few eligible rows are found by, where there are codes with bounds. */
enum few {
	FEW_ROWS,   /* themselves: each lies alone */
	FEW_PANELS, /* of codes that have one */
	FEW_NONE,   /* all codes, which are dropped again */
};

/* What takes least. From a disk pages are read, and those of codes have more
 * rows. */
static enum few ways_of_few(const struct vsx_segment *seg,
			    const struct vsx_eligible *e)
{
	uint64_t group =
		(uint64_t)VSX_GROUP * (seg->codec->block_bytes(&seg->form) >>
				       seg->codec->block_shift);
	uint64_t panels = e->n_groups * (group + ALONE_WAIT);
	uint64_t all = e->n_rows / VSX_GROUP * group;
	uint64_t rows = (uint64_t)e->n * (seg->space.stride + ALONE_WAIT);

	if (e->n_groups == 0 || seg->scarce)
		return FEW_PANELS;
	if (!vsx_is_coded(seg) && rows < panels && rows < all)
		return FEW_ROWS;
	return panels < all ? FEW_PANELS : FEW_NONE;
}

enum vsx_status vsx_sieve_begin(struct vsx_sieve *s,
				const struct vsx_segment *seg,
				struct vsx_find *find, size_t base,
				bool may_miss, struct vsx_error *err)
{
	struct vsx_scratch *scratch = find->scratch;
	enum few few = FEW_PANELS;

	memset(s, 0, sizeof(*s));
	s->seg = seg;
	s->find = find;
	s->base = base;
	/* How far a row is, and not which are the nearest, estimates do not
	   say. */
	s->estimates = may_miss && !find->within && vsx_codes_estimate(seg);
	s->want = vsx_sieve_want(seg, find, s->estimates);
	s->limit = first_limit(expected(find, s->want));
	scratch->gathered.at = 0;
	VSX_TRY(vsx_find_eligible(find, seg, err));
	s->few = vsx_eligible_are_sparse(&find->eligible);
	if (vsx_codes_present(seg) && !seg->codec->estimates && s->few)
		few = ways_of_few(seg, &find->eligible);
	if (few == FEW_NONE)
		s->few = false;
	if (s->estimates || (vsx_codes_present(seg) && !seg->codec->estimates &&
			     few != FEW_ROWS))
		VSX_TRY(vsx_segment_codes(seg, &s->codes, err));
	else
		vsx_segment_rows(seg, &s->codes);
	s->decodes = !s->estimates && vsx_is_coded(seg);
	s->kept = &scratch->kept;
	VSX_TRY(vsx_kept_begin(&scratch->kept, seg, err));
	s->passed = &scratch->passed;
	vsx_passed_begin(s->passed, vsx_vecs_stride(seg));
	s->query = &scratch->code;
	s->query->asked = find->query;
	VSX_TRY(s->codes.codec->prepare(&s->codes, s->query, err));
	s->error = s->query->bounds.error;
	s->bound = vsx_find_bound(find);
	s->cut = UINT32_MAX;
	set_cut(s);
	return vsx_sieve_reserve(scratch, base, expected(find, s->want), err);
}

/* Of entries that are estimates the first `want` are kept. */
static void keep_least(struct vsx_sieve *s, uint64_t *pool)
{
	if (s->want >= s->n)
		return;
	vsx_least(pool, s->n, s->want, false);
	s->n = s->want;
	s->cut = 0;
	for (size_t i = 0; i < s->n; i++)
		if ((uint32_t)(pool[i] >> 32) > s->cut)
			s->cut = (uint32_t)(pool[i] >> 32);
}

/* Learn a new cut from the entries, and drop those above it. */
static void thin_out(struct vsx_sieve *s)
{
	uint64_t *pool = s->find->scratch->pool + s->base;
	double bound = vsx_find_bound(s->find), high;
	size_t kept = 0;
	uint32_t cut = 0;

	if (s->estimates) {
		keep_least(s, pool);
		return;
	}
	if (bound < s->bound)
		s->bound = bound;
	if (s->want < s->n) {
		vsx_least(pool, s->n, s->want, false);
		for (size_t i = 0; i < s->want; i++)
			if ((uint32_t)(pool[i] >> 32) > cut)
				cut = (uint32_t)(pool[i] >> 32);
		high = vsx_bounds_high(&s->query->bounds, cut);
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

/* Offer a row by what it is. */
static enum vsx_status look_at(struct vsx_sieve *s, uint32_t row,
			       uint64_t offset, struct vsx_error *err)
{
	const uint8_t *at;

	VSX_TRY(vsx_kept_at(&s->find->scratch->kept, row, offset, &at, err));
	return vsx_offer_row(s->seg, s->find, row, at, err);
}

/* Rows whose keys say too little are looked at at once. */
static enum vsx_status offer_unsure(struct vsx_sieve *s,
				    const struct vsx_run *run, uint32_t *keys,
				    struct vsx_error *err)
{
	uint32_t stride = vsx_vecs_stride(s->seg);

	s->codes.codec->mark(&s->codes, run, keys);
	for (uint32_t i = 0; i < run->n_rows; i++) {
		uint64_t offset = run->offset + (uint64_t)i * stride;
		uint32_t row = run->first_row + i;

		if (keys[i] == VSX_KEY_UNSURE &&
		    vsx_is_eligible(&s->find->eligible, row))
			VSX_TRY(look_at(s, row, offset, err));
	}
	return VSX_OK;
}

/* Append what is not above the cut; so many rows passed before the run. */
static void keep(struct vsx_sieve *s, const struct vsx_run *run,
		 uint32_t before, const uint32_t *keys)
{
	uint64_t *pool = s->find->scratch->pool + s->base;
	const struct vsx_eligible *eligible = &s->find->eligible;
	uint32_t first = run->first_row, at[BLOCK_ROWS];
	uint32_t n = vsx_tiles()->up_to(keys, run->n_rows, s->cut, at);
	size_t kept = s->n;

	for (uint32_t i = 0; i < n; i++)
		if (vsx_is_eligible(eligible, first + at[i]))
			pool[kept++] =
				(uint64_t)keys[at[i]] << 32 | (before + at[i]);
	s->n_kept += kept - s->n;
	s->n = kept;
}

enum vsx_status vsx_sieve_keep(struct vsx_sieve *s, const uint32_t *keys,
			       const uint32_t *rows, const uint32_t *before,
			       const uint32_t *places, uint32_t n,
			       struct vsx_error *err)
{
	struct vsx_scratch *scratch = s->find->scratch;
	uint64_t *pool;

	if (s->base + s->n + n > scratch->pool_cap)
		VSX_TRY(vsx_grow(&scratch->pool, &scratch->pool_cap,
				 s->base + s->n + n, sizeof(*scratch->pool),
				 err));
	pool = scratch->pool + s->base;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t place = places[i];

		if (vsx_is_eligible(&s->find->eligible, rows[place]))
			pool[s->n++] =
				(uint64_t)keys[place] << 32 | before[place];
	}
	if (s->n >= s->limit)
		thin_out(s);
	return VSX_OK;
}

enum vsx_status vsx_sieve_list(struct vsx_sieve *s, uint32_t list,
			       struct vsx_error *err)
{
	const float *centroid;

	if (!s->estimates)
		return VSX_OK;
	VSX_TRY(vsx_codes_centroid(&s->codes, list, &centroid, err));
	if (centroid)
		s->codes.codec->prepare_list(&s->codes, s->query, centroid);
	return VSX_OK;
}

void vsx_sieve_join(struct vsx_sieve *s, const struct vsx_sieve *first)
{
	s->passed = first->passed;
	s->kept = first->kept;
}

/* Where the bytes lie that keys of a run are made of. */
static uint64_t extent(const struct vsx_sieve *s, const struct vsx_run *run,
		       uint64_t *bytes)
{
	if (!s->decodes)
		return vsx_codes_extent(&s->codes, run, bytes);
	*bytes = (uint64_t)run->n_rows * s->seg->kept_bytes;
	return run->offset;
}

void vsx_sieve_expect(const struct vsx_sieve *s, const struct vsx_run *run)
{
	uint64_t bytes, at = extent(s, run, &bytes);
	const uint8_t *p = s->codes.view->base + at;

	/* The rest of a run the processor fetches ahead by itself. */
	if (bytes > HEAD_BYTES)
		bytes = HEAD_BYTES;
	for (uint64_t b = 0; b < bytes; b += 64)
		__builtin_prefetch(p + b, 0, 2);
}

void vsx_sieve_ask(const struct vsx_sieve *s, const struct vsx_run *run)
{
	uint64_t bytes, at = extent(s, run, &bytes);

	vsx_ask(s->codes.view->base + at, bytes);
}

/* A run of codes becomes one of rows, in memory. */
static enum vsx_status decode(struct vsx_sieve *s, struct vsx_run *run,
			      struct vsx_error *err)
{
	VSX_TRY(vsx_kept_block(s->kept, run, &s->codes.base, err));
	run->offset = 0;
	return VSX_OK;
}

static enum vsx_status take_rows(struct vsx_sieve *s, const struct vsx_run *run,
				 uint32_t before, struct vsx_error *err)
{
	struct vsx_scratch *scratch = s->find->scratch;
	struct vsx_run from = *run;

	if (run->n_rows == 0)
		return VSX_OK;
	VSX_TRY(vsx_grow(&scratch->pool, &scratch->pool_cap,
			 s->base + s->n + run->n_rows, sizeof(*scratch->pool),
			 err));
	if (s->decodes)
		VSX_TRY(decode(s, &from, err));
	else
		VSX_TRY(vsx_codes_touch(&s->codes, run, err));
	if (s->estimates)
		s->query->cut = s->cut;
	s->codes.codec->keys_of_run(&s->codes, s->query, &from, scratch->keys);
	if (s->query->bounds.error != s->error)
		set_cut(s);
	if (s->codes.unsure && !s->estimates)
		VSX_TRY(offer_unsure(s, run, scratch->keys, err));
	s->find->n_distances += run->n_rows;
	keep(s, run, before, scratch->keys);
	if (s->n >= s->limit)
		thin_out(s);
	return VSX_OK;
}

/* Few rows lie here and there in memory, and are waited for together. */
#define TOGETHER 16u

/* To the end of its last block of codes, and on where the next has eligible
 * rows, too: a kernel takes whole ones. The others are dropped again. */
static uint32_t whole_blocks(const struct vsx_sieve *s, uint32_t row,
			     uint32_t n, uint32_t end)
{
	uint32_t block = 1u << s->codes.block_shift, last = row + n, more;

	if (block == 1)
		return n;
	if (end - row > vsx_sieve_step(s))
		end = row + vsx_sieve_step(s);
	do {
		uint32_t next = last = (last + block - 1) & ~(block - 1);

		if (last >= end)
			return end - row;
		more = vsx_eligible_run(&s->find->eligible, &next,
					last + block);
		if (more)
			last = next + more;
	} while (more);
	return last - row;
}

/* The others of blocks of codes are no more work. */
static uint32_t not_eligible(const struct vsx_sieve *s,
			     const struct vsx_run *run)
{
	return run->n_rows - vsx_eligible_among(&s->find->eligible,
						run->first_row, run->n_rows);
}

static enum vsx_status take_sparse(struct vsx_sieve *s,
				   const struct vsx_run *run, uint32_t before,
				   struct vsx_error *err)
{
	uint32_t stride = vsx_vecs_stride(s->seg), row = run->first_row;
	uint32_t end = row + run->n_rows, step = vsx_sieve_step(s), n;
	struct vsx_run some[TOGETHER];

	do {
		uint32_t n_rows = 0;

		for (n = 0; n < TOGETHER; n++) {
			struct vsx_run *r = &some[n];

			r->n_rows =
				vsx_eligible_run(&s->find->eligible, &row, end);
			if (r->n_rows == 0)
				break;
			r->n_rows = whole_blocks(s, row, r->n_rows, end);
			if (r->n_rows > step)
				r->n_rows = step;
			n_rows += r->n_rows;
			r->first_row = row;
			r->offset = run->offset +
				    (uint64_t)(row - run->first_row) * stride;
			vsx_sieve_expect(s, r);
			row += r->n_rows;
		}
		VSX_TRY(vsx_halt_before(s->find->halt, n_rows + 1, stride,
					err));
		for (uint32_t i = 0; i < n; i++) {
			const struct vsx_run *r = &some[i];

			VSX_TRY(take_rows(
				s, r, before + r->first_row - run->first_row,
				err));
			s->find->n_distances -= not_eligible(s, r);
		}
	} while (n == TOGETHER);
	return VSX_OK;
}

/* Keys of the rows that were gathered. */
static enum vsx_status take_gathered(struct vsx_sieve *s, struct vsx_error *err)
{
	struct vsx_scratch *scratch = s->find->scratch;
	struct vsx_gathered *g = &scratch->gathered;
	uint32_t stride = vsx_vecs_stride(s->seg), n = s->n_gathered;
	struct vsx_codes codes = s->codes;
	uint32_t at[VSX_GATHERED];
	uint64_t *pool;

	if (n == 0)
		return VSX_OK;
	s->n_gathered = 0;
	codes.base += g->at;
	codes.rows.stride = VSX_PLACE_UNIT;
	VSX_TRY(vsx_halt_before(s->find->halt, n, stride, err));
	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(vsx_touch(codes.view,
				  g->at + (uint64_t)g->place[i] *
						  VSX_PLACE_UNIT,
				  stride, err));
	codes.codec->keys_of_rows(&codes, s->query, g->place, n, scratch->keys);
	s->find->n_distances += n;
	VSX_TRY(vsx_grow(&scratch->pool, &scratch->pool_cap, s->base + s->n + n,
			 sizeof(*pool), err));
	pool = scratch->pool + s->base + s->n;
	n = vsx_tiles()->up_to(scratch->keys, n, s->cut, at);
	for (uint32_t i = 0; i < n; i++)
		pool[i] =
			(uint64_t)scratch->keys[at[i]] << 32 | g->before[at[i]];
	s->n_kept += n;
	s->n += n;
	if (s->n >= s->limit)
		thin_out(s);
	return VSX_OK;
}

/* Bytes that places tell apart. */
#define PLACES ((uint64_t)VSX_PLACE_UNIT << 32)

/*
 * take_sparse() of rows as they are, whose keys a kernel takes by place: those
 * of lists that have few each are waited for together.
 */
static enum vsx_status take_scattered(struct vsx_sieve *s,
				      const struct vsx_run *run,
				      uint32_t before, struct vsx_error *err)
{
	struct vsx_gathered *g = &s->find->scratch->gathered;
	uint32_t stride = vsx_vecs_stride(s->seg), row = run->first_row;
	uint32_t end = row + run->n_rows, n;

	while ((n = vsx_eligible_run(&s->find->eligible, &row, end)) > 0)
		for (uint32_t i = 0; i < n; i++, row++) {
			uint32_t in = row - run->first_row;
			uint64_t at = run->offset + (uint64_t)in * stride;

			if (at - at % PLACES != g->at) {
				VSX_TRY(take_gathered(s, err));
				g->at = at - at % PLACES;
			}
			g->place[s->n_gathered] =
				(uint32_t)(at % PLACES / VSX_PLACE_UNIT);
			g->before[s->n_gathered] = before + in;
			if (++s->n_gathered == VSX_GATHERED)
				VSX_TRY(take_gathered(s, err));
		}
	/* How many rows are within reach is asked after each list. */
	return s->find->within ? take_gathered(s, err) : VSX_OK;
}

/* Whether keys of rows here and there say as much as those of a run. */
static bool are_plain(const struct vsx_sieve *s)
{
	return s->codes.codec == &vsx_codec_rows && !s->decodes &&
	       s->query->longest == 0.0;
}

enum vsx_status vsx_sieve_rows(struct vsx_sieve *s, uint32_t first, uint32_t n,
			       uint64_t offset, struct vsx_error *err)
{
	struct vsx_run run = {
		.first_row = first, .n_rows = n, .offset = offset};
	uint32_t before;

	if (s->passed == &s->find->scratch->passed)
		VSX_TRY(vsx_passed_add(s->passed, first, n, offset, err));
	before = s->passed->n_rows - n;
	if (s->few)
		return are_plain(s) ? take_scattered(s, &run, before, err)
				    : take_sparse(s, &run, before, err);
	VSX_TRY(vsx_halt_before(s->find->halt, n, vsx_vecs_stride(s->seg),
				err));
	if (vsx_eligible_are_sparse(&s->find->eligible))
		s->find->n_distances -= not_eligible(s, &run);
	return take_rows(s, &run, before, err);
}

/* Keys that are the values: the rows need not be looked at. */
static enum vsx_status offer_keys(struct vsx_sieve *s, struct vsx_error *err)
{
	const uint64_t *pool = s->find->scratch->pool + s->base;
	struct vsx_find *find = s->find;

	for (size_t i = 0; i < s->n; i++) {
		double value = vsx_key_value(s->query->bounds.form,
					     (uint32_t)(pool[i] >> 32));
		uint64_t offset;
		uint32_t row;

		VSX_TRY(vsx_halt_before(find->halt, 1, 0, err));
		if (value > vsx_find_bound(find))
			break;
		row = vsx_passed_row(s->passed, (uint32_t)pool[i], &offset);
		VSX_TRY(vsx_offer_value(s->seg, find, row, value, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_sieve_finish(struct vsx_sieve *s, struct vsx_error *err)
{
	uint64_t *pool;

	VSX_TRY(take_gathered(s, err));
	if (s->n == 0)
		return VSX_OK;
	thin_out(s);
	pool = s->find->scratch->pool + s->base;
	vsx_least(pool, s->n, s->n, true);
	if (s->query->bounds.shape == VSX_BOUNDS_EXACT && !s->estimates)
		return offer_keys(s, err);
	if (s->estimates) {
		s->find->n_distances += s->n;
		s->find->scratch->looks.seg = s->seg;
		s->find->scratch->looks.base = s->base;
		s->find->scratch->looks.n = s->n;
		return vsx_looks_begin(s->find, err);
	}
	for (size_t i = 0; i < s->n && i < VSX_LOOKS_AHEAD; i++)
		vsx_looks_expect(s->seg, s->passed, pool[i]);
	for (size_t i = 0; i < s->n; i++) {
		uint32_t key = (uint32_t)(pool[i] >> 32), row;
		uint64_t offset;

		if (vsx_bounds_low(&s->query->bounds, key) >
		    vsx_find_bound(s->find))
			break;
		VSX_TRY(vsx_halt_before(s->find->halt, 1, s->seg->space.stride,
					err));
		if (i + VSX_LOOKS_AHEAD < s->n)
			vsx_looks_expect(s->seg, s->passed,
					 pool[i + VSX_LOOKS_AHEAD]);
		row = vsx_passed_row(s->passed, (uint32_t)pool[i], &offset);
		VSX_TRY(look_at(s, row, offset, err));
	}
	return VSX_OK;
}
