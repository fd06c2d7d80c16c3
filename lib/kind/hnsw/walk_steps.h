/* Steps of a walk over one level, for walks over all rows and over some. */
#ifndef VSX_WALK_STEPS_H
#define VSX_WALK_STEPS_H

#include <math.h>
#include <string.h>

#include "io/advice.h"
#include "kind/hnsw/hnsw.h"

/*
 * Marks, a byte a row: the epoch of the search that met the row last. 0 means
 * never met by this scratch, so that only then the row's pages need a touch: in
 * the steady state checking pages at first touch costs nothing.
 */
#define NEVER 0

static inline const uint32_t *links_of(const struct vsx_level *l, uint32_t row)
{
	uint32_t slot = l->slot_of ? l->slot_of[row] : row;

	return l->links + (size_t)slot * l->degree;
}

static inline void prefetch_links(const struct vsx_level *l, uint32_t row)
{
	const char *p = (const char *)links_of(l, row);

	for (uint32_t i = 0; i < l->degree * 4; i += 64)
		__builtin_prefetch(p + i, 0, 2);
}

static inline void prefetch_gates(const struct vsx_level *l, uint32_t row)
{
	const uint8_t *p;

	if (!l->gates.blocks)
		return;
	p = l->gates.blocks + (size_t)row * l->gates.row_bytes;
	for (uint32_t i = 0; i < l->gates.row_bytes; i += 64)
		__builtin_prefetch(p + i, 0, 2);
}

/* Bytes of codes that are asked for at a time: they must stay in the second
 * cache until they are compared. */
#define PREFETCH_BYTES (128u << 10)

/*
 * Ask for the codes of rows before the first of them is compared. All lines,
 * and into the second cache: the first one can wait for few at a time, and what
 * asks it for more is held up, with all that comes after it.
 */
static inline void prefetch_codes(const struct vsx_level *l,
				  const uint32_t *rows, size_t n)
{
	const struct vsx_codes *c = &l->codes;
	size_t most = PREFETCH_BYTES / c->block_bytes + 1;

	for (size_t i = 0; i < n && i < most; i++) {
		uintptr_t at =
			(uintptr_t)c->base +
			(size_t)(rows[i] >> c->block_shift) * c->block_bytes;
		uintptr_t end = at + c->block_bytes;

		for (at &= ~(uintptr_t)63; at < end; at += 64)
			__builtin_prefetch((const void *)at, 0, 2);
	}
}

static inline enum vsx_status touch_links(const struct vsx_level *l,
					  uint32_t row, struct vsx_error *err)
{
	uint64_t bytes = (uint64_t)l->degree * 4;

	return vsx_touch(l->links_view, l->links_at + row * bytes, bytes, err);
}

/* Where the code of a row is. */
static inline struct vsx_run run_of(const struct vsx_level *l, uint32_t row)
{
	return (struct vsx_run){
		.first_row = row,
		.n_rows = 1,
		.offset = (uint64_t)row * l->codes.block_bytes,
	};
}

static inline enum vsx_status touch_row(const struct vsx_level *l, uint32_t row,
					struct vsx_error *err)
{
	struct vsx_run run = run_of(l, row);

	return vsx_codes_touch(&l->codes, &run, err);
}

/* Together: waiting for one page after the other is what takes the time. */
static inline void ask_rows(const struct vsx_walk *w, const struct vsx_level *l,
			    const uint32_t *links)
{
	for (uint32_t i = 0; i < l->degree && links[i] < l->n_rows; i++) {
		struct vsx_run run = run_of(l, links[i]);
		uint64_t bytes, at = vsx_codes_extent(&l->codes, &run, &bytes);

		if (w->marks[links[i]] != w->scratch->epoch)
			vsx_ask(l->codes.base - l->codes.at + at, bytes);
	}
}

static inline enum vsx_status take_keys(struct vsx_walk *w,
					const struct vsx_level *l,
					const uint32_t *rows, size_t n,
					uint32_t *keys, struct vsx_error *err)
{
	VSX_TRY(vsx_halt_before(w->halt, n + 1,
				l->codes.block_bytes >> l->codes.block_shift,
				err));
	prefetch_codes(l, rows, n);
	l->codes.codec->keys_of_rows(&l->codes, w->query, rows, n, keys);
	w->n_distances += n;
	return VSX_OK;
}

