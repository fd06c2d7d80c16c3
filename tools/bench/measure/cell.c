#include "bench/measure/cell.h"

#include "bench/engine/engine_vsx.h"
#include "bench/measure/effort.h"
#include "bench/measure/recall.h"
#include "cli/array.h"
#include "cli/fail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURVE_POINTS 12
#define CURVE_RECALL 0.999 /* where a curve ends */
#define SAMPLE	     1000  /* queries of the first, coarse search */

/* A point beside the one at the target may take so many seconds to count. */
#define SIDE_SECONDS 3.0

struct chooser {
	struct cells *cells;
	struct subject *subject;
	const struct measure_opts *opts;
	uint64_t stride;     /* of the queries that are tried */
	double pass_seconds; /* of the last pass over all of them */
};

static const size_t recall_at[3] = {1, 10, 100};

static uint64_t truth_size(const struct subject *s)
{
	return s->work->truth_k;
}

static enum vsx_status try_effort(void *context, uint32_t effort,
				  double *recall, struct vsx_error *err)
{
	struct chooser *c = context;
	struct recall_pass pass = {
		.effort = effort,
		.k = c->subject->work->k,
		.stride = c->stride,
		.at = {c->subject->work->k},
		.n_at = 1,
	};
	enum vsx_status status = recall_run(&pass, c->subject, err);

	*recall = pass.recall[0];
	c->pass_seconds = pass.seconds;
	return status;
}

static void keep(struct cell *cell, size_t at, double recall)
{
	for (int i = 0; i < 3; i++)
		if (recall_at[i] == at)
			cell->point.recall[i] = recall;
	if (cell->subject->work->k == at)
		cell->point.recall_k = recall;
}

static enum vsx_status count_to(struct cell *cell, struct recall_pass *pass,
				struct vsx_error *err)
{
	enum vsx_status status = recall_run(pass, cell->subject, err);

	for (size_t i = 0; i < pass->n_at && status == VSX_OK; i++)
		keep(cell, pass->at[i], pass->recall[i]);
	return status;
}

/* Whether a search for more rows begins with those of a search for fewer: one
 * that looks at some rows for each wanted finds more of them. */
static enum vsx_status is_exact(const struct subject *s, bool *exact,
				struct vsx_error *err)
{
	enum vsx_status status;
	double refine = 0.0;

	*exact = false;
	if (s->effort_name[0] || !subject_is_vsx(s))
		return VSX_OK;
	status = engine_vsx_refine(s->sessions[0], workload_query(s->work, 0),
				   s->work->k, 0, &refine, err);
	*exact = refine == 0.0;
	return status;
}

/*
 * Shares above k come from a search for so many: an ef below that would be
 * raised, and the shares below k with it. An exact search is the same for any
 * k, and one pass does.
 */
static enum vsx_status count(struct chooser *c, struct cell *cell,
			     struct vsx_error *err)
{
	size_t k = c->subject->work->k;
	struct recall_pass pass = {
		.effort = cell->point.effort, .k = k, .stride = 1};
	bool exact;
	enum vsx_status status = is_exact(c->subject, &exact, err);

	if (status != VSX_OK)
		return status;
	pass.at[pass.n_at++] = k;
	for (int i = 0; i < 3; i++)
		if (recall_at[i] < k ||
		    (exact && recall_at[i] > k &&
		     recall_at[i] <= truth_size(c->subject)))
			pass.at[pass.n_at++] = recall_at[i];
	for (size_t i = 0; i < pass.n_at; i++)
		if (pass.at[i] > pass.k)
			pass.k = pass.at[i];
	status = count_to(cell, &pass, err);
	cell->point.distances = pass.distances;
	cell->point.refine = pass.refine;
	c->pass_seconds = pass.seconds;
	for (int i = 0; i < 3 && status == VSX_OK && !exact; i++) {
		struct recall_pass more = {
			.effort = cell->point.effort,
			.k = recall_at[i],
			.stride = 1,
			.at = {recall_at[i]},
			.n_at = 1,
		};

		if (recall_at[i] > k && recall_at[i] <= truth_size(c->subject))
			status = count_to(cell, &more, err);
	}
	return status;
}

static enum vsx_status add(struct chooser *c, uint32_t effort, bool main,
			   struct vsx_error *err)
{
	struct cells *all = c->cells;
	struct cell *cell = array_one_more(all->items, all->n, sizeof(*cell));

