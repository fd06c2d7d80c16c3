/* Exact search of several queries at once. One query: vsx_exact_search(). */
#ifndef VSX_EXACT_H
#define VSX_EXACT_H

#include "segment/segment.h"

/*
 * The same as vsx_exact_search() for each of n queries, but the rows come from
 * memory once for several of them. Every find has a scratch and a heap of its
 * own.
 */
enum vsx_status vsx_exact_batch(const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err);

#endif
