/*
 * How far repeats lie apart, so that a reader knows which difference means
 * something.
 *
 * The value is the median of the repeats. Its spread is made so that the next
 * run on the same machine, shared with other programs, differs by less:
 *
 *   half of the whole range, most less least. Neither a standard error, which
 *   takes noise for independent, nor a quartile range, which leaves out the
 *   bursts of other programs that the next run will meet again. A range is
 *   too narrow for few repeats: fewer than nine are widened, by what makes it
 *   2.6 standard errors of a difference, were the noise normal;
 *
 *   and 4 %, for what differs from run to run and not within one, such as
 *   where memory lies and how fast the processor is just then: of 140 pairs of
 *   runs in a row on a busy machine of two processors, 16 differed by more
 *   than the first part, and 5 by more than both.
 */
#ifndef VSX_BENCH_SPREAD_H
#define VSX_BENCH_SPREAD_H

#include "bench/report/report.h"

#include <stddef.h>

#define SPREAD_REPEATS 9 /* from here on nothing is widened */

/* Sorts the values; NaN for none. */
struct spread spread_of(double *values, size_t n);

/*
 * The same without a quarter of the values at either end, not widened: whether
 * further repeats would change much. Sorts the values.
 */
double spread_middle(double *values, size_t n);

double spread_median(double *values, size_t n);

#endif
