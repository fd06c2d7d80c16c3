/* No two rows of a build may have one id. */
#ifndef VSX_UNIQUE_H
#define VSX_UNIQUE_H

#include "kind/build.h"

/*
 * VSX_EINVAL names two rows with one id: of all such pairs the one whose second
 * row comes first.
 */
enum vsx_status vsx_check_unique(const struct vsx_rows *rows,
				 struct vsx_error *err);

#endif
