/* From the list of each row to the rows of each list. */
#ifndef VSX_IVF_GROUP_H
#define VSX_IVF_GROUP_H

#include "kind/build.h"

/* Set order and lists: rows by list, in a list by id. */
enum vsx_status vsx_ivf_group(const struct vsx_rows *rows, const uint32_t *list,
			      uint32_t nlist, struct vsx_built *out,
			      struct vsx_error *err);

#endif
