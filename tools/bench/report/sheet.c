#include "bench/report/sheet.h"

#include "bench/base/array.h"
#include "bench/report/growth.h"
#include "cli/fail.h"
#include "cli/format_num.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void __attribute__((format(printf, 3, 4)))
column(struct sheet *s, bool right, const char *fmt, ...)
{
	struct sheet_column *c = &s->columns[s->n_columns++];
	va_list args;

	va_start(args, fmt);
	vsnprintf(c->heading, sizeof(c->heading), fmt, args);
	va_end(args);
	c->right = right;
}

/* A row under construction; its cells are filled from the left. */
struct row {
	struct sheet *sheet;
	char (*cells)[WORDS_CELL]; /* NULL without memory */
	uint32_t n;
};

static struct row add_row(struct sheet *s)
{
	void *all = array_one_more(s->rows, s->n_rows, sizeof(*s->rows));

	if (!all) {
		s->failed = true;
		return (struct row){.sheet = s};
	}
	s->rows = all;
	memset(s->rows[s->n_rows], 0, sizeof(s->rows[0]));
	return (struct row){.sheet = s, .cells = s->rows[s->n_rows++]};
}

static void cell(struct row *row, const char *text)
{
	if (!row->cells)
		return;
	snprintf(row->cells[row->n], WORDS_CELL, "%s", text);
	row->sheet->columns[row->n++].any |= *text != '\0';
}

static void cell_count(struct row *row, uint64_t n)
{
	char text[NUM_BYTES];

	cell(row, num_count(text, n));
}

static void cell_ms(struct row *row, double ms)
{
	char text[WORDS_CELL];

	cell(row, words_ms(text, ms));
}

static void cell_recall(struct row *row, double recall)
{
	char text[WORDS_CELL];

	cell(row, words_recall(text, recall));
}

static void cell_spread(struct row *row, struct spread spread)
{
	char text[WORDS_CELL];

	cell(row, words_spread(text, spread));
}

static void cell_bytes(struct row *row, uint64_t bytes)
{
	char text[WORDS_CELL];

	cell(row, words_bytes(text, bytes));
}

static void cell_seconds(struct row *row, double seconds)
{
	char text[WORDS_CELL];

	cell(row, words_seconds(text, seconds));
}

/* The two columns that every table begins with. */
static void index_columns(struct sheet *s)
{
	column(s, false, "index");
	column(s, false, "at");
}

static void index_cells(struct row *row, const struct report *r,
			const struct series *s, const struct point *p)
{
	char text[WORDS_CELL];

	cell(row, words_label(text, r, s->engine, s->spec));
	cell(row, words_effort(text, s, p->effort));
}

/* recall@1, @10 and @100, and @k where it belongs among them. */
static const uint32_t usual_k[] = {1, 10, 100};

static bool k_is_before(const struct report *r, int i)
{
	return (i == 0 || r->k > usual_k[i - 1]) &&
	       (i == 3 || r->k < usual_k[i]);
}

static void recall_columns(struct sheet *s, const struct report *r)
{
	for (int i = 0; i <= 3; i++) {
		if (k_is_before(r, i))
			column(s, true, "recall@%" PRIu32, r->k);
		if (i < 3)
			column(s, true, "recall@%" PRIu32, usual_k[i]);
	}
}

static void recall_cells(struct row *row, const struct report *r,
			 const struct point *p)
{
	for (int i = 0; i <= 3; i++) {
		if (k_is_before(r, i))
			cell_recall(row, p->recall_k);
		if (i < 3)
			cell_recall(row, p->recall[i]);
	}
}

static void speed_columns(struct sheet *s, const struct report *r)
{
	column(s, true, "q/s 1 thread");
	if (r->threads > 1)
		column(s, true, "q/s %u threads", r->threads);
}

static void speed_cells(struct row *row, const struct report *r,
			const struct point *p)
{
	cell_spread(row, p->qps_1);
	if (r->threads > 1)
		cell_spread(row, p->qps_n);
}

static void latency_columns(struct sheet *s)
{
	column(s, true, "mean ms");
	column(s, true, "p50");
	column(s, true, "p95");
	column(s, true, "p99");
	column(s, true, "p99.9");
}

static void latency_cells(struct row *row, const struct point *p)
{
	char mean[WORDS_CELL], sd[WORDS_CELL], text[2 * WORDS_CELL + 4];

	words_ms(mean, p->mean_ms);
	words_ms(sd, p->sd_ms);
	snprintf(text, sizeof(text), "%s%s%s", mean, *sd ? " ±" : "", sd);
	cell(row, text);
	cell_ms(row, p->p50_ms);
	cell_ms(row, p->p95_ms);
	cell_ms(row, p->p99_ms);
	cell_ms(row, p->p999_ms);
}

/*
 * The tables of points. What belongs to the index and not to the point stands
 * in its first row alone.
 */
