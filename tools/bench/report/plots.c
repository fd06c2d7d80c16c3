#include "bench/report/plots.h"

#include "bench/report/growth.h"
#include "bench/report/words.h"
#include "cli/fail.h"
#include "cli/format_num.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct plot *plots_next(struct plots *all, enum plots_part part,
			const char *name)
{
	struct plot *p = &all->plots[all->n];

	plot_init(p, name);
	all->parts[all->n] = part;
	return p;
}

void plots_keep(struct plots *all)
{
	struct plot *p = &all->plots[all->n];

	if (all->failed || plot_is_empty(p))
		plot_release(p);
	else
		all->n++;
}

struct plot_line *plots_line(struct plots *all, struct plot *p,
			     const char *label, unsigned style)
{
	struct plot_line *line = plot_add_line(p);

	if (!line) {
		all->failed = true;
		return NULL;
	}
	snprintf(line->label, sizeof(line->label), "%s", label);
	line->style = style;
	return line;
}

/* NULL also for what was not measured, which is no mark. */
struct plot_mark *plots_mark(struct plots *all, struct plot_line *line,
			     double x, double y)
{
	struct plot_mark *mark;

	if (!line || !isfinite(x) || !isfinite(y))
		return NULL;
	mark = plot_add_mark(line);
	if (!mark) {
		all->failed = true;
		return NULL;
	}
	mark->x = x;
	mark->y = y;
	return mark;
}

/* An index looks the same in all plots: by its place among the indexes. */
static unsigned style_of(const struct report *r, const struct series *s)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *other = &r->series[i];

		if (!growth_is_last(r, other))
			continue;
		if (other == s || growth_same(r, s, other))
			return n;
		n++;
	}
	return n;
}

static struct plot_line *series_line(struct plots *all, struct plot *p,
				     const struct report *r,
				     const struct series *s)
{
	char label[WORDS_CELL];

	words_label(label, r, s->engine, s->spec);
	return plots_line(all, p, label, style_of(r, s));
}

/* ---- against recall -------------------------------------------------- */

typedef double (*measure)(const struct point *p);

static double measure_qps(const struct point *p)
{
	return p->qps_1.median;
}

static double measure_p50(const struct point *p)
{
	return p->p50_ms;
}

static double measure_p99(const struct point *p)
{
	return p->p99_ms;
}

static void tell_point(struct plot_mark *mark, const struct report *r,
		       const struct series *s, const struct point *p)
{
	char label[WORDS_CELL], effort[WORDS_CELL], recall[WORDS_CELL];
	char qps[WORDS_CELL], p50[WORDS_CELL], p99[WORDS_CELL];

	words_effort(effort, s, p->effort, p->refine);
	snprintf(mark->text, sizeof(mark->text),
		 "%s%s%s\nrecall@%" PRIu32 " %s\n%s queries/s\np50 %s ms, "
		 "p99 %s ms",
		 words_label(label, r, s->engine, s->spec), *effort ? ", " : "",
		 effort, r->k, words_recall(recall, p->recall_k),
		 words_qps(qps, p->qps_1.median), words_ms(p50, p->p50_ms),
		 words_ms(p99, p->p99_ms));
}

/* A line an index through the best of its points. */
static void recall_lines(struct plots *all, struct plot *plot,
			 const struct report *r, measure of)
{
	plot->x_scale = PLOT_MISSING;
	plot->y_scale = PLOT_LOG;
	plot->target = r->target;
	snprintf(plot->x_name, sizeof(plot->x_name), "recall@%" PRIu32, r->k);
	snprintf(plot->target_text, sizeof(plot->target_text), "target %.4g",
		 r->target);
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];
		struct plot_line *line;

		if (!growth_is_last(r, s))
			continue;
		line = series_line(all, plot, r, s);
		for (uint32_t k = 0; k < s->n_points; k++) {
			const struct point *p = &s->points[k];
			struct plot_mark *mark =
				plots_mark(all, line, p->recall_k, of(p));

			if (!mark)
				continue;
			mark->aside = !p->pareto;
			tell_point(mark, r, s, p);
		}
		if (line)
			plot_sort(line);
	}
	plots_keep(all);
}

