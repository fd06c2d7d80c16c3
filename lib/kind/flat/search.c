/* Flat segments: rows in the order of their ids, and nothing over them. */
#include "segment/codes.h"

static enum vsx_status open_flat(struct vsx_segment *seg, struct vsx_error *err)
{
	(void)seg;
	(void)err;
	return VSX_OK; /* what all kinds share is all there is */
}

const struct vsx_kind vsx_kind_flat = {
	.code = VSX_FLAT,
	.name = "Flat",
	.effort_name = "",
	.open = open_flat,
	.search = vsx_exact_search,
};
