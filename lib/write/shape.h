/* What is built, shaped by queries of users: see vsx_kind_build.shape. */
#ifndef VSX_SHAPE_H
#define VSX_SHAPE_H

#include "kind/build.h"
#include "write/measure.h"

/*
 * Shape what was built by some of the queries of the test, which *m has taken,
 * where that pays for the others. Then only these stay in the test, so that
 * what it says of recall holds for queries that nothing was shaped by. Else all
 * stays as it was.
 */
enum vsx_status vsx_shape(struct vsx_measure *m, const struct vsx_rows *rows,
			  struct vsx_built *built, double recall,
			  struct vsx_job *job, struct vsx_error *err);

#endif
