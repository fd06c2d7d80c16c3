/*
 * What searches of rising ef find of known neighbours, by one walk.
 *
 * A walk with a greater ef begins as one with a smaller does: so it is stopped
 * where each of these would end. A search orders what it found by exact values
 * and returns the best k; of the k nearest rows of all it returns those, then,
 * that are in its pool.
 */
#include "kind/hnsw/hnsw.h"
#include "kind/hnsw/check.h"
#include "base/select.h"

struct climb {
	const struct vsx_segment *seg;
	const struct vsx_find *find;
	struct vsx_walk walk;
	struct vsx_level level;
	size_t ef;	     /* of the last search */
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

/* Go on to where a search with ef ends; what is found of the nearest 1, 10 and
 * 100. A search for k whose keys are lost looks at every row. */
static enum vsx_status reach(struct climb *c, size_t ef, uint32_t k,
			     uint32_t found[3], uint64_t *n_distances,
			     struct vsx_error *err)
{
	static const uint32_t depths[3] = {1, 10, 100};
	struct vsx_walk *w = &c->walk;
	const uint64_t *pool = w->scratch->pool;
	size_t n;

	VSX_TRY(vsx_walk_beam_until(w, &c->level, c->ef, ef, err));
	n = w->n < ef ? w->n : ef;
	*n_distances = w->n_distances;
	if (vsx_hnsw_keys_lost(c->seg, c->find, pool, n, k)) {
		*n_distances += c->seg->n_rows;
		for (int d = 0; d < 3; d++)
			found[d] =
				c->n_known < depths[d] ? c->n_known : depths[d];
		return VSX_OK;
	}
	found[0] = found[1] = found[2] = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t place = place_of(c, vsx_pool_row(pool[i]));

		for (int d = 0; d < 3; d++)
			found[d] += place < c->n_known && place < depths[d];
	}
	return VSX_OK;
}

static enum vsx_status climb(struct climb *c, uint32_t k10, uint32_t k100,
			     struct vsx_rung *rungs, uint32_t n,
			     struct vsx_error *err)
{
	size_t least = vsx_hnsw_ef(c->find, k100, 0), ef;
	uint32_t found[3], i = 0;
	uint64_t n_distances;

	/* Efforts with which a search for 100 is the same one. */
	for (; i < n; i++) {
		ef = vsx_hnsw_ef(c->find, k10, rungs[i].effort);
		if (ef >= least)
			break;
		VSX_TRY(reach(c, ef, k10, rungs[i].found, &rungs[i].n_distances,
			      err));
	}
	if (i > 0)
		VSX_TRY(reach(c, least, k100, found, &n_distances, err));
	for (uint32_t j = 0; j < i; j++)
		rungs[j].found[2] = found[2];
	for (; i < n; i++) {
		ef = vsx_hnsw_ef(c->find, k100, rungs[i].effort);
		VSX_TRY(reach(c, ef, k100, found, &n_distances, err));
		VSX_TRY(reach(c, ef, k10, rungs[i].found, &rungs[i].n_distances,
			      err));
		rungs[i].found[2] = found[2];
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
	c.ef = vsx_hnsw_ef(find, n_truth, rungs[n - 1].effort);
	for (uint32_t i = 0; i < n_truth; i++)
		c.known[i] = (uint64_t)truth[i] << 32 | i;
	vsx_least(c.known, n_truth, n_truth, true);
	VSX_TRY(vsx_hnsw_enter(&c.walk, seg, find, c.ef, c.ef, err));
	vsx_hnsw_level(seg, 0, &c.level);
	c.level.asks = seg->scarce;
	return climb(&c, n_truth < 10 ? n_truth : 10, n_truth, rungs, n, err);
}
