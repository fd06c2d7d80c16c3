#include "bench/report/sheet.h"

#include "bench/report/growth.h"
#include "cli/array.h"
#include "cli/fail.h"
#include "cli/format_num.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum column_type {
	INDEX,
	EFFORT,
	LOAD,
	RECALL, /* from here on numbers, which stand to the right */
	MEAN,
	MS,
	MS_AS_TIME,
	SECONDS,
	SPEED, /* with its spread */
	NUMBER,
	COUNT,
	COUNT_IF, /* not 0 */
	BYTES,
	MEAN_BYTES,
};

enum column_of { OF_POINT, OF_SERIES, OF_LOAD, OF_FILTERED };

/* # in a heading is k or threads, whichever decides on the column. */
enum column_when {
	ALWAYS,
	WITH_K,
	WITH_K_TO_10, /* between recall@1 and recall@10 */
	WITH_K_TO_100,
	WITH_K_BEYOND,
	WITH_THREADS,
};

struct column {
	const char *heading;
	enum column_type type;
	enum column_of of;
	size_t at;
	enum column_when when;
};

#define POINT(member)  OF_POINT, offsetof(struct point, member)
#define SERIES(member) OF_SERIES, offsetof(struct series, member)
#define UNDER(member)  OF_LOAD, offsetof(struct load, member)
#define AMONG(member)  OF_FILTERED, offsetof(struct filtered, member)

/* clang-format off */
#define INDEX_COLUMNS                                                   \
	{"index", INDEX, 0, 0, ALWAYS}, {"at", EFFORT, 0, 0, ALWAYS}
#define SPEED_COLUMNS                                                   \
	{"q/s 1 thread", SPEED, POINT(qps_1), ALWAYS},                  \
	{"q/s # threads", SPEED, POINT(qps_n), WITH_THREADS}
#define RECALL_COLUMNS                                                  \
	{"recall@1", RECALL, POINT(recall[0]), ALWAYS},                 \
	{"recall@#", RECALL, POINT(recall_k), WITH_K_TO_10},            \
	{"recall@10", RECALL, POINT(recall[1]), ALWAYS},                \
	{"recall@#", RECALL, POINT(recall_k), WITH_K_TO_100},           \
	{"recall@100", RECALL, POINT(recall[2]), ALWAYS},               \
	{"recall@#", RECALL, POINT(recall_k), WITH_K_BEYOND}

