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

/* Pivots are drawn, so that no file can be made to draw bad ones. */
static size_t split(uint64_t *x, size_t n)
{
	size_t less = 0;
	uint64_t a = x[0], b = x[vsx_mix(x[n / 2]) % n], c = x[n - 1], pivot;
	size_t at = 0;

	pivot = a < b ? (b < c	 ? b
			 : a < c ? c
				 : a)
		      : (a < c	 ? a
			 : b < c ? c
				 : b);
	while (x[at] != pivot)
		at++;
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

static void sift_down(uint64_t *x, size_t n, size_t i)
{
	uint64_t v = x[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && x[child] < x[child + 1])
			child++;
		if (v >= x[child])
			break;
		x[i] = x[child];
		i = child;
	}
	x[i] = v;
}

static void sort(uint64_t *x, size_t n)
{
	if (n <= SMALL) {
		insertion_sort(x, n);
		return;
	}
	for (size_t i = n / 2; i-- > 0;)
		sift_down(x, n, i);
	while (n > 1) {
		swap(&x[0], &x[--n]);
		sift_down(x, n, 0);
	}
}

void vsx_least(uint64_t *x, size_t count, size_t n, bool sorted)
{
	uint64_t *from = x;
	size_t left = count, want = n;

	while (want < left && want > 0 && left > SMALL) {
		size_t less = split(from, left);

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
