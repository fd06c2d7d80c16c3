/* The room that text takes in SVG. */
#ifndef VSX_BENCH_PLOT_TEXT_H
#define VSX_BENCH_PLOT_TEXT_H

/* About how wide a line is in a sans-serif face, whichever there is. */
double text_width(const char *text, double size);

#endif
