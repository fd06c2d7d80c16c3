/*
 * Tiles in registers of 256 bits: 4 queries by a panel are 8 sums of 8 rows.
 * The file that includes this has defined
 *
 *	static inline __m256i dot(__m256i sum, __m256i rows, __m256i query)
 *
 * which adds the products of four components of 8 rows, unsigned, with those of
 * the query, signed, which stand in each lane.
 */
#ifndef VSX_TILE_YMM_H
#define VSX_TILE_YMM_H

#include <immintrin.h>
#include <string.h>

#include "kernel/tile_tables.h"

#define QUERIES 4

INLINE __m256i four_of(const int8_t *q)
{
	int32_t four;

	memcpy(&four, q, 4);
	return _mm256_set1_epi32(four);
}

INLINE __m256i load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

INLINE void half_key(const struct vsx_tile *t, uint32_t query_add,
		     const uint32_t *row_add, __m256i sum, uint32_t *key)
{
	__m256i add = _mm256_add_epi32(load(row_add),
				       _mm256_set1_epi32((int)query_add));

	sum = _mm256_sll_epi32(sum, _mm_cvtsi32_si128((int)t->shift));
	_mm256_storeu_si256((__m256i *)key, _mm256_sub_epi32(add, sum));
}

/* Queries past the last are the last one once more; their keys are dropped. */
INLINE void panel_keys(const struct vsx_tile *t,
		       const struct vsx_tile_queries *queries, uint32_t first,
		       uint32_t panel, uint32_t *out, size_t room, const int n)
{
	const uint8_t *rows = t->panels + panel * t->panel_stride;
	const uint32_t *add = t->add + panel * t->add_stride;
	const int8_t *q[QUERIES];
	__m256i sum[QUERIES][2];

	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		uint32_t at =
			first + i < queries->n ? first + i : queries->n - 1;

		q[i] = queries->s + at * queries->stride;
		sum[i][0] = sum[i][1] = _mm256_setzero_si256();
	}
	for (uint32_t g = 0; g < t->n_fours; g++, rows += 4 * VSX_PANEL) {
		__m256i low = load(rows), high = load(rows + 32);

#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			__m256i four = four_of(q[i] + (size_t)g * 4);

			sum[i][0] = dot(sum[i][0], low, four);
			sum[i][1] = dot(sum[i][1], high, four);
		}
	}
#pragma GCC unroll 4
	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		uint32_t *key =
			out + (first + i) * room + (size_t)panel * VSX_PANEL;

		if (first + i >= queries->n)
			break;
		half_key(t, queries->add[first + i], add, sum[i][0], key);
		half_key(t, queries->add[first + i], add + 8, sum[i][1],
			 key + 8);
	}
}

static void keys(const struct vsx_tile *t, const struct vsx_tile_queries *q,
		 uint32_t *out, size_t room)
{
	for (uint32_t p = 0; p < t->n_panels; p++)
		for (uint32_t i = 0; i < q->n; i += QUERIES)
			if (q->n == 1)
				panel_keys(t, q, i, p, out, room, 1);
			else
				panel_keys(t, q, i, p, out, room, QUERIES);
}

static uint32_t up_to(const uint32_t *keys, uint32_t n, uint32_t cut,
		      uint32_t *at)
{
	const __m256i ceiling = _mm256_set1_epi32((int)cut);
	uint32_t found = 0, i = 0, rest;

	for (; i + 8 <= n; i += 8) {
		__m256i key = _mm256_loadu_si256((const __m256i *)(keys + i));
		__m256i low = _mm256_min_epu32(key, ceiling);
		unsigned int mask = (unsigned int)_mm256_movemask_ps(
			_mm256_castsi256_ps(_mm256_cmpeq_epi32(low, key)));

		for (; mask; mask &= mask - 1)
			at[found++] = i + (uint32_t)__builtin_ctz(mask);
	}
	rest = vsx_up_to_scalar(keys + i, n - i, cut, at + found);
	for (uint32_t r = 0; r < rest; r++)
		at[found + r] += i;
	return found + rest;
}

static uint64_t least(const uint32_t *keys, uint32_t n, uint32_t first,
		      uint64_t best)
{
	__m256i low, place, at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	uint32_t lows[8], places[8], i = 8;

	if (n < 8)
		return vsx_least_scalar(keys, n, first, best);
	low = _mm256_loadu_si256((const __m256i *)keys);
	place = at = _mm256_add_epi32(at, _mm256_set1_epi32((int)first));
	for (; i + 8 <= n; i += 8) {
		__m256i key = _mm256_loadu_si256((const __m256i *)(keys + i));
		__m256i least = _mm256_min_epu32(key, low);
		__m256i stays = _mm256_cmpeq_epi32(least, low);

		at = _mm256_add_epi32(at, _mm256_set1_epi32(8));
		place = _mm256_blendv_epi8(at, place, stays);
		low = least;
	}
	_mm256_storeu_si256((__m256i *)lows, low);
	_mm256_storeu_si256((__m256i *)places, place);
	for (int l = 0; l < 8; l++) {
		uint64_t b = (uint64_t)lows[l] << 32 | places[l];

		best = b < best ? b : best;
	}
	return vsx_least_scalar(keys + i, n - i, first + i, best);
}

#endif
