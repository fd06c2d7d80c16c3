/*
 * What searches of rising ef find of known neighbours, by one walk.
 *
 * A walk with a greater ef begins as one with a smaller does: so it is stopped
 * where each of these would end. But with gates, which refuse what is farther
 * than the last of the pool: there each ef has a walk of its own, of which
 * searches for 100 rows with less effort are the beginning.
 *
 * A search orders what it found by exact values
 * and returns the best k; of the k nearest rows of all it returns those, then,
 * that are in its pool. Where keys are estimates: among the first of its pool,
 * as many as it looks at.
 */
#include "kind/hnsw/hnsw.h"
#include "kind/hnsw/check.h"
#include "base/select.h"
#include "segment/sieve.h"

struct climb {
	const struct vsx_segment *seg;
	struct vsx_find *find;
	struct vsx_walk walk;
	struct vsx_level level;
	size_t ef;	     /* of the walk: that of the last search, but with
				gates */
	size_t done;	     /* places of it that are expanded */
	uint64_t known[100]; /* row << 32 | its place, rising */
	uint32_t n_known;
};

/* Place of a row among the neighbours, from 0; n_known: it is none. */
static uint32_t place_of(const struct climb *c, uint32_t row)
{
	uint32_t low = 0, high = c->n_known;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (c->known[mid] >> 32 < row)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == c->n_known || c->known[low] >> 32 != row)
		return c->n_known;
	return (uint32_t)c->known[low];
}

/* How many of the first n of the pool a search for k looks at. */
static size_t n_looked_at(const struct climb *c, size_t n, uint32_t k,
			  uint32_t refine)
{
	struct vsx_find asked = {
		.k = k, .refine = refine, .skip_self = c->find->skip_self};
	size_t want = vsx_sieve_want(c->seg, &asked, true);

	return want < n ? want : n;
}

/* The two searches that a rung is of: for 10 rows, or for 100. */
static uint32_t k_of(const struct climb *c, bool deep)
{
	return deep || c->n_known < 10 ? c->n_known : 10;
}

static size_t ef_of(const struct climb *c, bool deep, uint32_t effort)
{
	return vsx_hnsw_ef(c->find, k_of(c, deep), effort);
}

/* Count the known rows among the first n of the pool; all: every row is looked
 * at. */
static void count(const struct climb *c, size_t n, bool all, bool deep,
		  struct vsx_rung *rung)
{
	static const uint32_t depths[3] = {1, 10, 100};
	const uint64_t *pool = c->walk.scratch->pool;
	int first = deep ? 2 : 0, last = deep ? 3 : 2;
	uint32_t most[3];

	for (int d = first; d < last; d++) {
		most[d] = c->n_known < depths[d] ? c->n_known : depths[d];
		rung->found[d] = all ? most[d] : 0;
	}
	for (size_t i = 0; !all && i < n; i++) {
		uint32_t place = place_of(c, vsx_pool_row(pool[i]));

		for (int d = first; d < last; d++)
			rung->found[d] += place < most[d];
	}
}

static enum vsx_status set_out(struct climb *c, size_t ef,
			       struct vsx_error *err)
{
	VSX_TRY(vsx_hnsw_enter(&c->walk, c->seg, c->find, ef, &c->level, err));
	c->walk.near = UINT32_MAX;
	c->level.asks = c->seg->scarce;
	c->ef = ef;
	c->done = 0;
	return VSX_OK;
}

/* Go on to where one of the searches ends, and set what it finds. One whose
 * keys are lost looks at every row. */
static enum vsx_status reach(struct climb *c, bool deep, struct vsx_rung *rung,
			     struct vsx_error *err)
{
	size_t ef = ef_of(c, deep, rung->effort), places, n;
	bool another = c->level.gates.blocks && c->ef != ef, lost;
	struct vsx_walk *w = &c->walk;
	uint32_t k = k_of(c, deep);
	uint64_t n_distances;

	places = vsx_hnsw_places(c->find, k, rung->effort);
	if (another || c->done > places)
		VSX_TRY(set_out(c, another ? ef : c->ef, err));
	c->done = places;
	VSX_TRY(vsx_walk_beam_until(w, &c->level, c->ef, places, err));
	while (w->n < k + c->find->skip_self && c->done < w->n) {
		c->done = vsx_walk_further(c->done);
		VSX_TRY(vsx_walk_beam_until(w, &c->level, c->ef, c->done, err));
	}
	n = w->n < ef ? w->n : ef;
	n_distances = w->n_distances;
	if (vsx_codes_estimate(c->seg)) {
		n = n_looked_at(c, n, k, rung->refine);
		n_distances += n;
	}
	lost = vsx_hnsw_keys_lost(c->seg, c->find, w->scratch->pool, n, k);
	count(c, n, lost, deep, rung);
	if (!deep)
		rung->n_distances = n_distances + (lost ? c->seg->n_rows : 0);
	return VSX_OK;
}

static enum vsx_status climb(struct climb *c, struct vsx_rung *rungs,
			     uint32_t n, struct vsx_error *err)
{
	size_t least = ef_of(c, true, 1);
	uint32_t few = 0;

	/* Those for 10 with which one for 100 is still the same walk. */
	for (; few < n && ef_of(c, false, rungs[few].effort) < least; few++)
		VSX_TRY(reach(c, false, &rungs[few], err));
	for (uint32_t i = 0; i < n; i++) {
		VSX_TRY(reach(c, true, &rungs[i], err));
		if (i >= few)
			VSX_TRY(reach(c, false, &rungs[i], err));
	}
	return VSX_OK;
}

enum vsx_status vsx_hnsw_climb(const struct vsx_segment *seg,
			       struct vsx_find *find, const uint32_t *truth,
			       uint32_t n_truth, struct vsx_rung *rungs,
			       uint32_t n, struct vsx_error *err)
{
	struct climb c = {.seg = seg, .find = find, .n_known = n_truth};

	if (n == 0)
		return VSX_OK;
	VSX_TRY(vsx_find_eligible(find, seg, err));
	for (uint32_t i = 0; i < n_truth; i++)
		c.known[i] = (uint64_t)truth[i] << 32 | i;
	vsx_least(c.known, n_truth, n_truth, true);
	VSX_TRY(set_out(&c, vsx_hnsw_ef(find, n_truth, rungs[n - 1].effort),
			err));
	return climb(&c, rungs, n, err);
}
