/*
 * A walk where only some rows count.
 *
 * Rows that do not are not compared with the query, but bridged: the walk looks
 * at what they link to in their place. So it is one over a graph of the rows
 * that count, which has about as many links, and costs little more than one
 * over a graph of these rows alone. Only where hardly a row around counts do
 * the others guide it, by their distances, until it comes to where more do.
 */
#include "kind/hnsw/walk_steps.h"

/* So few rows that count, of many that are two links away: the others guide. */
#define FEW 3u

size_t vsx_walk_insert_eligible(struct vsx_walk *w, size_t ef, uint64_t entry)
{
	bool barred = !vsx_is_eligible(w->eligible, vsx_pool_row(entry));
	uint64_t *pool = w->scratch->pool;
	size_t eligible, place;

	if (barred && w->n_barred == w->max_barred)
		return SIZE_MAX;
	place = pool_insert(pool, &w->n, SIZE_MAX, entry);
	w->n_barred += barred;
	eligible = w->n - w->n_barred;
	if (eligible < ef)
		return place;
	if (eligible > ef)
		w->n--; /* the last is eligible, or it would not be here */
	while (w->n > 0 &&
	       !vsx_is_eligible(w->eligible, vsx_pool_row(pool[w->n - 1]))) {
		w->n--;
		w->n_barred--;
	}
	return place;
}

/* Lists that are fetched so many before their turn. */
#define AHEAD 4u

/* Around one row. */
struct around {
	uint32_t *rows;	  /* that were met for the first time */
	size_t n, room;	  /* of them count */
	uint32_t *barred; /* that it links to and that do not; NULL: there is no
			     room for them */
	size_t n_barred;
	size_t n_seen;	   /* links */
	size_t n_eligible; /* links to rows that count, two links away too */
};

/*
 * What `row` links to: rows that count, and others, if there is room for them.
 * pass: a bit for each link that may be looked at; NULL: all may. What does not
 * change is in variables, for marks may be anything to a compiler.
 */
static enum vsx_status look(struct vsx_walk *w, const struct vsx_level *l,
			    uint32_t row, const uint32_t *pass,
			    struct around *around, struct vsx_error *err)
{
	const uint32_t *links = links_of(l, row);
	const struct vsx_eligible e = *w->eligible;
	struct around a = *around;
	uint8_t *marks = w->marks, epoch = w->scratch->epoch;
	uint32_t n_rows = l->n_rows, degree = l->degree;

	if (l->links_view)
		VSX_TRY(touch_links(l, row, err));
	for (uint32_t i = 0; i < degree && a.n < a.room; i++) {
		uint32_t link = links[i];
		bool is;

		if (link >= n_rows) {
			if (link == VSX_HNSW_NO_LINK)
				break;
			return bad_link(l, row, link, err);
		}
		is = vsx_is_eligible(&e, link);
		a.n_seen++;
		a.n_eligible += is;
		if (marks[link] == epoch || (!is && !a.barred))
			continue;
		if (pass &&
		    !(pass[i / VSX_GATE_LINKS] >> i % VSX_GATE_LINKS & 1))
			continue;
		if (!is) {
			a.barred[a.n_barred++] = link;
			continue;
		}
		if (link == w->avoid)
			continue;
		if (marks[link] == NEVER && l->codes.view)
			VSX_TRY(touch_row(l, link, err));
		marks[link] = epoch;
		a.rows[a.n++] = link;
	}
	*around = a;
	return VSX_OK;
}

/* In place of rows that do not count what these link to, of each once. Those
 * that were bridged now are left. */
static enum vsx_status bridge(struct vsx_walk *w, const struct vsx_level *l,
			      struct around *a, struct vsx_error *err)
{
	uint32_t *barred = a->barred;
	size_t n = a->n_barred;

	a->barred = NULL; /* no further */
	a->n_barred = 0;
	for (size_t i = 0; i < n && i < AHEAD; i++)
		prefetch_links(l, barred[i]);
	for (size_t i = 0; i < n && a->n < a->room; i++) {
		uint32_t row = barred[i];

		if (i + AHEAD < n)
			prefetch_links(l, barred[i + AHEAD]);
		if (w->marks[row] == w->scratch->epoch || row == w->avoid)
			continue; /* a list may name a row twice */
		if (w->marks[row] == NEVER && l->codes.view)
			VSX_TRY(touch_row(l, row, err));
		w->marks[row] = w->scratch->epoch;
		VSX_TRY(look(w, l, row, NULL, a, err));
		barred[a->n_barred++] = row;
	}
	a->barred = barred;
	return VSX_OK;
}

