#include "base/select.h"

#include "base/rng.h"

static inline void swap(uint64_t *a, uint64_t *b)
{
	uint64_t t = *a;

	*a = *b;
	*b = t;
}

static void insertion_sort(uint64_t *x, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t v = x[i];
		size_t j = i;

		for (; j > 0 && x[j - 1] > v; j--)
			x[j] = x[j - 1];
		x[j] = v;
	}
}

#define SMALL 24

/* The middle one of three places; one of them is drawn, so that no file can be
 * made to have bad ones. */
static size_t middle(const uint64_t *x, size_t n)
{
	size_t drawn = vsx_mix(x[n / 2]) % n, last = n - 1;
	size_t low = x[0] < x[drawn] ? 0 : drawn, high = drawn - low;

	return x[last] < x[low] ? low : x[last] < x[high] ? last : high;
}

/* Of few that are wanted of many: a place that somewhat more are less than. */
#define SAMPLE 32u
#define MANY   512u

static size_t low_one(const uint64_t *x, size_t n, size_t want)
{
	size_t step = n / SAMPLE, rank = want * 3 * SAMPLE / (2 * n) + 2;
	size_t shift = vsx_mix(x[n / 2]) % step, at = shift;
	uint64_t some[SAMPLE];

	for (size_t i = 0; i < SAMPLE; i++)
		some[i] = x[i * step + shift];
	insertion_sort(some, SAMPLE);
	while (x[at] != some[rank])
		at += step;
	return at;
}

/* Those that are less than the one at `at` first; how many. */
static size_t split(uint64_t *x, size_t n, size_t at)
{
	uint64_t pivot = x[at];
	size_t less = 0;

	swap(&x[at], &x[n - 1]);
	for (size_t i = 0; i + 1 < n; i++) {
		uint64_t v = x[i];

		x[i] = x[less];
		x[less] = v;
		less += v < pivot;
	}
	swap(&x[less], &x[n - 1]);
	return less;
}

/* The shorter side by itself, so that calls are few deep. */
static void sort(uint64_t *x, size_t n)
{
	while (n > SMALL) {
		size_t less = split(x, n, middle(x, n)), more = n - less - 1;

		if (less < more) {
			sort(x, less);
			x += less + 1;
			n = more;
		} else {
			sort(x + less + 1, more);
			n = less;
		}
	}
	insertion_sort(x, n);
}

void vsx_least(uint64_t *x, size_t count, size_t n, bool sorted)
{
	uint64_t *from = x;
	size_t left = count, want = n;

	while (want < left && want > 0 && left > SMALL) {
		bool few = left > MANY && want < left / 4;
		size_t at =
			few ? low_one(from, left, want) : middle(from, left);
		size_t less = split(from, left, at);

		if (less >= want) {
			left = less;
		} else {
			from += less + 1;
			left -= less + 1;
			want -= less + 1;
		}
	}
	if (want > 0 && want < left)
		insertion_sort(from, left);
	if (sorted)
		sort(x, n);
}
