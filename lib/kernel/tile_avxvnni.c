/* Tiles for AVX-VNNI, which processors without AVX-512 have. */
#include <immintrin.h>

static inline __attribute__((always_inline)) __m256i dot(__m256i sum,
							 __m256i rows,
							 __m256i query)
{
	return _mm256_dpbusd_avx_epi32(sum, rows, query);
}

#include "kernel/tile_ymm.h"

const struct vsx_tiles vsx_tiles_avxvnni = {
	.name = "avxvnni",
	.keys = keys,
	.up_to = up_to,
	.least = least,
};
