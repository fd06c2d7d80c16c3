/*
 * A walk where only some rows count.
 *
 * Where many do, those that do not are compared too, and lead on to rows that
 * do, but no further. Where few do, they are bridged: not compared, the walk
 * looks at what they link to in their place. So it is one over a graph of the
 * rows that count, which has about as many links. Only where hardly a row
 * around counts do the others guide it, by their distances, until it comes to
 * where more do.
 */
#include "kind/hnsw/walk_steps.h"

/* So few rows that count, of many that are two links away: the others guide. */
#define FEW 3u

/* As vsx_walk_insert_eligible(), what the walk has being variables: a pool that
 * is written to could be any of it, for all a compiler knows. */
static inline size_t insert(struct vsx_walk *w, const struct vsx_eligible *e,
			    size_t ef, uint64_t entry)
{
	bool barred = !vsx_is_eligible(e, vsx_pool_row(entry));
	size_t n = w->n, n_barred = w->n_barred, place;
	uint64_t *pool = w->scratch->pool;

	if (barred && n_barred == w->max_barred)
		return SIZE_MAX;
	place = vsx_pool_insert(pool, &n, SIZE_MAX, entry);
	n_barred += barred;
	if (n - n_barred > ef)
		n--; /* the last is eligible, or it would not be here */
	if (n - n_barred == ef)
		while (n > 0 &&
		       !vsx_is_eligible(e, vsx_pool_row(pool[n - 1]))) {
			n--;
			n_barred--;
		}
	w->n = n;
	w->n_barred = n_barred;
	return place;
}

size_t vsx_walk_insert_eligible(struct vsx_walk *w, size_t ef, uint64_t entry)
{
	return insert(w, w->eligible, ef, entry);
}

/* Lists that are fetched so many before their turn. */
#define AHEAD 16u

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

/* Links that gates let pass, a bit each. */
struct passes {
	uint32_t count[2 * VSX_HNSW_MAX_M / VSX_GATE_LINKS]; /* to rows that
								do */
	uint32_t barred[2 * VSX_HNSW_MAX_M / VSX_GATE_LINKS];
};

/* VSX_GATE_LINKS links, or up to the end of a list, a bit each. */
struct kinds {
	uint32_t links;	   /* that are links */
	uint32_t eligible; /* to rows that count */
};

/* Without branches: none can be guessed. */
static inline enum vsx_status tell_apart(const struct vsx_level *l,
					 const struct vsx_eligible *e,
					 uint32_t row, uint32_t first,
					 struct kinds *out,
					 struct vsx_error *err)
{
	const uint32_t *links = links_of(l, row) + first;
	uint32_t left = l->degree - first, n_rows = l->n_rows;
	uint32_t n = left < VSX_GATE_LINKS ? left : VSX_GATE_LINKS;
	uint32_t all = UINT32_MAX >> (VSX_GATE_LINKS - n), in = 0, is = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t link = links[i], known = link < n_rows;

		link = known ? link : 0;
		in |= known << i;
		is |= (uint32_t)vsx_is_eligible(e, link) << i;
	}
	if (in != all) {
		uint32_t end = (uint32_t)__builtin_ctz(~in);

		if (links[end] != VSX_HNSW_NO_LINK)
			return bad_link(l, row, links[end], err);
		in &= (UINT32_C(1) << end) - 1;
	}
	out->links = in;
	out->eligible = is & in;
	return VSX_OK;
}

/* A row that counts, unless it was met before: there is room. */
static inline enum vsx_status meet(struct vsx_walk *w,
				   const struct vsx_level *l, uint32_t row,
				   struct around *a, struct vsx_error *err)
{
	uint8_t mark = w->marks[row], epoch = w->scratch->epoch;

	if (__builtin_expect(mark == NEVER, 0) && l->codes.view)
		VSX_TRY(touch_row(l, row, err));
	w->marks[row] = epoch;
	a->rows[a->n] = row;
	a->n += (size_t)(mark != epoch) & (size_t)(row != w->avoid);
	return VSX_OK;
}

/*
 * What `row` links to: rows that count, and others, if there is room for them.
 * pass NULL: all links may be looked at.
 */
static enum vsx_status look(struct vsx_walk *w, const struct vsx_level *l,
			    uint32_t row, const struct passes *pass,
			    struct around *around, struct vsx_error *err)
{
	const uint32_t *links = links_of(l, row);
	const struct vsx_eligible e = *w->eligible;
	struct around a = *around;
	uint8_t *marks = w->marks, epoch = w->scratch->epoch;
	uint32_t degree = l->degree;

