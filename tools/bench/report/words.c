#include "bench/report/words.h"

#include "bench/report/growth.h"
#include "cli/format_num.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static char *nothing(char *to)
{
	*to = '\0';
	return to;
}

char *words_label(char to[WORDS_CELL], const struct report *r,
		  const char *engine, const char *spec)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		if (strcmp(r->series[i].engine, engine) != 0) {
			snprintf(to, WORDS_CELL, "%s %s", engine, spec);
			return to;
		}
	}
	snprintf(to, WORDS_CELL, "%s", spec);
	return to;
}

char *words_effort(char to[WORDS_CELL], const struct series *s, uint32_t effort,
		   double refine)
{
	int at = 0;

	if (effort == 0 && !(refine > 0.0))
		return nothing(to);
	if (effort)
		at = snprintf(to, WORDS_CELL, "%s%s%" PRIu32, s->effort_name,
			      *s->effort_name ? " " : "", effort);
	if (refine > 0.0)
		snprintf(to + at, WORDS_CELL - (size_t)at, "%srefine %g",
			 at ? ", " : "", refine);
	return to;
}

char *words_load_effort(char to[WORDS_CELL], const struct report *r,
			const struct load *l)
{
	static const struct series unknown;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		if (strcmp(s->engine, l->engine) == 0 &&
		    strcmp(s->spec, l->spec) == 0)
			return words_effort(to, s, l->effort, l->refine);
	}
	return words_effort(to, &unknown, l->effort, l->refine);
}

char *words_load(char to[WORDS_CELL], const struct load *l)
{
	size_t len = strlen(l->what);

	if (strcmp(l->what, "writer") == 0)
		snprintf(to, WORDS_CELL, "%" PRIu32 " + a writer", l->n);
	else if (strcmp(l->what, "processes") == 0 && l->n == 1)
		snprintf(to, WORDS_CELL, "1 process");
	else
		snprintf(to, WORDS_CELL, "%" PRIu32 " %.*s", l->n,
			 (int)(l->n == 1 && len ? len - 1 : len), l->what);
	return to;
}

char *words_recall(char to[WORDS_CELL], double recall)
{
	if (isnan(recall))
		return nothing(to);
	/* What is not all must not read as 1.0000. */
	if (recall < 1 && recall >= 0.99995)
		recall = 0.9999;
	snprintf(to, WORDS_CELL, "%.4f", recall);
	return to;
}

char *words_ms(char to[WORDS_CELL], double ms)
{
	int decimals = ms < 0.09995  ? 4
		       : ms < 9.9995 ? 3
		       : ms < 99.995 ? 2
		       : ms < 999.95 ? 1
				     : 0;

	if (isnan(ms))
		return nothing(to);
	snprintf(to, WORDS_CELL, "%.*f", decimals, ms);
	return to;
}

char *words_qps(char to[WORDS_CELL], double qps)
{
	if (isnan(qps))
		return nothing(to);
	if (qps >= 99.95 && qps < 1e15)
		return num_count(to, (uint64_t)(qps + 0.5));
	snprintf(to, WORDS_CELL, "%.3g", qps);
	return to;
}

char *words_spread(char to[WORDS_CELL], struct spread s)
{
	size_t len;

	words_qps(to, s.median);
	len = strlen(to);
	if (len && !isnan(s.relative))
		snprintf(to + len, WORDS_CELL - len, " ±%.*f %%",
			 s.relative < 0.0095 ? 1 : 0, s.relative * 100);
	return to;
}

char *words_seconds(char to[WORDS_CELL], double seconds)
{
	return isnan(seconds) ? nothing(to) : num_duration(to, seconds);
}

char *words_bytes(char to[WORDS_CELL], uint64_t bytes)
{
	return bytes == 0 ? nothing(to) : num_bytes(to, bytes);
}

char *words_data(char to[WORDS_LINE], const struct report *r)
{
	char rows[NUM_OF_BYTES], queries[NUM_OF_BYTES];

	if (*r->origin)
		snprintf(to, WORDS_LINE, "%s", r->origin);
	else
		snprintf(to, WORDS_LINE, "%s, %s",
			 num_of(rows, r->n_rows, "row"),
			 num_of(queries, r->n_queries, "query"));
	return to;
}

char *words_aim(char to[WORDS_LINE], const struct report *r)
{
	char queries[NUM_OF_BYTES];

	snprintf(to, WORDS_LINE,
		 "%" PRIu32 " %s, %s, %s, k %" PRIu32 ", target recall@%" PRIu32
		 " %.4g, seed %" PRIu64,
		 r->dim, vsx_elem_text(r->elem), vsx_metric_text(r->metric),
		 num_of(queries, r->n_queries, "query"), r->k, r->k, r->target,
		 r->seed);
	return to;
}

