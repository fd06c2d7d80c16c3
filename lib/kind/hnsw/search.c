/* Searching HNSW segments. */
#include <math.h>
#include <string.h>

#include "kind/hnsw/hnsw.h"
#include "segment/ids.h"
#include "segment/offer.h"
#include "segment/sieve.h"

static const uint8_t *row_at(const struct vsx_segment *seg, uint32_t row)
{
	return seg->view[VSX_SEC_VECS].base + (size_t)row * seg->space.stride;
}

/*
 * Squares and products this small lose bits in an f32, or are lost: then the
 * keys say too little of which rows are near.
 */
#define TOO_SMALL 0x1p-100

bool vsx_hnsw_keys_lost(const struct vsx_segment *seg,
			const struct vsx_find *find, const uint64_t *pool,
			size_t n, size_t k)
{
	const struct vsx_space *space = &seg->space;
	size_t left = k + find->skip_self;

	if (space->metric == VSX_COSINE ||
	    vsx_query_native(space, find->query) || vsx_codes_estimate(seg))
		return false;
	for (size_t i = 0; i < n && left > 0; i++) {
		uint32_t row = vsx_pool_row(pool[i]);
		double value = vsx_space_value(space, find->query,
					       vsx_pool_key(pool[i]));

		if (!vsx_is_eligible(&find->eligible, row))
			continue;
		left--;
		if (fabs(value) >= TOO_SMALL)
			continue;
		/* Copies of the query are at no distance. */
		if (vsx_space_exact_value(space, find->query,
					  row_at(seg, row)) != 0.0)
			return true;
	}
	return false;
}

/* Rows that are looked at are fetched so many before their turn. */
#define AHEAD_ROWS 4u

static void expect_row(const struct vsx_segment *seg, uint32_t row)
{
	uint32_t stride = vsx_vecs_stride(seg);
	const uint8_t *p = seg->view[VSX_SEC_VECS].base + (size_t)row * stride;

	vsx_ids_expect(seg, row);
	for (uint32_t b = 0; b < stride; b += 64)
		__builtin_prefetch(p + b, 0, 2);
}

/* The key of a row that is as near as the k-th found so far. Of estimates: if
 * it is right. */
static uint32_t last_key(const struct vsx_segment *seg,
			 const struct vsx_find *find,
			 const struct vsx_code_query *q)
{
	struct vsx_bounds b = q->bounds;

	if (vsx_codes_estimate(seg)) {
		b.shape = b.form == VSX_KEY_PRODUCT	    ? VSX_BOUNDS_LINEAR
			  : seg->space.metric == VSX_COSINE ? VSX_BOUNDS_ANGLE
							    : VSX_BOUNDS_SQUARE;
		b.unit = 1.0;
		b.error = 0.0;
	}
	return vsx_bounds_key(&b, vsx_find_bound(find));
}

/* Entries in front whose rows may be nearer than the k-th found so far, in
 * whichever segment that was. */
