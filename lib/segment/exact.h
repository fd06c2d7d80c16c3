/* Exact search of several queries at once. One query: vsx_exact_search(). */
#ifndef VSX_EXACT_H
#define VSX_EXACT_H

#include "segment/segment.h"

/* Queries of a batch: more would make it no faster. */
#define VSX_EXACT_TOGETHER 256u

/*
 * How many of n queries to give to each call, when so many threads take part:
 * as many for each, bounded, and fewer the longer they are.
 */
uint32_t vsx_exact_share(size_t n, unsigned int n_threads, uint32_t dim);

/*
 * The same as vsx_exact_search() for each of n queries, but the rows come from
 * memory once for all of them, and are packed for tiles where that pays.
 * VSX_EXACT_TOGETHER at a time is what pays most. Every find has a scratch and
 * a heap of its own.
 */
enum vsx_status vsx_exact_batch(const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err);

#endif