	if (!cell)
		return tool_fail_memory(err, (all->n + 1) * sizeof(*cell));
	all->items = cell;
	cell += all->n;
	*cell = (struct cell){.subject = c->subject, .main = main};
	cell->point = point_none();
	cell->point.effort = effort;
	cell->latencies = histogram_new();
	if (!cell->latencies)
		return tool_fail_memory(err, sizeof(*cell));
	all->n++;
	return count(c, cell, err);
}

/* Coarsely with some of the queries, then with all of them from there. */
static enum vsx_status find(struct chooser *c, double target, bool all,
			    uint32_t *effort, double *recall,
			    struct vsx_error *err)
{
	struct effort_search search = {
		.least = c->subject->least,
		.most = c->subject->most,
		.target = target,
		.measure = try_effort,
		.context = c,
	};
	enum vsx_status status;

	c->stride = 1 + (c->subject->work->n - 1) / SAMPLE;
	status = effort_least(&search, effort, recall, err);
	if (status != VSX_OK || c->stride == 1 || !all)
		return status;
	c->stride = 1;
	search.guess = *effort;
	return effort_least(&search, effort, recall, err);
}

/* A quarter to four times the effort, so that plots have a line. */
static enum vsx_status add_around(struct chooser *c, uint32_t effort,
				  struct vsx_error *err)
{
	static const double factors[] = {0.25, 0.5, 1, 2, 4};
	const struct subject *s = c->subject;
	enum vsx_status status = VSX_OK;
	double seconds = c->pass_seconds;
	uint32_t last = 0;

	for (int i = 0; i < 5 && status == VSX_OK; i++) {
		double wish = (double)effort * factors[i];
		uint32_t e = wish < s->least  ? s->least
			     : wish > s->most ? s->most
					      : (uint32_t)wish;
		bool main = e == effort;

		if (e == last || (i < 2 && e >= effort) ||
		    (i > 2 && e <= effort))
			continue;
		if (i > 2 && seconds * factors[i] > SIDE_SECONDS)
			break;
		status = add(c, e, main, err);
		last = e;
	}
	return status;
}

/* Where it belongs among n rising efforts; once. */
static size_t insert(uint32_t *efforts, size_t n, uint32_t effort)
{
	size_t at = 0;

	while (at < n && efforts[at] < effort)
		at++;
	if (at < n && efforts[at] == effort)
		return n;
	memmove(efforts + at + 1, efforts + at, (n - at) * sizeof(*efforts));
	efforts[at] = effort;
	return n + 1;
}

static enum vsx_status add_curve(struct chooser *c, uint32_t effort,
				 struct vsx_error *err)
{
	uint32_t efforts[CURVE_POINTS], top;
	enum vsx_status status;
	double recall;
	size_t n;

	status = find(c, CURVE_RECALL, false, &top, &recall, err);
	if (status != VSX_OK)
		return status;
	n = effort_spread(c->subject->least, top, efforts, CURVE_POINTS - 1);
	n = insert(efforts, n, effort);
	for (size_t i = 0; i < n && status == VSX_OK; i++)
		status = add(c, efforts[i], true, err);
	return status;
}

enum vsx_status cells_add(struct cells *cells, struct subject *s,
			  const struct measure_opts *opts,
			  struct vsx_error *err)
{
	struct chooser c = {cells, s, opts, 1, 0};
	uint32_t effort =
		strcmp(s->effort_name, "nprobe") == 0 ? opts->nprobe : opts->ef;
	double recall;
	enum vsx_status status;

	if (s->effort_name[0] == '\0')
		return add(&c, 0, true, err);
	if (effort)
		return add(&c, effort, true, err);
	status = find(&c, opts->target, true, &effort, &recall, err);
	if (status != VSX_OK)
		return status;
	if (opts->alone)
		return add(&c, effort, true, err);
	return opts->curve ? add_curve(&c, effort, err)
			   : add_around(&c, effort, err);
}

struct cell *cells_at_target(const struct cells *cells, const struct subject *s,
			     double target)
{
	struct cell *best = NULL;

	for (size_t i = 0; i < cells->n; i++) {
		struct cell *c = &cells->items[i];

		if (c->subject != s)
			continue;
		if (c->point.recall_k >= target)
			return c;
		if (!best || c->point.recall_k > best->point.recall_k)
			best = c;
	}
	return best;
}

void cells_release(struct cells *cells)
{
	for (size_t i = 0; i < cells->n; i++)
		histogram_free(cells->items[i].latencies);
	free(cells->items);
	*cells = (struct cells){0};
}
