/*
 * RaBitQ: the sign of each component of a rotated vector. SPEC.md 5.9.6;
 * Gao and Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical
 * Error Bound for Approximate Nearest Neighbor Search", SIGMOD 2024.
 *
 * What is coded of a row, r, is rotated, so that its signs s (1/2 or -1/2 each)
 * say the same of all its components. With scale = |r|^2 / <r, s>
 *
 *	scale * s  =  r + e,   e at right angles to r
 *
 * and <q, r> is near scale * <q, s>, as often above as below: e points anywhere
 * in the other dimensions, so by about |q| * |e| / sqrt(dimensions).
 *
 * The rotation is the same for all lists, and so is what a query has of the
 * signs. What depends on the row's list is a number beside its code: with
 * o = centroid - mean and q' = q - mean
 *
 *	|q - x|^2 = |q - centroid|^2 + |r|^2 - 2 <q' - o, r>
 *		 ~  |q - centroid|^2 + add - 2 scale <q', s>
 *	add = |r|^2 + 2 scale <o, s>
 */
#ifndef VSX_CODE_RABITQ_H
#define VSX_CODE_RABITQ_H

#include "code/codec.h"
#include "kernel/codes.h"
#include "kernel/rotate.h"

/* Rows of a block, whose signs lie as kernel/codes.h wants them. */
#define VSX_RABITQ_SHIFT 5

/* Rotated rows are on the stack. */
#define VSX_RABITQ_MOST_DIM 8192u

/* Four signs each. */
static inline uint32_t vsx_rabitq_parts(const struct vsx_code_form *f)
{
	return vsx_rotate_dim(f->coded) / 4;
}

/* What a block has behind its signs. */
struct vsx_rabitq_factors {
	float add[VSX_SCAN_ROWS], scale[VSX_SCAN_ROWS];
	float error[VSX_SCAN_ROWS]; /* |e| */
};

static inline uint32_t vsx_rabitq_block_bytes(const struct vsx_code_form *f)
{
	return vsx_rabitq_parts(f) * 16 +
	       (uint32_t)sizeof(struct vsx_rabitq_factors);
}

/* The codec's own parameters: f32 mean[coded], of the rows before any centroid
 * is taken from them. */
static inline const float *vsx_rabitq_mean(const struct vsx_code_form *f,
					   const uint8_t *params)
{
	return (const float *)(const void *)(params + vsx_code_parts(f).own);
}

/* The sign of component i of a row: 1 for what is not below 0. */
static inline uint32_t vsx_rabitq_sign(const uint8_t *block, uint32_t row,
				       uint32_t i)
{
	uint32_t both = block[i / 4 * 16 + row % 16];

	return both >> (row / 16 * 4 + i % 4) & 1;
}

void vsx_rabitq_encode(const struct vsx_code_form *f, const uint8_t *params,
		       const float *y, const float *const *centroids,
		       uint32_t n, uint8_t *block);
void vsx_rabitq_decode(const struct vsx_code_form *f, const uint8_t *params,
		       const uint8_t *block, uint32_t row, float *y);

#endif