/* Rows around that of a pool entry which were not met before. */
static enum vsx_status expand(struct vsx_walk *w, const struct vsx_level *l,
			      uint64_t entry, uint64_t bound, size_t *n,
			      struct vsx_error *err)
{
	uint32_t pass[2 * VSX_HNSW_MAX_M / VSX_GATE_LINKS];
	struct around a = {
		.rows = w->scratch->rows,
		.room = l->degree,
		.barred = w->scratch->rows + l->degree,
	};

	if (l->gates.blocks)
		VSX_TRY(ask_gates(w, l, entry, bound, pass, err));
	VSX_TRY(look(w, l, vsx_pool_row(entry), l->gates.blocks ? pass : NULL,
		     &a, err));
	VSX_TRY(bridge(w, l, &a, err));
	if (a.n_barred > 0 && a.n_eligible < FEW &&
	    a.n_eligible * 8 < a.n_seen && w->n_guided < w->most_guided) {
		memmove(a.rows + a.n, a.barred, a.n_barred * sizeof(*a.barred));
		a.n += a.n_barred;
		w->n_guided++;
	}
	*n = a.n;
	w->n_hops++;
	return VSX_OK;
}

/* Rows that count from all over the segment, not met before: as many as a list
 * has. */
static enum vsx_status gather_seeds(struct vsx_walk *w,
				    const struct vsx_level *l, size_t *n,
				    struct vsx_error *err)
{
	uint32_t *rows = w->scratch->rows;

	*n = 0;
	for (uint32_t i = 0; i < l->degree; i++) {
		uint32_t row = (uint32_t)((uint64_t)l->n_rows * i / l->degree);

		if (vsx_eligible_run(w->eligible, &row, l->n_rows) == 0)
			break;
		if (w->marks[row] == w->scratch->epoch || row == w->avoid)
			continue;
		if (w->marks[row] == NEVER && l->codes.view)
			VSX_TRY(touch_row(l, row, err));
		w->marks[row] = w->scratch->epoch;
		rows[(*n)++] = row;
	}
	return VSX_OK;
}

/* n rows that were gathered into the pool; *next is the first entry that may
 * not be expanded. */
static enum vsx_status take(struct vsx_walk *w, const struct vsx_level *l,
			    size_t ef, size_t n, size_t *next,
			    struct vsx_error *err)
{
	const uint32_t *rows = w->scratch->rows, *keys = w->scratch->keys;
	const uint64_t *pool = w->scratch->pool;

	VSX_TRY(take_keys(w, l, rows, n, w->scratch->keys, err));
	for (size_t i = 0; i < n; i++) {
		uint64_t entry = vsx_pool_entry(keys[i], rows[i]);
		size_t place;

		if (w->n - w->n_barred >= ef && entry > pool[w->n - 1])
			continue;
		place = vsx_walk_insert_eligible(w, ef, entry);
		if (place < *next)
			*next = place;
	}
	if (*next > w->n)
		*next = w->n;
	return VSX_OK;
}

/*
 * Where rows had to guide, those that count are elsewhere, and which of them
 * are near is hard to tell: the pool grows, and the walk begins once more from
 * all over.
 */
enum vsx_status vsx_walk_beam_eligible(struct vsx_walk *w,
				       const struct vsx_level *l, size_t ef,
				       size_t until, struct vsx_error *err)
{
	uint64_t *pool = w->scratch->pool;
	size_t next = 0; /* every entry before it is expanded */

	while (!vsx_walk_is_lost(w)) {
		size_t wide = vsx_walk_grown(w, ef), guided = w->n_guided, n;
		uint64_t bound = NO_BOUND;

		while (next < w->n && (pool[next] & 1))
			next++;
		if (next >= w->n ||
		    (next >= until && next - until >= wide - ef))
			return VSX_OK;
		pool[next] |= 1;
		if (w->n - w->n_barred >= wide)
			bound = pool[w->n - 1];
		VSX_TRY(expand(w, l, pool[next], bound, &n, err));
		VSX_TRY(take(w, l, wide, n, &next, err));
		if (guided == 0 && w->n_guided > 0) {
			VSX_TRY(gather_seeds(w, l, &n, err));
			VSX_TRY(take(w, l, wide, n, &next, err));
		}
	}
	return VSX_OK;
}
