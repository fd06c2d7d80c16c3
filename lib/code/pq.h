/*
 * Product quantisation: a code for each part of a vector, of 8 or 4 bits.
 * SPEC.md 5.9.2; train/pq.h says what parts and codewords are.
 *
 * What a query has of a row is a sum of what it has of the row's codewords. So
 * for each part there is a table of that for all codewords, in whole numbers
 * with one unit for all of them, and a row's key is a sum of entries:
 *
 *     |y - x|^2  =  sum over parts of |y_j - codeword|^2  ~  bias + unit * sum
 *
 * Two codes of 4 bits share a byte, and a table of its 256 values.
 */
#ifndef VSX_CODE_PQ_H
#define VSX_CODE_PQ_H

#include "code/codec.h"
#include "train/pq.h"

/* The parts that codes of this form are of; 8 or 4 bits each. */
static inline struct vsx_pq vsx_pq_of(const struct vsx_code_form *f, int bits)
{
	return (struct vsx_pq){f->coded, f->size, 1u << bits};
}

/* The codec's own parameters are the book. */
static inline const float *vsx_pq_words(const struct vsx_code_form *f,
					const uint8_t *params)
{
	return (const float *)(const void *)(params + vsx_code_parts(f).own);
}

/* In blocks it comes behind a mean. */
static inline const float *vsx_pq_mean(const struct vsx_code_form *f,
				       const uint8_t *params)
{
	return vsx_pq_words(f, params);
}

static inline const float *vsx_pq_block_words(const struct vsx_code_form *f,
					      const uint8_t *params)
{
	return vsx_pq_mean(f, params) + f->coded;
}

static inline int vsx_pq_bits(const struct vsx_codec *codec)
{
	return codec->id == VSX_CODEC_PQ4 || codec->id == VSX_CODEC_PQ4FS ? 4
									  : 8;
}

/* The codeword of part j that `code` names, into its components of y. */
void vsx_pq_put_codeword(const struct vsx_pq *pq, const float *book, uint32_t j,
			 uint32_t code, float *y);

/* The rule of a book: VSX_ECORRUPT for what is no finite number. */
enum vsx_status vsx_pq_check_book(const struct vsx_pq *pq, const float *book,
				  struct vsx_error *err);

#endif
