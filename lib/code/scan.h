/*
 * Tables of bytes for sums that a kernel takes of 32 rows at once: see
 * vsx_scan_kernel in kernel/codes.h.
 */
#ifndef VSX_CODE_SCAN_H
#define VSX_CODE_SCAN_H

#include <stdint.h>

/* Parts are taken in steps of so many; those that are not there have codes and
 * entries of 0. */
static inline uint32_t vsx_scan_parts(uint32_t m)
{
	return (m + 3) & ~3u;
}

/* The most for which vsx_scan_quantise() keeps an entry's rounding small beside
 * its unit, and a block within 2^18 bytes. */
#define VSX_SCAN_MAX_PARTS 16384u

/* What a sum of entries stands for: bias + unit * sum. */
struct vsx_scan_scale {
	float bias, unit;
};

/*
 * f32 tables[parts][16] as whole numbers u8 out[parts][16], in one unit for all
 * and so that no sum is above 65,535. Where they are all alike, or no numbers,
 * as those of a hostile file may be, entries and unit are 0.
 *
 * parts  a multiple of 4, VSX_SCAN_MAX_PARTS at most
 */
struct vsx_scan_scale vsx_scan_quantise(const float *tables, uint32_t parts,
					uint8_t *out);

#endif
