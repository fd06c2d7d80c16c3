#include <string.h>

#include "kind/hnsw/walk_steps.h"
#include "io/advice.h"

/* Marks beside NEVER. */
#define LONG_AGO    1
#define FIRST_EPOCH 2
#define LAST_EPOCH  255

/* Marks that are not NEVER become LONG_AGO: eight at a time, for all of them
 * are looked at, after every 253 searches. */
static void age_marks(struct vsx_scratch *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	size_t i = 0;

	for (; i + 8 <= s->marks_cap; i += 8) {
		uint64_t x;

		memcpy(&x, s->marks + i, 8);
		x = (x | x >> 4) & ones * 15;
		x = (x | x >> 2) & ones * 3;
		x = (x | x >> 1) & ones;
		memcpy(s->marks + i, &x, 8);
	}
	for (; i < s->marks_cap; i++)
		s->marks[i] = s->marks[i] != NEVER;
}

static void new_epoch(struct vsx_scratch *s)
{
	if (s->epoch >= FIRST_EPOCH && s->epoch < LAST_EPOCH) {
		s->epoch++;
		return;
	}
	/* The first epoch of a scratch finds nothing but NEVER: its marks are
	 * not looked at, for that would fetch them all. */
	if (s->epoch == LAST_EPOCH)
		age_marks(s);
	s->epoch = FIRST_EPOCH;
}

enum vsx_status vsx_walk_begin(struct vsx_walk *w, struct vsx_scratch *s,
			       struct vsx_code_query *q, uint64_t mark_base,
			       uint32_t n_rows, size_t ef, uint32_t degree,
			       struct vsx_error *err)
{
	VSX_TRY(vsx_grow(&s->pool, &s->pool_cap, ef + VSX_POOL_ROOM,
			 sizeof(*s->pool), err));
	if (degree < VSX_WALK_MOST_ENTERED)
		degree = VSX_WALK_MOST_ENTERED;
	VSX_TRY(vsx_grow(&s->rows, &s->rows_cap, degree, sizeof(*s->rows),
			 err));
	VSX_TRY(vsx_grow(&s->keys, &s->keys_cap, degree, sizeof(*s->keys),
			 err));
	VSX_TRY(vsx_grow_zeros(&s->marks, &s->marks_cap, mark_base + n_rows,
			       err));
	new_epoch(s);
	*w = (struct vsx_walk){
		.query = q,
		.scratch = s,
		.marks = s->marks + mark_base,
		.avoid = VSX_HNSW_NO_LINK,
	};
	return VSX_OK;
}

void vsx_walk_next_level(struct vsx_walk *w)
{
	new_epoch(w->scratch);
}

/* Rows being gathered. What a loop needs of the walk is its own: a mark that is
 * set could be anything else, for all a compiler knows. */
struct basket {
	uint8_t *marks;
	uint32_t *rows;
	size_t n;
	uint32_t avoid;
	uint8_t epoch;
};

static inline struct basket basket_of(const struct vsx_walk *w)
{
	return (struct basket){
		.marks = w->marks,
		.rows = w->scratch->rows,
		.avoid = w->avoid,
		.epoch = w->scratch->epoch,
	};
}

/* Take a link into the rows, and mark it, unless it was met before: half of
 * them were, and a branch would be guessed wrong as often. */
static inline enum vsx_status take_link(struct basket *b,
					const struct vsx_level *l,
					uint32_t link, struct vsx_error *err)
{
	uint8_t mark = b->marks[link];

	if (__builtin_expect(mark == NEVER, 0) && l->codes.view)
		VSX_TRY(touch_row(l, link, err));
	b->marks[link] = b->epoch;
	b->rows[b->n] = link;
	b->n += (size_t)(mark != b->epoch) & (size_t)(link != b->avoid);
	return VSX_OK;
}

/* Codes of so few bytes are asked for before it is known whether their rows
 * were met: those of rows that were are near, and cost little. */
#define SHORT_CODE 256u

/* gather() of the links that pass. Unused ones do: the first ends the list. */
static enum vsx_status gather_passed(struct vsx_walk *w,
				     const struct vsx_level *l, uint64_t entry,
				     uint64_t bound, size_t *n,
				     struct vsx_error *err)
{
	uint32_t pass[2 * VSX_HNSW_MAX_M / VSX_GATE_LINKS];
	uint32_t row = vsx_pool_row(entry), degree = l->degree;
	const uint32_t *links = links_of(l, row);
	struct basket b = basket_of(w);
	bool soon = l->codes.block_bytes <= SHORT_CODE;
	size_t n_passed = 0;

