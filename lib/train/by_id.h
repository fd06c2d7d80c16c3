/* Rows in the order of their ids. */
#ifndef VSX_BY_ID_H
#define VSX_BY_ID_H

#include "train/job.h"

/* Are the rows in that order already? */
bool vsx_ids_rise(const struct vsx_rows *rows);

/* Likewise, and no two have one id? */
bool vsx_ids_strictly_rise(const struct vsx_rows *rows);

/* *order = row numbers by rising id; of `arrays`. */
enum vsx_status vsx_rows_by_id(struct vsx_arrays *arrays,
			       const struct vsx_rows *rows, uint32_t **order,
			       struct vsx_error *err);

#endif