static void point_row(struct sheet *sheet, const struct report *r,
		      enum sheet_kind kind, const struct series *s,
		      const struct point *p, bool first)
{
	struct row row = add_row(sheet);

	index_cells(&row, r, s, p);
	switch (kind) {
	case SHEET_SPEED:
		recall_cells(&row, r, p);
		speed_cells(&row, r, p);
		cell_seconds(&row, first ? s->build_seconds : NAN);
		break;
	case SHEET_COST:
		latency_cells(&row, p);
		cell_bytes(&row, first ? s->disk_bytes : 0);
		cell_bytes(&row, first ? s->resident_bytes : 0);
		cell_seconds(&row, first ? s->first_answer_ms / 1e3 : NAN);
		break;
	case SHEET_COLD:
		cell_ms(&row, p->cold_ms);
		cell_spread(&row, (struct spread){p->cold_faults, NAN});
		cell_bytes(&row, isnan(p->cold_bytes) || p->cold_bytes < 0
					 ? 0
					 : (uint64_t)(p->cold_bytes + 0.5));
		break;
	default: /* SHEET_POINTS */
		recall_cells(&row, r, p);
		speed_cells(&row, r, p);
		cell_ms(&row, p->p50_ms);
		cell_ms(&row, p->p99_ms);
		cell_spread(&row, (struct spread){p->distances, NAN});
		break;
	}
}

static void point_rows(struct sheet *sheet, const struct report *r,
		       enum sheet_kind kind)
{
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];
		bool first = true;

		if (!growth_is_last(r, s))
			continue;
		for (uint32_t k = 0; k < s->n_points; k++) {
			const struct point *p = &s->points[k];

			if (kind != SHEET_POINTS && !p->shown)
				continue;
			if (kind == SHEET_COLD && isnan(p->cold_ms))
				continue;
			point_row(sheet, r, kind, s, p, first);
			first = false;
		}
	}
}

static void make_growth(struct sheet *sheet, const struct report *r)
{
	sheet->title = "Growth";
	index_columns(sheet);
	column(sheet, true, "rows");
	column(sheet, true, "recall@%" PRIu32, r->k);
	speed_columns(sheet, r);
	column(sheet, true, "build");
	column(sheet, true, "disk");
	column(sheet, true, "memory");
	for (uint32_t i = 0; i < r->n_series; i++) {
		const struct series *s = &r->series[i];

		if (!growth_is_curve(r, s))
			continue;
		for (uint32_t k = 0; k < s->n_points; k++) {
			const struct point *p = &s->points[k];
			struct row row;

			if (!p->shown)
				continue;
			row = add_row(sheet);
			index_cells(&row, r, s, p);
			cell_count(&row, s->n_rows);
			cell_recall(&row, p->recall_k);
			speed_cells(&row, r, p);
			cell_seconds(&row, s->build_seconds);
			cell_bytes(&row, s->disk_bytes);
			cell_bytes(&row, s->resident_bytes);
		}
	}
}

static void load_row(struct sheet *sheet, const struct report *r,
		     const struct load *l)
{
	const struct spread rate = {l->rate, NAN}, qps = {l->qps, NAN};
	struct row row = add_row(sheet);
	char text[WORDS_CELL];

	cell(&row, words_label(text, r, l->engine, l->spec));
	cell(&row, words_load_effort(text, r, l));
	cell(&row, words_load(text, l));
	cell_spread(&row, rate);
	cell_count(&row, l->n_sent);
	cell_count(&row, l->n_done);
	if (l->n_failed)
		cell_count(&row, l->n_failed);
	else
		cell(&row, "");
	cell_spread(&row, qps);
	cell_ms(&row, l->p50_ms);
	cell_ms(&row, l->p99_ms);
	cell_ms(&row, l->p999_ms);
	cell_ms(&row, l->max_ms);
}

static void make_loads(struct sheet *sheet, const struct report *r)
{
	sheet->title = "Under load (ms from the arrival of a query)";
	index_columns(sheet);
	column(sheet, false, "load");
	column(sheet, true, "asked/s");
	column(sheet, true, "sent");
	column(sheet, true, "done");
	column(sheet, true, "failed");
	column(sheet, true, "q/s");
	column(sheet, true, "p50");
	column(sheet, true, "p99");
	column(sheet, true, "p99.9");
	column(sheet, true, "max");
	for (uint32_t i = 0; i < r->n_loads; i++)
		load_row(sheet, r, &r->loads[i]);
}

static void make_points(struct sheet *s, const struct report *r,
			enum sheet_kind kind)
{
	index_columns(s);
	switch (kind) {
	case SHEET_SPEED:
		s->title = "Recall and speed";
		recall_columns(s, r);
		speed_columns(s, r);
		column(s, true, "build");
		break;
	case SHEET_COST:
		s->title = "Latency (ms) and cost";
		latency_columns(s);
		column(s, true, "disk");
		column(s, true, "memory");
		column(s, true, "1st answer");
		break;
	case SHEET_COLD:
		s->title = "Cold: from a file that is not in memory";
		column(s, true, "ms a query");
		column(s, true, "page faults");
		column(s, true, "read");
		break;
	default:
		s->title = "All points";
		recall_columns(s, r);
		speed_columns(s, r);
		column(s, true, "p50 ms");
		column(s, true, "p99 ms");
		column(s, true, "distances");
		break;
	}
	point_rows(s, r, kind);
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
	if (kind == SHEET_GROWTH)
		make_growth(s, r);
	else if (kind == SHEET_LOADS)
		make_loads(s, r);
	else if (kind != SHEET_POINTS || has_hidden(r))
		make_points(s, r, kind);
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
