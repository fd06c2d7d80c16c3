/* What the tiles of AVX-512 and of AMX share. */
#ifndef VSX_TILE_ZMM_H
#define VSX_TILE_ZMM_H

#include <immintrin.h>
#include <string.h>

#include "kernel/tile_tables.h"

/* The keys of a panel's rows, from their sums of products. */
INLINE void vsx_zmm_key(const struct vsx_tile *t, uint32_t query_add,
			uint32_t panel, __m512i sum, uint32_t *key)
{
	const uint32_t *row_add = t->add + panel * t->add_stride;
	__m512i add = _mm512_add_epi32(_mm512_loadu_si512(row_add),
				       _mm512_set1_epi32((int)query_add));

	sum = _mm512_sll_epi32(sum, _mm_cvtsi32_si128((int)t->shift));
	_mm512_storeu_si512(key + (size_t)panel * VSX_PANEL,
			    _mm512_sub_epi32(add, sum));
}

INLINE __m512i vsx_zmm_four(const int8_t *q)
{
	int32_t four;

	memcpy(&four, q, 4);
	return _mm512_set1_epi32(four);
}

/* The sums of four sets of four components in chains of their own. */
INLINE __m512i vsx_zmm_dot(__m512i sum, const uint8_t *row, const int8_t *q)
{
	return _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row),
				   vsx_zmm_four(q));
}

/*
 * One query over all panels: the rows' bytes are read once, in their order. The
 * processor sees by itself what comes next; asking for it takes a tenth longer.
 */
static inline void vsx_zmm_scan(const struct vsx_tile *t, const int8_t *q,
				uint32_t query_add, uint32_t *key)
{
	const uint8_t *rows = t->panels;
	uint32_t n = t->n_fours;

	for (uint32_t p = 0; p < t->n_panels; p++, rows += t->panel_stride) {
		__m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
		uint32_t g = 0;

		for (; g + 4 <= n; g += 4) {
			const uint8_t *row = rows + (size_t)g * 64;
			const int8_t *s = q + (size_t)g * 4;

			a = vsx_zmm_dot(a, row, s);
			b = vsx_zmm_dot(b, row + 64, s + 4);
			c = vsx_zmm_dot(c, row + 128, s + 8);
			d = vsx_zmm_dot(d, row + 192, s + 12);
		}
		for (; g < n; g++)
			a = vsx_zmm_dot(a, rows + (size_t)g * 64,
					q + (size_t)g * 4);
		a = _mm512_add_epi32(_mm512_add_epi32(a, b),
				     _mm512_add_epi32(c, d));
		vsx_zmm_key(t, query_add, p, a, key);
	}
}

INLINE __mmask16 vsx_zmm_first(uint32_t n)
{
	return (__mmask16)(n >= 16 ? 0xffffu : (1u << n) - 1);
}

static inline uint32_t vsx_zmm_up_to(const uint32_t *keys, uint32_t n,
				     uint32_t cut, uint32_t *at)
{
	const __m512i ceiling = _mm512_set1_epi32((int)cut);
	const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
					       11, 12, 13, 14, 15);
	uint32_t found = 0;

	for (uint32_t i = 0; i < n; i += 16) {
		__mmask16 mask = vsx_zmm_first(n - i);
		__m512i key = _mm512_maskz_loadu_epi32(mask, keys + i), places;
		uint32_t count;

		mask = _mm512_mask_cmple_epu32_mask(mask, key, ceiling);
		if (mask == 0)
			continue;
		/* Not by a store that compresses: on some it takes 100 cycles.
		 */
		places = _mm512_maskz_compress_epi32(
			mask,
			_mm512_add_epi32(lane, _mm512_set1_epi32((int)i)));
		count = (uint32_t)__builtin_popcount(mask);
		_mm512_mask_storeu_epi32(at + found, vsx_zmm_first(count),
					 places);
		found += count;
	}
	return found;
}

static inline uint64_t vsx_zmm_least(const uint32_t *keys, uint32_t n,
				     uint32_t first, uint64_t best)
{
	__m512i low, place, at;
	uint32_t lows[16], places[16], i = 16;

	if (n < 16)
		return vsx_least_scalar(keys, n, first, best);
	at = _mm512_add_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
						10, 11, 12, 13, 14, 15),
			      _mm512_set1_epi32((int)first));
	low = _mm512_loadu_si512(keys);
	place = at;
	for (; i + 16 <= n; i += 16) {
		__m512i key = _mm512_loadu_si512(keys + i);
		__mmask16 less = _mm512_cmplt_epu32_mask(key, low);

		at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
		low = _mm512_min_epu32(low, key);
		place = _mm512_mask_mov_epi32(place, less, at);
	}
	_mm512_storeu_si512(lows, low);
	_mm512_storeu_si512(places, place);
	for (int l = 0; l < 16; l++) {
		uint64_t b = (uint64_t)lows[l] << 32 | places[l];

		best = b < best ? b : best;
	}
	return vsx_least_scalar(keys + i, n - i, first + i, best);
}

#endif
