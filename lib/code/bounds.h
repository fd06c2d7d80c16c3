/*
 * What a key says about a row's value (see vsx_topk): that it lies between
 * vsx_bounds_low() and vsx_bounds_high(). Both rise with the key.
 */
#ifndef VSX_BOUNDS_H
#define VSX_BOUNDS_H

#include "kernel/space.h"

struct vsx_bounds {
	enum vsx_key_form form;
	enum {
		VSX_BOUNDS_SQUARE, /* the key is a squared distance, so is the
				      value */
		VSX_BOUNDS_ANGLE,  /* the same of unit vectors, and the value is
				      the negative product */
		VSX_BOUNDS_LINEAR, /* value = shift + unit * key's value */
		VSX_BOUNDS_EXACT,  /* the key's value is the row's: whole
				      numbers, never rounded */
	} shape;
	double unit;	 /* length of what the key counts as 1 */
	double shift;	 /* linear only */
	double error;	 /* of the distance; linear: of the value */
	double relative; /* of the key's value, when it is a square */
	double absolute; /* the same: what underflow may have lost */
	double slack;	 /* of the value: rounding of f64 arithmetic, relative
			    for squares, else absolute */
};

double vsx_bounds_low(const struct vsx_bounds *b, uint32_t key);
double vsx_bounds_high(const struct vsx_bounds *b, uint32_t key);

/* The greatest key, or a somewhat greater one, whose low is up to `value`. */
uint32_t vsx_bounds_key(const struct vsx_bounds *b, double value);

/* ---- what arithmetic may lose ----------------------------------------- */

#define VSX_HAIR 0x1p-40 /* more than a few operations in f64 can lose */

/* Relative error of an f32 sum of dim terms of one sign. */
double vsx_sum_error(uint32_t dim);

/* Of such a sum, the terms that were too small for an f32. */
double vsx_sum_underflow(uint32_t dim);

/*
 * Relative error of f64 sums: those of vsx_space_exact_value(), in lanes, and
 * those of lengths and shifts, which run through all components one after the
 * other.
 */
double vsx_exact_error(uint32_t dim);

/* The length of a query, rounded up. */
double vsx_query_length(const struct vsx_query *q, uint32_t dim);

#endif
