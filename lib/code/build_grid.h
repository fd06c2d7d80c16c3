/* 8-bit codes on a grid that is there. */
#ifndef VSX_BUILD_GRID_H
#define VSX_BUILD_GRID_H

#include "code/build.h"
#include "train/grid.h"

/*
 * Their parameters: the grid, and the most that it loses of any of the rows.
 * One pass over these, on job->n_threads threads.
 */
enum vsx_status vsx_codes_on_grid(struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_grid *grid,
				  struct vsx_code_params *p,
				  struct vsx_error *err);

#endif
