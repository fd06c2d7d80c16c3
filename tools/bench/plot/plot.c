#include "bench/plot/plot.h"

#include "bench/plot/draw.h"
#include "cli/array.h"
#include "cli/xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void plot_init(struct plot *p, const char *name)
{
	memset(p, 0, sizeof(*p));
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->also[0] = NAN;
	p->also[1] = NAN;
	p->target = NAN;
}

struct plot_line *plot_add_line(struct plot *p)
{
	struct plot_line *all =
		array_one_more(p->lines, p->n_lines, sizeof(*all));

	if (!all)
		return NULL;
	p->lines = all;
	memset(&all[p->n_lines], 0, sizeof(*all));
	return &all[p->n_lines++];
}

struct plot_mark *plot_add_mark(struct plot_line *line)
{
	struct plot_mark *all =
		array_one_more(line->marks, line->n_marks, sizeof(*all));

	if (!all)
		return NULL;
	line->marks = all;
	memset(&all[line->n_marks], 0, sizeof(*all));
	return &all[line->n_marks++];
}

static int by_x(const void *a, const void *b)
{
	double x = ((const struct plot_mark *)a)->x;
	double y = ((const struct plot_mark *)b)->x;

	return (x > y) - (x < y);
}

void plot_sort(struct plot_line *line)
{
	if (line->n_marks)
		qsort(line->marks, line->n_marks, sizeof(*line->marks), by_x);
}

bool plot_is_empty(const struct plot *p)
{
	for (uint32_t i = 0; i < p->n_lines; i++) {
		if (p->lines[i].n_marks)
			return false;
	}
	return true;
}

void plot_release(struct plot *p)
{
	for (uint32_t i = 0; i < p->n_lines; i++)
		free(p->lines[i].marks);
	free(p->lines);
	memset(p, 0, sizeof(*p));
}

/* The colours of lines, then of ink, of names and ticks, of grid, of paper. */
enum { INK = PLOT_COLOURS, FAINT, GRID, PAPER, N_COLOURS };

static const char *const light[N_COLOURS] = {
	"#0b6bb0", "#cf5300", "#00835f", "#a9459a", "#97700a", "#3c4650",
	"#2c93c9", "#8a2340", "#1d2126", "#5c646d", "#e3e6e9", "#ffffff"};
static const char *const dark_ones[N_COLOURS] = {
	"#62b4f0", "#f5924a", "#35c79d", "#e29bd0", "#e3c04a", "#c8d0d8",
	"#8fd3f5", "#f08ca4", "#e8eaed", "#a2abb4", "#2b3036", "#16191d"};

void plot_style(FILE *to, bool dark)
{
	const char *const *c = dark ? dark_ones : light;

	for (int i = 0; i < PLOT_COLOURS; i++)
		fprintf(to, ".plot .s%d{color:%s}", i, c[i]);
	fprintf(to,
		".plot text{fill:%s}.plot .tick,.plot .name{fill:%s}"
		".plot .grid{stroke:%s}.plot .axis,.plot .target{stroke:%s}"
		".plot .tip rect{fill:%s;stroke:%s}.plot .paper{fill:%s}"
		".plot .halo{stroke:%s}\n",
		c[INK], c[FAINT], c[GRID], c[FAINT], c[PAPER], c[FAINT],
		c[PAPER], c[PAPER]);
	if (dark)
		return;
	fputs(".plot text{font-family:system-ui,-apple-system,\"Segoe UI\","
	      "\"Helvetica Neue\",Arial,sans-serif;font-size:12px;"
	      "font-variant-numeric:tabular-nums}"
	      ".plot .halo{stroke-width:4;paint-order:stroke;"
	      "stroke-linejoin:round}"
	      ".plot .strong{font-weight:600}"
	      ".plot .heading{font-size:15px;font-weight:600}"
	      ".plot path{fill:none}"
	      ".plot .line{stroke:currentColor;stroke-width:2;"
	      "stroke-linejoin:round}"
	      ".plot .s0,.plot .s1,.plot .s2,.plot .s3,.plot .s4,.plot .s5,"
	      ".plot .s6,.plot .s7{fill:currentColor}"
	      ".plot .aside{opacity:.35}"
	      ".plot .target{stroke-width:1;stroke-dasharray:3 3}"
	      ".plot .hit circle{fill:none;pointer-events:all}"
	      ".plot .hit:hover circle{stroke:currentColor;stroke-width:1.5}"
	      ".plot .tip{visibility:hidden;pointer-events:none}"
	      ".plot .hit:hover .tip,.plot .hit:focus .tip"
	      "{visibility:visible}"
	      ".plot .hit:focus{outline:none}"
	      ".plot .hit:focus circle{stroke:currentColor;stroke-width:1.5}"
	      ".plot .ground{fill:transparent}"
	      ".plot .row:hover .bar{opacity:.75}\n",
	      to);
}

/* What a file of its own needs and a page has around the plot. */
static double draw_own_head(const struct plot *p, const struct plot_size *size,
			    FILE *to)
{
	fprintf(to, "<title id=\"%s-t\">", p->name);
	xml_put(to, p->title);
	fprintf(to, "</title>\n<desc id=\"%s-d\">", p->name);
	xml_put(to, p->about);
	fputs("</desc>\n<style>\n", to);
	plot_style(to, false);
	fprintf(to,
		"</style>\n<rect class=\"paper\" width=\"%.0f\" "
		"height=\"%.0f\"/>\n",
		size->width, size->height);
	draw_text(to, 16, 27, "start", "heading", p->title);
	fputc('\n', to);
	return 40;
}

void plot_svg(const struct plot *p, const struct plot_size *asked, FILE *to)
{
	bool alone = !asked->class;
	double edge = alone ? 16 : 2;
	struct plot_size size = *asked;
	struct box box = {edge, edge, size.width - edge, 0};

	if (p->bars)
		size.height = bars_height(p) + (alone ? 40 : 0) + 2 * edge;
	box.bottom = size.height - edge;
	fprintf(to,
		"<svg%s class=\"plot%s%s\" viewBox=\"0 0 %.0f %.0f\" "
		"role=\"img\" aria-labelledby=\"%s-t\" "
		"aria-describedby=\"%s-d\">\n",
		alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "",
		alone ? "" : " ", alone ? "" : size.class, size.width,
		size.height, p->name, p->name);
	if (alone)
		box.top = draw_own_head(p, &size, to);
	if (p->bars) {
		draw_bars(to, p, &box);
	} else {
		box.top += draw_legend(to, p, &box) + 8;
		draw_lines(to, p, &size, &box);
	}
	fputs("</svg>\n", to);
}
