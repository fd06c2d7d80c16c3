/*
 * Codebooks of product quantisers (Jegou, Douze, Schmid, "Product Quantization
 * for Nearest Neighbor Search", IEEE Trans. PAMI 33(1), 2011): a vector is cut
 * into m parts, and for each of them there are `ksub` codewords.
 *
 * Part j has the components j*dim/m .. (j+1)*dim/m - 1, rounded down. Its
 * codewords stand component by component, f32 [components][ksub], so that
 * kernels take whole registers of codewords (kernel/codes.h); part after part
 * they make a book of dim * ksub floats.
 */
#ifndef VSX_TRAIN_PQ_H
#define VSX_TRAIN_PQ_H

#include <stddef.h>

#include "kernel/codes.h"
#include "train/job.h"

struct vsx_pq {
	uint32_t dim;
	uint32_t m;    /* 1 .. dim */
	uint32_t ksub; /* 16 or 256 */
};

/* The first component of part j; that of part m is dim. */
static inline uint32_t vsx_pq_first(const struct vsx_pq *pq, uint32_t j)
{
	return vsx_part_first(pq->dim, pq->m, j);
}

static inline uint32_t vsx_pq_components(const struct vsx_pq *pq, uint32_t j)
{
	return vsx_pq_first(pq, j + 1) - vsx_pq_first(pq, j);
}

/* Where its codewords begin in the book, in floats. */
static inline size_t vsx_pq_book(const struct vsx_pq *pq, uint32_t j)
{
	return (size_t)vsx_pq_first(pq, j) * pq->ksub;
}

/* Vectors that a book is learned from, at most. 256 for each codeword are
 * enough of 256 codewords, and too few of 16. */
#define VSX_PQ_SAMPLE(ksub) ((ksub) == 16 ? 16384u : 65536u)

/*
 * Learn a book from x, f32 [n][dim] of finite numbers whose squared length is
 * below 2^126, n at least 1, by Lloyd's iterations in each part. Where fewer
 * than ksub codewords can be told apart, the rest are copies of the first: the
 * nearest codeword, the lowest of equals, is never one of them.
 *
 * warm        begin with what the book holds, which was learned for this
 *             pq before
 * iterations  at most; 0: as many as pay
 * book        f32 [dim * ksub]
 * Repeat      the same vectors and seed give the same bytes for any number of
 *             threads and on any machine
 *
 * Progress is told as "codes". Threads share the parts: more threads than parts
 * are of no use.
 */
enum vsx_status vsx_pq_train(struct vsx_job *job, const struct vsx_pq *pq,
			     const float *x, uint32_t n, uint32_t iterations,
			     bool warm, float *book, struct vsx_error *err);

/* What that takes beside the vectors and the book. */
uint64_t vsx_pq_train_bytes(const struct vsx_pq *pq, uint32_t n,
			    unsigned int threads);

#endif
