/* Exact search of several queries at once. One query: vsx_exact_search(). */
#ifndef VSX_EXACT_H
#define VSX_EXACT_H

#include "index/kind.h"

/*
 * The same as vsx_exact_search() for each of n queries, but the rows come from
 * memory once for several of them. Every find has a scratch and a heap of its
 * own.
 */
enum vsx_status vsx_exact_batch(const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err);

/*
 * Every row, but by the values that an approximate search gives (f32), so that
 * its results can stand beside those.
 */
enum vsx_status vsx_scan_search(const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err);

#endif
