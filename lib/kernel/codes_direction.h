/*
 * The nearest of 16 codewords, part by part. The file that includes this has
 * defined WIDTH as for codes_book.h and
 *
 *     uint32_t first_greatest(const lanes score[SCORES], float *greatest)
 *
 * the lowest of 16 numbers that are the greatest, none of which is a NaN.
 */
#ifndef VSX_CODES_DIRECTION_H
#define VSX_CODES_DIRECTION_H

#include "kernel/codes.h"
#include "kernel/codes_book.h"

#define WORDS  16u
#define SCORES (WORDS / WIDTH)

INLINE uint32_t first_greatest(const lanes score[SCORES], float *greatest);

/* Vectors that are summed at once, to hide what a sum waits. */
#define VECTORS 4u

/* The scores of part p, of `many` vectors from r on. */
INLINE void scores_of(const struct vsx_direction_book *b, uint32_t p,
		      const float *r, const float *length, uint32_t many,
		      lanes score[VECTORS][SCORES])
{
	const float *half = b->half + p * WORDS;
	uint32_t dim = b->first[b->parts];

#pragma GCC unroll 4
	for (uint32_t j = 0; j < many; j++)
#pragma GCC unroll 4
		for (uint32_t k = 0; k < SCORES; k++)
			score[j][k] = all(0.0f);
	for (uint32_t i = b->first[p]; i < b->first[p + 1]; i++)
#pragma GCC unroll 4
		for (uint32_t k = 0; k < SCORES; k++) {
			lanes y = codewords(b->book + i * WORDS + k * WIDTH);

#pragma GCC unroll 4
			for (uint32_t j = 0; j < many; j++)
				score[j][k] += r[(size_t)j * dim + i] * y;
		}
#pragma GCC unroll 4
	for (uint32_t j = 0; j < many; j++)
#pragma GCC unroll 4
		for (uint32_t k = 0; k < SCORES; k++) {
			lanes x = score[j][k] -
				  length[j] * codewords(half + k * WIDTH);

			score[j][k] = chosen(x == x, x, all(-INFINITY));
		}
}

INLINE void directions(const struct vsx_direction_book *b, const float *r,
		       const float *length, uint32_t many, uint8_t *codes,
		       struct vsx_direction_sums *out)
{
	lanes score[VECTORS][SCORES];

	for (uint32_t j = 0; j < many; j++)
		out[j] = (struct vsx_direction_sums){0};
	for (uint32_t p = 0; p < b->parts; p++) {
		scores_of(b, p, r, length, many, score);
		for (uint32_t j = 0; j < many; j++) {
			float greatest;
			uint32_t c = first_greatest(score[j], &greatest);

			codes[j * b->parts + p] = (uint8_t)c;
			out[j].score += greatest;
			out[j].half += b->half[p * WORDS + c];
			out[j].along += b->along[p * WORDS + c];
		}
	}
}

static void direction(const struct vsx_direction_book *b, const float *r,
		      const float *length, uint32_t n, uint8_t *codes,
		      struct vsx_direction_sums *out)
{
	size_t dim = b->first[b->parts];
	uint32_t i = 0;

	for (; n - i >= VECTORS; i += VECTORS)
		directions(b, r + i * dim, length + i, VECTORS,
			   codes + (size_t)i * b->parts, out + i);
	for (; i < n; i++)
		directions(b, r + i * dim, length + i, 1,
			   codes + (size_t)i * b->parts, out + i);
}

#endif