static size_t near_places(const struct vsx_walk *w)
{
	uint32_t most = w->near;
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (vsx_pool_key(w->scratch->pool[mid]) <= most)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How many rows of a walk are looked at. Of many segments each has a part of
 * the nearest rows only: of those beyond the k that are looked at since
 * estimates err, a quarter does. */
static size_t n_wanted(const struct vsx_segment *seg,
		       const struct vsx_find *find, const struct vsx_walk *w)
{
	size_t want = vsx_sieve_want(seg, find, true), k = find->k, near;

	if (find->within || find->top.n < k || want <= k)
		return want;
	near = near_places(w);
	if (near >= k)
		return want;
	return near * want / k + (want - k) / 4 + 1;
}

/* Look at the rows that the walk found by estimates, the nearest first, as many
 * as are wanted. They are moved to the front of the pool. */
static enum vsx_status look_at(const struct vsx_segment *seg,
			       struct vsx_find *find, const struct vsx_walk *w,
			       struct vsx_error *err)
{
	size_t want = n_wanted(seg, find, w), n = 0;
	struct vsx_kept *kept = &w->scratch->kept;
	uint64_t *pool = w->scratch->pool;

	for (size_t i = 0; i < w->n && n < want; i++)
		if (vsx_is_eligible(&find->eligible, vsx_pool_row(pool[i])))
			pool[n++] = pool[i];
	for (size_t i = 0; i < n && i < AHEAD_ROWS; i++)
		expect_row(seg, vsx_pool_row(pool[i]));
	VSX_TRY(vsx_kept_begin(kept, seg, err));
	find->n_distances += n;
	for (size_t i = 0; i < n; i++) {
		uint32_t row = vsx_pool_row(pool[i]);
		const uint8_t *at;

		if (i + AHEAD_ROWS < n)
			expect_row(seg, vsx_pool_row(pool[i + AHEAD_ROWS]));
		VSX_TRY(vsx_halt_before(find->halt, 1, seg->space.stride, err));
		VSX_TRY(vsx_kept_row(kept, row, &at, err));
		VSX_TRY(vsx_offer_row(seg, find, row, at, err));
	}
	return VSX_OK;
}

/* Offer what the walk found, nearest first, as far as it may count. */
static enum vsx_status offer(const struct vsx_segment *seg,
			     struct vsx_find *find, const struct vsx_walk *w,
			     struct vsx_error *err)
{
	const uint64_t *pool = w->scratch->pool;
	const struct vsx_bounds *bounds = &w->query->bounds;

	for (size_t i = 0; i < w->n && i < find->k; i++)
		vsx_ids_expect(seg, vsx_pool_row(pool[i]));
	for (size_t i = 0; i < w->n; i++) {
		uint32_t row = vsx_pool_row(pool[i]);
		uint32_t key = vsx_pool_key(pool[i]);

		if (!vsx_is_eligible(&find->eligible, row))
			continue;
		if (vsx_bounds_low(bounds, key) > vsx_find_bound(find))
			break;
		VSX_TRY(vsx_halt_before(find->halt, 1, seg->space.stride, err));
		if (bounds->shape == VSX_BOUNDS_EXACT)
			VSX_TRY(vsx_offer_value(
				seg, find, row,
				vsx_key_value(bounds->form, key), err));
		else
			VSX_TRY(vsx_offer_row(seg, find, row, row_at(seg, row),
					      err));
	}
	return VSX_OK;
}

/* Rows that are not eligible may guide so many steps of a walk. */
static size_t most_guided(size_t ef)
{
	return ef / 4 + 4;
}

static size_t most_grown(size_t ef)
{
	return ef + VSX_WALK_GROWTH * most_guided(ef);
}

/* Entries of the pool of a walk, those of rows that are not eligible with it:
 * they guide, or are where it began. */
static size_t room_for(const struct vsx_eligible *e, size_t ef)
{
	size_t most = 16 * ef + 1024, barred = e->n_rows - e->n;

	return barred ? most_grown(ef) + (most < barred ? most : barred) : ef;
}

/*
 * Each row that comes into a pool moves half of it. So the cost of a walk grows
 * with the square of ef, which a file may name, too: from here on a scan is no
 * dearer, and misses nothing.
 */
#define MOST_EF 16384

/* Steps of a walk beside its ef: the way there, and what it looks at in vain.
 */
#define STEPS(ef) ((ef) + (ef) / 2 + 6)

/* What is waited for, as bytes of rows that are read in the order of memory:
 * at the list of a row, at a row of a walk, and at one of a scan. */
#define LIST_WAIT 2048u
#define ROW_WAIT  256u
#define SCAN_WAIT 64u

/*
 * What a walk costs, in such bytes: for each row that it expands most of a list
 * of rows that count, which are fetched as they come, and the lists of as many
 * that do not as lie between them.
 */
static uint64_t cost_of_walk(const struct vsx_segment *seg,
			     const struct vsx_eligible *e, size_t ef)
{
	uint64_t degree = 2 * (uint64_t)seg->params[VSX_HNSW_M];
	uint64_t lists = (e->n_rows - e->n) / e->n;
	uint64_t row = seg->space.stride, rows = degree * 3 / 4;

	if (vsx_codes_estimate(seg) && vsx_codes_present(seg))
		row = seg->codec->block_bytes(&seg->form) >>
		      seg->codec->block_shift;
	if (seg->params[VSX_HNSW_GATES])
		rows /= 3; /* gates refuse most */
	lists = lists < degree ? lists : degree;
	return STEPS(ef) * (rows * (2 * row + ROW_WAIT) + LIST_WAIT * lists);
}

/* And a scan of those that count. Where they are not few it passes over all,
 * and is to look at no more rows than a walk. */
static uint64_t cost_of_scan(const struct vsx_segment *seg,
			     const struct vsx_eligible *e)
{
	uint64_t stride = seg->space.stride;

	return vsx_eligible_are_sparse(e) ? e->n * (stride + SCAN_WAIT)
					  : e->n_rows * (2 * stride + ROW_WAIT);
}

/* A scan takes rows in the order of memory, and misses none. */
static bool walk_is_dear(const struct vsx_segment *seg,
			 const struct vsx_find *find, size_t ef)
{
	const struct vsx_eligible *e = &find->eligible;

	if (e->n == e->n_rows && !find->within)
		return false;
	return cost_of_walk(seg, e, ef) >= cost_of_scan(seg, e);
}

/* A walk that finds hardly an eligible row around the query may take so many
 * times as long as others, or a scan in its place. */
#define LOST	   3
#define LEAST_LOST 32 /* of a pool of so many rows at least */

size_t vsx_hnsw_ef(const struct vsx_find *find, size_t k, uint32_t effort)
{
	size_t ef = k + find->skip_self;

	if (!effort)
		effort = VSX_HNSW_UNMEASURED_EF;
	if (ef < effort)
		ef = effort;
	if (ef > find->eligible.n)
		ef = find->eligible.n;
	return ef;
}

size_t vsx_hnsw_places(const struct vsx_find *find, size_t k, uint32_t effort)
{
	size_t ef = vsx_hnsw_ef(find, k, effort);

	return !find->all_k && effort && effort < k && effort < ef ? effort
								   : ef;
}

/* A query of the test that is a row: its own links would lead it to its
 * neighbours, which no other query has, and recall look better than it is. */
static enum vsx_status hold_out(struct vsx_walk *w,
				const struct vsx_segment *seg, uint64_t id,
				struct vsx_error *err)
{
	enum vsx_status status = vsx_ids_find(seg, id, &w->avoid, err);

	if (status != VSX_OK && status != VSX_ENOTFOUND)
		return status;
	if (status == VSX_ENOTFOUND || w->avoid == seg->params[VSX_HNSW_ENTRY])
		w->avoid = VSX_HNSW_NO_LINK;
	return VSX_OK;
}

/* What rows are compared by: codes that estimate, where there are such, which
 * are smaller. Bounds are for scans. */
static enum vsx_status open_codes(const struct vsx_segment *seg,
				  struct vsx_codes *c, struct vsx_error *err)
{
	if (vsx_codes_estimate(seg))
		VSX_TRY(vsx_segment_codes(seg, c, err));
	else
		vsx_segment_rows(seg, c);
	if (!c->view->guard)
		c->view = NULL;
	return VSX_OK;
}

/* Codes of the links, and what they are asked with; base->codes are ready. */
static enum vsx_status open_gates(const struct vsx_segment *seg,
				  const struct vsx_find *find,
				  struct vsx_level *base, struct vsx_error *err)
{
	struct vsx_scratch *s = find->scratch;
	double slack = find->slack > 0.0 ? find->slack : VSX_EDGE_SLACK;
	float *work = s->code.query.f32_buffer;
	const float *x = s->code.input;
	struct vsx_gates gates;
	struct vsx_edges edges;

	if (isinf(slack))
		return VSX_OK;
	VSX_TRY(vsx_hnsw_gates(seg, &gates, &edges, err));
	if (!gates.blocks)
		return VSX_OK;
	for (uint32_t i = 0; !x && i < edges.dim; i++)
		work[i] = (float)find->query->f64_buffer[i];
	vsx_edge_prepare(&edges, x ? x : work, slack, work, &s->edge);
	base->gates = gates;
	base->gates.query = &s->edge;
	return VSX_OK;
}

/* Whether the way down is broad: of all rows, by keys that are distances. */
static bool is_broad(const struct vsx_walk *w, const struct vsx_segment *seg)
{
	enum vsx_key_form form = w->query->bounds.form;

	return vsx_hnsw_of(seg)->broad && !w->eligible &&
	       (form == VSX_KEY_F32 || form == VSX_KEY_WHOLE);
}

/* Down from the entry point, a row at a key. What a broad way finds does not go
 * by ef, so that walks of all ef begin alike. */
static enum vsx_status descend(struct vsx_walk *w,
			       const struct vsx_segment *seg,
			       const struct vsx_codes *codes, size_t ef,
			       uint32_t at, uint32_t key, struct vsx_error *err)
{
	enum vsx_key_form form = w->query->bounds.form;
	bool broad = is_broad(w, seg);
	size_t room = broad && ef < VSX_HNSW_BROAD_PLACES
			      ? VSX_HNSW_BROAD_PLACES
			      : ef;
	double near = VSX_HNSW_NEAR_SHARE * vsx_key_value(form, key);

	for (uint32_t level = vsx_hnsw_of(seg)->n_levels - 1; level > 0;
	     level--) {
		struct vsx_level upper;

		vsx_hnsw_level(seg, level, &upper);
		upper.codes = *codes;
		VSX_TRY(vsx_walk_descend(w, &upper, room, &at, &key, err));
		if (broad && level <= VSX_HNSW_BROAD_LEVELS &&
		    vsx_key_value(form, key) > near)
			VSX_TRY(vsx_walk_broaden(w, &upper, room,
						 VSX_HNSW_BROAD_PLACES, &at,
						 &key, err));
	}
	if (broad && w->n > ef)
		w->n = ef;
	return VSX_OK;
}

/* Places in the pool among which so many are of rows that count, as walks take
 * others along. */
static double among_all(const struct vsx_find *find, double places)
{
	const struct vsx_eligible *e = &find->eligible;

	return vsx_eligible_are_sparse(e)
		       ? places
		       : places * ((double)e->n_rows / (double)e->n);
}

/*
 * Rows of the pool that a walk expands however far they are. Of many segments
 * each holds a part of the nearest rows only, and a walk that is as thorough in
 * each finds more than it would in one, for many times as much. The root of the
 * segment's share makes up for the part and for smaller graphs, which fall
 * apart sooner, and two more for roots of little: as much is found in 4 and in
 * 16 segments as in one.
 */
static size_t least_places(const struct vsx_segment *seg,
			   const struct vsx_find *find, size_t ef)
{
	uint64_t live = seg->n_rows - seg->n_dead;
	double part;

	if (find->n_all <= live)
		return SIZE_MAX;
	part = (double)ef * sqrt((double)live / (double)find->n_all);
	return (size_t)among_all(find, part) + 3;
}

/*
 * Rows to begin at. Gates refuse nothing until the pool holds more rows than
 * are expanded in any case: of many segments, where these are few, so many are
 * at hand, and their codes say which.
 */
static uint32_t n_entered(const struct vsx_segment *seg,
			  const struct vsx_find *find, size_t ef)
{
	size_t places = least_places(seg, find, ef);

	if (places == SIZE_MAX || places < VSX_WALK_ENTERED)
		return VSX_WALK_ENTERED;
	return places < VSX_WALK_MOST_ENTERED ? (uint32_t)places + 1
					      : VSX_WALK_MOST_ENTERED;
}

enum vsx_status vsx_hnsw_enter(struct vsx_walk *w,
			       const struct vsx_segment *seg,
			       struct vsx_find *find, size_t ef,
			       struct vsx_level *base, struct vsx_error *err)
{
	uint32_t entry = seg->params[VSX_HNSW_ENTRY], key;
	size_t room = room_for(&find->eligible, ef);
	bool near, some = find->eligible.n < find->eligible.n_rows;

	vsx_hnsw_level(seg, 0, base);
	VSX_TRY(open_codes(seg, &base->codes, err));
	find->scratch->code.asked = find->query;
	VSX_TRY(base->codes.codec->prepare(&base->codes, &find->scratch->code,
					   err));
	VSX_TRY(open_gates(seg, find, base, err));
	VSX_TRY(vsx_walk_begin(w, find->scratch, &find->scratch->code,
			       seg->mark_base, seg->n_rows,
			       room + VSX_HNSW_BROAD_PLACES,
			       some ? 2 * base->degree : base->degree, err));
	w->halt = find->halt;
	if (some) {
		w->eligible = &find->eligible;
		w->compares = vsx_walk_compares(base, &find->eligible);
		w->most_guided = most_guided(ef);
		w->max_barred = room - most_grown(ef);
	}
	if (find->held_out)
		VSX_TRY(hold_out(w, seg, find->self, err));
	/* The entry point goes into the pool: from it all rows can be reached,
	 * so that a search with ef = n is a search of everything. */
	VSX_TRY(vsx_walk_enter(w, base, entry, ef, &key, err));
	VSX_TRY(vsx_walk_enter_nearest(w, base, ef, n_entered(seg, find, ef),
				       &near, err));
	return near ? VSX_OK
		    : descend(w, seg, &base->codes, ef, entry, key, err);
}

/* How many rows that count a search has to find here. */
static size_t n_due(const struct vsx_find *find)
{
	size_t due = find->within ? 1 : find->k + find->skip_self;

	return due < find->eligible.n ? due : find->eligible.n;
}

static enum vsx_status expand(struct vsx_walk *w, const struct vsx_level *base,
			      size_t ef, size_t until, struct vsx_error *err)
{
	return w->eligible ? vsx_walk_beam_eligible(w, base, ef, until, err)
			   : vsx_walk_beam_until(w, base, ef, until, err);
}

/*
 * Walk over the base level: until the first rows of the pool are expanded, and
 * beyond them for as long as rows come up that may count. Where most of the
 * neighbours are in one segment, all places are walked there: ef, or fewer, but
 * for those without which too little is found.
 */
static enum vsx_status look_around(struct vsx_walk *w,
				   const struct vsx_segment *seg,
				   const struct vsx_find *find,
				   const struct vsx_level *base, size_t ef,
				   size_t places, struct vsx_error *err)
{
	size_t until = least_places(seg, find, places), most = SIZE_MAX;
	size_t done = 0;

	if (places < ef)
		most = (size_t)among_all(find, (double)places);
	w->near = last_key(seg, find, w->query);
	while (until > done && most > done) {
		done = until < most ? until : most;
		VSX_TRY(expand(w, base, ef, done, err));
		until = near_places(w);
	}
	while (find->top.n < find->k && w->n - w->n_barred < n_due(find) &&
	       done < w->n) {
		done = vsx_walk_further(done);
		VSX_TRY(expand(w, base, ef, done, err));
	}
	return VSX_OK;
}

/* The part of the pool that finds as much where all rows are compared. */
static size_t narrowed(const struct vsx_walk *w, const struct vsx_find *find,
		       size_t ef)
{
	size_t least = find->k + find->skip_self, most = ef - ef / 4;

	if (!w->compares || find->within || ef < least)
		return ef;
	return most > least ? most : least;
}

/* A walk over all levels; what it found is in the pool. */
static enum vsx_status walk(struct vsx_walk *w, const struct vsx_segment *seg,
			    struct vsx_find *find, size_t ef, size_t places,
			    struct vsx_error *err)
{
	enum vsx_status status;
	struct vsx_level base;

	VSX_TRY(vsx_hnsw_enter(w, seg, find, ef, &base, err));
	base.asks = find->asks;
	ef = narrowed(w, find, ef);
	places = places < ef ? places : ef;
	w->may_scan = LOST * cost_of_walk(seg, &find->eligible,
					  places < LEAST_LOST ? LEAST_LOST
							      : places) >=
		      cost_of_scan(seg, &find->eligible);
	status = look_around(w, seg, find, &base, ef, places, err);
	find->n_distances += w->n_distances;
	find->n_hops += w->n_hops;
	find->n_refused += w->n_refused;
	return status;
}

/*
 * Whether all that a walk has room for is within reach of a search that takes
 * all rows that are: then there may be more. A walk with more room begins
 * anew, which costs a part of what it does itself.
 */
static bool reaches_further(const struct vsx_find *find,
			    const struct vsx_walk *w, size_t *ef)
{
	size_t most = find->k + find->skip_self;

	if (!find->within || w->n - w->n_barred < *ef || *ef >= most ||
	    near_places(w) < w->n)
		return false;
	*ef = *ef * 4 < most ? *ef * 4 : most;
	return true;
}

/* A walk among some rows that was given up, or has not come by enough. */
static bool found_too_few(const struct vsx_find *find, const struct vsx_walk *w)
{
	return w->eligible &&
	       (vsx_walk_is_lost(w) || w->n - w->n_barred < n_due(find));
}

/* A look at every row where a walk is dearer, or says too little. */
enum vsx_status vsx_hnsw_search(const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err)
{
	size_t k = find->within ? 1 : find->k, ef, places;
	struct vsx_walk w;

	VSX_TRY(vsx_find_eligible(find, seg, err));
	if (find->eligible.n == 0)
		return VSX_OK;
	ef = vsx_hnsw_ef(find, k, find->effort);
	do {
		places = find->within ? ef
				      : vsx_hnsw_places(find, k, find->effort);
		if (ef > MOST_EF || walk_is_dear(seg, find, places))
			return vsx_exact_search(seg, find, err);
		VSX_TRY(vsx_sieve_reserve(
			find->scratch, 0,
			find->within ? ef : find->k + find->skip_self, err));
		VSX_TRY(walk(&w, seg, find, ef, places, err));
		if (found_too_few(find, &w) ||
		    vsx_hnsw_keys_lost(seg, find, w.scratch->pool, w.n,
				       find->k))
			return vsx_exact_search(seg, find, err);
	} while (reaches_further(find, &w, &ef));
	if (w.n - w.n_barred == find->eligible.n &&
	    find->k + find->skip_self >= find->eligible.n)
		find->n_covered += find->eligible.n;
	return vsx_codes_estimate(seg) ? look_at(seg, find, &w, err)
				       : offer(seg, find, &w, err);
}
