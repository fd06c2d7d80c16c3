/*
 * Codes of rows, four at a time, while those of later rows are asked for as
 * rows.h explains. What the kernels for codes share.
 */
#ifndef VSX_CODES_ROWS_H
#define VSX_CODES_ROWS_H

#include <stdbool.h>

#include "kernel/rows.h"

#define GROUP 4

/* Rows to be looked at, past the last one the last; and rows to be fetched
 * meanwhile if there are `more`. */
struct group {
	const uint8_t *row[GROUP];
	const uint8_t *next[GROUP];
	bool more;
};

INLINE void four_at(const uint8_t *row[GROUP], const struct rows *s, size_t i)
{
	row[0] = row_or_last(s, i);
	row[1] = row_or_last(s, i + 1);
	row[2] = row_or_last(s, i + 2);
	row[3] = row_or_last(s, i + 3);
}

INLINE void fetch_four(const uint8_t *const row[GROUP], size_t at)
{
	__builtin_prefetch(row[0] + at);
	__builtin_prefetch(row[1] + at);
	__builtin_prefetch(row[2] + at);
	__builtin_prefetch(row[3] + at);
}

/* The lines that begin in `bytes` of the rows that come later. */
INLINE void fetch_next(const struct group *g, size_t at, size_t bytes)
{
	if (g->more && (bytes >= LINE || at % LINE == 0))
		fetch_four(g->next, at);
}

/* And that of their last byte. */
INLINE void fetch_ends(const struct group *g, const struct rows *s)
{
	if (g->more)
		fetch_four(g->next, s->bytes - 1);
}

INLINE struct group group_at(const struct rows *s, size_t i)
{
	const uint8_t *first[GROUP];
	struct group g;

	four_at(g.row, s, i);
	g.more = i + s->ahead < s->n;
	if (g.more)
		four_at(g.next, s, i + s->ahead);
	if (s->number && i + FIRST < s->n) {
		four_at(first, s, i + FIRST);
		fetch_four(first, 0);
	}
	return g;
}

/* Settle the distance, and ask at once for what comes before it. */
INLINE void rows_begin(struct rows *s)
{
	size_t ahead = AHEAD_BYTES / (s->bytes + 1) / GROUP * GROUP;

	if (ahead < GROUP)
		ahead = GROUP;
	s->ahead = ahead < AHEAD_MAX ? ahead : AHEAD_MAX;
	if (s->n == 1)
		return; /* the processor sees by itself what comes next */
	for (size_t i = 0; s->number && i < FIRST && i < s->n; i++)
		__builtin_prefetch(row_at(s, i));
	for (size_t i = 0; i < s->ahead && i < s->n; i += GROUP) {
		const uint8_t *row[GROUP];

		four_at(row, s, i);
		for (size_t at = 0; at < s->bytes; at += LINE)
			fetch_four(row, at);
		fetch_four(row, s->bytes - 1);
	}
}

/* The sums of the group at row i that are wanted. */
INLINE void put_sums(const struct rows *s, size_t i, const int32_t sum[GROUP],
		     int32_t *out)
{
	for (size_t j = 0; j < GROUP && i + j < s->n; j++)
		out[i + j] = sum[j];
}

/*
 * Defines dot8 and dot4, for a file that has written
 *
 *	products(w, group, dim, bits, width, sum)
 *	in_order(w, row, dim, bits, sum)
 *
 * as functions forced inline: the sums of a group in which `width` rows are
 * wanted, GROUP or 1, of codes of 8 or 4 bits; and of GROUP rows that lie one
 * after the other, each read from its beginning to its end. The processor then
 * sees by itself what comes next: four rows side by side, asked for ahead of
 * their turn, take half as long again.
 */
#define VSX_DOT_KERNEL(name, products, in_order, bits)                         \
	static void name(const int16_t *w, const uint8_t *base, size_t stride, \
			 const uint32_t *rows, size_t n, uint32_t dim,         \
			 int32_t *out)                                         \
	{                                                                      \
		size_t bytes = (bits) == 8 ? dim : (dim + 1) / 2, r = 0;       \
		bool in_one_go = !rows && bytes >= LONG_BYTES;                 \
		struct rows s = {base, stride, rows, n, bytes, 0};             \
		int32_t sum[GROUP];                                            \
                                                                               \
		for (; in_one_go && r < n; r += GROUP) {                       \
			const uint8_t *row[GROUP];                             \
                                                                               \
			four_at(row, &s, r);                                   \
			in_order(w, row, dim, bits, sum);                      \
			put_sums(&s, r, sum, out);                             \
		}                                                              \
		if (in_one_go)                                                 \
			return;                                                \
		rows_begin(&s);                                                \
		for (; r + 1 < n; r += GROUP) {                                \
			struct group g = group_at(&s, r);                      \
                                                                               \
			products(w, &g, dim, bits, GROUP, sum);                \
			fetch_ends(&g, &s);                                    \
			put_sums(&s, r, sum, out);                             \
		}                                                              \
		if (r < n) {                                                   \
			struct group g = group_at(&s, r);                      \
                                                                               \
			products(w, &g, dim, bits, 1, sum);                    \
			out[r] = sum[0];                                       \
		}                                                              \
	}

#endif