static void add_recall(struct plots *all, const struct report *r)
{
	struct plot *p = plots_next(all, PLOTS_RECALL, "recall");

	snprintf(p->title, sizeof(p->title),
		 "Queries per second against recall@%" PRIu32, r->k);
	snprintf(p->about, sizeof(p->about),
		 "One thread. Further up is faster, further right finds more. "
		 "A line joins the points of an index that none of its others "
		 "beats in both; the rest are faint. Both axes are "
		 "logarithmic; a step to the right divides the share that is "
		 "missed.");
	snprintf(p->y_name, sizeof(p->y_name), "queries/s");
	p->falling = true;
	recall_lines(all, p, r, measure_qps);
}

/* Median and 99th percentile: two plots on one scale, so that they compare. */
static void add_latency(struct plots *all, const struct report *r)
{
	double least = NAN, most = NAN;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		for (uint32_t k = 0; growth_is_last(r, s) && k < s->n_points;
		     k++) {
			least = fmin(least, s->points[k].p50_ms);
			most = fmax(most, s->points[k].p99_ms);
		}
	}
	for (int i = 0; i < 2; i++) {
		struct plot *p = plots_next(all, PLOTS_LATENCY,
					    i ? "latency-p99" : "latency-p50");

		snprintf(p->title, sizeof(p->title), "%s latency",
			 i ? "99th percentile of" : "Median");
		snprintf(p->about, sizeof(p->about),
			 "Milliseconds that %s on one thread. Lower is better.",
			 i ? "99 of 100 queries stay under"
			   : "half of the queries stay under");
		snprintf(p->y_name, sizeof(p->y_name), "ms per query");
		p->also[0] = least;
		p->also[1] = most;
		recall_lines(all, p, r, i ? measure_p99 : measure_p50);
	}
}

/* ---- bars ------------------------------------------------------------ */

enum cost { COST_BUILD, COST_DISK, COST_MEMORY, COSTS };

static void add_bar(struct plots *all, struct plot *plot,
		    const struct report *r, const struct series *s,
		    enum cost cost)
{
	const double values[COSTS] = {s->build_seconds, (double)s->disk_bytes,
				      (double)s->resident_bytes};
	char text[WORDS_CELL];
	struct plot_mark *mark;

	if (cost == COST_BUILD)
		words_seconds(text, s->build_seconds);
	else
		words_bytes(text, cost == COST_DISK ? s->disk_bytes
						    : s->resident_bytes);
	/* What has no such cost keeps its place, so that bars line up. */
	mark = plots_mark(all, series_line(all, plot, r, s), 0,
			  *text ? values[cost] : 0);
	if (mark)
		snprintf(mark->text, sizeof(mark->text), "%s",
			 *text ? text : "–");
}

static bool has_bar(const struct plot *p)
{
	for (uint32_t i = 0; i < p->n_lines; i++) {
		if (p->lines[i].n_marks && p->lines[i].marks->y > 0)
			return true;
	}
	return false;
}

static void add_costs(struct plots *all, const struct report *r)
{
	static const char *const names[COSTS] = {"build", "disk", "memory"};
	static const char *const titles[COSTS] = {
		"Time to build", "Bytes on disk", "Bytes in memory"};
	static const char *const abouts[COSTS] = {
		"From rows in memory to answers.",
		"The index file, rows included.",
		"Memory that searching made resident."};

	for (int i = 0; i < COSTS; i++) {
		struct plot *p = plots_next(all, PLOTS_COST, names[i]);

		p->bars = true;
		snprintf(p->title, sizeof(p->title), "%s", titles[i]);
		snprintf(p->about, sizeof(p->about), "%s", abouts[i]);
		for (uint32_t k = 0; k < r->n_series; k++) {
			if (growth_is_last(r, &r->series[k]))
				add_bar(all, p, r, &r->series[k], (enum cost)i);
		}
		if (has_bar(p))
			plots_keep(all);
		else
			plot_release(p);
	}
}

/* ---- growth ---------------------------------------------------------- */

/* The point at the target, or the one of most recall. */
static const struct point *growth_point(const struct report *r,
					const struct series *s)
{
	const struct point *best = words_reached(r, s);

	for (uint32_t i = 0; !best && i < s->n_points; i++) {
		if (s->points[i].shown)
			best = &s->points[i];
	}
	return best;
}

