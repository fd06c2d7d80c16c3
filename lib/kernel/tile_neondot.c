/*
 * Tiles for NEON with the dot product, which multiplies signed bytes: it is
 * given rows - 128, and 128 times the query is added once.
 */
#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t dot(int32x4_t sum,
							   uint8x16_t rows,
							   int8x16_t query)
{
	uint8x16_t turned = veorq_u8(rows, vdupq_n_u8(0x80));

	return vdotq_s32(sum, vreinterpretq_s8_u8(turned), query);
}

static inline int32_t owed(const int8_t *query, unsigned int n)
{
	int32_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += query[i];
	return 128 * sum;
}

#include "kernel/tile_neon.h"

const struct vsx_tiles vsx_tiles_neondot = {
	.name = "neondot",
	.keys = keys,
	.up_to = up_to,
	.least = least,
};
