/*
 * Plots as SVG: lines with marks, or bars. Colours are told apart also by who
 * is colour blind, and each line has marks and dashes of its own, so that a
 * plot reads in grey. Resting on a mark shows its text; there are no scripts.
 */
#ifndef VSX_BENCH_PLOT_H
#define VSX_BENCH_PLOT_H

#include "bench/plot/axis.h"

#include <stdint.h>
#include <stdio.h>

struct plot_mark {
	double x, y;
	bool aside;	/* not on the line, and faint */
	char text[448]; /* lines of the box shown on it; bars: their value */
};

struct plot_line {
	char label[208];
	unsigned style; /* its colour, marks and dashes */
	struct plot_mark *marks;
	uint32_t n_marks;
};

struct plot {
	char name[32]; /* of its file, and of ids in a page */
	char title[96];
	char about[512]; /* what there is to be seen, in words */
	char x_name[64], y_name[64];
	enum plot_scale x_scale, y_scale;
	bool from_zero; /* a linear y axis begins at 0 */
	bool bars;	/* each line is a bar as long as its mark's y */
	double also[2]; /* y that the axis must hold too; or NaN */
	double target;	/* a line across at this x, or NaN */
	char target_text[32];
	bool falling; /* y falls as x grows: where there is room for text */
	char names[32][AXIS_TEXT]; /* of PLOT_NAMES */
	unsigned n_names;
	struct plot_line *lines;
	uint32_t n_lines;
};

void plot_init(struct plot *p, const char *name);
struct plot_line *plot_add_line(struct plot *p); /* NULL without memory */
struct plot_mark *plot_add_mark(struct plot_line *line);
void plot_sort(struct plot_line *line); /* by x */
bool plot_is_empty(const struct plot *p);
void plot_release(struct plot *p);

struct plot_size {
	double width, height; /* bars are as high as they need */
	const char *class;    /* in a page; NULL: a file of its own */
};
void plot_svg(const struct plot *p, const struct plot_size *size, FILE *to);

/* Rules for all plots of a page. */
void plot_style(FILE *to, bool dark);

#endif
