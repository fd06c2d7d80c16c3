/*
 * Queries that come from elsewhere than the rows, as texts that look for
 * pictures do, have neighbours that are not each other's: links between near
 * rows lead from one to the next by long ways. So rows that queries look for
 * together are linked to each other. (The idea: Chen, Zhang, He, Jing, Wang,
 * "RoarGraph: A Projected Bipartite Graph for Efficient Cross-Modal Approximate
 * Nearest Neighbor Search", PVLDB 17(11), 2024, section 4.) Whether that pays
 * is measured, by other queries.
 */
#include "kind/hnsw/build_shape.h"

#include <math.h>
#include <string.h>

#include "kind/hnsw/check.h"

/* ---- the graph ---------------------------------------------------------- */

static void *section(const struct vsx_built *built, enum vsx_section_slot slot)
{
	for (uint32_t i = 0; i < built->n_sections; i++)
		if (built->section[i].slot == slot)
			return built->section[i].data;
	return NULL;
}

/* to = from, rows of the segment as those that names[] has for them. */
static void rename_rows(const uint32_t *names, const uint32_t *from, size_t n,
			uint32_t *to)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] == VSX_HNSW_NO_LINK ? VSX_HNSW_NO_LINK
						    : names[from[i]];
}

static uint32_t *built_list(const struct vsx_shape *s, uint32_t row)
{
	uint32_t *links0 = section(s->built, VSX_SEC_LNK0);

	return links0 + (size_t)s->slot_of[row] * s->degree;
}

void vsx_shape_as_built(const struct vsx_shape *s, uint32_t row,
			uint32_t *links)
{
	rename_rows(s->built->order, built_list(s, row), s->degree, links);
}

static uint32_t *links_of(const struct vsx_shape *s, uint32_t row)
{
	return s->links + (size_t)row * s->degree;
}

static enum vsx_status take_graph(struct vsx_shape *s, struct vsx_error *err)
{
	struct vsx_arrays *a = s->job->arrays;
	uint32_t n = s->rows->n;
	size_t n_upper = 0;

	s->m = s->built->params[VSX_HNSW_M];
	s->degree = 2 * s->m;
	s->n_levels = s->built->params[VSX_HNSW_LEVELS];
	s->level_rows = section(s->built, VSX_SEC_LEVL);
	for (uint32_t l = 1; l < s->n_levels; l++)
		n_upper += (size_t)s->level_rows[l] * s->m;
	VSX_TRY(vsx_arrays_take(a, &s->slot_of, n, sizeof(uint32_t), err));
	VSX_TRY(vsx_arrays_take(a, &s->links, n, s->degree * sizeof(uint32_t),
				err));
	VSX_TRY(vsx_arrays_take(a, &s->upper, n_upper, sizeof(uint32_t), err));
	for (uint32_t r = 0; r < n; r++)
		s->slot_of[s->built->order[r]] = r;
	for (uint32_t row = 0; row < n; row++)
		vsx_shape_as_built(s, row, links_of(s, row));
	rename_rows(s->built->order, section(s->built, VSX_SEC_LNKU), n_upper,
		    s->upper);
	return VSX_OK;
}

static void release_graph(struct vsx_shape *s)
{
	struct vsx_arrays *a = s->job->arrays;

	vsx_arrays_leave(a, s->slot_of);
	vsx_arrays_leave(a, s->links);
	vsx_arrays_leave(a, s->upper);
}

/* ---- every row is reached ------------------------------------------------ */

/* Lists that led to rows which nothing leads to any more are as they were.
   Returns how many of these rows there were. */
static uint32_t restore(struct vsx_shape *s, const uint32_t *changed,
			uint32_t n_changed, uint8_t *reached, uint32_t *queue)
{
	uint32_t n = s->rows->n, n_reached;

	memset(reached, 0, n);
	n_reached = vsx_hnsw_reach(s->links, s->degree, n, s->built->order[0],
				   reached, queue);
	for (uint32_t i = 0; i < n_changed && n_reached < n; i++) {
		const uint32_t *was = built_list(s, changed[i]);

		for (uint32_t j = 0; j < s->degree; j++)
			if (was[j] != VSX_HNSW_NO_LINK &&
			    !reached[s->built->order[was[j]]]) {
				vsx_shape_as_built(s, changed[i],
						   links_of(s, changed[i]));
				break;
			}
	}
	return n - n_reached;
}

/* One round is the rule: what is restored takes links away again. */
#define MOST_ROUNDS 8

