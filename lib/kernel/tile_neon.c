/* Tiles for NEON as every AArch64 has it: products of 16 bits, then pairs. */
#include <arm_neon.h>

static inline __attribute__((always_inline)) int32x4_t dot(int32x4_t sum,
							   uint8x16_t rows,
							   int8x16_t query)
{
	int16x8_t q = vmovl_s8(vget_low_s8(query));
	int16x8_t low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(rows)));
	int16x8_t high = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(rows)));
	/* Two rows each, four products of a row. */
	int32x4_t a = vmull_s16(vget_low_s16(low), vget_low_s16(q));
	int32x4_t b = vmull_s16(vget_high_s16(low), vget_high_s16(q));
	int32x4_t c = vmull_s16(vget_low_s16(high), vget_low_s16(q));
	int32x4_t d = vmull_s16(vget_high_s16(high), vget_high_s16(q));

	return vaddq_s32(sum, vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d)));
}

static inline int32_t owed(const int8_t *query, unsigned int n)
{
	(void)query;
	(void)n;
	return 0;
}

#include "kernel/tile_neon.h"

const struct vsx_tiles vsx_tiles_neon = {
	.name = "neon",
	.keys = keys,
	.up_to = up_to,
	.least = least,
};
