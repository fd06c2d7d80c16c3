/*
 * Sums of table entries. What they take is loads, two for each code: four rows
 * at a time keep those coming, and tables are gone through in parts that stay
 * in the first level of the cache. Gathers of eight or sixteen entries take
 * twice as long.
 */
#include "kernel/codes_rows.h"
#include "kernel/codes_tables.h"

#define SOME_TABLES 40u	 /* 20 KB */
#define SOME_ROWS   256u /* whose codes are met again in the second level */

INLINE void add_sums(const struct rows *s, size_t r, const uint32_t sum[GROUP],
		     uint32_t *out)
{
	for (size_t i = 0; i < GROUP && r + i < s->n; i++)
		out[r + i] += sum[i];
}

/* Adds to out what m tables say, with which the rows' bytes begin. */
INLINE void add_tables(const uint16_t *tables, struct rows *s, uint32_t m,
		       uint32_t *out)
{
	rows_begin(s);
	for (size_t r = 0; r < s->n; r += GROUP) {
		struct group g = group_at(s, r);
		const uint16_t *t = tables;
		uint32_t a = 0, b = 0, c = 0, d = 0;

		for (size_t at = 0; at < m; at += LINE)
			fetch_next(&g, at, LINE);
		for (uint32_t j = 0; j < m; j++, t += 256) {
			a += t[g.row[0][j]];
			b += t[g.row[1][j]];
			c += t[g.row[2][j]];
			d += t[g.row[3][j]];
		}
		add_sums(s, r, (uint32_t[GROUP]){a, b, c, d}, out);
	}
}

void vsx_code_sums(const uint16_t *tables, const uint8_t *base, size_t stride,
		   const uint32_t *rows, size_t n, uint32_t m, uint32_t *out)
{
	for (size_t r = 0; r < n; r += SOME_ROWS) {
		struct rows s = {.base = base + (rows ? 0 : r * stride),
				 .stride = stride,
				 .number = rows ? rows + r : NULL,
				 .n = n - r < SOME_ROWS ? n - r : SOME_ROWS};

		for (size_t i = 0; i < s.n; i++)
			out[r + i] = 0;
		for (uint32_t j = 0; j < m; j += (uint32_t)s.bytes) {
			s.bytes = m - j < SOME_TABLES ? m - j : SOME_TABLES;
			add_tables(tables + (size_t)j * 256, &s,
				   (uint32_t)s.bytes, out + r);
			s.base += s.bytes;
		}
	}
}
