/*
 * The loops over a query's components of kernel.h's grid_steps and grid_digits,
 * as grid_loops.h has those over rows. Sums run in eight lanes, which are added
 * as those of exact values are.
 */
#ifndef VSX_KERNEL_GRID_QUERY_H
#define VSX_KERNEL_GRID_QUERY_H

#include "kernel/grid_loops.h"

typedef int8_t grid_i8s __attribute__((vector_size(8)));

static inline double grid_sum(const grid_f64s *lane)
{
	const grid_f64s l = *lane;

	return ((l[0] + l[4]) + (l[2] + l[6])) +
	       ((l[1] + l[5]) + (l[3] + l[7]));
}

static inline int32_t grid_count(const grid_i32s *lane)
{
	int32_t sum = 0;

	for (uint32_t i = 0; i < GRID_STEP; i++)
		sum += (*lane)[i];
	return sum;
}

/*
 * Some components before they are whole numbers: of a distance in steps of the
 * grid, off its middle; without lo those of x. Those past the last are `rest`.
 */
#define GRID_QUERY(to, x, lo, i, some, inverse, rest)                          \
	do {                                                                   \
		grid_f64s from;                                                \
                                                                               \
		(to) = (grid_f64s){0};                                         \
		if ((some) == GRID_STEP)                                       \
			memcpy(&(to), (x) + (i), sizeof(to));                  \
		else                                                           \
			memcpy(&(to), (x) + (i), (some) * sizeof(*(x)));       \
		if (lo) {                                                      \
			GRID_LOAD(from, lo, i, some);                          \
			(to) = ((to)-from) * (inverse)-128.0;                  \
		}                                                              \
		for (uint32_t l = (some); l < GRID_STEP; l++)                  \
			(to)[l] = (rest);                                      \
	} while (0)

#define GRID_PICK(mask, a, b)                                                  \
	((grid_f64s)(((grid_i64s)(a) & (mask)) | ((grid_i64s)(b) & ~(mask))))

/* What adds up over the components of a query. */
struct grid_sums {
	grid_f64s lost, length;
	grid_i32s a, b;
};

/* Whole steps of eight, and what is left: `one` is compiled for each. */
#define GRID_EACH(n, one)                                                      \
	do {                                                                   \
		uint32_t i = 0;                                                \
                                                                               \
		for (; i + GRID_STEP <= (n); i += GRID_STEP)                   \
			one(i, GRID_STEP);                                     \
		if (i < (n))                                                   \
			one(i, (n)-i);                                         \
	} while (0)

static inline __attribute__((always_inline)) void grid_steps_some(
	const double *x, const uint8_t *lo, uint32_t i, uint32_t some,
	double inverse, int8_t *out, struct grid_sums *sums)
{
	const grid_f64s least = (grid_f64s){0} - 128.0;
	const grid_f64s most = (grid_f64s){0} + 127.0;
	grid_f64s at, kept;
	grid_i32s s;
	grid_i8s bytes;

	GRID_QUERY(at, x, lo, i, some, inverse, -128.0);
	sums->length += (at + 128.0) * (at + 128.0);
	/* what is no number becomes -128 */
	kept = GRID_PICK(at < most, at, most);
	kept = GRID_PICK(at > least, kept, least);
	s = __builtin_convertvector(kept + 128.5, grid_i32s) - 128;
	at = at - __builtin_convertvector(s, grid_f64s);
	sums->lost += at * at;
	for (uint32_t l = some; l < GRID_STEP; l++)
		s[l] = 0;
	sums->a += s * s;
	sums->b += s;
	bytes = __builtin_convertvector(s, grid_i8s);
	memcpy(out + i, &bytes, some);
}

