#include "bench/plot/draw.h"

#include "bench/plot/text.h"
#include "cli/xml.h"

#include <math.h>
#include <string.h>

#define N_SYMBOLS    8
#define TIP_LINE     16.0
#define LEGEND_LINE  20.0
#define LEGEND_GLYPH 34.0
#define LEGEND_GAP   18.0
#define BAR_LINE     28.0
#define BAR_HEIGHT   13.0

static void polygon(FILE *to, double x, double y, double radius, unsigned n,
		    double turn, double dent)
{
	fputs("<polygon points=\"", to);
	for (unsigned i = 0; i < n; i++) {
		double r = radius * (i % 2 ? dent : 1);
		double angle = (turn + (double)i / n) * 2 * acos(-1);

		fprintf(to, "%s%.1f,%.1f", i ? " " : "", x + r * sin(angle),
			y - r * cos(angle));
	}
	fputs("\"/>", to);
}

void draw_symbol(FILE *to, unsigned style, double x, double y, double r)
{
	switch (style % N_SYMBOLS) {
	case 0:
		fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", x,
			y, r);
		return;
	case 1: /* square */
		polygon(to, x, y, r * 1.25, 4, 0.125, 1);
		return;
	case 2: /* triangle */
		polygon(to, x, y + r * 0.2, r * 1.35, 3, 0, 1);
		return;
	case 3: /* diamond */
		polygon(to, x, y, r * 1.35, 4, 0, 1);
		return;
	case 4: /* triangle on its tip */
		polygon(to, x, y - r * 0.2, r * 1.35, 3, 0.5, 1);
		return;
	case 5: /* star */
		polygon(to, x, y, r * 1.6, 10, 0, 0.45);
		return;
	case 6: /* lying hourglass of four points */
		polygon(to, x, y, r * 1.6, 8, 0.0625, 0.35);
		return;
	default:
		polygon(to, x, y, r * 1.15, 6, 0, 1);
		return;
	}
}

void draw_dashes(FILE *to, unsigned style)
{
	static const char *const dashes[] = {
		"", "7 3", "2 3", "9 3 2 3", "4 2", "12 3 2 3 2 3", "1 2"};
	const char *dash = dashes[style % (sizeof(dashes) / sizeof(*dashes))];

	if (*dash)
		fprintf(to, " stroke-dasharray=\"%s\"", dash);
}

void draw_text(FILE *to, double x, double y, const char *anchor,
	       const char *class, const char *text)
{
	fprintf(to, "<text x=\"%.1f\" y=\"%.1f\"", x, y);
	if (strcmp(anchor, "start") != 0)
		fprintf(to, " text-anchor=\"%s\"", anchor);
	if (class)
		fprintf(to, " class=\"%s\"", class);
	fputc('>', to);
	xml_put(to, text);
	fputs("</text>", to);
}

/* Line i of a text in `to`; false past the last. */
static bool line_of(char to[256], const char *text, unsigned i)
{
	const char *end;

	for (; i > 0; i--) {
		text = strchr(text, '\n');
		if (!text)
			return false;
		text++;
	}
	end = strchrnul(text, '\n');
	snprintf(to, 256, "%.*s", (int)(end - text), text);
	return true;
}

void draw_tip(FILE *to, const struct plot_size *size, double x, double y,
	      const char *text)
{
	double width = 0, height, left, top;
	char line[256];
	unsigned n;

	for (n = 0; line_of(line, text, n); n++)
		width = fmax(width,
			     text_width(line, TEXT_SIZE) * (n ? 1 : 1.1) +
				     20); /* the first is bold */
	height = n * TIP_LINE + 10;
	left = fmax(fmin(x - width / 2, size->width - width - 1), 1);
	top = y - height - 12;
	if (top < 1)
		top = y + 12;
	fprintf(to,
		"<g class=\"hit\" tabindex=\"0\"><circle cx=\"%.1f\" "
		"cy=\"%.1f\" r=\"9\"/><g class=\"tip\"><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"%.1f\" rx=\"4\"/>",
		x, y, left, top, width, height);
	for (unsigned i = 0; line_of(line, text, i); i++)
		draw_text(to, left + 10, top + 17 + i * TIP_LINE, "start",
			  i == 0 ? "strong" : NULL, line);
	fputs("</g></g>\n", to);
}

static void legend_entry(FILE *to, const struct plot_line *line, double x,
			 double y)
{
	fprintf(to, "<g class=\"s%u\"><path class=\"line\" d=\"M%.1f %.1fh26\"",
		line->style % PLOT_COLOURS, x, y);
	draw_dashes(to, line->style);
	fputs("/>", to);
	draw_symbol(to, line->style, x + 13, y, 4);
	fputs("</g>", to);
	draw_text(to, x + LEGEND_GLYPH - 2, y + 4, "start", NULL, line->label);
	fputc('\n', to);
}

double draw_legend(FILE *to, const struct plot *p, const struct box *box)
{
	double x = box->left, y = box->top + LEGEND_LINE / 2;

	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct plot_line *line = &p->lines[i];
		double width =
			LEGEND_GLYPH + text_width(line->label, TEXT_SIZE);

		if (x > box->left && x + width > box->right) {
			x = box->left;
			y += LEGEND_LINE;
		}
		legend_entry(to, line, x, y);
		x += width + LEGEND_GAP;
	}
	return y + LEGEND_LINE / 2 - box->top;
}

double bars_height(const struct plot *p)
{
	return p->n_lines * BAR_LINE;
}

void draw_bars(FILE *to, const struct plot *p, const struct box *box)
{
	double most = 0, names = 0, values = 0, left, y = box->top;

	for (uint32_t i = 0; i < p->n_lines; i++) {
		const struct plot_line *line = &p->lines[i];

		most = fmax(most, line->marks->y);
		names = fmax(names, text_width(line->label, TEXT_SIZE));
		values = fmax(values, text_width(line->marks->text, TEXT_SIZE));
	}
	left = box->left + fmin(names + 10, (box->right - box->left) / 2);
	for (uint32_t i = 0; i < p->n_lines; i++, y += BAR_LINE) {
		const struct plot_line *line = &p->lines[i];
		double share = most > 0 ? line->marks->y / most : 0;
		double length = share * (box->right - left - values - 10);
		double middle = y + BAR_LINE / 2;

		/* Name and value are written beside it: a tip would repeat
		   them. Lights up anywhere on its line. */
		fprintf(to,
			"<g class=\"row\"><rect class=\"ground\" "
			"x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			"height=\"%.1f\"/>",
			box->left, y, box->right - box->left, BAR_LINE);
		draw_text(to, left - 8, middle + 4, "end", NULL, line->label);
		if (share > 0)
			fprintf(to,
				"<rect class=\"bar s%u\" x=\"%.1f\" "
				"y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
				line->style % PLOT_COLOURS, left,
				middle - BAR_HEIGHT / 2, fmax(length, 1),
				BAR_HEIGHT);
		draw_text(to, left + fmax(length, 1) + 6, middle + 4, "start",
			  "value", line->marks->text);
		fputs("</g>\n", to);
	}
	fprintf(to, "<path class=\"axis\" d=\"M%.1f %.1fV%.1f\"/>\n", left,
		box->top, y);
}
