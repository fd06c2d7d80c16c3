/* What a query has of each component, as whole numbers: products with codes are
 * exact then, and the same from every kernel. */
#ifndef VSX_CODE_WEIGHTS_H
#define VSX_CODE_WEIGHTS_H

#include <stdint.h>

/*
 * Sums run in 8 lanes, as those of exact values do: component i is added to
 * lane i % 8. Loops over eight components at a time are what compilers make
 * vectors of.
 */
#define VSX_LANES 8u

static inline float vsx_fold_lanes(const float lane[VSX_LANES])
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
	       ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/*
 * int16_t w[n] times the unit that is returned are near f32 weight[n], and no
 * sum of products with codes, which are `most` at most, leaves 31 bits. Where
 * weights are no numbers, or too large for any unit, as a hostile file may make
 * them, unit and w are 0.
 */
float vsx_weigh(const float *weight, uint32_t n, uint32_t most, int16_t *w);

#endif
