/* Opening and searching HNSW segments. */
#include <math.h>
#include <string.h>

#include "kind/hnsw/hnsw.h"
#include "kind/hnsw/check.h"
#include "segment/ids.h"
#include "segment/offer.h"
#include "segment/sieve.h"

/* Of a graph that no search was measured on. */
#define UNMEASURED_EF 64

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "links are read in place: this needs a little-endian machine"
#endif

static enum vsx_status bad_length(const char *section, uint64_t found,
				  uint64_t due, struct vsx_error *err)
{
	return vsx_fail(err, VSX_ECORRUPT,
			"section %s has %llu bytes, expected %llu", section,
			(unsigned long long)found, (unsigned long long)due);
}

/* Level sizes from LEVL: the first is n_rows, none is larger than the last. */
static enum vsx_status open_levels(struct vsx_segment *seg,
				   struct vsx_error *err)
{
	const struct vsx_view *levels = &seg->view[VSX_SEC_LEVL];
	struct vsx_hnsw *g = seg->state;
	uint64_t at = 0;

	g->n_levels = seg->params[VSX_HNSW_LEVELS];
	if (g->n_levels < 1 || g->n_levels > VSX_MAX_LEVELS)
		return vsx_fail(err, VSX_ECORRUPT,
				"%u levels, expected 1 to %d", g->n_levels,
				VSX_MAX_LEVELS);
	if (levels->bytes != (uint64_t)g->n_levels * 4)
		return bad_length("LEVL", levels->bytes,
				  (uint64_t)g->n_levels * 4, err);
	VSX_TRY(vsx_touch(levels, 0, levels->bytes, err));
	for (uint32_t l = 0; l < g->n_levels; l++) {
		uint32_t rows = vsx_load32(levels->base + (size_t)l * 4);
		uint32_t most = l ? g->level_rows[l - 1] : seg->n_rows;

		if (rows < 1 || rows > most || (l == 0 && rows != most))
			return vsx_fail(err, VSX_ECORRUPT,
					"level %u has %u rows, the one below "
					"%u",
					l, rows, most);
		g->level_rows[l] = rows;
		g->level_links[l] = at;
		if (l > 0)
			at += (uint64_t)rows * seg->params[VSX_HNSW_M];
	}
	if (seg->view[VSX_SEC_LNKU].bytes != at * 4)
		return bad_length("LNKU", seg->view[VSX_SEC_LNKU].bytes, at * 4,
				  err);
	return VSX_OK;
}

static enum vsx_status open_hnsw(struct vsx_segment *seg, struct vsx_error *err)
{
	uint32_t m = seg->params[VSX_HNSW_M];
	uint32_t ef = seg->params[VSX_HNSW_EF_CONSTRUCTION];
	uint64_t due;

	if (m < VSX_HNSW_MIN_M || m > VSX_HNSW_MAX_M)
		return vsx_fail(err, VSX_ECORRUPT, "M is %u, expected %d to %d",
				m, VSX_HNSW_MIN_M, VSX_HNSW_MAX_M);
	if (ef < 1 || ef > VSX_HNSW_MAX_EF_CONSTRUCTION)
		return vsx_fail(err, VSX_ECORRUPT,
				"efConstruction is %u, expected 1 to %d", ef,
				VSX_HNSW_MAX_EF_CONSTRUCTION);
	due = (uint64_t)seg->n_rows * 2 * m * 4;
	if (seg->view[VSX_SEC_LNK0].bytes != due)
		return bad_length("LNK0", seg->view[VSX_SEC_LNK0].bytes, due,
				  err);
	return open_levels(seg, err);
}

void vsx_hnsw_level(const struct vsx_segment *seg, uint32_t level,
		    struct vsx_level *out)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];
	const struct vsx_view *links =
		&seg->view[level ? VSX_SEC_LNKU : VSX_SEC_LNK0];
	uint64_t at = level ? vsx_hnsw_of(seg)->level_links[level] * 4 : 0;

	*out = (struct vsx_level){
		.links = (const uint32_t *)(const void *)(links->base + at),
		.links_view = links->guard ? links : NULL,
		.links_at = at,
		.degree = seg->params[VSX_HNSW_M] * (level ? 1 : 2),
		.n_rows = vsx_hnsw_of(seg)->level_rows[level],
	};
	vsx_codes_of_rows(&out->codes, &seg->space, vecs->base,
			  vecs->guard ? vecs : NULL);
}

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

	if (space->metric == VSX_COSINE || find->query->native)
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

/* Offer what the walk found, nearest first, as far as it may count. */
static enum vsx_status offer(const struct vsx_segment *seg,
			     struct vsx_find *find, const struct vsx_walk *w,
			     struct vsx_error *err)
{
	const uint64_t *pool = w->scratch->pool;
	const struct vsx_bounds *bounds = &w->query->bounds;

