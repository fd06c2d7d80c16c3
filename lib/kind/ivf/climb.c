/*
 * What searches of rising nprobe find of known neighbours, by one look at the
 * lists.
 *
 * A search returns the best k of the rows in the lists that it visits, by exact
 * values; of the k nearest rows of all it returns those, then, that are there
 * and, where codes only estimate, that it looks at.
 */
#include <stdlib.h>
#include <string.h>

#include "kind/ivf/ivf.h"
#include "kind/rungs.h"
#include "segment/scratch.h"
#include "base/alloc.h"
#include "base/select.h"

/* The lists in the order of a query: where each is, and the rows before it. */
struct order {
	uint32_t *place; /* [nlist] of each list */
	uint64_t *rows;	 /* [nlist + 1] of the first 0, 1, ... lists */
};

struct climb {
	const struct vsx_segment *seg;
	struct vsx_find *find;
	struct order order;
	const uint32_t *truth;
	uint32_t n_truth, k10;
	uint32_t at[100]; /* place of each neighbour's list */
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

/* How many lists a search for k visits: beyond nprobe for want of rows. */
static uint32_t n_visited(const struct climb *c, uint32_t nprobe, uint32_t k)
{
	uint32_t n = nprobe < 1 ? 1 : nprobe, nlist = vsx_ivf_nlist(c->seg);
	size_t want = (size_t)k + c->find->skip_self;

	while (n < nlist && c->order.rows[n] < want)
		n++;
	return n < nlist ? n : nlist;
}

static void climb_lists(const struct climb *c, struct vsx_rung *rungs,
			uint32_t n)
{
	for (uint32_t r = 0; r < n; r++) {
		uint32_t for_10 = n_visited(c, rungs[r].effort, c->k10);
		uint32_t for_100 = n_visited(c, rungs[r].effort, c->n_truth);
		uint32_t *found = rungs[r].found;

		memset(found, 0, sizeof(rungs[r].found));
		for (uint32_t i = 0; i < c->n_truth; i++) {
			found[0] += i < 1 && c->at[i] < for_10;
			found[1] += i < 10 && c->at[i] < for_10;
			found[2] += c->at[i] < for_100;
		}
		rungs[r].n_distances = c->order.rows[for_10];
	}
}

/* Those of one list together: they share what is to be done for it. */
static enum vsx_status know_neighbours(const struct climb *c,
				       struct vsx_ranks *ranks,
				       struct vsx_error *err)
{
	const uint64_t *pool = c->find->scratch->pool;
	bool known[100] = {false};

	for (uint32_t i = 0; i < c->n_truth; i++) {
		uint32_t at = c->at[i];
		struct vsx_run run;

		if (known[i])
			continue;
		VSX_TRY(vsx_ivf_list(c->seg, (uint32_t)pool[at], &run, err));
		VSX_TRY(vsx_ranks_list(ranks, (uint32_t)pool[at], err));
		for (uint32_t j = i; j < c->n_truth; j++) {
			uint32_t place = c->truth[j] - run.first_row;

			if (c->at[j] != at)
				continue;
			known[j] = true;
			VSX_TRY(vsx_ranks_know(
				ranks, &run, place,
				(uint32_t)c->order.rows[at] + place, j, err));
		}
	}
	return VSX_OK;
}

/* The same of searches that go by estimates: rows are counted list by list,
 * and where a search would stop what it has found is read off. */
static enum vsx_status climb_estimates(const struct climb *c,
				       struct vsx_rung *rungs, uint32_t n,
				       struct vsx_error *err)
{
	const uint64_t *pool = c->find->scratch->pool;
	uint32_t n_10 = 0, n_100 = 0; /* rungs that are done */
	struct vsx_ranks ranks;
	struct vsx_run run;

	VSX_TRY(vsx_ranks_begin(&ranks, c->seg, c->find, err));
	VSX_TRY(know_neighbours(c, &ranks, err));
	for (uint32_t i = 0; n_100 < n; i++) {
		VSX_TRY(vsx_ivf_list(c->seg, (uint32_t)pool[i], &run, err));
		if (run.n_rows)
			VSX_TRY(vsx_ranks_list(&ranks, (uint32_t)pool[i], err));
		VSX_TRY(vsx_ranks_pass(&ranks, &run, err));
		while (n_10 < n &&
		       n_visited(c, rungs[n_10].effort, c->k10) == i + 1)
			vsx_rung_10(&rungs[n_10++], &ranks, c->find,
				    c->n_truth);
		while (n_100 < n &&
		       n_visited(c, rungs[n_100].effort, c->n_truth) == i + 1)
			vsx_rung_100(&rungs[n_100++], &ranks, c->find,
				     c->n_truth);
	}
	return VSX_OK;
}

static enum vsx_status climb(struct climb *c, struct vsx_rung *rungs,
			     uint32_t n, struct vsx_error *err)
{
	for (uint32_t i = 0; i < c->n_truth; i++) {
		struct vsx_run run;
		uint32_t list;

		VSX_TRY(vsx_ivf_list_of(c->seg, c->truth[i], &list, &run, err));
		c->at[i] = c->order.place[list];
	}
	if (vsx_codes_estimate(c->seg) && n &&
	    rungs[n - 1].refine != VSX_REFINE_ALL)
		return climb_estimates(c, rungs, n, err);
	climb_lists(c, rungs, n);
	return VSX_OK;
}

enum vsx_status vsx_ivf_climb(const struct vsx_segment *seg,
			      struct vsx_find *find, const uint32_t *truth,
			      uint32_t n_truth, struct vsx_rung *rungs,
			      uint32_t n, struct vsx_error *err)
{
	struct climb c = {.seg = seg,
			  .find = find,
			  .truth = truth,
			  .n_truth = n_truth,
			  .k10 = n_truth < 10 ? n_truth : 10};
	enum vsx_status status;

	status = vsx_alloc_to(&c.order.place, vsx_ivf_nlist(seg),
			      sizeof(*c.order.place), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&c.order.rows,
				      (size_t)vsx_ivf_nlist(seg) + 1,
				      sizeof(*c.order.rows), err);
	if (status == VSX_OK)
		status = order_lists(seg, find, &c.order, err);
	if (status == VSX_OK)
		status = climb(&c, rungs, n, err);
	free(c.order.place);
	free(c.order.rows);
	return status;
}
