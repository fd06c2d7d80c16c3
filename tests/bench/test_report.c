#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/report/growth.h"
#include "bench/report/words.h"
#include "made_up.h"

static struct report r;
static char text[1 << 20];

static void begin(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	made_up(&r);
}

static void end(void)
{
	report_release(&r);
}

TestSuite(report, .init = begin, .fini = end);

static FILE *open_text(void)
{
	FILE *f = tmpfile();

	cr_assert(f);
	return f;
}

static void read_text(FILE *f)
{
	rewind(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
}

static void print_table(void)
{
	FILE *f = open_text();
	struct vsx_error err = {.text = ""};

	cr_assert_eq(report_table(&r, f, &err), VSX_OK, "%s", err.text);
	read_text(f);
}

static struct series *find(const char *engine, const char *spec,
			   uint64_t n_rows)
{
	for (uint32_t i = 0; i < r.n_series; i++) {
		struct series *s = &r.series[i];

		if (strcmp(s->engine, engine) == 0 &&
		    strcmp(s->spec, spec) == 0 && s->n_rows == n_rows)
			return s;
	}
	cr_assert_fail("no %s %s", engine, spec);
	return NULL;
}

/* How wide a terminal shows it. */
static unsigned columns(const char *s, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

Test(report, begins_with_nothing_measured)
{
	struct report empty = {0};
	struct series *s = report_add_series(&empty);
	struct point *p = series_add_point(s);
	struct load *l = report_add_load(&empty);

	cr_assert(isnan(s->build_seconds) && isnan(s->first_answer_ms));
	cr_assert(isnan(p->recall[0]) && isnan(p->recall[2]));
	cr_assert(isnan(p->recall_k) && isnan(p->qps_1.median));
	cr_assert(isnan(p->qps_n.relative) && isnan(p->cold_bytes));
	cr_assert(isnan(l->rate) && isnan(l->max_ms));
	cr_assert_eq(p->effort, 0);
	report_release(&empty);
}

Test(report, keeps_all_that_is_added)
{
	struct report many = {0};

	for (uint32_t i = 0; i < 1000; i++)
		report_add_series(&many)->n_rows = i;
	for (uint32_t i = 0; i < 1000; i++)
		series_add_point(&many.series[7])->effort = i;
	cr_assert_eq(many.n_series, 1000);
	cr_assert_eq(many.series[7].n_points, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		cr_assert_eq(many.series[i].n_rows, i);
		cr_assert_eq(many.series[7].points[i].effort, i);
	}
	report_release(&many);
	cr_assert_eq(many.n_series, 0);
}

Test(report, shows_the_least_effort_at_the_target)
{
	struct series *s = find("VSX", "HNSW16", 60000);

	for (uint32_t i = 0; i < s->n_points; i++) {
		struct point *p = &s->points[i];
		bool least = p->recall_k >= 0.95 &&
			     (i == 0 || p[-1].recall_k < 0.95);

		cr_assert_eq(p->shown, least, "ef %u", p->effort);
	}
	cr_assert_eq(words_reached(&r, s)->effort, 8);
}

Test(report, shows_the_nearest_to_a_target_that_is_missed)
{
	struct series *s = find("VSX", "IVF244,Flat", 60000);

	cr_assert_null(words_reached(&r, s));
	for (uint32_t i = 0; i < s->n_points; i++)
		cr_assert_eq(s->points[i].shown, i + 1 == s->n_points);
}

Test(report, shows_all_points_of_a_curve)
{
	r.curve = true;
	report_choose(&r);
	for (uint32_t i = 0; i < r.n_series; i++) {
		for (uint32_t k = 0; k < r.series[i].n_points; k++)
			cr_assert(r.series[i].points[k].shown);
	}
}

Test(report, marks_what_nothing_of_the_series_beats)
{
	struct series *s = find("FAISS", "HNSW16", 60000);

	/* ef 16 is slower than ef 32, which finds more. */
	for (uint32_t i = 0; i < s->n_points; i++)
		cr_assert_eq(s->points[i].pareto, s->points[i].effort != 16);
	/* Of two equal ones, neither beats the other; NaN is beside it all. */
	s->points[1] = s->points[0];
	s->points[2].recall_k = NAN;
	report_choose(&r);
	cr_assert(s->points[0].pareto && s->points[1].pareto);
	cr_assert(!s->points[2].pareto);
}

Test(report, knows_sizes_of_one_index)
{
	struct series *last = find("VSX", "IVF244,Flat", 60000);
	struct series *least = find("VSX", "IVF24,Flat", 600);
	struct series *other = find("FAISS", "IVF1024,Flat", 60000);

	cr_assert(growth_is_last(&r, last) && growth_is_curve(&r, last));
	cr_assert(!growth_is_last(&r, least) && growth_is_curve(&r, least));
	cr_assert(growth_is_last(&r, other) && !growth_is_curve(&r, other));
	/* Two of one size are two indexes: no curve joins them to others. */
	find("VSX", "IVF77,Flat", 6000)->n_rows = 60000;
	cr_assert(!growth_same(&r, last, least));
	cr_assert(growth_is_last(&r, least));
}

Test(report, table_fits_a_hundred_columns)
{
	unsigned n = 0;

	r.series[0].note[0] = '\0';
	find("VSX", "IVF244,Flat", 60000)->note[0] = '\0';
	made_up_loads(&r);
	print_table();
	for (char *at = text; *at; n++) {
		size_t len = strcspn(at, "\n");

		cr_assert_leq(columns(at, len), 100, "%.*s", (int)len, at);
		at += len + 1;
	}
	cr_assert_geq(n, 30);
}

/* The table below that heading, and how many rows it has. */
static const char *table_of(const char *title, unsigned *n_rows)
{
	char *at = strstr(text, title);

	cr_assert(at, "no '%s' in\n%s", title, text);
	at = strchr(at, '\n') + 1;
	*n_rows = 0;
	for (char *line = strchr(at, '\n') + 1; *line && *line != '\n';
	     line = strchr(line, '\n') + 1)
		++*n_rows;
	return at;
}

Test(report, tables_have_the_same_rows)
{
	static const char *const labels[] = {
		"VSX Flat ",	 "VSX HNSW16 ",		"VSX IVF244,Flat ",
		"FAISS HNSW16 ", "FAISS IVF1024,Flat ", "hnswlib HNSW16 "};
	static const char *const titles[] = {"Recall and speed\n",
					     "Latency (ms) and cost\n"};

	print_table();
	for (int t = 0; t < 2; t++) {
		unsigned n;
		const char *row = table_of(titles[t], &n);

		cr_assert_eq(n, 6, "%s", text);
		for (int i = 0; i < 6; i++) {
			row = strchr(row, '\n') + 1;
			cr_assert_eq(strncmp(row, labels[i], strlen(labels[i])),
				     0, "%.40s", row);
		}
	}
}

Test(report, table_says_what_is_beside_the_numbers)
{
	print_table();
	cr_assert(strstr(text, "784 u8, l2, 1,000 queries, k 10, target "
			       "recall@10 0.95, seed 42\n"));
	cr_assert(strstr(text, "@ 2.10GHz, avx512, 2 processors, 24.0 GiB"));
	cr_assert(strstr(text, "38,851 ±2 %"), "%s", text);
	cr_assert(strstr(text, "256 lists lowered to 244"));
	cr_assert(strstr(text, "recall@10 at most 0.9456 (nprobe 256), under "
			       "the target 0.95"));
	cr_assert(!strstr(text, "FAISS HNSW16: "));
	cr_assert(!strstr(text, "nan"));
}

Test(report, table_leaves_out_what_nobody_measured)
{
	print_table();
	cr_assert(strstr(text, "recall@100"));
	cr_assert(!strstr(text, "Cold") && !strstr(text, "Under load"));
	for (uint32_t i = 0; i < r.n_series; i++) {
		for (uint32_t k = 0; k < r.series[i].n_points; k++) {
			r.series[i].points[k].recall[2] = NAN;
			r.series[i].points[k].cold_ms = 3;
			r.series[i].points[k].cold_faults = 12;
		}
	}
	r.threads = 1;
	print_table();
	cr_assert(!strstr(text, "recall@100"));
	cr_assert(!strstr(text, "2 threads"));
	cr_assert(strstr(text, "Cold"));
}

Test(report, recalls_stand_in_the_order_of_their_k)
{
	r.k = 4;
	print_table();
	cr_assert(strstr(text, "recall@1 recall@4 recall@10 recall@100"), "%s",
		  text);
	r.k = 200;
	print_table();
	cr_assert(strstr(text, "recall@1 recall@10 recall@100 recall@200"),
		  "%s", text);
}

/* A spread over 20 %, in a speed of one thread or of many. */
Test(report, says_that_speeds_are_unsteady)
{
	struct point *p = &find("VSX", "HNSW16", 60000)->points[0];
	struct vsx_error err = {.text = ""};
	char page[32];
	FILE *f;

	for (uint32_t i = 0; i < r.n_series; i++) {
		for (uint32_t k = 0; k < r.series[i].n_points; k++) {
			r.series[i].points[k].qps_1.relative = 0.2;
			r.series[i].points[k].qps_n.relative = 0.2;
		}
	}
	print_table();
	cr_assert(!strstr(text, "unsteady"), "%s", text);
	p->qps_n.relative = 0.34;
	print_table();
	cr_assert(strstr(text, "unsteady: the repeats of 1 of "), "%s", text);
	cr_assert(strstr(text, ": ±34 %); measure again"), "%s", text);
	p->qps_1.relative = 0.41;
	print_table();
	cr_assert(strstr(text, "±41 %); measure again"), "%s", text);
	f = open_text();
	cr_assert_eq(report_markdown(&r, f, NULL), VSX_OK);
	read_text(f);
	cr_assert(strstr(text, "unsteady: the repeats of 1 of "));
	strcpy(page, "/tmp/vsx-report.XXXXXX");
	close(mkstemp(page));
	cr_assert_eq(report_html(&r, page, &err), VSX_OK, "%s", err.text);
	f = fopen(page, "r");
	unlink(page);
	cr_assert(f);
	read_text(f);
	cr_assert(strstr(text, "unsteady: the repeats of 1 of "));
	/* No line ends between a number and its sign. */
	cr_assert(strstr(text, " queries per second ±"));
	cr_assert(strstr(text, "\u00a0%</strong>"));
}

Test(report, names_the_engine_where_there_are_several)
{
	char label[WORDS_CELL];

	words_label(label, &r, "VSX", "HNSW16");
	cr_assert_str_eq(label, "VSX HNSW16");
	for (uint32_t i = 0; i < r.n_series; i++)
		strcpy(r.series[i].engine, "VSX");
	words_label(label, &r, "VSX", "HNSW16");
	cr_assert_str_eq(label, "HNSW16");
}

Test(words, say_numbers_shortly)
{
	char to[WORDS_CELL];

	cr_assert_str_eq(words_recall(to, 0.99999), "0.9999");
	cr_assert_str_eq(words_recall(to, 1), "1.0000");
	cr_assert_str_eq(words_recall(to, NAN), "");
	cr_assert_str_eq(words_ms(to, 0.08234), "0.0823");
	cr_assert_str_eq(words_ms(to, 12.345), "12.35");
	cr_assert_str_eq(words_ms(to, 1234.4), "1234");
	cr_assert_str_eq(words_qps(to, 12345.6), "12,346");
	cr_assert_str_eq(words_qps(to, 3.917), "3.92");
	cr_assert_str_eq(words_spread(to, (struct spread){3912, 0.021}),
			 "3,912 ±2 %");
	cr_assert_str_eq(words_spread(to, (struct spread){3912, 0.0041}),
			 "3,912 ±0.4 %");
	cr_assert_str_eq(words_spread(to, (struct spread){3912, NAN}), "3,912");
	cr_assert_str_eq(words_spread(to, (struct spread){NAN, NAN}), "");
}

static double number_of(const char *json, const char *key)
{
	char name[64];
	const char *at;

	snprintf(name, sizeof(name), "\"%s\": ", key);
	at = strstr(json, name);
	cr_assert(at, "no %s", key);
	return strtod(at + strlen(name), NULL);
}

Test(report, json_has_all_digits)
{
	const struct series *s = find("FAISS", "IVF1024,Flat", 60000);
	FILE *f = open_text();
	const char *at;

	made_up_loads(&r);
	report_json(&r, f);
	read_text(f);
	cr_assert(strstr(text, "\"name\": \"a<b>&\\\"c\\\" 'd'\""));
	at = strstr(text, "\"label\": \"FAISS IVF1024,Flat\"");
	cr_assert(at);
	for (uint32_t i = 0; i < s->n_points; i++) {
		at = strstr(at, "\"effort\": ");
		cr_assert_eq(number_of(at, "recall_at_10"),
			     s->points[i].recall[1]);
		cr_assert_eq(number_of(at, "qps"), s->points[i].qps_1.median);
		cr_assert_eq(number_of(at, "p99_ms"), s->points[i].p99_ms);
		at++;
	}
	cr_assert(strstr(text, "\"cold_ms\": null"));
	cr_assert(strstr(text, "\"rate\": null"));
	cr_assert(strstr(text, "\"disk_bytes\": null"));
}

/* Cuts the line into fields as RFC 4180 has it; returns how many. */
static unsigned split(char *line, char *fields[64])
{
	unsigned n = 0;

	for (;;) {
		char *to = line;
		bool quoted = *line == '"';

		fields[n++] = line;
		line += quoted;
		while (*line && (quoted || *line != ',')) {
			if (quoted && *line == '"' && *++line != '"')
				quoted = false;
			else
				*to++ = *line++;
		}
		if (!*line) {
			*to = '\0';
			return n;
		}
		*to = '\0';
		line++;
	}
}

Test(report, csv_has_a_line_a_point)
{
	char *names[64], *fields[64], *line, *next;
	uint32_t n_points = 0, n_lines = 0;
	FILE *f = open_text();
	unsigned n;

	for (uint32_t i = 0; i < r.n_series; i++)
		n_points += r.series[i].n_points;
	report_csv(&r, f);
	read_text(f);
	next = strchr(text, '\n');
	*next++ = '\0';
	n = split(text, names);
	cr_assert_str_eq(names[0], "data");
	cr_assert_str_eq(names[n - 1], "shown");
	for (line = next; *line; line = next, n_lines++) {
		next = strchr(line, '\n');
		*next++ = '\0';
		cr_assert_eq(split(line, fields), n);
		cr_assert_str_eq(fields[0], MADE_UP_NAME);
		for (unsigned i = 0; i < n; i++) {
			if (strcmp(names[i], "cold_ms") == 0)
				cr_assert_str_eq(fields[i], "");
		}
		if (n_lines == 0)
			cr_assert_eq(strtod(fields[9], NULL),
				     r.series[0].points[0].recall[1]);
	}
	cr_assert_eq(n_lines, n_points);
}

Test(report, markdown_tables_are_whole)
{
	FILE *f = open_text();
	unsigned due = 0;

	strcpy(find("hnswlib", "HNSW16", 60000)->spec, "a|b");
	report_markdown(&r, f, NULL);
	read_text(f);
	cr_assert(strstr(text, "a\\|b"));
	cr_assert(strstr(text, "\n| --- | --- | ---: |"));
	cr_assert(strstr(text, "\\<b>too few\\</b>"));
	for (char *line = text; *line; line += strcspn(line, "\n") + 1) {
		unsigned bars = 0;

		for (char *at = line; *at != '\n'; at++)
			bars += *at == '|' && (at == line || at[-1] != '\\');
		if (*line == '|' && due)
			cr_assert_eq(bars, due, "%.80s", line);
		due = bars;
	}
}

Test(report, pages_that_cannot_be_written)
{
	struct vsx_error err = {0};

	cr_assert_eq(report_html(&r, "/nowhere/at/all.html", &err), VSX_EINVAL);
	cr_assert(strstr(err.text, "/nowhere/at/all.html"), "%s", err.text);
	cr_assert_eq(report_html(&r, "/dev/full", &err), VSX_EIO);
	cr_assert(strstr(err.text, "/dev/full"), "%s", err.text);
	cr_assert_eq(report_svg(&r, "/nowhere/at/all", &err), VSX_EINVAL);
	cr_assert(strstr(err.text, "/nowhere/at/all"), "%s", err.text);
}
