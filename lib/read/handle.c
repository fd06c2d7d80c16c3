/* What calls answer that have read an index: texts with its path. */
#include "read/handle.h"

enum vsx_status vsx_named(const char *name, enum vsx_status status,
			  const struct vsx_error *why, struct vsx_error *err)
{
	vsx_retell(err, status, why, "%s: %.*s", name, VSX_ERROR_TEXT / 2,
		   why->text);
	return status;
}

enum vsx_status vsx_with_path(const struct vsx *index, enum vsx_status status,
			      const struct vsx_error *why,
			      struct vsx_error *err)
{
	return vsx_named(index->name, status, why, err);
}

enum vsx_status vsx_settle(const struct vsx *index, enum vsx_status status,
			   struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status whole = vsx_map_whole(&index->map, &why);

	return whole == VSX_OK ? status
			       : vsx_with_path(index, whole, &why, err);
}
