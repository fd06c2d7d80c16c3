/*
 * The only source of randomness: a counter through a mixing function
 * (SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
 * Generators", OOPSLA 2014, section 4). Value number i of a seed can be had
 * directly, so parallel work draws the same numbers in any order.
 */
#ifndef VSX_RNG_H
#define VSX_RNG_H

#include <stdint.h>

struct vsx_rng {
	uint64_t state;
};

#define VSX_RNG_STEP UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t vsx_mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Value number i of the stream `what` of a seed. */
static inline uint64_t vsx_random_at(uint64_t seed, uint64_t what, uint64_t i)
{
	return vsx_mix(vsx_mix(seed + what * VSX_RNG_STEP) +
		       (i + 1) * VSX_RNG_STEP);
}

static inline uint64_t vsx_rng_next(struct vsx_rng *r)
{
	r->state += VSX_RNG_STEP;
	return vsx_mix(r->state);
}

/* No type of ISO C, which -Wpedantic would say. */
__extension__ typedef unsigned __int128 vsx_u128;

/* Uniform in [0, n); n > 0. The bias is below n / 2^64. */
static inline uint64_t vsx_rng_below(struct vsx_rng *r, uint64_t n)
{
	return (uint64_t)((vsx_u128)vsx_rng_next(r) * n >> 64);
}

/* Uniform in [0, 1), 53 bits. */
static inline double vsx_to_unit(uint64_t x)
{
	return (double)(x >> 11) * 0x1p-53;
}

/* One stream for each use, so that they do not depend on each other. */
enum vsx_random_stream {
	VSX_RANDOM_LEVELS = 1, /* of a graph's nodes */
	VSX_RANDOM_ORDER,      /* of insertion */
	VSX_RANDOM_SAMPLE,     /* rows to train on */
	VSX_RANDOM_CENTROIDS,  /* first centroids */
	VSX_RANDOM_QUERIES,    /* of the acceptance test */
	VSX_RANDOM_CODEWORDS,  /* first ones of a product quantiser */
	VSX_RANDOM_LEADERS,    /* of leaves */
	VSX_RANDOM_LEAF_ORDER, /* likewise, for the order of rows */
	VSX_RANDOM_CELLS,      /* points that cells are learned from */
	VSX_RANDOM_EDGES,      /* of a graph, to learn codes of edges from */
	VSX_RANDOM_HUBS,       /* that rows are linked to */
	VSX_RANDOM_TRIAL,      /* rows that layouts are tried on */
};

#endif
