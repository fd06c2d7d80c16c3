/*
 * Random draws from a seed: a counter through a mixing function (SplitMix64:
 * Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
 * 2014, section 4).
 */
#ifndef VSX_BENCH_DRAW_H
#define VSX_BENCH_DRAW_H

#include <stdint.h>

#define DRAW_STEP UINT64_C(0x9e3779b97f4a7c15)

struct draw {
	uint64_t state;
};

static inline uint64_t draw_mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The draws for thing number i of a kind, whatever else is drawn. */
static inline struct draw draw_for(uint64_t seed, uint64_t kind, uint64_t i)
{
	uint64_t state = draw_mix(seed + kind * DRAW_STEP);

	return (struct draw){draw_mix(state + (i + 1) * DRAW_STEP)};
}

static inline uint64_t draw_next(struct draw *d)
{
	d->state += DRAW_STEP;
	return draw_mix(d->state);
}

/* No type of ISO C, which -Wpedantic would say. */
__extension__ typedef unsigned __int128 draw_u128;

/* Uniform in [0, n); n > 0. The bias is below n / 2^64. */
static inline uint64_t draw_below(struct draw *d, uint64_t n)
{
	return (uint64_t)((draw_u128)draw_next(d) * n >> 64);
}

/* Uniform in [0, 1). */
static inline double draw_unit(struct draw *d)
{
	return (double)(draw_next(d) >> 11) * 0x1p-53;
}

/*
 * Near enough to normal, of mean 0 and deviation 1: twelve uniform numbers
 * added, three of 21 bits from each draw. Without log() and cos(), so that it
 * is the same bits on every machine.
 */
static inline float draw_normal(struct draw *d)
{
	const uint64_t mask = ((uint64_t)1 << 21) - 1;
	uint64_t sum = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t x = draw_next(d);

		sum += (x & mask) + (x >> 21 & mask) + (x >> 42 & mask);
	}
	/* Each lies half a step above what its 21 bits say. */
	return (float)(((double)sum + 6.0) * 0x1p-21 - 6.0);
}

#endif
