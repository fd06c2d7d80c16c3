/* What "auto" thinks of graphs: which it takes, which it tries, what they cost.
 */
#ifndef VSX_HNSW_BUILD_AUTO_H
#define VSX_HNSW_BUILD_AUTO_H

#include "kind/build.h"

/* Links a row, by how many rows there are and what they are to find. */
uint32_t vsx_hnsw_m_for(const struct vsx_spec_need *need);

/*
 * Whether a walk over codes of 8 bits is faster without a trial. Rows of bytes
 * are their own codes; what is kept of products where norms differ much is too
 * coarse; rows of few components are read as fast.
 */
bool vsx_hnsw_codes_pay(const struct vsx_spec_need *need);

/* vsx_kind_build.layouts and .cost */
uint32_t vsx_hnsw_layouts(const struct vsx_spec_need *need,
			  struct vsx_spec out[VSX_MAX_LAYOUTS]);
double vsx_hnsw_cost(const struct vsx_segment *seg, const struct vsx_work *work,
		     uint64_t n_rows);

#endif
