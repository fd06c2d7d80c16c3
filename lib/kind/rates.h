/*
 * What steps of a search take, in nanoseconds: those of one thread of the
 * machine of bench/NOTES.md, where bench/rates.py fitted these figures to what
 * bench_rates measured. Other machines differ; that all of them reckon with the
 * same is what lets "auto" choose by trial and give the same bytes everywhere.
 */
#ifndef VSX_RATES_H
#define VSX_RATES_H

#include <math.h>

/* Memory comes in lines of so many bytes. */
#define VSX_LINE 64.0

/* Of making a query ready: each component. */
#define VSX_NS_COMPONENT 1.0

/* Of a row that is looked at in the end, each line; and of how many rows that
   is done in a search for 10. */
#define VSX_NS_ROW_LINE 7.0
#define VSX_LOOKED_AT	12.0

/* What a look at the rows themselves adds to a search by estimates. */
static inline double vsx_ns_of_looks(uint32_t row_bytes)
{
	return VSX_LOOKED_AT * VSX_NS_ROW_LINE * row_bytes / VSX_LINE;
}

/* Of n bytes that are read here and there, how much caches do not hold. */
#define VSX_NEAR 16777216.0

static inline double vsx_share_far(double n)
{
	return n > VSX_NEAR ? 1.0 - VSX_NEAR / n : 0.0;
}

/* The logarithm to base 2 of n > 0, between powers of 2 as a straight line:
   the same bits on every machine, as those of libraries are not. */
static inline double vsx_log2_about(double n)
{
	int exponent;
	double half = frexp(n, &exponent); /* 0.5 to 1 */

	return exponent - 2.0 + 2.0 * half;
}

#endif
