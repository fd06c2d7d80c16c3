#include "kernel/rotate.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/rng.h"

#define ROUNDS	    4u
#define ROUND_WORDS 1024u /* of signs, enough for 65,536 components */

/* Components whose bit is set get the other sign. */
static void flip(float *x, uint32_t n, uint32_t round)
{
	struct vsx_rng rng = {(uint64_t)round * ROUND_WORDS * VSX_RNG_STEP};

	for (uint32_t i = 0; i < n; i += 64) {
		uint64_t signs = vsx_rng_next(&rng);

		for (uint32_t j = 0; j < 64; j++) {
			uint32_t bits;

			memcpy(&bits, &x[i + j], 4);
			bits ^= (uint32_t)(signs >> j & 1) << 31;
			memcpy(&x[i + j], &bits, 4);
		}
	}
}

/* The sum and the difference of each pair, n / 2 apart. */
static void add_halves(float *restrict x, float *restrict y, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		float a = x[i], b = y[i];

		x[i] = a + b;
		y[i] = a - b;
	}
}

/* Pairs that are 1, 2 and 4 apart, in groups of 8. */
static void add_near(float *x)
{
	float a[8];

	for (int i = 0; i < 8; i += 2) {
		a[i] = x[i] + x[i + 1];
		a[i + 1] = x[i] - x[i + 1];
	}
	for (int i = 0; i < 8; i += 4)
		add_halves(a + i, a + i + 2, 2);
	for (int i = 0; i < 4; i++) {
		x[i] = a[i] + a[i + 4];
		x[i + 4] = a[i] - a[i + 4];
	}
}

/* n is a power of two, 8 or more. */
static void hadamard(float *x, uint32_t n)
{
	float scale = (float)(1.0 / sqrt(n));

	for (uint32_t i = 0; i < n; i += 8)
		add_near(x + i);
	for (uint32_t h = 8; h < n; h *= 2)
		for (uint32_t i = 0; i < n; i += 2 * h)
			add_halves(x + i, x + i + h, h);
	for (uint32_t i = 0; i < n; i++)
		x[i] *= scale;
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p <= n / 2)
		p *= 2;
	return p;
}

/* Each time halves were added, lengths grew by the square root of 2. */
static void shrink(float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		x[i] *= 0.5f;
}

void vsx_rotate(float *x, uint32_t n)
{
	uint32_t some = power_of_two(n);

	for (uint32_t t = 0; t < ROUNDS; t++) {
		flip(x, n, t);
		hadamard(t % 2 ? x + (n - some) : x, some);
		if (some != n && t % 2)
			add_halves(x, x + n / 2, n / 2);
	}
	if (some != n)
		shrink(x, n);
}

void vsx_rotate_back(float *x, uint32_t n)
{
	uint32_t some = power_of_two(n);

	for (uint32_t t = ROUNDS; t-- > 0;) {
		if (some != n && t % 2)
			add_halves(x, x + n / 2, n / 2);
		hadamard(t % 2 ? x + (n - some) : x, some);
		flip(x, n, t);
	}
	if (some != n)
		shrink(x, n);
}
