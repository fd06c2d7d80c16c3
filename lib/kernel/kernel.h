/*
 * Distance kernels: one query against many rows.
 *
 * There is one table of functions for each instruction set. All of them give
 * the same bits: the f32 kernels add in one fixed order, the integer kernels
 * are exact. So an answer does not depend on the machine that gave it.
 *
 * The order. A sum runs in 32 lanes: component i belongs to lane i % 32, and
 * each lane adds its terms by rising i, starting from +0. A term is one
 * rounded multiplication ((q-x)*(q-x) after one rounded subtraction, or q*x)
 * and one rounded addition: never a fused multiply-add, which other machines
 * could repeat only slowly. Then the lanes are folded in halves: lane i +=
 * lane i+16 for i < 16, then +8, +4, +2, +1. A lane past the end of a short
 * vector adds +0, which changes nothing. Components of f16, bf16, i8 and u8
 * rows are converted to f32 first, which is exact. Rows of a sound file have
 * no sum that overflows (SPEC.md 5.1). Those of another may: that is an
 * infinity, or where infinities of both signs meet a NaN, whose bits are the
 * one thing that differs between processors.
 */
#ifndef VSX_KERNEL_H
#define VSX_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vsx_types.h"

/*
 * Distances of an f32 query to n rows.
 *
 * q       float[dim]
 * base    start of the rows; any alignment
 * stride  bytes from one row to the next
 * rows    uint32[n], row numbers; NULL means rows 0 .. n-1. Either way the
 *         memory of the rows that come next is prefetched: one call with many
 *         rows is much cheaper than many calls with few.
 * out     float[n]: sum of (q-x)^2, or of q*x
 *
 * Reads exactly the dim components of each row, no byte beyond.
 */
typedef void vsx_float_kernel(const float *q, const uint8_t *base,
			      size_t stride, const uint32_t *rows, size_t n,
			      uint32_t dim, float *out);

/*
 * The same for a u8 query on u8 rows, or i8 on i8: exact sums of (q-x)^2 or of
 * q*x. The sum is a u32 for u8 ip and for both l2, an i32 (stored in the u32)
 * for i8 ip; it cannot overflow for dim <= VSX_MAX_DIM.
 */
typedef void vsx_int_kernel(const void *q, const uint8_t *base, size_t stride,
			    const uint32_t *rows, size_t n, uint32_t dim,
			    uint32_t *out);

/* out[i] = component i of x, n of them at any alignment, exactly; a NaN is one
 * still. */
typedef void vsx_widen_kernel(float *out, const uint8_t *x, size_t n);

/*
 * Rows on a grid (SPEC.md 5.7), a piece of n components at a time. In f64, each
 * operation rounded: component c is x * scale, a step of the grid 1 / inverse
 * or delta, the value of code 0 lo.
 *
 * x, lo   float[n] at any alignment
 *
 * codes   code[i] = the nearest step, 0 to 255; true if a component is farther
 *         than half a step from all of them
 * terms   lost[i] = (c - a)^2 and length[i] = a^2 for a = lo + delta * code
 * range   min and max, double[n], take c in; true if a component is no whole
 *         number
 */
typedef bool vsx_grid_codes_kernel(const uint8_t *x, const uint8_t *lo,
				   uint32_t n, double scale, double inverse,
				   uint8_t *code);
typedef void vsx_grid_terms_kernel(const uint8_t *x, const uint8_t *code,
				   const uint8_t *lo, uint32_t n, double scale,
				   double delta, double *lost, double *length);
typedef bool vsx_grid_range_kernel(const uint8_t *x, uint32_t n, double scale,
				   double *min, double *max);

/*
 * Terms of exact values (SPEC.md 5.8): added to lane[i % 8] are (q[i] -
 * x[i])^2, q[i] * x[i] or, with a q of NULL, x[i]^2, for i from 0 to n - 1,
 * each operation rounded. q is double[n], x float[n] at any alignment.
 */
#define VSX_EXACT_LANES 8u

typedef void vsx_exact_kernel(const double *q, const uint8_t *x, uint32_t n,
			      double lane[VSX_EXACT_LANES]);

/*
 * to[i] = x[i], n of them, exactly; to may be NULL. Returns the bits of the
 * greatest |x[i]|: VSX_NOT_FINITE or more if one is infinite or not a number.
 */
#define VSX_NOT_FINITE 0x7f800000u

typedef uint32_t vsx_exact_take_kernel(const uint8_t *x, uint32_t n,
				       double *to);

/*
 * A query on the grid: whole numbers for the components of x, double[n]. With
 * lo, component i is (x[i] - lo[i]) * inverse - 128, a place in steps off the
 * middle of the grid; without it, x[i]. Sums run in 8 lanes of f64.
 *
 * steps   out[i] = the nearest from -128 to 127
 * digits  256 * high[i] + low[i] = the nearest multiple of a unit of which the
 *         greatest component has VSX_GRID_DIGITS
 * offset  the product of x with lo; *square is that of lo with itself
 */
#define VSX_GRID_DIGITS 32512.0 /* both digits fit an i8 */

struct vsx_grid_query {
	double unit;	 /* digits */
	double lost;	 /* what rounding lost, squared */
	double length;	 /* squared: steps, from lo; digits, of what they say */
	int32_t squares; /* steps: of out */
	int32_t high, low; /* sums of the digits; steps: low is that of out */
};

typedef void vsx_grid_steps_kernel(const double *x, const uint8_t *lo,
				   uint32_t n, double inverse, int8_t *out,
				   struct vsx_grid_query *sums);
typedef void vsx_grid_digits_kernel(const double *x, const uint8_t *lo,
				    uint32_t n, double inverse, int8_t *high,
				    int8_t *low, struct vsx_grid_query *sums);
typedef double vsx_grid_offset_kernel(const double *x, const uint8_t *lo,
				      uint32_t n, double *square);

struct vsx_kernels {
	const char *name; /* "scalar", "avx2", "avx512", "neon" */
	vsx_float_kernel *l2[VSX_N_ELEMS]; /* by element type of the rows */
	vsx_float_kernel *ip[VSX_N_ELEMS];
	vsx_int_kernel *l2_int[VSX_N_ELEMS]; /* VSX_I8 and VSX_U8 only */
	vsx_int_kernel *ip_int[VSX_N_ELEMS];
	vsx_exact_kernel *exact_squares, *exact_products, *exact_own;
	vsx_exact_take_kernel *exact_take;
	vsx_widen_kernel *widen[VSX_N_ELEMS]; /* not of VSX_F32 */
	vsx_grid_codes_kernel *grid_codes;
	vsx_grid_terms_kernel *grid_terms;
	vsx_grid_range_kernel *grid_range;
	vsx_grid_steps_kernel *grid_steps;
	vsx_grid_digits_kernel *grid_digits;
	vsx_grid_offset_kernel *grid_offset;
};

/*
 * The table for this machine: the widest that was built in, that the processor
 * and the system allow and that VSX_ISA in the environment does not forbid
 * (scalar, avx2, avx512, neon; a name that cannot be had is ignored). Chosen
 * once; any thread may call it.
 */
const struct vsx_kernels *vsx_kernels(void);

/*
 * Every table that this machine can run, for tests: i from 0 (scalar) up;
 * NULL past the last.
 */
const struct vsx_kernels *vsx_kernels_at(unsigned int i);

#endif
