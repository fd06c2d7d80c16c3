#include "write/intake/unique.h"

#include <stdlib.h>

#include "train/by_id.h"

static enum vsx_status check_sorted(const struct vsx_rows *rows,
				    const uint32_t *order,
				    struct vsx_error *err)
{
	uint32_t first = 0, second = UINT32_MAX;
	struct vsx_error why;

	/* The sort is stable: rows of one id follow each other by number. */
	for (uint32_t i = 1; i < rows->n; i++) {
		if (rows->ids[order[i]] != rows->ids[order[i - 1]] ||
		    order[i] > second)
			continue;
		first = order[i - 1];
		second = order[i];
	}
	if (second == UINT32_MAX)
		return VSX_OK;
	vsx_fail(&why, VSX_EINVAL, "id %llu is also that of row %u",
		 (unsigned long long)rows->ids[second], first);
	vsx_fail_row(err, VSX_EINVAL, second, &why);
	return vsx_at_other(err, VSX_EINVAL, first);
}

enum vsx_status vsx_check_unique(struct vsx_arrays *arrays,
				 const struct vsx_rows *rows,
				 struct vsx_error *err)
{
	enum vsx_status status;
	uint32_t *order;

	if (vsx_ids_strictly_rise(rows))
		return VSX_OK;
	VSX_TRY(vsx_rows_by_id(arrays, rows, &order, err));
	status = check_sorted(rows, order, err);
	vsx_arrays_leave(arrays, order);
	return status;
}
