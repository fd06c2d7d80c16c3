/* What the measuring programs have in common. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <time.h>

/* Say what went wrong and leave. */
void die(const char *what) __attribute__((noreturn));

double now(clockid_t clock); /* seconds */

void sort_values(double *x, size_t n);

/* Sorts the values. */
double median(double *x, size_t n);

/* A line "name<TAB>unit<TAB>value" at once; all of them again as a table. */
void tell_figure(const char *name, const char *unit, double value);
void report_table(void);

/* A number above 0; dies with `what` otherwise. */
size_t number_above_0(const char *text, const char *what);

#endif
