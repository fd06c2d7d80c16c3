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

static_assert(sizeof(exact_f64s) == VSX_EXACT_LANES * sizeof(double),
	      "a lane each");

/* What is added for some components; past the last, zeros. */
#define EXACT_TERM(to, q, x, n, terms)                                         \
	do {                                                                   \
		exact_f32s f = {0};                                            \
		exact_f64s a = {0}, b;                                         \
                                                                               \
		memcpy(&f, x, (n) * sizeof(float));                            \
		b = __builtin_convertvector(f, exact_f64s);                    \
		if ((terms) != EXACT_OWN)                                      \
			memcpy(&a, q, (n) * sizeof(double));                   \
		(to) = (terms) == EXACT_SQUARES ? (a - b) * (a - b)            \
		       : (terms) == EXACT_OWN	? b * b                        \
						: a * b;                         \
	} while (0)

enum exact_terms { EXACT_SQUARES, EXACT_PRODUCTS, EXACT_OWN };

static inline __attribute__((always_inline)) void exact_add(
	const double *q, const uint8_t *x, uint32_t n, double *lane,
	const enum exact_terms terms)
{
	exact_f64s sum, term;
	uint32_t i = 0;

	memcpy(&sum, lane, sizeof(sum));
	for (; i + VSX_EXACT_LANES <= n; i += VSX_EXACT_LANES) {
		EXACT_TERM(term, q + i, x + (size_t)i * 4, VSX_EXACT_LANES,
			   terms);
		sum += term;
	}
	if (i < n) {
		EXACT_TERM(term, q + i, x + (size_t)i * 4, n - i, terms);
		sum += term;
	}
	memcpy(lane, &sum, sizeof(sum));
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

#endif
