/* The least of many numbers, in every order they may come in. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/select.h"

enum order { DRAWN, RISING, FALLING, TWO_HALVES, N_ORDERS };

static uint64_t number(enum order order, uint64_t i, uint64_t n,
		       struct vsx_rng *rng)
{
	switch (order) {
	case RISING:
		return i;
	case FALLING:
		return n - i;
	case TWO_HALVES: /* the upper one first */
		return (i + n / 2) % n;
	default:
		/* Keys that are often equal, and the place, which never is. */
		return vsx_rng_below(rng, 50) << 32 | i;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void check(enum order order, size_t count, size_t want, bool sorted)
{
	struct vsx_rng rng = {count * 31 + want};
	uint64_t *x = vsx_alloc(count, sizeof(*x));
	uint64_t *due = vsx_alloc(count, sizeof(*x));

	for (size_t i = 0; i < count; i++)
		x[i] = number(order, i, count, &rng);
	memcpy(due, x, count * sizeof(*x));
	qsort(due, count, sizeof(*due), compare);
	vsx_least(x, count, want, sorted);
	if (!sorted)
		qsort(x, want, sizeof(*x), compare);
	cr_assert_arr_eq(x, due, want * sizeof(*x), "order %d: %zu of %zu",
			 (int)order, want, count);
	/* and the others are behind, none lost */
	qsort(x, count, sizeof(*x), compare);
	cr_assert_arr_eq(x, due, count * sizeof(*x), "order %d: %zu of %zu",
			 (int)order, want, count);
	free(x);
	free(due);
}

Test(select, puts_the_least_first)
{
	static const size_t counts[] = {1,   2,	  24,  25,   33,   100,
					511, 512, 513, 1000, 2048, 5000};

	for (int order = 0; order < N_ORDERS; order++)
		for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++)
			for (size_t want = 0; want <= counts[c];
			     want += 1 + want / 3) {
				check((enum order)order, counts[c], want, true);
				check((enum order)order, counts[c], want,
				      false);
			}
}

Test(select, sorts_all_of_them)
{
	for (int order = 0; order < N_ORDERS; order++)
		for (size_t n = 1; n < 3000; n += 1 + n / 2)
			check((enum order)order, n, n, true);
}