	VSX_TRY(ask_gates(w, l, entry, bound, pass, err));
	for (uint32_t i = 0; i < degree; i += VSX_GATE_LINKS)
		for (uint32_t m = pass[i / VSX_GATE_LINKS]; m; m &= m - 1) {
			uint32_t at = i + (uint32_t)__builtin_ctz(m), link;

			if (at >= degree || links[at] == VSX_HNSW_NO_LINK)
				goto end;
			link = links[at];
			if (link >= l->n_rows)
				return bad_link(l, row, link, err);
			__builtin_prefetch(b.marks + link, 1);
			if (soon)
				prefetch_codes(l, &link, 1);
			b.rows[n_passed++] = link;
		}
end:
	for (size_t i = 0; i < n_passed; i++)
		VSX_TRY(take_link(&b, l, b.rows[i], err));
	*n = b.n;
	return VSX_OK;
}

static enum vsx_status gather_all(struct vsx_walk *w, const struct vsx_level *l,
				  uint32_t row, size_t *n,
				  struct vsx_error *err)
{
	uint32_t degree = l->degree, n_rows = l->n_rows;
	const uint32_t *links = links_of(l, row);
	struct basket b = basket_of(w);

	for (uint32_t i = 0; i < degree; i++) {
		uint32_t link = links[i];

		if (link >= n_rows) {
			if (link == VSX_HNSW_NO_LINK)
				break;
			return bad_link(l, row, link, err);
		}
		VSX_TRY(take_link(&b, l, link, err));
	}
	*n = b.n;
	return VSX_OK;
}

/* Rows that the row of a pool entry links to, that this search has not met and
 * that may come before `bound`, all marked. */
static enum vsx_status gather(struct vsx_walk *w, const struct vsx_level *l,
			      uint64_t entry, uint64_t bound, size_t *n,
			      struct vsx_error *err)
{
	uint32_t row = vsx_pool_row(entry);

	if (l->links_view)
		VSX_TRY(touch_links(l, row, err));
	if (l->asks)
		ask_rows(w, l, links_of(l, row));
	return l->gates.blocks ? gather_passed(w, l, entry, bound, n, err)
			       : gather_all(w, l, row, n, err);
}

/* Into the pool, as far as it is among the ef best. */
static inline void put(struct vsx_walk *w, size_t ef, uint64_t entry)
{
	if (w->eligible)
		vsx_walk_insert_eligible(w, ef, entry);
	else
		vsx_pool_insert(w->scratch->pool, &w->n, ef, entry);
}

enum vsx_status vsx_walk_enter(struct vsx_walk *w, const struct vsx_level *l,
			       uint32_t row, size_t ef, uint32_t *key,
			       struct vsx_error *err)
{
	if (l->codes.view)
		VSX_TRY(touch_row(l, row, err));
	VSX_TRY(take_keys(w, l, &row, 1, key, err));
	w->marks[row] = w->scratch->epoch;
	put(w, ef, vsx_pool_entry(*key, row));
	return VSX_OK;
}

enum vsx_status vsx_walk_enter_nearest(struct vsx_walk *w,
				       const struct vsx_level *l, size_t ef,
				       uint32_t n, bool *some,
				       struct vsx_error *err)
{
	const struct vsx_gates *g = &l->gates;
	const uint32_t *keys = w->scratch->keys;
	uint32_t nearest[VSX_WALK_MOST_ENTERED];
	struct basket b = basket_of(w);

	*some = false;
	if (g->n_entries == 0)
		return VSX_OK;
	n = vsx_edge_nearest(g->query, g->entries, g->n_entries, n, nearest);
	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(take_link(&b, l, nearest[i] * g->entry_step, err));
	if (b.n > 0) {
		prefetch_links(l, b.rows[0]);
		prefetch_gates(l, b.rows[0]);
	}
	VSX_TRY(take_keys(w, l, b.rows, b.n, w->scratch->keys, err));
	for (size_t i = 0; i < b.n; i++)
		put(w, ef, vsx_pool_entry(keys[i], b.rows[i]));
	*some = n > 0;
	return VSX_OK;
}

