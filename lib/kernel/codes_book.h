/*
 * Books of codewords, in registers of WIDTH floats: the file that includes this
 * has defined WIDTH, which the compiler knows registers of; a power of two, 16
 * at most.
 */
#ifndef VSX_CODES_BOOK_H
#define VSX_CODES_BOOK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernel/rows.h"

typedef float lanes __attribute__((vector_size(4 * WIDTH)));
typedef int32_t whole __attribute__((vector_size(4 * WIDTH)));
typedef uint16_t words __attribute__((vector_size(2 * WIDTH)));

/* Registers of codewords that are summed at once, to hide what a sum waits. */
#define AT_ONCE (WIDTH == 16 ? 1 : 2)
#define STEP	(AT_ONCE * WIDTH)

INLINE lanes codewords(const float *book)
{
	lanes x;

	memcpy(&x, book, sizeof(x));
	return x;
}

INLINE lanes all(float x)
{
	return (lanes){0} + x;
}

/* Bits of the lanes where `take` says so, of the others elsewhere. */
INLINE lanes chosen(whole take, lanes a, lanes b)
{
	return (lanes)(((whole)a & take) | ((whole)b & ~take));
}

/* The sums of the STEP codewords at book. */
INLINE void sums_of(const float *x, const float *book, uint32_t dim, uint32_t n,
		    bool squares, lanes sum[AT_ONCE])
{
	for (int k = 0; k < AT_ONCE; k++)
		sum[k] = all(0.0f);
	for (uint32_t i = 0; i < dim; i++, book += n)
		for (int k = 0; k < AT_ONCE; k++) {
			lanes y = codewords(book + k * WIDTH), xi = all(x[i]);

			sum[k] += squares ? (xi - y) * (xi - y) : xi * y;
		}
}

INLINE void book_sums(const float *x, const float *book, uint32_t dim,
		      uint32_t n, bool squares, float *out)
{
	for (uint32_t c = 0; c < n; c += STEP) {
		lanes sum[AT_ONCE];

		sums_of(x, book + c, dim, n, squares, sum);
		memcpy(out + c, sum, sizeof(sum));
	}
}

static void squares(const float *x, const float *book, uint32_t dim, uint32_t n,
		    float *out)
{
	book_sums(x, book, dim, n, true, out);
}

static void products(const float *x, const float *book, uint32_t dim,
		     uint32_t n, float *out)
{
	book_sums(x, book, dim, n, false, out);
}

/* Parts that are summed at once: a sum waits for the one before. */
#define PARTS_AT_ONCE (WIDTH >= 8 ? 4 : 2)
#define PART_LANES    (16 / WIDTH)

INLINE void add_component(const float *x, const float *book, uint32_t i,
			  lanes sum[PART_LANES])
{
	lanes xi = all(x[i]);

	for (int k = 0; k < PART_LANES; k++)
		sum[k] += xi * codewords(book + (size_t)i * 16 + k * WIDTH);
}

static void part_products(const float *x, const float *book, uint32_t dim,
			  uint32_t parts, float *out)
{
	uint32_t least = dim / parts, p = 0;

	for (; p + PARTS_AT_ONCE <= parts; p += PARTS_AT_ONCE) {
		lanes sum[PARTS_AT_ONCE][PART_LANES] = {{{0}}};
		uint32_t first[PARTS_AT_ONCE + 1];

		for (uint32_t j = 0; j <= PARTS_AT_ONCE; j++)
			first[j] = vsx_part_first(dim, parts, p + j);
		for (uint32_t i = 0; i < least; i++)
			for (int j = 0; j < PARTS_AT_ONCE; j++)
				add_component(x, book, first[j] + i, sum[j]);
		for (int j = 0; j < PARTS_AT_ONCE; j++)
			if (first[j] + least < first[j + 1])
				add_component(x, book, first[j] + least,
					      sum[j]);
		memcpy(out + (size_t)p * 16, sum, sizeof(sum));
	}
	for (; p < parts; p++) {
		uint32_t from = vsx_part_first(dim, parts, p);

		products(x + from, book + (size_t)from * 16,
			 vsx_part_first(dim, parts, p + 1) - from, 16,
			 out + (size_t)p * 16);
	}
}

/* Each lane keeps the first of its least; so the least of these, the lowest of
 * equals, is that of all. Sums are not negative: their bits rise as they do. */
static uint32_t nearest(const float *x, const float *book, uint32_t dim,
			uint32_t n, float *away)
{
	lanes least = all(INFINITY);
	whole at = {0}, number, bits;
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < WIDTH; i++)
		number[i] = i;
	for (uint32_t c = 0; c < n; c += STEP) {
		lanes sum[AT_ONCE];

		sums_of(x, book + c, dim, n, true, sum);
		for (int k = 0; k < AT_ONCE; k++, number += WIDTH) {
			whole less = sum[k] < least;

			least = chosen(less, sum[k], least);
			at = (number & less) | (at & ~less);
		}
	}
	bits = (whole)least;
	for (int i = 0; i < WIDTH; i++) {
		uint64_t one =
			(uint64_t)(uint32_t)bits[i] << 32 | (uint32_t)at[i];

		best = one < best ? one : best;
	}
	if (away) {
		uint32_t low = (uint32_t)(best >> 32);

		memcpy(away, &low, sizeof(low));
	}
	return (uint32_t)best;
}

/* Lanes are compared with each other four at a time. */
typedef float fours __attribute__((vector_size(16)));
typedef int32_t four_whole __attribute__((vector_size(16)));

INLINE fours chosen_fours(four_whole take, fours a, fours b)
{
	return (fours)(((four_whole)a & take) | ((four_whole)b & ~take));
}

static void range(const float *x, uint32_t n, float *low, float *high)
{
	lanes least = codewords(x), most = least;
	fours a[WIDTH / 4], b[WIDTH / 4];

	for (uint32_t i = WIDTH; i < n; i += WIDTH) {
		lanes y = codewords(x + i);

		least = chosen(y < least, y, least);
		most = chosen(y > most, y, most);
	}
	memcpy(a, &least, sizeof(a));
	memcpy(b, &most, sizeof(b));
	for (int i = 1; i < WIDTH / 4; i++) {
		a[0] = chosen_fours(a[i] < a[0], a[i], a[0]);
		b[0] = chosen_fours(b[i] > b[0], b[i], b[0]);
	}
	*low = a[0][0];
	*high = b[0][0];
	for (int i = 1; i < 4; i++) {
		*low = a[0][i] < *low ? a[0][i] : *low;
		*high = b[0][i] > *high ? b[0][i] : *high;
	}
}

/* Adding 2^23 leaves whole numbers, which stand in the low bits. */
static void quantise(const float *x, uint32_t n, float low, float inverse,
		     uint16_t *out)
{
	for (uint32_t i = 0; i < n; i += WIDTH) {
		lanes y = (codewords(x + i) - low) * inverse + 0x1p23f;
		words w = __builtin_convertvector((whole)y & 0xffff, words);

		memcpy(out + i, &w, sizeof(w));
	}
}

#endif
