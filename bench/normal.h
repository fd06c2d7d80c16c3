/* Draws for made-up rows: a stream of u64s (splitmix64), and normal numbers of
 * it. The same state gives the same values, but for what log() and cos() round.
 */
#ifndef VSX_BENCH_NORMAL_H
#define VSX_BENCH_NORMAL_H

#include <math.h>
#include <stdint.h>

/* Above 0, below 1. */
static inline double bench_uniform(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static inline double bench_normal(uint64_t *state)
{
	double r = sqrt(-2.0 * log(bench_uniform(state)));

	return r * cos(6.283185307179586 * bench_uniform(state));
}

#endif
