/*
 * Counts of durations in buckets whose width grows with the value: three
 * digits are kept from 1 ns to an hour, in fixed memory. After G. Tene's
 * HdrHistogram.
 */
#ifndef VSX_BENCH_HISTOGRAM_H
#define VSX_BENCH_HISTOGRAM_H

#include <stdint.h>

struct histogram;

struct histogram *histogram_new(void); /* NULL without memory */
void histogram_free(struct histogram *h);
void histogram_add(struct histogram *h, uint64_t ns);
void histogram_merge(struct histogram *to, const struct histogram *from);
void histogram_clear(struct histogram *h);
uint64_t histogram_count(const struct histogram *h);
uint64_t histogram_at(const struct histogram *h, double share); /* 0 to 1 */
uint64_t histogram_max(const struct histogram *h);
double histogram_mean(const struct histogram *h);
double histogram_deviation(const struct histogram *h);

#endif
