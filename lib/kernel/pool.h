/*
 * The pool of a walk over a graph: the rows nearest to a query that it met, as
 * entries that rise.
 */
#ifndef VSX_POOL_H
#define VSX_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * An entry: key << 32 | row << 1 | expanded. Entries sort by key, then row.
 */
static inline uint64_t vsx_pool_entry(uint32_t key, uint32_t row)
{
	return (uint64_t)key << 32 | (uint64_t)row << 1;
}

static inline uint32_t vsx_pool_key(uint64_t e)
{
	return (uint32_t)(e >> 32);
}

static inline uint32_t vsx_pool_row(uint64_t e)
{
	return (uint32_t)e >> 1;
}

/* How many entries come before one. Without branches: none can be guessed. */
static inline size_t vsx_pool_place(const uint64_t *entries, size_t n,
				    uint64_t entry)
{
	const uint64_t *at = entries;

	if (n == 0)
		return 0;
	for (; n > 1; n -= n / 2)
		at += n / 2 & -(size_t)(at[n / 2 - 1] < entry);
	return (size_t)(at - entries) + (size_t)(*at < entry);
}

/* Insert into a pool of at most `most`; returns its place. */
static inline size_t vsx_pool_insert(uint64_t *entries, size_t *n, size_t most,
				     uint64_t entry)
{
	size_t place = vsx_pool_place(entries, *n, entry);

	if (place == most)
		return place;
	if (*n < most)
		++*n;
	memmove(entries + place + 1, entries + place,
		(*n - 1 - place) * sizeof(*entries));
	entries[place] = entry;
	return place;
}

/* Behind the most entries of a pool so many more may be written. */
#define VSX_POOL_ROOM 8u

struct vsx_nearest {
	uint64_t *entries;
	size_t n, most;
};

/*
 * Put n rows with their keys into a pool that has none of them: those that come
 * before the entry `bound` and are among the most least. Returns the least
 * place that one of them has; SIZE_MAX: there is none.
 */
typedef size_t vsx_pool_kernel(struct vsx_nearest *pool, const uint32_t *keys,
			       const uint32_t *rows, size_t n, uint64_t bound);

/* One after the other, by no instructions that not every machine has. */
vsx_pool_kernel vsx_pool_put;

#endif
