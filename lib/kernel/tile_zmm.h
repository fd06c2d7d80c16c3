/* What the tiles of AVX-512 and of AMX share. */
#ifndef VSX_TILE_ZMM_H
#define VSX_TILE_ZMM_H

#include <immintrin.h>

#include "kernel/tile_tables.h"

/* The keys of a panel's rows, from their sums of products. */
INLINE void vsx_zmm_key(const struct vsx_tile *t, uint32_t query_add,
			uint32_t panel, __m512i sum, uint32_t *key)
{
	const size_t at = (size_t)panel * VSX_PANEL;
	__m512i add = _mm512_add_epi32(_mm512_loadu_si512(t->add + at),
				       _mm512_set1_epi32((int)query_add));

	sum = _mm512_sll_epi32(sum, _mm_cvtsi32_si128((int)t->shift));
	_mm512_store_si512(key + at, _mm512_sub_epi32(add, sum));
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
