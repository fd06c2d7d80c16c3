/*
 * Kernels for codes: what a query says of codes, in whole numbers, and the
 * tables and nearest codewords of product quantisers.
 *
 * There is one table of functions for each instruction set, as in kernel.h. All
 * give the same bits: the first three and the last four are exact, the others
 * make one rounded operation after the other in the order given here, never
 * fused.
 */
#ifndef VSX_KERNEL_CODES_H
#define VSX_KERNEL_CODES_H

#include "kernel/pool.h"

/*
 * Products of weights with the codes of n rows.
 *
 * w       int16_t[dim]
 * base    start of the codes; any alignment
 * stride  bytes from the codes of one row to those of the next
 * rows    uint32[n], row numbers; NULL means rows 0 .. n-1. The memory of those
 *         that come next is prefetched, as in kernel.h
 * out     int32[n]: sum of w[i] * code i, modulo 2^32
 *
 * dot8 has a byte for each code. dot4 has code i in the low half of byte i for
 * i < h = (dim + 1) / 2, code h + i in its high half; with an odd dim the high
 * half of the last byte is not looked at. Both read exactly these bytes.
 */
typedef void vsx_dot_kernel(const int16_t *w, const uint8_t *base,
			    size_t stride, const uint32_t *rows, size_t n,
			    uint32_t dim, int32_t *out);

/* Codes are places in tables: out[r] = sum of tables[j][byte j of row r], for
 * j < m. m at most 65,536: the sum fits. */
typedef void vsx_sum_kernel(const uint16_t *tables /* [m][256] */,
			    const uint8_t *base, size_t stride,
			    const uint32_t *rows, size_t n, uint32_t m,
			    uint32_t *out);

/*
 * A book holds the codewords of dim components by component: f32
 * [dim][n], n a multiple of 16; any alignment. A sum runs over the components
 * by rising number from +0, a rounded difference, product and sum each.
 */

/* out[c] = sum of (x[i] - book[i][c])^2, or of x[i] * book[i][c]; f32[n] */
typedef void vsx_book_kernel(const float *x, const float *book, uint32_t dim,
			     uint32_t n, float *out);

/* The first component of part p; that of part `parts` is dim. */
static inline uint32_t vsx_part_first(uint32_t dim, uint32_t parts, uint32_t p)
{
	return (uint32_t)((uint64_t)p * dim / parts);
}

/*
 * The products of all parts of x with 16 codewords each: out[p][c] = sum of
 * x[i] * book[i][c] over the components of part p. The same bits as
 * of part after part.
 *
 * x, book  f32 [dim], [dim][16]
 * parts    from 1 to dim
 * out      f32 [parts][16]
 */
typedef void vsx_part_products_kernel(const float *x, const float *book,
				      uint32_t dim, uint32_t parts, float *out);

/* The codeword whose sum of (x[i] - book[i][c])^2 is least, the lowest of
 * equals; 0 when none is below infinity. *away is its sum; may be NULL. */
typedef uint32_t vsx_nearest_kernel(const float *x, const float *book,
				    uint32_t dim, uint32_t n, float *away);

/* The least and the greatest of f32 x[n], which are numbers, n a multiple of 16
 * that is not 0. Of +0 and -0 either. */
typedef void vsx_range_kernel(const float *x, uint32_t n, float *low,
			      float *high);

/* out[i] = (x[i] - low) * inverse as the nearest whole number, the even one of
 * two; below 65535.5 for all of f32 x[n], n a multiple of 16. */
typedef void vsx_quantise_kernel(const float *x, uint32_t n, float low,
				 float inverse, uint16_t *out);

/*
 * Which way a vector leads: of each part of its components the codeword, of 16,
 * that comes nearest to its direction. One with the greatest score, the lowest
 * of equals; 0, and minus infinity, where all are that or no numbers:
 *
 *	(sum of r[i] * book[i][c]) - length * half[p][c]
 *
 * with the sum as above, of the components first[p] .. first[p + 1] - 1.
 */
