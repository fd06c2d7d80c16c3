/* Flat segments: rows in the order of their ids, and nothing over them. */
#include "kind/kind.h"
#include "kinds.h"

const struct vsx_kind vsx_kind_flat = {
	.code = VSX_FLAT,
	.effort_name = "",
	.hops_name = "hops",
	.search = vsx_scan_search,
};