/* *all: whether every row can be reached, in the end. */
static enum vsx_status restore_ways(struct vsx_shape *s,
				    const uint32_t *changed, uint32_t n_changed,
				    bool *all, struct vsx_error *err)
{
	struct vsx_arrays *a = s->job->arrays;
	uint32_t n = s->rows->n, *queue = NULL;
	enum vsx_status status;
	uint8_t *reached = NULL;

	*all = false;
	status = vsx_arrays_take(a, &reached, n, 1, err);
	if (status == VSX_OK)
		status = vsx_arrays_take(a, &queue, n, sizeof(*queue), err);
	for (int i = 0; i < MOST_ROUNDS && !*all && status == VSX_OK; i++)
		*all = restore(s, changed, n_changed, reached, queue) == 0;
	vsx_arrays_leave(a, reached);
	vsx_arrays_leave(a, queue);
	return status;
}

/* ---- does it pay? -------------------------------------------------------- */

/* Less is not worth the queries, which recall is no longer measured by. */
#define PAYS 0.95

/* And at what else: where a fifth as much is missed. */
#define FEWER_MISSES 0.2

/* Distances where so much is found, between two efforts. */
static double distances_at(const struct vsx_shape_work *w, double recall)
{
	double part;
	int i = 1;

	while (i + 1 < VSX_SHAPE_EFS && w->recall[i] < recall)
		i++;
	if (w->recall[i] <= w->recall[i - 1])
		return w->distances[i];
	part = (recall - w->recall[i - 1]) / (w->recall[i] - w->recall[i - 1]);
	return w->distances[i - 1] +
	       (part < 0.0   ? 0.0
		: part > 1.0 ? 1.0
			     : part) *
		       (w->distances[i] - w->distances[i - 1]);
}

/* Recall that both reach, and neither exceeds with the least effort: there
   fewer distances may be less that is found. */
static double comparable(const struct vsx_shape_work *a,
			 const struct vsx_shape_work *b, double recall)
{
	double least = fmax(a->recall[0], b->recall[0]);
	double most = fmin(a->recall[VSX_SHAPE_EFS - 1],
			   b->recall[VSX_SHAPE_EFS - 1]);

	return fmin(fmax(recall, least), most);
}

static bool are_fewer(const struct vsx_shape_work *before,
		      const struct vsx_shape_work *after, double recall)
{
	return distances_at(after, recall) <
	       PAYS * distances_at(before, recall);
}

static void compare(const struct vsx_shape_work *before,
		    const struct vsx_shape_work *after, double wanted,
		    struct vsx_shaped *out)
{
	double more = 1.0 - FEWER_MISSES * (1.0 - wanted);

	out->is_tried = true;
	out->recall = comparable(before, after, wanted);
	out->before = distances_at(before, out->recall);
	out->after = distances_at(after, out->recall);
	out->pays = are_fewer(before, after, out->recall) &&
		    are_fewer(before, after, comparable(before, after, more));
}

static void put_back(const struct vsx_shape *s, const uint32_t *changed,
		     uint32_t n_changed)
{
	for (uint32_t i = 0; i < n_changed; i++)
		rename_rows(s->slot_of, links_of(s, changed[i]), s->degree,
			    built_list(s, changed[i]));
}

/* ---- all of it ----------------------------------------------------------- */

/* What queries that are held out take before and after. */
static enum vsx_status try_links(struct vsx_shape *s, uint32_t **changed,
				 struct vsx_shaped *out, struct vsx_error *err)
{
	const struct vsx_asked *a = s->asked;
	struct vsx_shape_work before, after;
	uint32_t n_changed;
	bool all;

	VSX_TRY(vsx_shape_measure(s, a->n, &before, err));
	VSX_TRY(vsx_shape_links(s, changed, &n_changed, err));
	VSX_TRY(restore_ways(s, *changed, n_changed, &all, err));
	if (!all)
		return VSX_OK;
	VSX_TRY(vsx_shape_measure(s, 2 * (uint64_t)a->n, &after, err));
	compare(&before, &after, a->recall, out);
	if (out->pays)
		put_back(s, *changed, n_changed);
	return VSX_OK;
}

enum vsx_status vsx_hnsw_shape(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_asked *asked,
			       struct vsx_built *built, struct vsx_shaped *out,
			       struct vsx_error *err)
{
	struct vsx_shape s = {
		.job = job, .rows = rows, .asked = asked, .built = built};
	uint32_t *changed = NULL;
	enum vsx_status status;

	*out = (struct vsx_shaped){.pays = false};
	status = take_graph(&s, err);
	if (status == VSX_OK)
		status = try_links(&s, &changed, out, err);
	vsx_arrays_leave(job->arrays, changed);
	release_graph(&s);
	return status;
}
