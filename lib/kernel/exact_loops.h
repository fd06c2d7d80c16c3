/*
 * The loops of kernel.h's exact_*: each table compiles them with its own
 * instructions, eight components at a time. No sum is fused, so all tables give
 * the same bits.
 */
#ifndef VSX_KERNEL_EXACT_LOOPS_H
#define VSX_KERNEL_EXACT_LOOPS_H

#include <assert.h>
#include <string.h>

#include "kernel/kernel.h"

typedef double exact_f64s __attribute__((vector_size(64)));
typedef float exact_f32s __attribute__((vector_size(32)));
typedef uint32_t exact_u32s __attribute__((vector_size(32)));

static_assert(sizeof(exact_f64s) == VSX_EXACT_LANES * sizeof(double),
	      "a lane each");

enum exact_terms { EXACT_SQUARES, EXACT_PRODUCTS, EXACT_OWN };

/* Of one component, or of eight. */
#define EXACT_TERM(a, b, terms)                                                \
	((terms) == EXACT_SQUARES ? ((a) - (b)) * ((a) - (b))                  \
	 : (terms) == EXACT_OWN	  ? (b) * (b)                                  \
				  : (a) * (b))

static inline __attribute__((always_inline)) void exact_add(
	const double *q, const uint8_t *x, uint32_t n, double *lane,
	const enum exact_terms terms)
{
	exact_f64s sum, a = {0}, b;
	uint32_t i = 0;

	memcpy(&sum, lane, sizeof(sum));
	for (; i + VSX_EXACT_LANES <= n; i += VSX_EXACT_LANES) {
		exact_f32s f;

		memcpy(&f, x + (size_t)i * 4, sizeof(f));
		b = __builtin_convertvector(f, exact_f64s);
		if (terms != EXACT_OWN)
			memcpy(&a, q + i, sizeof(a));
		sum += EXACT_TERM(a, b, terms);
	}
	memcpy(lane, &sum, sizeof(sum));
	/* A few by themselves: short rows have many of them. */
	for (; i < n; i++, lane++) {
		double last = terms == EXACT_OWN ? 0.0 : q[i];
		float f;

		memcpy(&f, x + (size_t)i * 4, sizeof(f));
		*lane += EXACT_TERM(last, (double)f, terms);
	}
}

static void exact_squares(const double *q, const uint8_t *x, uint32_t n,
			  double *lane)
{
	exact_add(q, x, n, lane, EXACT_SQUARES);
}

static void exact_products(const double *q, const uint8_t *x, uint32_t n,
			   double *lane)
{
	exact_add(q, x, n, lane, EXACT_PRODUCTS);
}

static void exact_own(const double *q, const uint8_t *x, uint32_t n,
		      double *lane)
{
	(void)q;
	exact_add(NULL, x, n, lane, EXACT_OWN);
}

/* Without its sign a float rises with its bits, and those that are no finite
 * number come last. */
#define EXACT_MAGNITUDE 0x7fffffffu

static uint32_t exact_take(const uint8_t *x, uint32_t n, double *to)
{
	exact_u32s most = {0};
	uint32_t i = 0, greatest = 0;

	for (; i + VSX_EXACT_LANES <= n; i += VSX_EXACT_LANES) {
		exact_u32s bits;
		exact_f32s f;
		exact_f64s wide;

		memcpy(&f, x + (size_t)i * 4, sizeof(f));
		memcpy(&bits, &f, sizeof(bits));
		bits &= EXACT_MAGNITUDE;
		most = (bits & (exact_u32s)(bits > most)) |
		       (most & (exact_u32s)(bits <= most));
		if (to) {
			wide = __builtin_convertvector(f, exact_f64s);
			memcpy(to + i, &wide, sizeof(wide));
		}
	}
	for (uint32_t l = 0; l < VSX_EXACT_LANES; l++)
		greatest = most[l] > greatest ? most[l] : greatest;
	for (; i < n; i++) {
		uint32_t bits;
		float f;

		memcpy(&f, x + (size_t)i * 4, sizeof(f));
		memcpy(&bits, &f, sizeof(bits));
		bits &= EXACT_MAGNITUDE;
		greatest = bits > greatest ? bits : greatest;
		if (to)
			to[i] = (double)f;
	}
	return greatest;
}

#endif