static void join(char *to, const char *part)
{
	size_t len = strlen(to);

	if (*part)
		snprintf(to + len, WORDS_LINE - len, "%s%s", len ? ", " : "",
			 part);
}

char *words_machine(char to[WORDS_LINE], const struct report *r)
{
	char n[WORDS_CELL], bytes[WORDS_CELL];

	nothing(to);
	snprintf(n, sizeof(n), "%" PRIu32 " processor%s", r->n_processors,
		 plural_s(r->n_processors));
	join(to, r->cpu);
	join(to, r->isa);
	join(to, r->n_processors ? n : "");
	join(to, words_bytes(bytes, r->memory_bytes));
	join(to, r->system);
	return to;
}

const struct point *words_reached(const struct report *r,
				  const struct series *s)
{
	for (uint32_t i = 0; i < s->n_points; i++) {
		if (s->points[i].recall_k >= r->target)
			return &s->points[i];
	}
	return NULL;
}

static const struct point *best_recall(const struct series *s)
{
	const struct point *best = NULL;

	for (uint32_t i = 0; i < s->n_points; i++) {
		const struct point *p = &s->points[i];

		if (!isnan(p->recall_k) &&
		    (!best || p->recall_k > best->recall_k))
			best = p;
	}
	return best;
}

static void missed(char *to, size_t size, const struct report *r,
		   const struct series *s)
{
	const struct point *best = best_recall(s);
	char effort[WORDS_CELL], recall[WORDS_CELL];

	*to = '\0';
	if (!best || words_reached(r, s))
		return;
	words_effort(effort, s, best->effort, best->refine);
	snprintf(to, size,
		 "recall@%" PRIu32 " at most %s%s%s%s, under the target %.4g",
		 r->k, words_recall(recall, best->recall_k),
		 *effort ? " (" : "", effort, *effort ? ")" : "", r->target);
}

char *words_note(char to[WORDS_LINE], const struct report *r, uint32_t i)
{
	const struct series *s = &r->series[i];
	char label[WORDS_CELL], rows[NUM_OF_BYTES], miss[WORDS_LINE / 2];
	bool named = growth_is_curve(r, s);

	missed(miss, sizeof(miss), r, s);
	if (!*s->note && !*miss)
		return nothing(to);
	snprintf(to, WORDS_LINE, "%s%s%s: %s%s%s",
		 words_label(label, r, s->engine, s->spec),
		 named ? " over " : "",
		 named ? num_of(rows, s->n_rows, "row") : "", s->note,
		 *s->note && *miss ? "; " : "", miss);
	return to;
}

/* How far repeats may lie apart before a speed is not to be relied on. */
#define UNSTEADY 0.2

char *words_unsteady(char to[WORDS_LINE], const struct report *r)
{
	char label[WORDS_CELL], effort[WORDS_CELL];
	const struct series *worst_of = NULL;
	const struct point *worst = NULL;
	double most = UNSTEADY;
	uint32_t n = 0, all = 0;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		for (uint32_t k = 0; k < s->n_points; k++) {
			const struct point *p = &s->points[k];
			/* NaN is what was not measured. */
			double spread =
				fmax(p->qps_1.relative, p->qps_n.relative);

			all += isnan(spread) ? 0 : 1;
			n += spread > UNSTEADY;
			if (spread > most) {
				most = spread;
				worst = p;
				worst_of = s;
			}
		}
	}
	if (!worst)
		return nothing(to);
	words_effort(effort, worst_of, worst->effort, worst->refine);
	snprintf(to, WORDS_LINE,
		 "unsteady: the repeats of %" PRIu32 " of %" PRIu32
		 " speeds lie more than 20 %% apart (%s%s%s: ±%.0f %%); "
		 "measure again on an idle machine before comparing",
		 n, all,
		 words_label(label, r, worst_of->engine, worst_of->spec),
		 *effort ? " at " : "", effort, most * 100);
	return to;
}

char *words_spread_note(char to[WORDS_LINE], const struct report *r)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		for (uint32_t k = 0; k < s->n_points; k++) {
			uint32_t n = s->points[k].repeats;

			least = n < least ? n : least;
			most = n > most ? n : most;
		}
	}
	if (most == 0)
		return nothing(to);
	if (least == most)
		snprintf(to, WORDS_LINE, "%" PRIu32 " repeat%s", most,
			 plural_s(most));
	else
		snprintf(to, WORDS_LINE, "%" PRIu32 " to %" PRIu32 " repeats",
			 least, most);
	snprintf(to + strlen(to), WORDS_LINE - strlen(to),
		 "; ± after q/s: where the next run should lie; after a mean: "
		 "deviation of the queries");
	return to;
}
