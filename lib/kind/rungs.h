/* Rungs of searches that go by estimates. */
#ifndef VSX_RUNGS_H
#define VSX_RUNGS_H

#include "kind/kind.h"
#include "segment/ranks.h"

/*
 * Set what a search for 10, or 100, finds that looks at the best of the rows
 * that have passed. The known rows are the n_truth neighbours, named by their
 * place from 0.
 */
void vsx_rung_10(struct vsx_rung *rung, const struct vsx_ranks *ranks,
		 const struct vsx_find *find, uint32_t n_truth);
void vsx_rung_100(struct vsx_rung *rung, const struct vsx_ranks *ranks,
		  const struct vsx_find *find, uint32_t n_truth);

#endif
