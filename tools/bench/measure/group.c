#include "bench/measure/group.h"

#include "bench/base/crew.h"
#include "bench/data/widen.h"
#include "bench/engine/engine_vsx.h"
#include "bench/engine/existing.h"
#include "bench/engine/specs.h"
#include "bench/measure/cold.h"
#include "bench/measure/concurrency.h"
#include "bench/measure/filter.h"
#include "bench/measure/timing.h"
#include "cli/fail.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS		10.0 /* of measuring one index */
#define EF_CONSTRUCTION 200

/* Everything that is made on the way. */
struct working {
	const struct group *g;
	struct workload work, work_f32;
	float *rows_f32; /* made when an engine wants it and rows are not */
	struct subject *subjects;
	size_t n;
	struct cells cells;
};

static struct workload workload_of(const struct group *g, enum vsx_elem elem)
{
	const struct dataset *d = g->data;
	struct workload w = {
		.queries = elem == d->elem ? d->queries : d->queries_f32,
		.query_bytes = d->dim * vsx_elem_size(elem),
		.n = d->n_queries,
		.truth = g->truth,
		.truth_k = d->truth_k,
		.k = g->k,
	};

	workload_order(&w);
	return w;
}

static void begin_subject(struct working *w, const struct engine_ops *ops)
{
	struct subject *s = &w->subjects[w->n++];
	bool f32 = ops->f32_only && w->g->data->elem != VSX_F32;

	s->ops = ops;
	s->work = f32 ? &w->work_f32 : &w->work;
	s->elem = f32 ? VSX_F32 : w->g->data->elem;
	s->threads = w->g->threads;
	s->refine = w->g->opts->refine;
}

static enum vsx_status rows_for(struct working *w, const struct subject *s,
				const void **rows, struct vsx_error *err)
{
	const struct dataset *d = w->g->data;
	size_t n = (size_t)w->g->n_rows * d->dim;

	*rows = d->rows;
	if (s->elem == d->elem)
		return VSX_OK;
	if (!w->rows_f32) {
		w->rows_f32 = reallocarray(NULL, n, sizeof(float));
		if (!w->rows_f32)
			return tool_fail_memory(err, n * sizeof(float));
		widen(w->rows_f32, d->rows, d->elem, n);
	}
	*rows = w->rows_f32;
	return VSX_OK;
}

static enum vsx_status build(struct working *w, const struct spec *spec,
			     struct vsx_error *err)
{
	const struct measure_opts *opts = w->g->opts;
	struct engine_plan plan = {
		.spec = spec->text,
		.n_rows = w->g->n_rows,
		.ids = w->g->data->ids,
		.dim = w->g->data->dim,
		.metric = w->g->data->metric,
		.ef_construction = opts->ef_construction ? opts->ef_construction
							 : EF_CONSTRUCTION,
		.seed = opts->seed,
		.threads = w->g->threads,
		.quiet = opts->quiet,
	};
	char path[PATH_MAX], name[96];
	enum vsx_status status;
	struct subject *s;
	int len;

	begin_subject(w, spec->ops);
	s = &w->subjects[w->n - 1];
	plan.elem = s->elem;
	status = rows_for(w, s, &plan.rows, err);
	if (status != VSX_OK)
		return status;
	len = snprintf(path, sizeof(path), "%s/vsx-bench-%ld-%zu.vsx",
		       opts->folder, (long)getpid(), w->n);
	if (len < 0 || (size_t)len >= sizeof(path))
		return tool_fail(err, VSX_EINVAL, "'%.80s...': path too long",
				 opts->folder);
	plan.path = path;
	status = subject_build(s, &plan, err);
	if (status == VSX_OK && *s->note && !opts->quiet)
		say("%s: %s", subject_name(s, name), s->note);
	return status;
}

/* The spec is refused before hours are spent on those that stand before it. */
static enum vsx_status check_spec(const struct group *g,
				  const struct spec *spec,
				  struct vsx_error *err)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_plan plan;

	if (spec->ops != &engine_vsx && g->data->ids)
		return tool_fail(err, VSX_EINVAL,
				 "%s: %s numbers the rows itself, which "
				 "does not work when rows are left out",
				 spec->text, spec->ops->name);
	if (spec->ops != &engine_vsx)
		return VSX_OK;
	opts.dim = g->data->dim;
	opts.metric = g->data->metric;
	opts.elem = g->data->elem;
	opts.spec = spec->text;
	return vsx_build_plan(&opts, g->n_rows, &plan, err);
}

static enum vsx_status build_all(struct working *w, const struct spec *specs,
				 size_t n, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; i < n && status == VSX_OK; i++)
		status = check_spec(w->g, &specs[i], err);
	for (size_t i = 0; i < n && status == VSX_OK; i++) {
		status = build(w, &specs[i], err);
		if (status == VSX_OK && interrupted())
			status = crew_interrupted(err);
	}
	return status;
}

static enum vsx_status open_all(struct working *w, struct vsx_error *err)
{
	const struct measure_opts *opts = w->g->opts;
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; i < opts->n_indexes && status == VSX_OK; i++) {
		begin_subject(w, &engine_vsx);
		status = subject_open(&w->subjects[w->n - 1], opts->indexes[i],
				      err);
		if (status == VSX_OK)
			status = existing_check(&w->subjects[w->n - 1],
						w->g->data, w->g->n_rows, err);
	}
	return status;
}

