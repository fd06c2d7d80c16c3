/* Exact search of several queries at once. One query: vsx_exact_search(). */
#ifndef VSX_EXACT_H
#define VSX_EXACT_H

#include "segment/segment.h"

/* Queries of a call: more would make it no faster. */
#define VSX_EXACT_TOGETHER 512u

/*
 * How many of n queries of k neighbours each call gets when n_threads share
 * them: as many for each thread, and fewer the more memory they take.
 */
uint32_t vsx_exact_share(size_t n, unsigned int n_threads, uint32_t dim,
			 size_t k);

/*
 * The same as vsx_exact_search() for each of n queries, but the rows come from
 * memory once for all of them, and their keys in tiles where these are
 * integers. Every find has a scratch and a heap of its own.
 */
enum vsx_status vsx_exact_batch(const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err);

#endif
