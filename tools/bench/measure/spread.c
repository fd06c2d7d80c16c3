#include "bench/measure/spread.h"

#include <math.h>
#include <stdlib.h>

#define NEXT_RUN 0.04

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double spread_median(double *values, size_t n)
{
	if (n == 0)
		return NAN;
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/*
 * 2.6 standard errors of the difference of two medians, over the mean half
 * range of n normal values.
 */
static double widening(size_t n)
{
	static const double by[SPREAD_REPEATS] = {1,   1,   4.6, 2.9, 2.2,
						  1.7, 1.5, 1.3, 1.1};

	return n < SPREAD_REPEATS ? by[n] : 1.0;
}

struct spread spread_of(double *values, size_t n)
{
	struct spread s = {NAN, NAN};

	if (n == 0)
		return s;
	s.median = spread_median(values, n);
	s.relative = (values[n - 1] - values[0]) / 2 / s.median * widening(n) +
		     NEXT_RUN;
	return s;
}

double spread_middle(double *values, size_t n)
{
	double median = spread_median(values, n);
	size_t cut = n / 4;

	if (n == 0)
		return NAN;
	return (values[n - 1 - cut] - values[cut]) / 2 / median;
}
