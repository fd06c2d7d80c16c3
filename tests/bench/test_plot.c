#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/plot/plot.h"
#include "bench/plot/text.h"
#include "bench/report/plots.h"
#include "cli/xml.h"
#include "made_up.h"

static char text[1 << 20];

static void read_text(FILE *f)
{
	rewind(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

/* ---- axes ------------------------------------------------------------- */

/* In order, inside, apart from each other. */
static void check_axis(const struct axis *a, double least, double most)
{
	cr_assert_geq(a->n_ticks, 1, "%g to %g", least, most);
	cr_assert_geq(axis_at(a, least), fmin(a->from, a->to) - 0.01);
	cr_assert_leq(axis_at(a, most), fmax(a->from, a->to) + 0.01);
	for (unsigned i = 0; i < a->n_ticks; i++) {
		double at = axis_at(a, a->ticks[i].value);

		cr_assert(at >= a->from - 0.01 && at <= a->to + 0.01);
		if (i == 0)
			continue;
		at -= axis_at(a, a->ticks[i - 1].value);
		cr_assert_gt(at,
			     text_width(a->ticks[i].text, 6) +
				     text_width(a->ticks[i - 1].text, 6),
			     "%g to %g: %s meets %s", least, most,
			     a->ticks[i - 1].text, a->ticks[i].text);
	}
}

static bool is_1_2_5(double value)
{
	double mantissa = value / pow(10, floor(log10(value) + 1e-9));

	return fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 ||
	       fabs(mantissa - 5) < 1e-6;
}

Test(axis, log_ticks_are_1_2_5_and_have_room)
{
	for (double least = 3e-5; least < 1e7; least *= 7) {
		for (double ratio = 1; ratio < 1e12; ratio *= 3) {
			struct axis_range range = {.least = least,
						   .most = least * ratio};
			struct axis a;

			axis_make(&a, PLOT_LOG, &range);
			axis_place(&a, &range, 40, 460);
			check_axis(&a, range.least, range.most);
			for (unsigned i = 0; i < a.n_ticks; i++)
				cr_assert(is_1_2_5(a.ticks[i].value), "%s",
					  a.ticks[i].text);
		}
	}
}

Test(axis, linear_ticks_hold_the_range)
{
	for (double most = 1e-3; most < 1e9; most *= 3.3) {
		struct axis_range range = {
			.least = most / 3, .most = most, .from_zero = true};
		struct axis a;

		axis_make(&a, PLOT_LINEAR, &range);
		axis_place(&a, &range, 0, 300);
		check_axis(&a, 0, most);
		cr_assert_str_eq(a.ticks[0].text, "0");
	}
}

Test(axis, missing_puts_nines_apart)
{
	struct axis_range range = {.least = 0.62, .most = 1, .missing = 2e-4};
	struct axis a;

	axis_make(&a, PLOT_MISSING, &range);
	axis_place(&a, &range, 0, 900);
	check_axis(&a, 0.62, 1);
	cr_assert_str_eq(a.ticks[0].text, "0.5");
	cr_assert_str_eq(a.ticks[a.n_ticks - 1].text, "1");
	cr_assert_float_eq(axis_at(&a, 0.99) - axis_at(&a, 0.9),
			   axis_at(&a, 0.999) - axis_at(&a, 0.99), 1e-6);
	cr_assert_gt(axis_at(&a, 1), axis_at(&a, 0.9998) + 10);
	cr_assert_float_eq(axis_at(&a, 1), 900, 1e-6);
}

Test(axis, missing_ranges)
{
	static const double leasts[] = {0, 0.3, 0.9, 0.99, 0.9995, 1};

	for (unsigned i = 0; i < sizeof(leasts) / sizeof(*leasts); i++) {
		for (double missing = 1e-6; missing < 0.2; missing *= 3) {
			for (int one = 0; one < 2; one++) {
				struct axis_range range = {
					.least = fmin(leasts[i], 1 - missing),
					.most = one ? 1 : 1 - missing,
					.missing = missing};
				struct axis a;

				axis_make(&a, PLOT_MISSING, &range);
				axis_place(&a, &range, 40, 420);
				check_axis(&a, range.least, range.most);
				/* A 1 only where there is one. */
				cr_assert_eq(a.ticks[a.n_ticks - 1].value == 1,
					     one);
			}
		}
	}
}

Test(axis, numbers_are_short)
{
	char to[AXIS_TEXT];

	axis_number(to, 0.05);
	cr_assert_str_eq(to, "0.05");
	axis_number(to, 10000);
	cr_assert_str_eq(to, "10k");
	axis_number(to, 2.5e6);
	cr_assert_str_eq(to, "2.5M");
	axis_number(to, 0);
	cr_assert_str_eq(to, "0");
}

/* ---- drawing ----------------------------------------------------------- */

Test(text, is_made_safe)
{
	FILE *f = tmpfile();

	xml_put(f, "<a href=\"x\">&'\x01\xff ä\xef\xbf\xbf");
	read_text(f);
	cr_assert_str_eq(text, "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"
			       "\xef\xbf\xbd\xef\xbf\xbd ä\xef\xbf\xbd");
}

static void draw(const struct plot *p, const struct plot_size *size)
{
	FILE *f = tmpfile();

	plot_svg(p, size, f);
	read_text(f);
	cr_assert(!strstr(text, "nan") && !strstr(text, "inf"), "%s", text);
}

static const struct plot_size alone = {800, 480, NULL};

Test(plot, of_a_single_point)
{
	struct plot_line *line;
	struct plot_mark *mark;
	struct plot p;

	plot_init(&p, "one");
	p.x_scale = PLOT_MISSING;
	p.y_scale = PLOT_LOG;
	cr_assert(plot_is_empty(&p));
	line = plot_add_line(&p);
	cr_assert(plot_is_empty(&p));
	mark = plot_add_mark(line);
	mark->x = 1;
	mark->y = 526;
	cr_assert(!plot_is_empty(&p));
	draw(&p, &alone);
	cr_assert_eq(count("class=\"line\" d=\"M"), 2); /* one of the legend */
	plot_release(&p);
}

/* The value of an attribute of the element at `at`. */
static double attribute(const char *at, const char *name)
{
	char key[32];
	const char *found;

	snprintf(key, sizeof(key), " %s=\"", name);
	found = strstr(at, key);
	cr_assert(found, "no %s in %.60s", name, at);
	return strtod(found + strlen(key), NULL);
}

static void check_tips(const struct plot_size *size)
{
	unsigned n = 0;

	for (char *at = text; (at = strstr(at, "<g class=\"tip\"><rect"));
	     at++, n++) {
		double x = attribute(at, "x"), y = attribute(at, "y");

		cr_assert_geq(x, 0);
		cr_assert_geq(y, 0);
		cr_assert_leq(x + attribute(at, "width"), size->width);
		cr_assert_leq(y + attribute(at, "height"), size->height);
	}
	cr_assert_gt(n, 0);
}

Test(plot, boxes_stay_inside)
{
	static const struct plot_size sizes[] = {
		{860, 440, "wide"}, {420, 400, "narrow"}, {800, 480, NULL}};
	struct report r;
	struct plots all;

	made_up(&r);
	made_up_loads(&r);
	cr_assert_eq(plots_make(&all, &r, NULL), VSX_OK);
	for (unsigned i = 0; i < all.n; i++) {
		for (unsigned k = 0; k < 3; k++) {
			draw(&all.plots[i], &sizes[k]);
			if (!all.plots[i].bars)
				check_tips(&sizes[k]);
		}
	}
	plots_release(&all);
	report_release(&r);
}

/* ---- which plots ------------------------------------------------------- */

static const struct plot *named(const struct plots *all, const char *name)
{
	for (unsigned i = 0; i < all->n; i++) {
		if (strcmp(all->plots[i].name, name) == 0)
			return &all->plots[i];
	}
	return NULL;
}

Test(plots, have_a_line_for_each_index)
{
	static const char *const labels[] = {
		"VSX Flat",	"VSX HNSW16",	      "VSX IVF244,Flat",
		"FAISS HNSW16", "FAISS IVF1024,Flat", "hnswlib HNSW16"};
	struct report r;
	struct plots all;
	const struct plot *p;

	made_up(&r);
	cr_assert_eq(plots_make(&all, &r, NULL), VSX_OK);
	p = named(&all, "recall");
	cr_assert(p && p->n_lines == 6);
	draw(p, &alone);
	for (unsigned i = 0; i < 6; i++) {
		char tag[16], legend[64];

		cr_assert_str_eq(p->lines[i].label, labels[i]);
		cr_assert_eq(p->lines[i].style, i);
		snprintf(tag, sizeof(tag), "<g class=\"s%u\">", i);
		cr_assert_eq(count(tag), 2, "line and legend of %u", i);
		snprintf(legend, sizeof(legend), ">%s</text>", labels[i]);
		cr_assert_geq(count(legend), 1);
	}
	/* A box for each point, the beaten ones too, which are faint. */
	cr_assert_eq(count("class=\"tip\""), 1 + 5 * 9);
	cr_assert_eq(count("class=\"aside\""), 5);
	plots_release(&all);
	report_release(&r);
}

Test(plots, join_the_sizes_of_an_index)
{
	const struct plot *p;
	struct report r;
	struct plots all;

	made_up(&r);
	cr_assert_eq(plots_make(&all, &r, NULL), VSX_OK);
	p = named(&all, "growth-qps");
	cr_assert(p && p->n_lines == 2);
	for (unsigned i = 0; i < 2; i++) {
		cr_assert_eq(p->lines[i].n_marks, 3);
		cr_assert_eq(p->lines[i].marks[0].x, 600);
		cr_assert_eq(p->lines[i].marks[2].x, 60000);
	}
	/* As in the plot of recall. */
	cr_assert_eq(p->lines[0].style, 1);
	cr_assert_eq(p->lines[1].style, 2);
	plots_release(&all);
	report_release(&r);
}

Test(plots, are_left_out_where_nothing_was_measured)
{
	struct report r;
	struct plots all;

	made_up(&r);
	for (uint32_t i = 0; i < r.n_series; i++) {
		r.series[i].build_seconds = NAN;
		r.series[i].n_rows = 60000;
		for (uint32_t k = 0; k < r.series[i].n_points; k++)
			r.series[i].points[k].p99_ms = NAN;
	}
	cr_assert_eq(plots_make(&all, &r, NULL), VSX_OK);
	cr_assert(named(&all, "recall") && named(&all, "latency-p50"));
	cr_assert(!named(&all, "latency-p99") && !named(&all, "build"));
	cr_assert(!named(&all, "growth-qps") && !named(&all, "many-qps"));
	/* What has no file keeps its place among the bars. */
	cr_assert_str_eq(named(&all, "disk")->lines[6].marks->text, "181 MiB");
	plots_release(&all);
	report_release(&r);
}

Test(plots, of_loads)
{
	const struct plot *p;
	struct report r;
	struct plots all;

	made_up(&r);
	made_up_loads(&r);
	cr_assert_eq(plots_make(&all, &r, NULL), VSX_OK);
	p = named(&all, "load-latency");
	cr_assert(p && p->n_lines == 4 && p->lines[0].n_marks == 5);
	p = named(&all, "many-qps");
	cr_assert(p && p->n_lines == 3 && p->n_names == 5);
	cr_assert_str_eq(p->names[4], "16");
	cr_assert_eq(p->lines[2].n_marks, 5);
	cr_assert_str_eq(p->lines[2].label, "VSX HNSW16, beside a writer");
	plots_release(&all);
	report_release(&r);
}

Test(plots, of_nothing)
{
	struct report r = {.name = "empty", .target = 0.95, .k = 10};
	struct plots all;

	cr_assert_eq(plots_make(&all, &r, NULL), VSX_OK);
	cr_assert_eq(all.n, 0);
	plots_release(&all);
}
