/*
 * The loops over components of kernel.h's grid_*, eight at a time: each table
 * compiles them with its own instructions. Every operation is rounded by
 * itself, so all tables give the same bits.
 */
#ifndef VSX_KERNEL_GRID_LOOPS_H
#define VSX_KERNEL_GRID_LOOPS_H

#include <stdbool.h>
#include <string.h>

#include "kernel/kernel.h"

#define GRID_STEP 8u

typedef double grid_f64s __attribute__((vector_size(64)));
typedef float grid_f32s __attribute__((vector_size(32)));
typedef int64_t grid_i64s __attribute__((vector_size(64)));
typedef int32_t grid_i32s __attribute__((vector_size(32)));
typedef uint8_t grid_u8s __attribute__((vector_size(8)));

/* Past the last component, zeros. */
static inline uint32_t grid_some(uint32_t n, uint32_t i)
{
	return n - i < GRID_STEP ? n - i : GRID_STEP;
}

/* f64s from some f32s at any alignment. */
#define GRID_LOAD(to, from, i, some)                                           \
	do {                                                                   \
		grid_f32s f = {0};                                             \
                                                                               \
		if ((some) == GRID_STEP)                                       \
			memcpy(&f, (from) + (size_t)(i)*4, sizeof(f));         \
		else                                                           \
			memcpy(&f, (from) + (size_t)(i)*4, (size_t)(some)*4);  \
		(to) = __builtin_convertvector(f, grid_f64s);                  \
	} while (0)

static inline bool grid_any(const grid_i64s *mask)
{
	int64_t any = 0;

	for (uint32_t i = 0; i < GRID_STEP; i++)
		any |= (*mask)[i];
	return any != 0;
}

static bool grid_codes(const uint8_t *x, const uint8_t *lo, uint32_t n,
		       double scale, double inverse, uint8_t *code)
{
	const grid_f64s most = (grid_f64s){0} + 255.0;
	grid_i64s out = {0}, above;

	for (uint32_t i = 0, some; i < n; i += some) {
		grid_f64s at, from;
		grid_u8s c;

		some = grid_some(n, i);
		GRID_LOAD(at, x, i, some);
		GRID_LOAD(from, lo, i, some);
		at = (at * scale - from) * inverse;
		/* lo was rounded: a hair outside is inside */
		out |= (at < -0.5) | (at > 255.5);
		above = at > 255.0;
		at = (grid_f64s)((grid_i64s)at & (at > 0.0) & ~above) +
		     (grid_f64s)((grid_i64s)most & above);
		c = __builtin_convertvector(
			__builtin_convertvector(at + 0.5, grid_i32s), grid_u8s);
		if (some == GRID_STEP)
			memcpy(code + i, &c, sizeof(c));
		else
			memcpy(code + i, &c, some);
	}
	return grid_any(&out);
}

static void grid_terms(const uint8_t *x, const uint8_t *code, const uint8_t *lo,
		       uint32_t n, double scale, double delta, double *lost,
		       double *length)
{
	for (uint32_t i = 0, some; i < n; i += some) {
		grid_f64s at, from, r;
		grid_u8s c = {0};

		some = grid_some(n, i);
		GRID_LOAD(r, x, i, some);
		GRID_LOAD(from, lo, i, some);
		if (some == GRID_STEP)
			memcpy(&c, code + i, sizeof(c));
		else
			memcpy(&c, code + i, some);
		at = from +
		     delta * __builtin_convertvector(
				     __builtin_convertvector(c, grid_i32s),
				     grid_f64s);
		r = r * scale - at;
		r = r * r;
		at = at * at;
		memcpy(lost + i, &r, some * sizeof(*lost));
		memcpy(length + i, &at, some * sizeof(*length));
	}
}

static bool grid_range(const uint8_t *x, uint32_t n, double scale, double *min,
		       double *max)
{
	grid_i64s part = {0}, far;

	for (uint32_t i = 0, some; i < n; i += some) {
		grid_f64s at, least = {0}, most = {0}, whole;

		some = grid_some(n, i);
		GRID_LOAD(at, x, i, some);
		memcpy(&least, min + i, some * sizeof(*min));
		memcpy(&most, max + i, some * sizeof(*max));
		at = at * scale;
		far = at < least;
		least = (grid_f64s)(((grid_i64s)at & far) |
				    ((grid_i64s)least & ~far));
		far = at > most;
		most = (grid_f64s)(((grid_i64s)at & far) |
				   ((grid_i64s)most & ~far));
		memcpy(min + i, &least, some * sizeof(*min));
		memcpy(max + i, &most, some * sizeof(*max));
		/* Adding and taking away 1.5 * 2^52 rounds what is smaller. */
		whole = (at + 0x1.8p52) - 0x1.8p52;
		part |= (at != whole) & (at < 0x1p50) & (at > -0x1p50);
	}
	return grid_any(&part);
}

#endif
