/*
 * First centroids of a clustering into many: the points are cut into sqrt(k) /
 * 3 cells, each gets its share of the centroids, and is clustered by itself.
 *
 * A point looks at 3 sqrt(k) centroids instead of at k; and where points are
 * many, centroids are, too, which takes random ones many iterations.
 */
#ifndef VSX_CELLS_H
#define VSX_CELLS_H

#include "train/lloyd.h"

/* What l->tally counts for n points and k centroids, at most. */
uint64_t vsx_cells_looks(uint32_t n, uint32_t k);

/*
 * Set l->cents, and with them of, away, start and member. Points are put in the
 * order of their cells: order[i] is what was point i. The same for any number
 * of threads.
 */
enum vsx_status vsx_cells_begin(struct vsx_lloyd *l, uint64_t seed,
				uint32_t *order, struct vsx_error *err);

#endif
