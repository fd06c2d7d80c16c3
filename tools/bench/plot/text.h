/* Text in SVG and HTML. */
#ifndef VSX_BENCH_PLOT_TEXT_H
#define VSX_BENCH_PLOT_TEXT_H

#include <stdio.h>

/*
 * The text with <, >, &, " and ' as entities, which makes it safe between tags
 * and in quoted attributes; what XML cannot hold becomes U+FFFD.
 */
void text_xml(FILE *to, const char *text);

/* About how wide a line is in a sans-serif face, whichever there is. */
double text_width(const char *text, double size);

#endif
