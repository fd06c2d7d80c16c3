/*
 * A random rotation that takes n log n additions: what is particular to a few
 * components of a vector is spread over all of them. SPEC.md 5.9.6.
 *
 * Four rounds of signs that are drawn once for all, and a Walsh-Hadamard
 * transform of as many components as the greatest power of two up to n: the
 * first ones, then the last ones, and so on. Where these are not all, halves
 * are added to and subtracted from each other after every second round: after
 * each, some components would stay in two places, a quarter of them in all.
 */
#ifndef VSX_ROTATE_H
#define VSX_ROTATE_H

#include <stdint.h>

/* The dimensions are padded with zeros to a multiple of this. */
#define VSX_ROTATE_STEP 64u

static inline uint32_t vsx_rotate_dim(uint32_t dim)
{
	return (dim + VSX_ROTATE_STEP - 1) / VSX_ROTATE_STEP * VSX_ROTATE_STEP;
}

/* x is f32[n], n a multiple of VSX_ROTATE_STEP up to 65,536. One rounded
 * operation after the other: the same bits everywhere. */
void vsx_rotate(float *x, uint32_t n);

/* And back, but for rounding. */
void vsx_rotate_back(float *x, uint32_t n);

#endif