static void grid_steps(const double *x, const uint8_t *lo, uint32_t n,
		       double inverse, int8_t *out, struct vsx_grid_query *sums)
{
	struct grid_sums all = {0};

#define ONE(i, some) grid_steps_some(x, lo, i, some, inverse, out, &all)
	GRID_EACH(n, ONE);
#undef ONE
	*sums = (struct vsx_grid_query){
		.lost = grid_sum(&all.lost),
		.length = grid_sum(&all.length),
		.squares = grid_count(&all.a),
		.low = grid_count(&all.b),
	};
}

static inline __attribute__((always_inline)) void grid_greatest_some(
	const double *x, const uint8_t *lo, uint32_t i, uint32_t some,
	double inverse, grid_f64s *most)
{
	grid_f64s at;

	GRID_QUERY(at, x, lo, i, some, inverse, 0.0);
	at = GRID_PICK(at < 0.0, -at, at);
	*most = GRID_PICK(at > *most, at, *most);
}

static double grid_greatest(const double *x, const uint8_t *lo, uint32_t n,
			    double inverse)
{
	grid_f64s most = {0};
	double greatest = 0.0;

#define ONE(i, some) grid_greatest_some(x, lo, i, some, inverse, &most)
	GRID_EACH(n, ONE);
#undef ONE
	for (uint32_t l = 0; l < GRID_STEP; l++)
		greatest = most[l] > greatest ? most[l] : greatest;
	return greatest;
}

static inline __attribute__((always_inline)) void grid_digits_some(
	const double *x, const uint8_t *lo, uint32_t i, uint32_t some,
	double inverse, double unit, int8_t *high, int8_t *low,
	struct grid_sums *sums)
{
	const grid_f64s half = (grid_f64s){0} + 0.5;
	grid_f64s at, whole;
	grid_i32s v, h;
	grid_i8s bytes;

	GRID_QUERY(at, x, lo, i, some, inverse, 0.0);
	whole = at / unit;
	whole += GRID_PICK(whole < 0.0, -half, half);
	v = __builtin_convertvector(whole, grid_i32s);
	whole = __builtin_convertvector(v, grid_f64s) * unit;
	at = at - whole;
	sums->lost += at * at;
	sums->length += whole * whole;
	h = (v + 128) >> 8;
	v -= h * 256;
	sums->a += h;
	sums->b += v;
	bytes = __builtin_convertvector(h, grid_i8s);
	memcpy(high + i, &bytes, some);
	bytes = __builtin_convertvector(v, grid_i8s);
	memcpy(low + i, &bytes, some);
}

static void grid_digits(const double *x, const uint8_t *lo, uint32_t n,
			double inverse, int8_t *high, int8_t *low,
			struct vsx_grid_query *sums)
{
	double most = grid_greatest(x, lo, n, inverse);
	double unit = most > 0.0 ? most / VSX_GRID_DIGITS : 1.0;
	struct grid_sums all = {0};

#define ONE(i, some)                                                           \
	grid_digits_some(x, lo, i, some, inverse, unit, high, low, &all)
	GRID_EACH(n, ONE);
#undef ONE
	*sums = (struct vsx_grid_query){
		.unit = unit,
		.lost = grid_sum(&all.lost),
		.length = grid_sum(&all.length),
		.high = grid_count(&all.a),
		.low = grid_count(&all.b),
	};
}

/* Products with lo, and of it with itself. */
static inline __attribute__((always_inline)) void grid_offset_some(
	const double *x, const uint8_t *lo, uint32_t i, uint32_t some,
	grid_f64s *product, grid_f64s *own)
{
	grid_f64s at = {0}, from;

	memcpy(&at, x + i, some * sizeof(*x));
	GRID_LOAD(from, lo, i, some);
	*product += at * from;
	*own += from * from;
}

static double grid_offset(const double *x, const uint8_t *lo, uint32_t n,
			  double *square)
{
	grid_f64s product = {0}, own = {0};

#define ONE(i, some) grid_offset_some(x, lo, i, some, &product, &own)
	GRID_EACH(n, ONE);
#undef ONE
	*square = grid_sum(&own);
	return grid_sum(&product);
}

#endif