struct vsx_direction_book {
	const float *book;     /* [first[parts]][16] */
	const float *half;     /* [parts][16]: half the square of each length */
	const float *along;    /* [parts][16]: what else is summed */
	const uint32_t *first; /* [parts + 1] */
	uint32_t parts;
};

/* Of the codewords of all parts, by rising number of the part, from +0. */
struct vsx_direction_sums {
	float score, half, along;
};

/*
 * Of n vectors, each first[parts] floats behind the one before, and their
 * lengths, float[n]. codes: uint8_t[n][parts], 0 to 15 each; out: [n].
 */
typedef void vsx_direction_kernel(const struct vsx_direction_book *b,
				  const float *r, const float *length,
				  uint32_t n, uint8_t *codes,
				  struct vsx_direction_sums *out);

/*
 * Codes of 4 bits are summed 32 rows at once, whose codes lie in a block:
 *
 *	u8 codes[parts][16]    byte i of a part has the code of row i in its low
 *			       half, that of row 16 + i in its high half
 *
 * and behind these what else there is of each row. out[j][i] is the sum of
 * tables[p][code p] of row i of block j, modulo 2^16.
 *
 * tables  u8[parts][16]
 * parts   from 4 on, a multiple of 4
 * blocks  n of them, `stride` bytes apart; any alignment
 * out     u16[n][32]
 */
#define VSX_SCAN_ROWS 32u /* of a block */

static inline size_t vsx_scan_codes_bytes(uint32_t parts)
{
	return (size_t)parts * (VSX_SCAN_ROWS / 2);
}

typedef void vsx_scan_kernel(const uint8_t *tables, uint32_t parts,
			     const uint8_t *blocks, size_t stride, size_t n,
			     uint16_t *out);

/*
 * A gate: which links of a node are worth a look, by such codes that lie
 * beside them, 32 links a block. Behind the codes it has
 *
 *	i16 factors[32][2]     a and b of each link
 *
 * and bit i of out[j] says of link i of block j whether
 *
 *	a * scale + b * (base + sum of tables[p][code p]) <= bound
 *
 * with the sum in the brackets modulo 2^16 and the other modulo 2^32, both
 * taken as signed.
 *
 * blocks  n of them, one after the other; any alignment
 */
struct vsx_gate {
	const uint8_t *tables; /* u8[parts][16] */
	uint32_t parts;	       /* as above */
	int16_t scale, base;
	int32_t bound;
};

#define VSX_GATE_LINKS VSX_SCAN_ROWS /* of a block */

static inline size_t vsx_gate_block_bytes(uint32_t parts)
{
	return vsx_scan_codes_bytes(parts) + VSX_GATE_LINKS * 4;
}

typedef void vsx_gate_kernel(const struct vsx_gate *g, const uint8_t *blocks,
			     size_t n, uint32_t *out);

/*
 * Of rows with such codes, 32 a block, the one of each place in a block with
 * the least value that a gate compares: least[i] is what the first of the
 * blocks has for row i that has the least, which[i] the number of that block.
 *
 * n  from 1 on
 */
typedef void vsx_least_kernel(const struct vsx_gate *g, const uint8_t *blocks,
			      size_t n, int32_t least[VSX_GATE_LINKS],
			      uint32_t which[VSX_GATE_LINKS]);

struct vsx_code_kernels {
	const char *name; /* "scalar", "avx2", "avx512", "neon" */
	vsx_dot_kernel *dot8, *dot4;
	vsx_sum_kernel *sums;
	vsx_book_kernel *squares, *products;
	vsx_part_products_kernel *part_products;
	vsx_nearest_kernel *nearest;
	vsx_range_kernel *range;
	vsx_quantise_kernel *quantise;
	vsx_direction_kernel *direction;
	vsx_scan_kernel *scan;
	vsx_gate_kernel *gate;
	vsx_least_kernel *least;
	vsx_pool_kernel *pool;
};

/* The table for this machine, and all of them, as in kernel.h. */
const struct vsx_code_kernels *vsx_code_kernels(void);
const struct vsx_code_kernels *vsx_code_kernels_at(unsigned int i);

#endif
