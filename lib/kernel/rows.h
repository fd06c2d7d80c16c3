/*
 * The rows of one call of a kernel, and how far ahead of their turn they are
 * asked for. What the wide instruction sets share; private to this folder.
 *
 * What large sets of rows cost is the wait for memory: while some rows are
 * summed, the lines of later ones are asked for, evenly, some in each step.
 * This pays even where rows are in order, as the processor's own prefetching
 * stops at the end of each page.
 */
#ifndef VSX_KERNEL_ROWS_H
#define VSX_KERNEL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define LINE   64
#define LANES  32

/*
 * All lines of a row: so many bytes before its turn, at most AHEAD_MAX rows.
 * The first line of a row that may lie anywhere: FIRST rows before its turn, as
 * it also waits for the page to be looked up. Measured on Sapphire Rapids with
 * 200 MB and 2 GB of rows: half or twice as much makes a few percent of
 * difference; whole rows at once, instead of some lines in each step, are
 * slower by 15 to 30.
 */
#define AHEAD_BYTES 8192
#define AHEAD_MAX   32
#define FIRST	    16

/*
 * Rows of so many bytes are asked for in the second cache: the first one can
 * wait for few lines at a time, and what asks it for more is held up. Shorter
 * ones come in time.
 */
#define LONG_BYTES 512u

/* So many rows one after the other are not asked for: what is called with a few
 * at a time has them in the first cache. */
#define FEW 4

struct rows {
	const uint8_t *base;
	size_t stride;
	const uint32_t *number; /* NULL: 0 .. n-1 */
	size_t n;
	size_t bytes; /* of one row */
	size_t ahead; /* from a row to the one to be fetched meanwhile */
};

INLINE const uint8_t *row_at(const struct rows *s, size_t i)
{
	return s->base + s->stride * (s->number ? s->number[i] : i);
}

INLINE void fetch_line(const uint8_t *p, bool is_long)
{
	if (is_long)
		__builtin_prefetch(p, 0, 2);
	else
		__builtin_prefetch(p);
}

/* Whether rows are asked for before the first is summed: where the processor
 * does not see by itself what comes next. */
INLINE bool asks_first(const struct rows *s)
{
	return s->number ? s->n > 1 : s->n > FEW;
}

/* Past the last row, the last row. */
INLINE const uint8_t *row_or_last(const struct rows *s, size_t i)
{
	return row_at(s, i < s->n ? i : s->n - 1);
}

#endif
