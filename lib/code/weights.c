#include "code/weights.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The sum of the sizes of n weights, and the greatest. */
static float size_up(const float *weight, uint32_t n, float *greatest)
{
	float lane[VSX_LANES] = {0}, most[VSX_LANES] = {0};
	uint32_t i = 0;

	for (; n - i >= VSX_LANES; i += VSX_LANES)
		for (uint32_t l = 0; l < VSX_LANES; l++) {
			float size = fabsf(weight[i + l]);

			lane[l] += size;
			most[l] = size > most[l] ? size : most[l];
		}
	for (; i < n; i++) {
		float size = fabsf(weight[i]);

		lane[i % VSX_LANES] += size;
		most[0] = size > most[0] ? size : most[0];
	}
	for (uint32_t l = 1; l < VSX_LANES; l++)
		most[0] = most[l] > most[0] ? most[l] : most[0];
	*greatest = most[0];
	return vsx_fold_lanes(lane);
}

/* 1.5 * 2^23: what is added to it is rounded to a whole number. */
#define ROUNDER 12582912.0f

/* Whole numbers near the weights times inverse; the sum of their sizes, which
 * are 2^15 at most, of 2^16 at most. */
static uint32_t round_off(const float *restrict weight, uint32_t n,
			  float inverse, int16_t *restrict w)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		float whole = weight[i] * inverse + ROUNDER;

		w[i] = (int16_t)(int32_t)(whole - ROUNDER);
	}
	for (uint32_t i = 0; i < n; i++)
		sum += (uint32_t)abs(w[i]);
	return sum;
}

float vsx_weigh(const float *weight, uint32_t n, uint32_t most, int16_t *w)
{
	float greatest, unit, inverse;

	/* A twentieth more than 2^31 allows: room for what is rounded up. */
	unit = size_up(weight, n, &greatest) * ((float)most * 1.05f * 0x1p-31f);
	if (unit < greatest * (1.0f / 32767.0f))
		unit = greatest * (1.0f / 32767.0f);
	inverse = 1.0f / unit;
	/* Numbers that are none, or out of range, come from a hostile file. */
	if (unit > 0.0f && unit <= FLT_MAX && inverse <= FLT_MAX &&
	    (uint64_t)round_off(weight, n, inverse, w) * most <= INT32_MAX)
		return unit;
	memset(w, 0, n * sizeof(*w));
	return 0.0f;
}