static enum vsx_status make_subjects(struct working *w, struct vsx_error *err)
{
	const struct group *g = w->g;
	const struct measure_opts *opts = g->opts;
	struct spec *specs = NULL;
	enum vsx_status status = VSX_OK;
	size_t n = 0, n_indexes = g->last ? opts->n_indexes : 0;

	if (g->builds)
		status =
			specs_make(&specs, &n, opts->specs, opts->n_specs,
				   opts->engines, g->n_rows, g->data->dim, err);
	if (status != VSX_OK)
		return status;
	w->subjects = calloc(n + n_indexes + 1, sizeof(*w->subjects));
	if (!w->subjects)
		status = tool_fail_memory(err, n * sizeof(*w->subjects));
	/* What exists first: opening it shows mistakes at once. */
	if (status == VSX_OK && g->last)
		status = open_all(w, err);
	if (status == VSX_OK)
		status = build_all(w, specs, n, err);
	free(specs);
	return status;
}

static enum vsx_status find_efforts(struct working *w, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	char name[96];

	for (size_t i = 0; i < w->n && status == VSX_OK; i++) {
		struct subject *s = &w->subjects[i];
		bool noted = *s->note != '\0';

		status = cells_add(&w->cells, s, w->g->opts, err);
		if (status == VSX_OK && !noted && *s->note &&
		    !w->g->opts->quiet)
			say("%s: %s", subject_name(s, name), s->note);
	}
	return status;
}

/* What others do to an index; of a growth curve only to the greatest. */
static enum vsx_status run_loads(struct working *w, struct report *r,
				 struct vsx_error *err)
{
	const struct measure_opts *opts = w->g->opts;
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; i < w->n && status == VSX_OK; i++)
		status = concurrency_run(r,
					 cells_at_target(&w->cells,
							 &w->subjects[i],
							 opts->target),
					 opts, err);
	return status;
}

static enum vsx_status run_writers(struct working *w, struct report *r,
				   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; i < w->n && status == VSX_OK; i++) {
		struct subject *s = &w->subjects[i];

		if (!s->own || !subject_is_vsx(s))
			continue;
		progress_update("searching beside a writer", "indexes", i,
				w->n);
		status = concurrency_beside_writer(
			r, cells_at_target(&w->cells, s, w->g->opts->target),
			w->g->opts, err);
	}
	return status;
}

static enum vsx_status fill_series(struct working *w, struct report *r,
				   const struct subject *s,
				   struct vsx_error *err)
{
	struct series *series = report_add_series(r);
	enum vsx_status status;
	double seconds;

	if (!series)
		return tool_fail_memory(err, sizeof(*series));
	snprintf(series->engine, sizeof(series->engine), "%s", s->ops->name);
	snprintf(series->spec, sizeof(series->spec), "%s", s->cost.spec);
	snprintf(series->effort_name, sizeof(series->effort_name), "%s",
		 s->effort_name);
	snprintf(series->note, sizeof(series->note), "%s", s->note);
	series->n_rows = w->g->n_rows;
	series->build_seconds = s->cost.build_seconds;
	series->disk_bytes = s->cost.disk_bytes;
	/* Before the handles are closed for the cold searches. */
	if (subject_is_vsx(s))
		series->resident_bytes = engine_vsx_resident(s->engine);
	status = timing_reopen(s, &seconds,
			       subject_is_vsx(s) ? &(uint64_t){0}
						 : &series->resident_bytes,
			       err);
	series->first_answer_ms = seconds * 1e3;
	return status;
}

static enum vsx_status fill_points(struct working *w, struct series *series,
				   const struct subject *s,
				   struct vsx_error *err)
{
	for (size_t i = 0; i < w->cells.n; i++) {
		struct point *p;

		if (w->cells.items[i].subject != s)
			continue;
		p = series_add_point(series);
		if (!p)
			return tool_fail_memory(err, sizeof(*p));
		timing_result(&w->cells.items[i]);
		*p = w->cells.items[i].point;
	}
	return VSX_OK;
}

static enum vsx_status measure(struct working *w, struct report *r,
			       struct vsx_error *err)
{
	const struct measure_opts *opts = w->g->opts;
	uint32_t first = r->n_series;
	enum vsx_status status;

	status = find_efforts(w, err);
	if (status == VSX_OK)
		status = timing_run(&w->cells,
				    opts->seconds > 0 ? opts->seconds : SECONDS,
				    err);
	for (size_t i = 0; i < w->n && status == VSX_OK; i++)
		status = fill_series(w, r, &w->subjects[i], err);
	if (status == VSX_OK && w->g->last)
		status = filter_run(r, w->subjects, w->n, w->g, err);
	if (status == VSX_OK && w->g->last)
		status = run_loads(w, r, err);
	if (status == VSX_OK && opts->cold)
		status = cold_run(&w->cells, opts->quiet, err);
	for (size_t i = 0; i < w->n && status == VSX_OK; i++)
		status = fill_points(w, &r->series[first + i], &w->subjects[i],
				     err);
	if (status == VSX_OK && w->g->last && opts->concurrency)
		status = run_writers(w, r, err);
	return status;
}

enum vsx_status group_run(const struct group *g, struct report *r,
			  struct vsx_error *err)
{
	struct working w = {.g = g};
	enum vsx_status status;

	w.work = workload_of(g, g->data->elem);
	w.work_f32 = workload_of(g, VSX_F32);
	status = make_subjects(&w, err);
	if (status == VSX_OK)
		status = measure(&w, r, err);
	cells_release(&w.cells);
	for (size_t i = 0; i < w.n; i++)
		subject_release(&w.subjects[i]);
	free(w.subjects);
	free(w.rows_f32);
	return status;
}