static inline enum vsx_status bad_link(const struct vsx_level *l, uint32_t row,
				       uint32_t link, struct vsx_error *err)
{
	return vsx_at_row(err,
			  vsx_fail(err, VSX_ECORRUPT,
				   "row %u links to row %u of %u", row, link,
				   l->n_rows),
			  row);
}

/* No row is too far. */
#define NO_BOUND UINT64_MAX

/* A squared distance: keys of rows of bytes are whole numbers. */
static inline double distance_of(const struct vsx_walk *w, uint64_t entry)
{
	return entry == NO_BOUND ? (double)INFINITY
				 : vsx_key_value(w->query->bounds.form,
						 vsx_pool_key(entry));
}

/* Which links of the row of a pool entry may lead to a row before the entry
 * `bound`: a bit each. Of places that are no links, too. */
static inline enum vsx_status ask_gates(struct vsx_walk *w,
					const struct vsx_level *l,
					uint64_t entry, uint64_t bound,
					uint32_t *out, struct vsx_error *err)
{
	const struct vsx_gates *g = &l->gates;
	uint64_t at = (uint64_t)vsx_pool_row(entry) * g->row_bytes;
	size_t n = (l->degree + VSX_GATE_LINKS - 1) / VSX_GATE_LINKS;
	struct vsx_gate gate;

	if (!vsx_edge_gate(g->query, distance_of(w, entry),
			   distance_of(w, bound), &gate)) {
		memset(out, 0xff, n * sizeof(*out));
		return VSX_OK;
	}
	if (g->view)
		VSX_TRY(vsx_touch(g->view, g->at + at, g->row_bytes, err));
	vsx_code_kernels()->gate(&gate, g->blocks + at, n, out);
	for (size_t i = 0; i < n; i++)
		w->n_refused += (unsigned int)__builtin_popcount(~out[i]);
	return VSX_OK;
}

/*
 * Insert into the pool where w->eligible says which rows count: behind the
 * ef-th of these nothing is kept, and of others no more than w->max_barred.
 * Returns its place; SIZE_MAX if it was not kept.
 */
size_t vsx_walk_insert_eligible(struct vsx_walk *w, size_t ef, uint64_t entry);

/* The first entry from `at` on that is not expanded. */
static inline size_t skip_expanded(const struct vsx_walk *w, size_t at)
{
	const uint64_t *pool = w->scratch->pool;

	while (at < w->n && (pool[at] & 1))
		at++;
	return at;
}

/* Ask for what is needed once the entry at `place` is expanded. */
static inline void expect(const struct vsx_walk *w, const struct vsx_level *l,
			  size_t place)
{
	uint32_t row;

	if (place >= w->n)
		return;
	row = vsx_pool_row(w->scratch->pool[place]);
	prefetch_links(l, row);
	prefetch_gates(l, row);
}

/* What a row must come before to come into a pool of ef that count. */
static inline uint64_t last_entry(const struct vsx_walk *w, size_t ef)
{
	return w->n - w->n_barred == ef ? w->scratch->pool[w->n - 1] : NO_BOUND;
}

/* What a row must come before to be expanded, where the first `until` entries
 * are, and what is not behind w->near. */
static inline uint64_t gate_bound(const struct vsx_walk *w, uint64_t bound,
				  size_t until)
{
	uint64_t near = vsx_pool_entry(w->near, UINT32_MAX >> 1), last;

	if (until >= w->n)
		return bound;
	last = w->scratch->pool[until - 1];
	if (last < near)
		last = near;
	return last < bound ? last : bound;
}

/* Keep the rows, and their keys, that come before an entry: how many. Without
 * branches, as pool_place(). */
static inline size_t keep_nearer(const struct vsx_walk *w, size_t n,
				 uint64_t bound)
{
	uint32_t *rows = w->scratch->rows, *keys = w->scratch->keys;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t row = rows[i], key = keys[i];

		rows[kept] = row;
		keys[kept] = key;
		kept += vsx_pool_entry(key, row) < bound;
	}
	return kept;
}

#endif
