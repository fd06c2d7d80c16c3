/* No two rows of a build may have one id. */
#ifndef VSX_UNIQUE_H
#define VSX_UNIQUE_H

#include "kind/build.h"

/*
 * arrays  of what it takes to find out
 *
 * VSX_EINVAL names two rows with one id: of all such pairs the one whose second
 * row comes first.
 */
enum vsx_status vsx_check_unique(struct vsx_arrays *arrays,
				 const struct vsx_rows *rows,
				 struct vsx_error *err);

#endif