static const struct {
	const char *title;
	struct column columns[SHEET_COLUMNS];
} kinds[SHEET_KINDS] = {
	[SHEET_SPEED] = {"Recall and speed", {
		INDEX_COLUMNS,
		RECALL_COLUMNS,
		SPEED_COLUMNS,
		{"build", SECONDS, SERIES(build_seconds), ALWAYS},
	}},
	[SHEET_COST] = {"Latency (ms) and cost", {
		INDEX_COLUMNS,
		{"mean ms", MEAN, POINT(mean_ms), ALWAYS},
		{"p50", MS, POINT(p50_ms), ALWAYS},
		{"p95", MS, POINT(p95_ms), ALWAYS},
		{"p99", MS, POINT(p99_ms), ALWAYS},
		{"p99.9", MS, POINT(p999_ms), ALWAYS},
		{"disk", BYTES, SERIES(disk_bytes), ALWAYS},
		{"memory", BYTES, SERIES(resident_bytes), ALWAYS},
		{"1st answer", MS_AS_TIME, SERIES(first_answer_ms), ALWAYS},
	}},
	[SHEET_COLD] = {"Cold: from a file that is not in memory", {
		INDEX_COLUMNS,
		{"ms per query", MS, POINT(cold_ms), ALWAYS},
		{"page faults", NUMBER, POINT(cold_faults), ALWAYS},
		{"read", MEAN_BYTES, POINT(cold_bytes), ALWAYS},
	}},
	[SHEET_GROWTH] = {"Growth", {
		INDEX_COLUMNS,
		{"rows", COUNT, SERIES(n_rows), ALWAYS},
		{"recall@#", RECALL, POINT(recall_k), WITH_K},
		SPEED_COLUMNS,
		{"build", SECONDS, SERIES(build_seconds), ALWAYS},
		{"disk", BYTES, SERIES(disk_bytes), ALWAYS},
		{"memory", BYTES, SERIES(resident_bytes), ALWAYS},
	}},
	[SHEET_FILTERED] = {"Filtered: only some rows may be hits", {
		INDEX_COLUMNS,
		{"pass %", NUMBER, AMONG(percent), ALWAYS},
		{"rows", COUNT, AMONG(n_pass), ALWAYS},
		{"recall@#", RECALL, POINT(recall_k), WITH_K},
		{"q/s 1 thread", SPEED, POINT(qps_1), ALWAYS},
		{"p50 ms", MS, POINT(p50_ms), ALWAYS},
		{"p99 ms", MS, POINT(p99_ms), ALWAYS},
		{"distances", NUMBER, POINT(distances), ALWAYS},
	}},
	[SHEET_LOADS] = {"Under load (ms from the arrival of a query)", {
		INDEX_COLUMNS,
		{"load", LOAD, 0, 0, ALWAYS},
		{"asked/s", NUMBER, UNDER(rate), ALWAYS},
		{"sent", COUNT, UNDER(n_sent), ALWAYS},
		{"done", COUNT, UNDER(n_done), ALWAYS},
		{"failed", COUNT_IF, UNDER(n_failed), ALWAYS},
		{"q/s", NUMBER, UNDER(qps), ALWAYS},
		{"p50", MS, UNDER(p50_ms), ALWAYS},
		{"p99", MS, UNDER(p99_ms), ALWAYS},
		{"p99.9", MS, UNDER(p999_ms), ALWAYS},
		{"max", MS, UNDER(max_ms), ALWAYS},
	}},
	[SHEET_POINTS] = {"All points", {
		INDEX_COLUMNS,
		RECALL_COLUMNS,
		SPEED_COLUMNS,
		{"p50 ms", MS, POINT(p50_ms), ALWAYS},
		{"p99 ms", MS, POINT(p99_ms), ALWAYS},
		{"distances", NUMBER, POINT(distances), ALWAYS},
	}},
};
/* clang-format on */

static bool is_wanted(const struct column *c, const struct report *r)
{
	switch (c->when) {
	case WITH_K_TO_10:
		return r->k > 1 && r->k < 10;
	case WITH_K_TO_100:
		return r->k > 10 && r->k < 100;
	case WITH_K_BEYOND:
		return r->k > 100;
	case WITH_THREADS:
		return r->threads > 1;
	default:
		return true;
	}
}

static void add_column(struct sheet *s, const struct column *c,
		       const struct report *r)
{
	struct sheet_column *to = &s->columns[s->n_columns++];
	int len = (int)strcspn(c->heading, "#");

	if (c->heading[len])
		snprintf(to->heading, sizeof(to->heading), "%.*s%u%s", len,
			 c->heading,
			 c->when == WITH_THREADS ? r->threads : r->k,
			 c->heading + len + 1);
	else
		snprintf(to->heading, sizeof(to->heading), "%s", c->heading);
	to->right = c->type >= RECALL;
}

/* What a row is of: a point of a series, or a load. */
struct source {
	const struct report *report;
	const struct series *series;
	const struct point *point;
	const struct load *load;
	const struct filtered *filtered;
	bool series_is_told; /* by the row before */
};

static void write_mean(char to[WORDS_CELL], const struct point *p)
{
	char mean[WORDS_CELL], sd[WORDS_CELL];

	words_ms(mean, p->mean_ms);
	words_ms(sd, p->sd_ms);
	snprintf(to, WORDS_CELL, "%.40s%s%.40s", mean, *sd ? " ±" : "", sd);
}

