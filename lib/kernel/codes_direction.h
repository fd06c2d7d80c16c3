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

INLINE uint32_t nearest_way(const float *r, uint32_t n, float length,
			    const float *book, const float *half,
			    float *greatest)
{
	lanes score[SCORES];

	for (uint32_t k = 0; k < SCORES; k++)
		score[k] = all(0.0f);
	for (uint32_t i = 0; i < n; i++, book += WORDS)
		for (uint32_t k = 0; k < SCORES; k++)
			score[k] += r[i] * codewords(book + k * WIDTH);
	for (uint32_t k = 0; k < SCORES; k++) {
		score[k] -= length * codewords(half + k * WIDTH);
		score[k] =
			chosen(score[k] == score[k], score[k], all(-INFINITY));
	}
	return first_greatest(score, greatest);
}

static void direction(const struct vsx_direction_book *b, const float *r,
		      float length, uint8_t *codes,
		      struct vsx_direction_sums *out)
{
	struct vsx_direction_sums sums = {0};
	const float *half = b->half, *along = b->along;

	for (uint32_t p = 0; p < b->parts; p++) {
		uint32_t first = b->first[p];
		float greatest;
		uint32_t c =
			nearest_way(r + first, b->first[p + 1] - first, length,
				    b->book + first * WORDS, half, &greatest);

		codes[p] = (uint8_t)c;
		sums.score += greatest;
		sums.half += half[c];
		sums.along += along[c];
		half += WORDS;
		along += WORDS;
	}
	*out = sums;
}

#endif
