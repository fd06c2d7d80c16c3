/*
 * One index over several numbers of rows makes a growth curve. Its index is
 * the same spec, or one that differs in the numbers that grew with the rows.
 */
#ifndef VSX_BENCH_GROWTH_H
#define VSX_BENCH_GROWTH_H

#include "bench/report/report.h"

/* Whether the two lie on one curve. */
bool growth_same(const struct report *r, const struct series *a,
		 const struct series *b);
/* The one of most rows, or the only one: it stands in all tables and plots. */
bool growth_is_last(const struct report *r, const struct series *s);
/* Whether there is another size of it. */
bool growth_is_curve(const struct report *r, const struct series *s);

#endif
