#include "bench/report/html_answer.h"

#include "bench/report/growth.h"
#include "bench/report/words.h"
#include "cli/xml.h"

#include <inttypes.h>
#include <math.h>

/* Three digits are enough to be said: 12,345 becomes 12,300. */
static char *about(char to[WORDS_CELL], double qps)
{
	double unit = qps >= 1000 ? pow(10, floor(log10(qps)) - 2) : 1;

	return words_qps(to, floor(qps / unit + 0.5) * unit);
}

static void put_label(FILE *to, const struct report *r, const struct series *s)
{
	char label[WORDS_CELL];

	xml_put(to, words_label(label, r, s->engine, s->spec));
}

/* At the target, among the indexes that stand in all tables. */
static double speed_of(const struct report *r, const struct series *s)
{
	const struct point *p = words_reached(r, s);

	if (!growth_is_last(r, s) || !p || !(p->qps_1.median > 0))
		return NAN;
	return p->qps_1.median;
}

/* The fastest that is slower than `below`, or as fast and behind it. */
static const struct series *next_fastest(const struct report *r,
					 const struct series *after)
{
	const struct series *best = NULL;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];
		double speed = speed_of(r, s);

		if (isnan(speed))
			continue;
		if (after && (speed > speed_of(r, after) ||
			      (speed == speed_of(r, after) && s <= after)))
			continue;
		if (!best || speed > speed_of(r, best))
			best = s;
	}
	return best;
}

static void put_first(FILE *to, const struct report *r, const struct series *s)
{
	const struct point *p = words_reached(r, s);
	char qps[WORDS_CELL], effort[WORDS_CELL], p50[WORDS_CELL],
		p99[WORDS_CELL];

	fprintf(to,
		"<p class=\"answer\">At recall@%" PRIu32 " of %.4g, <strong>",
		r->k, r->target);
	put_label(to, r, s);
	fprintf(to, " answers %s queries per second",
		about(qps, p->qps_1.median));
	if (!isnan(p->qps_1.relative))
		fprintf(to, " ±%.*f\u00a0%%",
			p->qps_1.relative < 0.0095 ? 1 : 0,
			p->qps_1.relative * 100);
	fputs("</strong> on one thread", to);
	if (*words_effort(effort, s, p->effort, p->refine)) {
		fputs(" with ", to);
		xml_put(to, effort);
	}
	if (!isnan(p->p50_ms) && !isnan(p->p99_ms))
		fprintf(to,
			", half of them within %s and 99 of 100 within "
			"%s",
			words_seconds(p50, p->p50_ms / 1e3),
			words_seconds(p99, p->p99_ms / 1e3));
	fputs(".</p>\n", to);
}

static void put_others(FILE *to, const struct report *r,
		       const struct series *first)
{
	const struct series *s = next_fastest(r, first);
	char qps[WORDS_CELL];

	if (!s)
		return;
	fputs("<p class=\"rest\">", to);
	for (bool begun = false; s; begun = true) {
		const struct series *next = next_fastest(r, s);

		fputs(!begun ? "" : next ? ", " : " and ", to);
		put_label(to, r, s);
		fprintf(to, "%s %s", begun ? "" : " answers",
			about(qps, speed_of(r, s)));
		s = next;
	}
	fputs(".</p>\n", to);
}

static void put_missed(FILE *to, const struct report *r)
{
	bool any = false;

	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];
		char recall[WORDS_CELL];
		double best = NAN;

		if (!growth_is_last(r, s) || words_reached(r, s))
			continue;
		for (uint32_t k = 0; k < s->n_points; k++)
			best = fmax(best, s->points[k].recall_k);
		if (isnan(best))
			continue;
		fputs(any ? ", " : "<p class=\"rest\">Not reached by ", to);
		put_label(to, r, s);
		fprintf(to, " (%s at most)", words_recall(recall, best));
		any = true;
	}
	fputs(any ? ".</p>\n" : "", to);
}

void html_answer(FILE *to, const struct report *r)
{
	const struct series *first = next_fastest(r, NULL);
	char line[WORDS_LINE];

	if (first) {
		put_first(to, r, first);
		put_others(to, r, first);
	} else {
		fprintf(to,
			"<p class=\"answer\">No index reached recall@%" PRIu32
			" of %.4g.</p>\n",
			r->k, r->target);
	}
	put_missed(to, r);
	if (*words_unsteady(line, r)) {
		fputs("<p class=\"rest unsteady\" role=\"note\">", to);
		xml_put(to, line);
		fputs(".</p>\n", to);
	}
}
