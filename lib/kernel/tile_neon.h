/*
 * Tiles for NEON: 4 queries by a panel are 16 sums of 4 rows. The file that
 * includes this has defined
 *
 *	static inline int32x4_t dot(int32x4_t sum, uint8x16_t rows,
 *				    int8x16_t query)
 *
 * which adds the products of four components of 4 rows, unsigned, with those of
 * the query, signed, which stand four times in it; and
 *
 *	static inline int32_t owed(const int8_t *query, uint32_t n)
 *
 * what all sums of this query of n components are short of.
 */
#ifndef VSX_TILE_NEON_H
#define VSX_TILE_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "kernel/tile_tables.h"

#define QUERIES 4

INLINE int8x16_t four_of(const int8_t *q)
{
	int32_t four;

	memcpy(&four, q, 4);
	return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

INLINE void quarter_key(const struct vsx_tile *t, uint32_t query_add,
			const uint32_t *row_add, int32x4_t sum, uint32_t *key)
{
	uint32x4_t add = vaddq_u32(vld1q_u32(row_add), vdupq_n_u32(query_add));
	uint32x4_t shifted = vshlq_u32(vreinterpretq_u32_s32(sum),
				       vdupq_n_s32((int32_t)t->shift));

	vst1q_u32(key, vsubq_u32(add, shifted));
}

/* Queries past the last are the last one once more; their keys are dropped. */
INLINE void panel_keys(const struct vsx_tile *t,
		       const struct vsx_tile_queries *queries,
		       const uint32_t *add, uint32_t first, uint32_t panel,
		       uint32_t *out, size_t room, const int n)
{
	const uint8_t *rows = t->panels + panel * t->panel_stride;
	const uint32_t *row_add = t->add + panel * t->add_stride;
	const int8_t *q[QUERIES];
	int32x4_t sum[QUERIES][4];

	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		uint32_t at =
			first + i < queries->n ? first + i : queries->n - 1;

		q[i] = queries->s + at * queries->stride;
		for (int part = 0; part < 4; part++)
			sum[i][part] = vdupq_n_s32(0);
	}
	for (uint32_t g = 0; g < t->n_fours; g++, rows += 4 * VSX_PANEL) {
		uint8x16_t x[4] = {vld1q_u8(rows), vld1q_u8(rows + 16),
				   vld1q_u8(rows + 32), vld1q_u8(rows + 48)};

#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			int8x16_t four = four_of(q[i] + (size_t)g * 4);

			sum[i][0] = dot(sum[i][0], x[0], four);
			sum[i][1] = dot(sum[i][1], x[1], four);
			sum[i][2] = dot(sum[i][2], x[2], four);
			sum[i][3] = dot(sum[i][3], x[3], four);
		}
	}
	for (uint32_t i = 0; i < (uint32_t)n && first + i < queries->n; i++)
		for (size_t part = 0; part < 4; part++)
			quarter_key(t, add[first + i], row_add + 4 * part,
				    sum[i][part],
				    out + (first + i) * room +
					    (size_t)panel * VSX_PANEL +
					    4 * part);
}

static void keys(const struct vsx_tile *t, const struct vsx_tile_queries *q,
		 uint32_t *out, size_t room)
{
	uint32_t add[VSX_TILE_QUERIES];

	for (uint32_t i = 0; i < q->n; i++)
		add[i] = q->add[i] -
			 ((uint32_t)owed(q->s + i * q->stride, t->n_fours * 4)
			  << t->shift);
	for (uint32_t p = 0; p < t->n_panels; p++)
		for (uint32_t i = 0; i < q->n; i += QUERIES)
			if (q->n == 1)
				panel_keys(t, q, add, i, p, out, room, 1);
			else
				panel_keys(t, q, add, i, p, out, room, QUERIES);
}

static uint32_t up_to(const uint32_t *keys, uint32_t n, uint32_t cut,
		      uint32_t *at)
{
	uint32_t found = 0, i = 0, rest;

	for (; i + 4 <= n; i += 4) {
		if (vminvq_u32(vld1q_u32(keys + i)) > cut)
			continue;
		for (uint32_t j = i; j < i + 4; j++)
			if (keys[j] <= cut)
				at[found++] = j;
	}
	rest = vsx_up_to_scalar(keys + i, n - i, cut, at + found);
	for (uint32_t r = 0; r < rest; r++)
		at[found + r] += i;
	return found + rest;
}

static uint64_t least(const uint32_t *keys, uint32_t n, uint32_t first,
		      uint64_t best)
{
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4)
		if (vminvq_u32(vld1q_u32(keys + i)) <= best >> 32)
			best = vsx_least_scalar(keys + i, 4, first + i, best);
	return vsx_least_scalar(keys + i, n - i, first + i, best);
}

#endif
