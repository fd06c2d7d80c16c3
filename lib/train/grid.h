/*
 * A grid of 256 steps in each dimension that rows are rounded to: component d
 * is near lo[d] + delta * code[d]. The step is one for all dimensions, so that
 * the distance of two codes is an integer sum.
 */
#ifndef VSX_TRAIN_GRID_H
#define VSX_TRAIN_GRID_H

#include "train/job.h"

struct vsx_grid {
	uint32_t dim;
	float delta;
	float *lo; /* [dim] */
};

/*
 * Learn the grid of rows: lo and delta so that all components lie on it, but
 * for those of few rows far out, if they would make it much coarser. Under
 * cosine of rows scaled to length 1. There is at least one row.
 *
 * Time    one pass over the rows, on job->n_threads threads
 * Repeat  the same rows give the same grid for any number of threads
 */
enum vsx_status vsx_grid_learn(struct vsx_job *job, const struct vsx_rows *rows,
			       struct vsx_grid *grid, struct vsx_error *err);

void vsx_grid_release(struct vsx_grid *grid);

/*
 * The code of a row. True if a component lay outside of the grid.
 *
 * step  bytes from four components to the next four of the code: 4 where they
 *       lie one after the other
 */
bool vsx_grid_encode_at(const struct vsx_grid *grid,
			const struct vsx_space *space, const uint8_t *row,
			uint8_t *code, size_t step);

/* The same into u8[dim]. */
static inline bool vsx_grid_encode(const struct vsx_grid *grid,
				   const struct vsx_space *space,
				   const uint8_t *row, uint8_t *code)
{
	return vsx_grid_encode_at(grid, space, row, code, 4);
}

#endif
