/* bench/measure/histogram: durations in buckets, three digits kept. */
#include "bench/measure/histogram.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOUR UINT64_C(3600000000000)

/* Reproducible and spread over all magnitudes up to an hour. */
static uint64_t drawn(uint64_t i)
{
	uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 32;
	return (x % HOUR) >> (x >> 58) % 41;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

Test(histogram, is_empty_at_first)
{
	struct histogram *h = histogram_new();

	cr_assert(h != NULL);
	cr_expect(histogram_count(h) == 0);
	cr_expect(histogram_at(h, 0.5) == 0);
	cr_expect(histogram_max(h) == 0);
	cr_expect(histogram_mean(h) == 0.0);
	cr_expect(histogram_deviation(h) == 0.0);
	histogram_free(h);
}

Test(histogram, keeps_small_values_exactly)
{
	struct histogram *h = histogram_new();

	for (uint64_t v = 1; v <= 1000; v++)
		histogram_add(h, v);
	cr_expect(histogram_count(h) == 1000);
	cr_expect(histogram_at(h, 0) == 1);
	cr_expect(histogram_at(h, 0.001) == 1);
	cr_expect(histogram_at(h, 0.07) == 70);
	cr_expect(histogram_at(h, 0.5) == 500);
	cr_expect(histogram_at(h, 0.99) == 990);
	cr_expect(histogram_at(h, 0.999) == 999);
	cr_expect(histogram_at(h, 1) == 1000);
	cr_expect(fabs(histogram_mean(h) - 500.5) < 1e-9);
	cr_expect(fabs(histogram_deviation(h) - 288.8194361) < 1e-6);
	histogram_free(h);
}

/* One value more below and above, so that it is not an exact end. */
Test(histogram, keeps_three_digits_of_any_duration)
{
	struct histogram *h = histogram_new();

	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t v = 1 + drawn(i);
		double got;

		histogram_clear(h);
		histogram_add(h, 0);
		histogram_add(h, v);
		histogram_add(h, 2 * HOUR);
		got = (double)histogram_at(h, 0.5);
		cr_expect(fabs(got - (double)v) <= (double)v / 1000,
			  "%.0f given back for %.0f", got, (double)v);
	}
	histogram_free(h);
}

Test(histogram, agrees_with_sorted_values)
{
	static const double shares[] = {0.01, 0.5, 0.9, 0.95, 0.99, 0.999};
	enum { n = 20000 };
	static uint64_t values[n];
	struct histogram *h = histogram_new();

	for (uint64_t i = 0; i < n; i++)
		histogram_add(h, values[i] = drawn(i));
	qsort(values, n, sizeof(values[0]), by_value);
	for (int i = 0; i < 6; i++) {
		double due =
			(double)values[(int)ceil(shares[i] * n - 1e-9) - 1];
		double got = (double)histogram_at(h, shares[i]);

		cr_expect(fabs(got - due) <= due / 1000, "%g: %g, due %g",
			  shares[i], got, due);
	}
	cr_expect(histogram_max(h) == values[n - 1]);
	histogram_free(h);
}

Test(histogram, takes_what_is_longer_than_an_hour)
{
	struct histogram *h = histogram_new();

	histogram_add(h, 5);
	histogram_add(h, UINT64_MAX);
	histogram_add(h, HOUR + 1);
	cr_expect(histogram_count(h) == 3);
	cr_expect(histogram_max(h) == UINT64_MAX);
	cr_expect(histogram_at(h, 0.5) >= HOUR);
	histogram_free(h);
}

Test(histogram, merges_as_if_all_had_been_added_to_one)
{
	struct histogram *a = histogram_new(), *b = histogram_new();
	struct histogram *all = histogram_new(), *none = histogram_new();

	for (uint64_t i = 0; i < 5000; i++) {
		histogram_add(i % 3 ? a : b, drawn(i) >> 20);
		histogram_add(all, drawn(i) >> 20);
	}
	histogram_merge(a, b);
	histogram_merge(a, none);
	cr_expect(histogram_count(a) == 5000);
	for (int i = 0; i <= 1000; i++)
		cr_expect(histogram_at(a, i / 1000.0) ==
			  histogram_at(all, i / 1000.0));
	cr_expect(fabs(histogram_mean(a) / histogram_mean(all) - 1.0) < 1e-12);
	cr_expect(fabs(histogram_deviation(a) / histogram_deviation(all) -
		       1.0) < 1e-12);
	histogram_merge(none, all);
	cr_expect(histogram_at(none, 0) == histogram_at(all, 0));
	histogram_clear(a);
	cr_expect(histogram_count(a) == 0);
	cr_expect(histogram_max(a) == 0);
	histogram_free(a);
	histogram_free(b);
	histogram_free(all);
	histogram_free(none);
}

Test(histogram, shows_what_a_child_adds)
{
	struct histogram *h = histogram_new();
	pid_t child = fork();

	if (child == 0) {
		histogram_add(h, 77);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	cr_expect(histogram_count(h) == 1);
	cr_expect(histogram_at(h, 0.5) == 77);
	histogram_free(h);
}
