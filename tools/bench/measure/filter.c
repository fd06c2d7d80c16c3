#include "bench/measure/filter.h"

#include "bench/base/draw.h"
#include "bench/engine/engine_vsx.h"
#include "bench/measure/timing.h"
#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Draws of this kind, see base/draw.h. Rows that pass a narrow filter pass all
 * that are wider. */
#define OF_FILTERS 16

#define SECONDS 4.0 /* of timing each index with one filter */

/* One filter, for all subjects. */
struct sieve {
	const struct group *g;
	struct subject *subjects;
	size_t n;
	double percent;
	uint8_t *bits;
	uint64_t n_pass;
	struct workload *works; /* [n]: queries as each takes them */
	uint64_t *truth;	/* [n_queries][k], k that of the works */
};

static enum vsx_status draw(struct sieve *s, struct vsx_error *err)
{
	uint64_t n = s->g->n_rows, seed = s->g->opts->seed;

	s->bits = calloc(n / 8 + 1, 1);
	if (!s->bits)
		return tool_fail_memory(err, n / 8 + 1);
	for (uint64_t i = 0; i < n; i++) {
		struct draw d = draw_for(seed, OF_FILTERS, i);

		if (draw_unit(&d) >= s->percent / 100)
			continue;
		s->bits[i / 8] |= (uint8_t)(1u << i % 8);
		s->n_pass++;
	}
	return VSX_OK;
}

static const struct subject *first_vsx(const struct sieve *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (subject_is_vsx(&s->subjects[i]))
			return &s->subjects[i];
	return NULL;
}

/* The exact neighbours, of as many as pass if these are fewer than k. */
static enum vsx_status find_truth(struct sieve *s, const struct subject *exact,
				  struct vsx_error *err)
{
	const struct workload *w = exact->work;
	size_t k = s->n_pass < w->k ? (size_t)s->n_pass : w->k, n;
	enum vsx_status status = VSX_OK;

	s->truth = calloc(w->n * k, sizeof(*s->truth));
	s->works = calloc(s->n, sizeof(*s->works));
	if (!s->truth || !s->works)
		return tool_fail_memory(err, w->n * k * sizeof(*s->truth));
	for (uint64_t i = 0; i < w->n && status == VSX_OK; i++) {
		progress_update("finding neighbours that pass", "queries", i,
				w->n);
		status = engine_vsx_exact(exact->engine, workload_query(w, i),
					  k, s->truth + i * k, &n, err);
		if (status == VSX_OK && interrupted())
			status = tool_fail(err, VSX_ESTOPPED, "interrupted");
	}
	for (size_t i = 0; i < s->n; i++) {
		s->works[i] = *s->subjects[i].work;
		s->works[i].truth = s->truth;
		s->works[i].truth_k = (uint32_t)k;
		s->works[i].k = k;
	}
	return status;
}

static enum vsx_status tell(struct report *r, const struct sieve *s,
			    struct cell *c, struct vsx_error *err)
{
	struct filtered *f = report_add_filtered(r);
	const struct subject *of = c->subject;

	if (!f)
		return tool_fail_memory(err, sizeof(*f));
	timing_result(c);
	f->point = c->point;
	f->percent = s->percent;
	f->n_pass = s->n_pass;
	snprintf(f->of.engine, sizeof(f->of.engine), "%s", of->ops->name);
	snprintf(f->of.spec, sizeof(f->of.spec), "%s", of->cost.spec);
	snprintf(f->of.effort_name, sizeof(f->of.effort_name), "%s",
		 of->effort_name);
	return VSX_OK;
}

static enum vsx_status measure(struct report *r, struct sieve *s,
			       struct vsx_error *err)
{
	struct measure_opts opts = *s->g->opts;
	struct cells cells = {0};
	enum vsx_status status = VSX_OK;
	double seconds = opts.seconds > 0 ? opts.seconds : SECONDS;

	opts.curve = false;
	opts.alone = true;
	for (size_t i = 0; i < s->n && status == VSX_OK; i++) {
		struct subject *of = &s->subjects[i];

		if (!of->ops->filter)
			continue;
		of->work = &s->works[i];
		status = cells_add(&cells, of, &opts, err);
	}
	if (status == VSX_OK && cells.n)
		status = timing_run(&cells, seconds, err);
	for (size_t i = 0; i < cells.n && status == VSX_OK; i++)
		status = tell(r, s, &cells.items[i], err);
	cells_release(&cells);
	return status;
}

/* The same for all, or for none of them with bits NULL. */
static enum vsx_status set(const struct sieve *s, const uint8_t *bits,
			   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; i < s->n && status == VSX_OK; i++)
		if (s->subjects[i].ops->filter)
			status = s->subjects[i].ops->filter(
				s->subjects[i].engine, bits, err);
	return status;
}

static enum vsx_status run_one(struct report *r, struct sieve *s,
			       const struct workload *const *usual,
			       struct vsx_error *err)
{
	const struct subject *exact = first_vsx(s);
	enum vsx_status status;

	if (!exact)
		return tool_fail(err, VSX_EINVAL,
				 "--filter needs an index of VSX, which says "
				 "what is exact");
	status = draw(s, err);
	if (status == VSX_OK && s->n_pass == 0) {
		if (!s->g->opts->quiet)
			say("filter of %g %%: no row passes", s->percent);
		return VSX_OK;
	}
	if (status == VSX_OK)
		status = set(s, s->bits, err);
	if (status == VSX_OK)
		status = find_truth(s, exact, err);
	if (status == VSX_OK)
		status = measure(r, s, err);
	for (size_t i = 0; i < s->n; i++)
		s->subjects[i].work = usual[i];
	return status == VSX_OK ? set(s, NULL, err) : status;
}

enum vsx_status filter_run(struct report *r, struct subject *subjects, size_t n,
			   const struct group *g, struct vsx_error *err)
{
	const struct workload **usual = calloc(n + 1, sizeof(*usual));
	enum vsx_status status = VSX_OK;

	if (!usual)
		return tool_fail_memory(err, n * sizeof(*usual));
	for (size_t i = 0; i < n; i++)
		usual[i] = subjects[i].work;
	for (size_t i = 0; i < g->opts->n_filters && status == VSX_OK; i++) {
		struct sieve s = {.g = g,
				  .subjects = subjects,
				  .n = n,
				  .percent = g->opts->filters[i]};

		status = run_one(r, &s, usual, err);
		free(s.bits);
		free(s.truth);
		free(s.works);
	}
	free(usual);
	return status;
}
