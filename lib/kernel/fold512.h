/* The sums of the lanes of four registers of integers, for AVX-512. */
#ifndef VSX_FOLD512_H
#define VSX_FOLD512_H

#include <immintrin.h>

static inline __attribute__((always_inline)) __m128i fold_ints(__m512i a,
							       __m512i b,
							       __m512i c,
							       __m512i d)
{
	/* 0x44 takes the lower halves of two registers, 0xee the upper ones; */
	a = _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x44),
			     _mm512_shuffle_i32x4(a, b, 0xee));
	c = _mm512_add_epi32(_mm512_shuffle_i32x4(c, d, 0x44),
			     _mm512_shuffle_i32x4(c, d, 0xee));
	/* 0x88 and 0xdd the lower and upper halves of what is left of four. */
	a = _mm512_add_epi32(_mm512_shuffle_i32x4(a, c, 0x88),
			     _mm512_shuffle_i32x4(a, c, 0xdd));
	a = _mm512_add_epi32(a, _mm512_shuffle_epi32(a, _MM_PERM_BADC));
	a = _mm512_add_epi32(a, _mm512_shuffle_epi32(a, _MM_PERM_CDAB));
	return _mm512_castsi512_si128(_mm512_maskz_compress_epi32(0x1111, a));
}

#endif