enum vsx_status vsx_walk_greedy(struct vsx_walk *w, const struct vsx_level *l,
				uint32_t *at, uint32_t *key,
				struct vsx_error *err)
{
	uint32_t *rows = w->scratch->rows, *keys = w->scratch->keys;
	uint32_t row;

	do {
		const uint32_t *links = links_of(l, *at);
		uint32_t n = 0;

		row = *at;
		if (l->links_view)
			VSX_TRY(touch_links(l, row, err));
		for (; n < l->degree; n++) {
			uint32_t link = links[n];

			if (link == VSX_HNSW_NO_LINK)
				break;
			if (link >= l->n_rows)
				return bad_link(l, row, link, err);
			if (l->codes.view)
				VSX_TRY(touch_row(l, link, err));
			rows[n] = link;
		}
		VSX_TRY(take_keys(w, l, rows, n, keys, err));
		for (uint32_t i = 0; i < n; i++) {
			if (keys[i] < *key && rows[i] != w->avoid) {
				*key = keys[i];
				*at = rows[i];
			}
		}
		w->n_hops++;
	} while (*at != row);
	return VSX_OK;
}

/* The rows that `row` links to and that were not met, and their keys. */
static enum vsx_status meet(struct vsx_walk *w, const struct vsx_level *l,
			    uint32_t row, size_t *n, struct vsx_error *err)
{
	VSX_TRY(gather(w, l, vsx_pool_entry(0, row), NO_BOUND, n, err));
	VSX_TRY(take_keys(w, l, w->scratch->rows, *n, w->scratch->keys, err));
	w->n_hops++;
	return VSX_OK;
}

enum vsx_status vsx_walk_descend(struct vsx_walk *w, const struct vsx_level *l,
				 size_t ef, uint32_t *at, uint32_t *key,
				 struct vsx_error *err)
{
	const uint32_t *rows = w->scratch->rows, *keys = w->scratch->keys;
	uint32_t row;

	do {
		size_t n = 0;

		row = *at;
		VSX_TRY(meet(w, l, row, &n, err));
		n = keep_nearer(w, n, last_entry(w, ef));
		for (size_t i = 0; i < n; i++) {
			put(w, ef, vsx_pool_entry(keys[i], rows[i]));
			if (keys[i] < *key) {
				*key = keys[i];
				*at = rows[i];
			}
		}
	} while (*at != row);
	return VSX_OK;
}

enum vsx_status vsx_walk_beam(struct vsx_walk *w, const struct vsx_level *l,
			      size_t ef, struct vsx_error *err)
{
	return vsx_walk_beam_until(w, l, ef, ef, err);
}

enum vsx_status vsx_walk_beam_until(struct vsx_walk *w,
				    const struct vsx_level *l, size_t ef,
				    size_t until, struct vsx_error *err)
{
	vsx_pool_kernel *put_all = vsx_code_kernels()->pool;
	struct vsx_nearest pool = {w->scratch->pool, 0, ef};
	uint32_t *rows = w->scratch->rows, *keys = w->scratch->keys;
	size_t next = 0; /* every entry before it is expanded */

	for (;;) {
		uint64_t bound = last_entry(w, ef);
		size_t n, first;

		next = skip_expanded(w, next);
		if (next == w->n || next >= until)
			return VSX_OK;
		pool.entries[next] |= 1;
		expect(w, l, skip_expanded(w, next + 1));
		VSX_TRY(gather(w, l, pool.entries[next],
			       gate_bound(w, bound, until), &n, err));
		VSX_TRY(take_keys(w, l, rows, n, keys, err));
		w->n_hops++;
		pool.n = w->n;
		first = put_all(&pool, keys, rows, n, bound);
		w->n = pool.n;
		if (first <= next) {
			next = first;
			expect(w, l, next);
		}
	}
}

enum vsx_status vsx_walk_broaden(struct vsx_walk *w, const struct vsx_level *l,
				 size_t ef, size_t places, uint32_t *at,
				 uint32_t *key, struct vsx_error *err)
{
	uint64_t *pool = w->scratch->pool;

	VSX_TRY(vsx_walk_beam_until(w, l, ef, places, err));
	for (size_t i = 0; i < w->n; i++)
		pool[i] &= ~UINT64_C(1);
	*at = vsx_pool_row(pool[0]);
	*key = vsx_pool_key(pool[0]);
	return VSX_OK;
}
