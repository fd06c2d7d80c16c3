/* The rules of a graph, checked one by one. SPEC.md 5.5. */
#ifndef VSX_HNSW_CHECK_H
#define VSX_HNSW_CHECK_H

#include "kind/hnsw/hnsw.h"

enum vsx_status vsx_hnsw_check(const struct vsx_segment *seg,
			       unsigned int n_threads, vsx_finding *report,
			       void *context, struct vsx_error *err);

/* Those of 5.5.1, of the links' codes. */
enum vsx_status vsx_hnsw_check_gates(const struct vsx_segment *seg,
				     unsigned int n_threads,
				     vsx_finding *report, void *context,
				     struct vsx_error *err);

/*
 * Mark every row that base links lead to from row `start`: reached[row] = 1.
 * `queue` has room for n rows. Links at or above n are passed over.
 */
uint32_t vsx_hnsw_reach(const uint32_t *links, uint32_t degree, uint32_t n,
			uint32_t start, uint8_t *reached, uint32_t *queue);

#endif