	if (l->links_view)
		VSX_TRY(touch_links(l, row, err));
	for (uint32_t i = 0; i < degree && a.n < a.room; i += VSX_GATE_LINKS) {
		uint32_t at = i / VSX_GATE_LINKS, is, others;
		struct kinds kinds = {0};

		VSX_TRY(tell_apart(l, &e, row, i, &kinds, err));
		a.n_seen += (uint32_t)__builtin_popcount(kinds.links);
		a.n_eligible += (uint32_t)__builtin_popcount(kinds.eligible);
		is = kinds.eligible & (pass ? pass->count[at] : UINT32_MAX);
		for (; is && a.n < a.room; is &= is - 1)
			VSX_TRY(meet(w, l,
				     links[i + (uint32_t)__builtin_ctz(is)], &a,
				     err));
		others = kinds.links & ~kinds.eligible &
			 (pass ? pass->barred[at] : UINT32_MAX);
		for (; a.barred && others; others &= others - 1) {
			uint32_t link =
				links[i + (uint32_t)__builtin_ctz(others)];

			a.barred[a.n_barred] = link;
			a.n_barred += marks[link] != epoch;
		}
		if (kinds.links != UINT32_MAX)
			break; /* of the list */
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

/*
 * Rows that count pass if they may come into the pool. Those that do not are
 * asked for more, since each costs a list: the half of the pool that is nearer
 * is where they are to lead.
 */
static enum vsx_status ask_both(struct vsx_walk *w, const struct vsx_level *l,
				uint64_t entry, uint64_t bound,
				struct passes *pass, struct vsx_error *err)
{
	uint64_t nearer = bound, n_refused = w->n_refused;

	if (bound != NO_BOUND)
		nearer = w->scratch->pool[(w->n - 1) / 2];
	VSX_TRY(ask_gates(w, l, entry, nearer, pass->barred, err));
	w->n_refused = n_refused; /* none of these would have been compared */
	return ask_gates(w, l, entry, bound, pass->count, err);
}

/* Rows around that of a pool entry which were not met before. */
static enum vsx_status bridge_over(struct vsx_walk *w,
				   const struct vsx_level *l, uint64_t entry,
				   uint64_t bound, size_t *n,
				   struct vsx_error *err)
{
	bool gated = l->gates.blocks != NULL;
	struct passes pass;
	struct around a = {
		.rows = w->scratch->rows,
		.room = l->degree,
		.barred = w->scratch->rows + l->degree,
	};

	if (gated)
		VSX_TRY(ask_both(w, l, entry, bound, &pass, err));
	VSX_TRY(look(w, l, vsx_pool_row(entry), gated ? &pass : NULL, &a, err));
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
	const struct vsx_eligible e = *w->eligible;

	VSX_TRY(take_keys(w, l, rows, n, w->scratch->keys, err));
	n = keep_nearer(w, n, last_entry(w, ef));
	for (size_t i = 0; i < n; i++) {
		size_t place =
			insert(w, &e, ef, vsx_pool_entry(keys[i], rows[i]));

		if (place < *next)
			*next = place;
	}
	if (*next > w->n)
		*next = w->n;
	return VSX_OK;
}

/* Lists of fewer links are short. */
#define SHORT 32u

#define WORDS (2 * VSX_HNSW_MAX_M / VSX_GATE_LINKS)

/* The links of a row, a bit each in as many words as gates have blocks. */
struct links {
	uint32_t there[WORDS]; /* that are used */
	uint32_t count[WORDS]; /* to rows that do */
	bool dense;	       /* a quarter or more do */
	bool any;	       /* one does */
};

static enum vsx_status sort_links(struct vsx_walk *w, const struct vsx_level *l,
				  uint32_t row, struct links *out,
				  struct vsx_error *err)
{
	const uint32_t *links = links_of(l, row);
	const struct vsx_eligible e = *w->eligible;
	uint32_t n = 0, many = 0, end = l->degree;

	for (uint32_t i = 0; i < l->degree; i += VSX_GATE_LINKS) {
		uint32_t count = 0, there = 0, bit = 1;

		for (; n < end && n < i + VSX_GATE_LINKS; n++, bit <<= 1) {
			uint32_t link = links[n];

			if (link == VSX_HNSW_NO_LINK) {
				end = n;
				break;
			}
			if (link >= l->n_rows)
				return bad_link(l, row, link, err);
			there |= bit;
			count |= vsx_is_eligible(&e, link) ? bit : 0;
		}
		out->there[i / VSX_GATE_LINKS] = there;
		out->count[i / VSX_GATE_LINKS] = count;
		many += (uint32_t)__builtin_popcount(count);
	}
	w->n_links += n;
	w->n_counting += many;
	out->dense = many * 4 >= n;
	out->any = many > 0;
	return VSX_OK;
}

/* Rows that the row of a pool entry links to and that were not met, those that
 * do not count too if others are wanted; all marked. Without branches: half of
 * them were met. */
static enum vsx_status gather(struct vsx_walk *w, const struct vsx_level *l,
			      uint64_t entry, uint64_t bound,
			      const struct links *of, bool others, size_t *n,
			      struct vsx_error *err)
{
	const uint32_t *links = links_of(l, vsx_pool_row(entry));
	const uint32_t *wanted = others ? of->there : of->count;
	uint32_t pass[WORDS], *rows = w->scratch->rows, avoid = w->avoid;
	uint8_t *marks = w->marks, epoch = w->scratch->epoch;
	size_t n_rows = 0;

	if (l->asks)
		ask_rows(w, l, links);
	if (l->gates.blocks)
		VSX_TRY(ask_gates(w, l, entry, bound, pass, err));
	else
		memset(pass, 0xff, sizeof(pass));
	for (uint32_t i = 0; i < l->degree; i += VSX_GATE_LINKS) {
		uint32_t word = i / VSX_GATE_LINKS, m = pass[word];

		for (m &= wanted[word]; m; m &= m - 1) {
			uint32_t link = links[i + (uint32_t)__builtin_ctz(m)];
			uint8_t mark = marks[link];

			if (__builtin_expect(mark == NEVER, 0) && l->codes.view)
				VSX_TRY(touch_row(l, link, err));
			marks[link] = epoch;
			rows[n_rows] = link;
			n_rows += (size_t)(mark != epoch) &
				  (size_t)(link != avoid);
		}
	}
	*n = n_rows;
	return VSX_OK;
}

/* Bytes of rows that are compared in less time than a list is waited for. */
#define SMALL 256u

bool vsx_walk_compares(const struct vsx_level *l, const struct vsx_eligible *e)
{
	uint64_t n = e->n;

	return l->codes.codec == &vsx_codec_rows &&
	       l->codes.block_bytes <= SMALL && l->degree <= SHORT &&
	       n * 16 >= e->n_rows && n * 4 < e->n_rows;
}

/*
 * Whether rows that count are about as many around the walk as everywhere: then
 * they lie anywhere, and those that do not lead to them as well as any. Where a
 * filter goes with the vectors rows around are nearly all or nearly none.
 */
static bool is_even(const struct vsx_walk *w)
{
	const struct vsx_eligible *e = w->eligible;
	double due = (double)w->n_links * e->n / e->n_rows;

	return w->compares &&
	       fabs((double)w->n_counting - due) <= due / 8.0 + 2.0;
}

/*
 * Where many rows count, one that does not is cheaper to compare than to
 * bridge. It is a way to rows that do: so it is taken only around the near
 * entries of the pool, and leads to rows that count alone. Short lists have too
 * few of these: there the nearest lead on to others as well.
 */
static bool wants_others(const struct vsx_walk *w, const struct vsx_level *l,
			 size_t ef, size_t place, bool even)
{
	uint32_t row = vsx_pool_row(w->scratch->pool[place]);

	if (even || vsx_is_eligible(w->eligible, row))
		return place < ef + ef / 4;
	return l->degree < SHORT && place < ef / 4;
}

/* Around the entry at *next, which is expanded, into the pool. */
static enum vsx_status step(struct vsx_walk *w, const struct vsx_level *l,
			    size_t ef, size_t until, size_t *next,
			    struct vsx_error *err)
{
	uint64_t entry = w->scratch->pool[*next];
	uint64_t bound = gate_bound(w, last_entry(w, ef), until);
	uint32_t row = vsx_pool_row(entry);
	struct links links;
	bool even;
	size_t n;

	if (l->links_view)
		VSX_TRY(touch_links(l, row, err));
	VSX_TRY(sort_links(w, l, row, &links, err));
	even = !links.dense && links.any && is_even(w);
	if (links.dense || even) {
		VSX_TRY(gather(w, l, entry, bound, &links,
			       wants_others(w, l, ef, *next, even), &n, err));
		w->n_hops++;
	} else {
		VSX_TRY(bridge_over(w, l, entry, bound, &n, err));
	}
	return take(w, l, ef, n, next, err);
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

		next = skip_expanded(w, next);
		if (next >= w->n ||
		    (next >= until && next - until >= wide - ef))
			return VSX_OK;
		pool[next] |= 1;
		expect(w, l, skip_expanded(w, next + 1));
		VSX_TRY(step(w, l, wide, until, &next, err));
		expect(w, l, skip_expanded(w, next));
		if (guided == 0 && w->n_guided > 0) {
			VSX_TRY(gather_seeds(w, l, &n, err));
			VSX_TRY(take(w, l, wide, n, &next, err));
		}
	}
	return VSX_OK;
}
