/*
 * What searches of rising nprobe find of known neighbours, by one look at the
 * lists.
 *
 * A search returns the best k of the rows in the lists that it visits, by exact
 * values; of the k nearest rows of all it returns those, then, that are there.
 */
#include <stdlib.h>
#include <string.h>

#include "kind/ivf/ivf.h"
#include "segment/scratch.h"
#include "base/alloc.h"
#include "base/select.h"

/* The lists in the order of a query: where each is, and the rows before it. */
struct order {
	uint32_t *place; /* [nlist] of each list */
	uint64_t *rows;	 /* [nlist + 1] of the first 0, 1, ... lists */
};

static enum vsx_status order_lists(const struct vsx_segment *seg,
				   struct vsx_find *find, struct order *o,
				   struct vsx_error *err)
{
	const uint64_t *pool;

	VSX_TRY(vsx_ivf_rank(seg, find, err));
	vsx_least(find->scratch->pool, vsx_ivf_nlist(seg), vsx_ivf_nlist(seg),
		  true);
	pool = find->scratch->pool;
	for (uint32_t i = 0; i < vsx_ivf_nlist(seg); i++) {
		uint32_t list = (uint32_t)pool[i];
		struct vsx_run run;

		VSX_TRY(vsx_ivf_list(seg, list, &run, err));
		o->place[list] = i;
		o->rows[i + 1] = o->rows[i] + run.n_rows;
	}
	return VSX_OK;
}

/* How many lists a search visits: beyond nprobe for want of rows. */
static uint32_t n_visited(const struct vsx_segment *seg, const struct order *o,
			  uint32_t nprobe, size_t want)
{
	uint32_t n = nprobe < 1 ? 1 : nprobe;

	while (n < vsx_ivf_nlist(seg) && o->rows[n] < want)
		n++;
	return n < vsx_ivf_nlist(seg) ? n : vsx_ivf_nlist(seg);
}

static enum vsx_status climb(const struct vsx_segment *seg,
			     const struct vsx_find *find, const struct order *o,
			     const uint32_t *truth, uint32_t n_truth,
			     struct vsx_rung *rungs, uint32_t n,
			     struct vsx_error *err)
{
	uint32_t k10 = n_truth < 10 ? n_truth : 10;
	uint32_t at[100]; /* place of each neighbour's list */

	for (uint32_t i = 0; i < n_truth; i++) {
		struct vsx_run run;
		uint32_t list;

		VSX_TRY(vsx_ivf_list_of(seg, truth[i], &list, &run, err));
		at[i] = o->place[list];
	}
	for (uint32_t r = 0; r < n; r++) {
		uint32_t for_10 = n_visited(seg, o, rungs[r].effort,
					    k10 + find->skip_self);
		uint32_t for_100 = n_visited(seg, o, rungs[r].effort,
					     n_truth + find->skip_self);
		uint32_t *found = rungs[r].found;

		memset(found, 0, sizeof(rungs[r].found));
		for (uint32_t i = 0; i < n_truth; i++) {
			found[0] += i < 1 && at[i] < for_10;
			found[1] += i < 10 && at[i] < for_10;
			found[2] += at[i] < for_100;
		}
		rungs[r].n_distances = o->rows[for_10];
	}
	return VSX_OK;
}

enum vsx_status vsx_ivf_climb(const struct vsx_segment *seg,
			      struct vsx_find *find, const uint32_t *truth,
			      uint32_t n_truth, struct vsx_rung *rungs,
			      uint32_t n, struct vsx_error *err)
{
	struct order o = {NULL, NULL};
	enum vsx_status status;

	status = vsx_alloc_to(&o.place, vsx_ivf_nlist(seg), sizeof(*o.place),
			      err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&o.rows, (size_t)vsx_ivf_nlist(seg) + 1,
				      sizeof(*o.rows), err);
	if (status == VSX_OK)
		status = order_lists(seg, find, &o, err);
	if (status == VSX_OK)
		status = climb(seg, find, &o, truth, n_truth, rungs, n, err);
	free(o.place);
	free(o.rows);
	return status;
}
