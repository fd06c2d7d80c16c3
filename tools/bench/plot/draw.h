/* The parts of a plot: what plot.c puts together. */
#ifndef VSX_BENCH_PLOT_DRAW_H
#define VSX_BENCH_PLOT_DRAW_H

#include "bench/plot/plot.h"

#define TEXT_SIZE 12.0

/* A rectangle of the drawing; y grows downwards. */
struct box {
	double left, top, right, bottom;
};

/* The look of a line: letter-sized mark of that style around x, y. */
void draw_symbol(FILE *to, unsigned style, double x, double y, double radius);
/* " stroke-dasharray=..." or nothing */
void draw_dashes(FILE *to, unsigned style);
/* x,y: of its anchor ("start", "middle", "end"); class may be NULL */
void draw_text(FILE *to, double x, double y, const char *anchor,
	       const char *class, const char *text);

/* What is shown while the pointer rests on a mark, inside of the drawing. */
void draw_tip(FILE *to, const struct plot_size *size, double x, double y,
	      const char *text);

/* Legend from the top of the box; returns how high it is. */
double draw_legend(FILE *to, const struct plot *p, const struct box *box);
double bars_height(const struct plot *p);
void draw_bars(FILE *to, const struct plot *p, const struct box *box);

void draw_lines(FILE *to, const struct plot *p, const struct plot_size *size,
		const struct box *box);

#define PLOT_COLOURS 8

#endif
