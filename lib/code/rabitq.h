/*
 * RaBitQ: each component of a rotated vector in 1 to 8 bits. SPEC.md 5.9.6;
 * Gao and Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical
 * Error Bound for Approximate Nearest Neighbor Search", SIGMOD 2024, and Gao et
 * al., "Practical and Asymptotically Optimal Quantization of High-Dimensional
 * Vectors in Euclidean Space for Approximate Nearest Neighbor Search", 2024.
 *
 * What is coded of a row, r, is rotated, so that no component says more of it
 * than others. Its code is the point s of a grid, odd multiples of 1/2 in each
 * dimension, that leads the most nearly the same way; of 1 bit these are the
 * signs, and of more bits the first is. With scale = |r|^2 / <r, s>
 *
 *	scale * s  =  r + e,   e at right angles to r
 *
 * and <q, r> is near scale * <q, s>, as often above as below: e points anywhere
 * in the other dimensions, so by about |q| * |e| / sqrt(dimensions).
 *
 * The rotation is the same for all lists, and so is what a query has of the
 * codes. What depends on the row's list is a number beside its code: with
 * o = centroid - mean and q' = q - mean
 *
 *	|q - x|^2 = |q - centroid|^2 + |r|^2 - 2 <q' - o, r>
 *		 ~  |q - centroid|^2 + add - 2 scale <q', s>
 *	add = |r|^2 + 2 scale <o, s>
 */
#ifndef VSX_CODE_RABITQ_H
#define VSX_CODE_RABITQ_H

#include <string.h>

#include "code/codec.h"
#include "kernel/codes.h"
#include "kernel/rotate.h"

#define VSX_RABITQ_MOST_BITS 8u

/* Rotated rows are on the stack. */
#define VSX_RABITQ_MOST_DIM 8192u

/* Components of a rotated row. */
static inline uint32_t vsx_rabitq_dim(const struct vsx_code_form *f)
{
	return vsx_rotate_dim(f->coded);
}

/* What there is of a row beside its code. */
struct vsx_rabitq_numbers {
	float add, scale;
	float error; /* |e| */
};

/* The codec's own parameters: f32 mean[coded], of the rows before any centroid
 * is taken from them. */
static inline const float *vsx_rabitq_mean(const struct vsx_code_form *f,
					   const uint8_t *params)
{
	return (const float *)(const void *)(params + vsx_code_parts(f).own);
}

/* ---- codes in bytes ------------------------------------------------------ */

/*
 * Codes of n components, a multiple of 64, `bits` each: of the bits that are
 * set in this number the greatest first, so many bits of each code, the lowest
 * first, in n * that / 8 bytes. Component i is in byte i modulo so many.
 */
static inline uint32_t vsx_rabitq_codes_bytes(uint32_t n, uint32_t bits)
{
	return n / 8 * bits;
}

/* Into zeros; bits of a code above these are left out. */
void vsx_rabitq_pack(const uint8_t *codes, uint32_t n, uint32_t bits,
		     uint8_t *out);
/* Each into a byte. bits may be 0. */
void vsx_rabitq_unpack(const uint8_t *in, uint32_t n, uint32_t bits,
		       uint8_t *codes);

/* ---- blocks -------------------------------------------------------------- */

/*
 * Of 32 rows: their signs, which lie as kernel/codes.h wants them, and their
 * numbers as if there were no more; then, with more bits, the numbers by all of
 * them, and what is left of the code of each row.
 */
#define VSX_RABITQ_SHIFT 5

struct vsx_rabitq_factors {
	float add[VSX_SCAN_ROWS], scale[VSX_SCAN_ROWS], error[VSX_SCAN_ROWS];
};

/* Four signs each. */
static inline uint32_t vsx_rabitq_parts(const struct vsx_code_form *f)
{
	return vsx_rabitq_dim(f) / 4;
}

/* Where the numbers of the signs begin in a block. */
static inline uint32_t vsx_rabitq_signs_bytes(const struct vsx_code_form *f)
{
	return vsx_rabitq_parts(f) * (VSX_SCAN_ROWS / 2);
}

static inline uint32_t vsx_rabitq_rest_bytes(const struct vsx_code_form *f)
{
	return vsx_rabitq_codes_bytes(vsx_rabitq_dim(f), f->size - 1);
}

static inline uint32_t vsx_rabitq_block_bytes(const struct vsx_code_form *f)
{
	uint32_t factors = sizeof(struct vsx_rabitq_factors);

	return vsx_rabitq_signs_bytes(f) + factors +
	       (f->size > 1 ? factors + VSX_SCAN_ROWS * vsx_rabitq_rest_bytes(f)
			    : 0);
}

/* By the signs, and by all bits. */
static inline const struct vsx_rabitq_factors *vsx_rabitq_of_signs(
	const struct vsx_code_form *f, const uint8_t *block)
{
	return (const void *)(block + vsx_rabitq_signs_bytes(f));
}

static inline const struct vsx_rabitq_factors *vsx_rabitq_of_all(
	const struct vsx_code_form *f, const uint8_t *block)
{
	return vsx_rabitq_of_signs(f, block) + (f->size > 1);
}

/* What is left of the codes, of all rows. */
static inline const uint8_t *vsx_rabitq_rest(const struct vsx_code_form *f,
					     const uint8_t *block)
{
	return (const uint8_t *)(vsx_rabitq_of_all(f, block) + 1);
}

/* The codes of a row of a block, each in a byte. */
void vsx_rabitq_gather(const struct vsx_code_form *f, const uint8_t *block,
		       uint32_t row, uint8_t *codes);

void vsx_rabitq_encode(const struct vsx_code_form *f, const uint8_t *params,
		       const float *y, const float *const *centroids,
		       uint32_t n, uint8_t *block);
void vsx_rabitq_decode(const struct vsx_code_form *f, const uint8_t *params,
		       const uint8_t *block, uint32_t row, float *y);

/* ---- records ------------------------------------------------------------- */

/* Of one row: its code, all bits, and the three numbers. */
static inline uint32_t vsx_rabitq_record_bytes(const struct vsx_code_form *f)
{
	return vsx_rabitq_codes_bytes(vsx_rabitq_dim(f), f->size) +
	       (uint32_t)sizeof(struct vsx_rabitq_numbers);
}

static inline struct vsx_rabitq_numbers vsx_rabitq_numbers_of(
	const struct vsx_code_form *f, const uint8_t *record)
{
	struct vsx_rabitq_numbers out;

	memcpy(&out,
	       record + vsx_rabitq_codes_bytes(vsx_rabitq_dim(f), f->size),
	       sizeof(out));
	return out;
}

void vsx_rabitq_encode_record(const struct vsx_code_form *f,
			      const uint8_t *params, const float *y,
			      const float *const *centroids, uint32_t n,
			      uint8_t *record);
void vsx_rabitq_decode_record(const struct vsx_code_form *f,
			      const uint8_t *params, const uint8_t *record,
			      uint32_t row, float *y);

#endif
