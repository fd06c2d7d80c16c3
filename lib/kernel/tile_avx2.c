/*
 * Tiles for AVX2. Bytes are multiplied as 16-bit numbers, the even and the odd
 * ones apart: vpmaddubsw would saturate, 2 * 255 * 127 is no i16.
 */
#include <immintrin.h>

static inline __attribute__((always_inline)) __m256i dot(__m256i sum,
							 __m256i rows,
							 __m256i query)
{
	__m256i even = _mm256_and_si256(rows, _mm256_set1_epi16(0xff));
	__m256i odd = _mm256_srli_epi16(rows, 8);
	__m256i q_even = _mm256_srai_epi16(_mm256_slli_epi16(query, 8), 8);
	__m256i q_odd = _mm256_srai_epi16(query, 8);

	sum = _mm256_add_epi32(sum, _mm256_madd_epi16(even, q_even));
	return _mm256_add_epi32(sum, _mm256_madd_epi16(odd, q_odd));
}

#include "kernel/tile_ymm.h"

const struct vsx_tiles vsx_tiles_avx2 = {
	.name = "avx2",
	.keys = keys,
	.up_to = up_to,
	.least = least,
};