	for (size_t i = 0; i < w->n; i++) {
		uint32_t row = vsx_pool_row(pool[i]);
		uint32_t key = vsx_pool_key(pool[i]);

		if (!vsx_is_eligible(&find->eligible, row))
			continue;
		if (vsx_bounds_low(bounds, key) > vsx_topk_bound(&find->top))
			break;
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

/*
 * Rows that are not eligible which a walk may have in its pool beside ef that
 * are. Where more of them lie around the query, or where a walk would come by
 * most rows, it is cheaper to look at every row: so much is lost at most.
 */
static size_t most_barred(const struct vsx_eligible *e, size_t ef)
{
	size_t most = 16 * ef + 1024, barred = e->n_rows - e->n;

	return most < barred ? most : barred;
}

/*
 * Each row that comes into a pool moves half of it. So the cost of a walk grows
 * with the square of ef, which a file may name, too: from here on a scan is no
 * dearer, and misses nothing.
 */
#define MOST_EF 16384

/*
 * Rows that are not eligible and as near as those that are get walked through
 * like these. A scan that looks for the eligible ones pays about four times as
 * much for a row.
 */
static bool walk_is_dear(const struct vsx_segment *seg,
			 const struct vsx_eligible *e, size_t ef)
{
	uint64_t hops = (uint64_t)ef * e->n_rows / e->n; /* below 2^62 */
	uint64_t scan =
		vsx_eligible_are_sparse(e) ? 4 * (uint64_t)e->n : e->n_rows;

	return e->n < e->n_rows && hops * 2 * seg->params[VSX_HNSW_M] >= scan;
}

size_t vsx_hnsw_ef(const struct vsx_find *find, size_t k, uint32_t effort)
{
	size_t ef = k + find->skip_self;

	if (!effort)
		effort = UNMEASURED_EF;
	if (ef < effort)
		ef = effort;
	if (ef > find->eligible.n)
		ef = find->eligible.n;
	return ef;
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
	if (status == VSX_ENOTFOUND || w->avoid == 0)
		w->avoid = VSX_HNSW_NO_LINK;
	return VSX_OK;
}

enum vsx_status vsx_hnsw_enter(struct vsx_walk *w,
			       const struct vsx_segment *seg,
			       struct vsx_find *find, size_t ef, size_t room,
			       struct vsx_error *err)
{
	uint32_t at = 0, key, first;
	struct vsx_level l;

	vsx_hnsw_level(seg, 0, &l);
	find->scratch->code.asked = find->query;
	VSX_TRY(l.codes.codec->prepare(&l.codes, &find->scratch->code, err));
	VSX_TRY(vsx_walk_begin(w, find->scratch, &find->scratch->code,
			       seg->mark_base, seg->n_rows, room + 2,
			       2 * seg->params[VSX_HNSW_M], err));
	if (find->held_out)
		VSX_TRY(hold_out(w, seg, find->self, err));
	if (find->eligible.n < find->eligible.n_rows)
		w->eligible = &find->eligible;
	/* The entry point goes into the pool: from it all rows can be reached,
	 * so that a search with ef = n is a search of everything. */
	VSX_TRY(vsx_walk_enter(w, &l, 0, ef, &first, err));
	key = first;
	for (uint32_t level = vsx_hnsw_of(seg)->n_levels - 1; level > 0;
	     level--) {
		struct vsx_level upper;

		vsx_hnsw_level(seg, level, &upper);
		VSX_TRY(vsx_walk_greedy(w, &upper, &at, &key, err));
	}
	return at ? vsx_walk_enter(w, &l, at, ef, &key, err) : VSX_OK;
}

static enum vsx_status search_hnsw(const struct vsx_segment *seg,
				   struct vsx_find *find, struct vsx_error *err)
{
	const struct vsx_eligible *eligible = &find->eligible;
	size_t ef, max_barred;
	bool crowded = false;
	struct vsx_walk w;
	struct vsx_level l;

	VSX_TRY(vsx_find_eligible(find, seg, err));
	ef = vsx_hnsw_ef(find, find->k, find->effort);
	max_barred = most_barred(eligible, ef);
	if (ef > MOST_EF || walk_is_dear(seg, eligible, ef))
		return vsx_exact_search(seg, find, err);
	VSX_TRY(vsx_sieve_reserve(find->scratch, 0, find->k + find->skip_self,
				  err));
	VSX_TRY(vsx_hnsw_enter(&w, seg, find, ef, ef + max_barred, err));
	vsx_hnsw_level(seg, 0, &l);
	l.asks = find->asks;
	w.max_barred = max_barred;
	if (w.eligible)
		VSX_TRY(vsx_walk_beam_eligible(&w, &l, ef, &crowded, err));
	else
		VSX_TRY(vsx_walk_beam(&w, &l, ef, err));
	find->n_distances += w.n_distances;
	find->n_hops += w.n_hops;
	if (crowded ||
	    vsx_hnsw_keys_lost(seg, find, w.scratch->pool, w.n, find->k))
		return vsx_exact_search(seg, find, err);
	return offer(seg, find, &w, err);
}

static uint32_t default_effort(const struct vsx_segment *seg)
{
	(void)seg;
	return UNMEASURED_EF;
}

static uint32_t most_effort(const struct vsx_segment *seg)
{
	return seg->n_rows;
}

const struct vsx_kind vsx_kind_hnsw = {
	.code = VSX_HNSW,
	.effort_name = "ef",
	.hops_name = "hops",
	.n_params = 3,
	.params =
		{
			[VSX_HNSW_M] = {"m", "M #"},
			[VSX_HNSW_EF_CONSTRUCTION] = {"ef_construction",
						      "efConstruction #"},
			[VSX_HNSW_LEVELS] = {"levels", "# levels"},
		},
	.read_at_random =
		1u << VSX_SEC_VECS | 1u << VSX_SEC_LNK0 | 1u << VSX_SEC_LNKU,
	.state_bytes = sizeof(struct vsx_hnsw),
	.default_effort = default_effort,
	.most_effort = most_effort,
	.open = open_hnsw,
	.search = search_hnsw,
	.climb = vsx_hnsw_climb,
	.check = vsx_hnsw_check,
};