enum grown { GROWN_QPS, GROWN_BUILD, GROWN_DISK, GROWN };

static void tell_growth(struct plot_mark *mark, const struct report *r,
			const struct series *s, const struct point *p,
			enum grown what)
{
	char label[WORDS_CELL], rows[NUM_BYTES], effort[WORDS_CELL];
	char value[WORDS_CELL], recall[WORDS_CELL];

	words_label(label, r, s->engine, s->spec);
	num_count(rows, s->n_rows);
	if (what == GROWN_QPS)
		snprintf(mark->text, sizeof(mark->text),
			 "%s, %s rows\n%s queries/s\nrecall@%" PRIu32
			 " %s %s%s",
			 label, rows, words_qps(value, p->qps_1.median), r->k,
			 words_recall(recall, p->recall_k),
			 p->effort || p->refine > 0.0 ? "at " : "",
			 words_effort(effort, s, p->effort, p->refine));
	else
		snprintf(mark->text, sizeof(mark->text), "%s, %s rows\n%s",
			 label, rows,
			 what == GROWN_BUILD
				 ? words_seconds(value, s->build_seconds)
				 : words_bytes(value, s->disk_bytes));
}

/* The sizes of one index; `last` is the greatest. */
static void growth_line(struct plots *all, struct plot *plot,
			const struct report *r, const struct series *last,
			enum grown what)
{
	struct plot_line *line = series_line(all, plot, r, last);

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];
		const struct point *p = growth_point(r, s);
		struct plot_mark *mark;
		double value;

		if (!p || !growth_same(r, s, last))
			continue;
		value = what == GROWN_QPS     ? p->qps_1.median
			: what == GROWN_BUILD ? s->build_seconds
			: s->disk_bytes	      ? (double)s->disk_bytes
					      : NAN;
		mark = plots_mark(all, line, (double)s->n_rows, value);
		if (mark)
			tell_growth(mark, r, s, p, what);
	}
	if (line)
		plot_sort(line);
}

static void add_growth(struct plots *all, const struct report *r)
{
	static const char *const names[GROWN] = {"growth-qps", "growth-build",
						 "growth-disk"};
	static const char *const titles[GROWN] = {
		"Queries per second as rows grow", "Time to build as rows grow",
		"Bytes on disk as rows grow"};
	static const char *const units[GROWN] = {"queries/s", "seconds",
						 "bytes"};

	for (int i = 0; i < GROWN; i++) {
		struct plot *p = plots_next(all, PLOTS_GROWTH, names[i]);

		p->x_scale = PLOT_LOG;
		p->y_scale = PLOT_LOG;
		snprintf(p->title, sizeof(p->title), "%s", titles[i]);
		snprintf(p->x_name, sizeof(p->x_name), "rows");
		snprintf(p->y_name, sizeof(p->y_name), "%s", units[i]);
		if (i == GROWN_QPS)
			snprintf(p->about, sizeof(p->about),
				 "One thread, each at the least effort that "
				 "reaches recall@%" PRIu32 " of %.4g. Both "
				 "axes are logarithmic.",
				 r->k, r->target);
		else
			snprintf(p->about, sizeof(p->about),
				 "Both axes are logarithmic.");
		for (uint32_t k = 0; k < r->n_series; k++) {
			const struct series *s = &r->series[k];

			if (growth_is_curve(r, s) && growth_is_last(r, s))
				growth_line(all, p, r, s, (enum grown)i);
		}
		plots_keep(all);
	}
}

enum vsx_status plots_make(struct plots *all, const struct report *r,
			   struct vsx_error *err)
{
	memset(all, 0, sizeof(*all));
	add_recall(all, r);
	add_latency(all, r);
	add_costs(all, r);
	add_growth(all, r);
	plots_add_loads(all, r);
	if (!all->failed)
		return VSX_OK;
	plots_release(all);
	return tool_fail(err, VSX_ENOMEM, "no memory for a plot");
}

void plots_release(struct plots *all)
{
	for (unsigned i = 0; i < all->n; i++)
		plot_release(&all->plots[i]);
	memset(all, 0, sizeof(*all));
}