static void write_cell(char to[WORDS_CELL], const struct column *c,
		       const struct source *x)
{
	const void *const bases[] = {x->point, x->series, x->load, x->filtered};
	const char *base = bases[c->of];
	const void *at = base ? base + c->at : NULL;
	const double *real = at;
	const uint64_t *count = at;

	if (c->of == OF_SERIES && x->series_is_told)
		return;
	switch (c->type) {
	case INDEX:
		words_label(to, x->report,
			    x->load ? x->load->engine : x->series->engine,
			    x->load ? x->load->spec : x->series->spec);
		break;
	case EFFORT:
		if (x->load)
			words_load_effort(to, x->report, x->load);
		else
			words_effort(to, x->series, x->point->effort,
				     x->point->refine);
		break;
	case LOAD:
		words_load(to, x->load);
		break;
	case RECALL:
		words_recall(to, *real);
		break;
	case MEAN:
		write_mean(to, x->point);
		break;
	case MS:
		words_ms(to, *real);
		break;
	case MS_AS_TIME:
		words_seconds(to, *real / 1e3);
		break;
	case SECONDS:
		words_seconds(to, *real);
		break;
	case SPEED:
		words_spread(to, *(const struct spread *)at);
		break;
	case NUMBER:
		words_qps(to, *real);
		break;
	case COUNT_IF:
		if (*count == 0)
			break;
		__attribute__((fallthrough));
	case COUNT:
		num_count(to, *count);
		break;
	case BYTES:
		words_bytes(to, *count);
		break;
	case MEAN_BYTES:
		if (*real >= 0)
			words_bytes(to, (uint64_t)(*real + 0.5));
		break;
	}
}

static void add_row(struct sheet *s, const struct column *c,
		    const struct source *x)
{
	void *all = array_one_more(s->rows, s->n_rows, sizeof(*s->rows));
	uint32_t n = 0;

	if (!all) {
		s->failed = true;
		return;
	}
	s->rows = all;
	memset(s->rows[s->n_rows], 0, sizeof(s->rows[0]));
	for (; c->heading; c++) {
		char *cell = s->rows[s->n_rows][n];

		if (!is_wanted(c, x->report))
			continue;
		write_cell(cell, c, x);
		s->columns[n++].any |= *cell != '\0';
	}
	s->n_rows++;
}

static bool has_row(enum sheet_kind kind, const struct report *r,
		    const struct series *s, const struct point *p)
{
	switch (kind) {
	case SHEET_GROWTH:
		return growth_is_curve(r, s) && p->shown;
	case SHEET_COLD:
		return growth_is_last(r, s) && p->shown && !isnan(p->cold_ms);
	case SHEET_POINTS:
		return growth_is_last(r, s);
	default:
		return growth_is_last(r, s) && p->shown;
	}
}

/* What belongs to an index stands in its first row; its size in all. */
static void add_points(struct sheet *sheet, const struct report *r,
		       enum sheet_kind kind)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		struct source x = {.report = r, .series = &r->series[i]};

		for (uint32_t k = 0; k < x.series->n_points; k++) {
			x.point = &x.series->points[k];
			if (!has_row(kind, r, x.series, x.point))
				continue;
			add_row(sheet, kinds[kind].columns, &x);
			x.series_is_told = kind != SHEET_GROWTH;
		}
	}
}

/* Whether something was measured that the other tables leave out. */
static bool has_hidden(const struct report *r)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		for (uint32_t k = 0; k < s->n_points; k++) {
			if (!s->points[k].shown)
				return true;
		}
	}
	return false;
}

enum vsx_status sheet_make(struct sheet *s, const struct report *r,
			   enum sheet_kind kind, struct vsx_error *err)
{
	memset(s, 0, sizeof(*s));
	s->title = kinds[kind].title;
	for (const struct column *c = kinds[kind].columns; c->heading; c++)
		if (is_wanted(c, r))
			add_column(s, c, r);
	if (kind == SHEET_LOADS)
		for (uint32_t i = 0; i < r->n_loads; i++)
			add_row(s, kinds[kind].columns,
				&(struct source){.report = r,
						 .load = &r->loads[i]});
	else if (kind == SHEET_FILTERED)
		for (uint32_t i = 0; i < r->n_filtered; i++)
			add_row(s, kinds[kind].columns,
				&(struct source){.report = r,
						 .series = &r->filtered[i].of,
						 .point = &r->filtered[i].point,
						 .filtered = &r->filtered[i]});
	else if (kind != SHEET_POINTS || has_hidden(r))
		add_points(s, r, kind);
	if (!s->failed)
		return VSX_OK;
	sheet_release(s);
	return tool_fail(err, VSX_ENOMEM, "no memory for a table");
}

void sheet_release(struct sheet *s)
{
	free(s->rows);
	memset(s, 0, sizeof(*s));
}
