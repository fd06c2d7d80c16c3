#include "bench/report/report.h"

#include "cli/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct series *report_add_series(struct report *r)
{
	struct series *all =
		array_one_more(r->series, r->n_series, sizeof(*all));
	struct series *s;

	if (!all)
		return NULL;
	r->series = all;
	s = &all[r->n_series++];
	memset(s, 0, sizeof(*s));
	s->build_seconds = NAN;
	s->first_answer_ms = NAN;
	return s;
}

struct point point_none(void)
{
	const struct spread none = {NAN, NAN};

	return (struct point){
		.recall = {NAN, NAN, NAN},
		.recall_k = NAN,
		.mean_ms = NAN,
		.sd_ms = NAN,
		.p50_ms = NAN,
		.p95_ms = NAN,
		.p99_ms = NAN,
		.p999_ms = NAN,
		.qps_1 = none,
		.qps_n = none,
		.distances = NAN,
		.cold_ms = NAN,
		.cold_faults = NAN,
		.cold_bytes = NAN,
	};
}

struct point *series_add_point(struct series *s)
{
	struct point *all =
		array_one_more(s->points, s->n_points, sizeof(*all));

	if (!all)
		return NULL;
	s->points = all;
	all[s->n_points] = point_none();
	return &all[s->n_points++];
}

struct load *report_add_load(struct report *r)
{
	struct load *all = array_one_more(r->loads, r->n_loads, sizeof(*all));
	struct load *l;

	if (!all)
		return NULL;
	r->loads = all;
	l = &all[r->n_loads++];
	*l = (struct load){
		.rate = NAN,
		.seconds = NAN,
		.qps = NAN,
		.p50_ms = NAN,
		.p95_ms = NAN,
		.p99_ms = NAN,
		.p999_ms = NAN,
		.max_ms = NAN,
	};
	return l;
}

struct filtered *report_add_filtered(struct report *r)
{
	struct filtered *all =
		array_one_more(r->filtered, r->n_filtered, sizeof(*all));

	if (!all)
		return NULL;
	r->filtered = all;
	all += r->n_filtered++;
	*all = (struct filtered){.percent = NAN};
	all->point = point_none();
	return all;
}

/* At least as good in both, and better in one. */
static bool beats(const struct point *a, const struct point *b)
{
	double qa = a->qps_1.median, qb = b->qps_1.median;

	return a->recall_k >= b->recall_k && qa >= qb &&
	       (a->recall_k > b->recall_k || qa > qb);
}

static bool is_pareto(const struct series *s, const struct point *p)
{
	if (isnan(p->recall_k) || isnan(p->qps_1.median))
		return false;
	for (uint32_t i = 0; i < s->n_points; i++) {
		if (beats(&s->points[i], p))
			return false;
	}
	return true;
}

/* Of the points that reach the target the one of least effort; if none does,
   the one that comes nearest. */
static struct point *at_target(struct series *s, double target)
{
	struct point *best = NULL;

	for (uint32_t i = 0; i < s->n_points; i++) {
		struct point *p = &s->points[i];

		if (p->recall_k >= target)
			return p;
		if (!best || !(p->recall_k <= best->recall_k))
			best = p;
	}
	return best;
}

void report_choose(struct report *r)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		struct series *s = &r->series[i];
		struct point *chosen = at_target(s, r->target);

		for (uint32_t k = 0; k < s->n_points; k++) {
			struct point *p = &s->points[k];

			p->pareto = is_pareto(s, p);
			p->shown = r->curve || p == chosen;
		}
	}
}

void report_release(struct report *r)
{
	for (uint32_t i = 0; i < r->n_series; i++)
		free(r->series[i].points);
	free(r->series);
	free(r->loads);
	free(r->filtered);
	memset(r, 0, sizeof(*r));
}
