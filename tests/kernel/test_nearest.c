/*
 * Pools of walks: every table of kernels leaves what a sort of all entries
 * does, and writes nothing behind the room that a pool has.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernel/codes.h"

static int by_value(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static uint32_t below(struct vsx_rng *rng, size_t n)
{
	return (uint32_t)vsx_rng_below(rng, n);
}

enum { MOST_IN_POOL = 1100, MOST_ROWS = 64 };

/* A pool and rows to put into it, whose keys are few, so that many are equal.
 */
struct pooled {
	uint64_t entries[MOST_IN_POOL + VSX_POOL_ROOM];
	size_t n, most;
	uint32_t keys[MOST_ROWS], rows[MOST_ROWS], n_rows;
	uint64_t bound;
};

static void fill_pool(struct pooled *p, struct vsx_rng *rng, size_t most)
{
	uint32_t n_keys = 1 + below(rng, 40);

	p->most = most;
	p->n = below(rng, 4) ? most : below(rng, most + 1);
	p->n_rows = below(rng, MOST_ROWS + 1);
	if (below(rng, 2))
		p->n_rows %= 12;
	for (size_t i = 0; i < p->n; i++)
		p->entries[i] =
			vsx_pool_entry(below(rng, n_keys), (uint32_t)i * 2) |
			below(rng, 2);
	qsort(p->entries, p->n, sizeof(*p->entries), by_value);
	for (uint32_t i = 0; i < p->n_rows; i++) {
		p->keys[i] = below(rng, 20) ? below(rng, n_keys) : UINT32_MAX;
		p->rows[i] = i * 37 % MOST_ROWS * 2 + 1;
	}
	p->bound = UINT64_MAX;
	if (p->n && below(rng, 2))
		p->bound = p->entries[below(rng, p->n)];
}

/* All of both in order, as far as they have room. */
static size_t due_pool(const struct pooled *p, uint64_t *due, size_t *least)
{
	size_t n = p->n;

	memcpy(due, p->entries, n * sizeof(*due));
	for (uint32_t i = 0; i < p->n_rows; i++)
		if (vsx_pool_entry(p->keys[i], p->rows[i]) < p->bound)
			due[n++] = vsx_pool_entry(p->keys[i], p->rows[i]);
	qsort(due, n, sizeof(*due), by_value);
	n = n < p->most ? n : p->most;
	*least = SIZE_MAX;
	for (size_t i = n; i-- > 0;)
		if (vsx_pool_row(due[i]) % 2)
			*least = i;
	return n;
}

static void check_pool(const struct pooled *p)
{
	static uint64_t due[MOST_IN_POOL + MOST_ROWS];
	size_t least, n = due_pool(p, due, &least);
	const struct vsx_code_kernels *t;

	for (unsigned int k = 0; (t = vsx_code_kernels_at(k)); k++) {
		/* So that a write beyond its end is found. */
		uint64_t *entries =
			calloc(p->most + VSX_POOL_ROOM, sizeof(*entries));
		struct vsx_nearest pool = {entries, p->n, p->most};

		memcpy(entries, p->entries, p->n * sizeof(*entries));
		cr_assert_eq(
			t->pool(&pool, p->keys, p->rows, p->n_rows, p->bound),
			least, "%s, %zu of %zu and %u", t->name, p->n, p->most,
			p->n_rows);
		cr_assert_eq(pool.n, n);
		cr_assert(memcmp(entries, due, n * sizeof(*due)) == 0,
			  "%s, %zu of %zu and %u", t->name, p->n, p->most,
			  p->n_rows);
		free(entries);
	}
}

/* Pools of every size up to some, and around those at which something else is
 * done; full and not; rows that come behind all of it, and before. */
Test(nearest, is_what_comes_first)
{
	static const size_t large[] = {199, 513, 1023, 1024, 1025, 1100};
	struct vsx_rng rng = {8};
	static struct pooled p;

	for (size_t most = 1; most <= 150; most++)
		for (int turn = 0; turn < 20; turn++) {
			fill_pool(&p, &rng, most);
			check_pool(&p);
		}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		for (int turn = 0; turn < 20; turn++) {
			fill_pool(&p, &rng, large[i]);
			check_pool(&p);
		}
}
