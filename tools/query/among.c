#include "query/among.h"

#include <stdlib.h>

#include "cli/select.h"
#include "input/ids.h"
#include "input/strings.h"

static enum vsx_status of_ids(struct vsx_selection **out,
			      const struct vsx *index, const char *path,
			      struct vsx_error *err)
{
	uint64_t *ids, n;
	enum vsx_status status = input_ids(path, &ids, &n, err);

	if (status != VSX_OK)
		return status;
	status = vsx_select_ids(out, index, ids, n, err);
	free(ids);
	return status;
}

static enum vsx_status of_keys(struct vsx_selection **out,
			       const struct vsx *index, const char *path,
			       struct vsx_error *err)
{
	struct strings keys = {0};
	enum vsx_status status = input_keys(path, &keys, err);

	if (status == VSX_OK)
		status = vsx_select_keys(out, index, keys.items, keys.n, err);
	strings_release(&keys);
	return status;
}

typedef enum vsx_status select_by(struct vsx_selection **out,
				  const struct vsx *index, const char *text,
				  struct vsx_error *err);

/* Those of *all, unless it is NULL, that are these as well. */
static enum vsx_status narrow(struct vsx_selection **all, select_by *by,
			      const struct vsx *index, const char *text,
			      struct vsx_error *err)
{
	struct vsx_selection *some;
	enum vsx_status status;

	if (!text)
		return VSX_OK;
	status = by(&some, index, text, err);
	if (status != VSX_OK)
		return status;
	if (!*all) {
		*all = some;
		return VSX_OK;
	}
	status = vsx_selection_narrow(*all, some, err);
	vsx_selection_free(some);
	return status;
}

enum vsx_status among_select(struct vsx_selection **out,
			     const struct vsx *index, const struct among *what,
			     struct vsx_error *err)
{
	enum vsx_status status;

	*out = NULL;
	status = narrow(out, select_rows, index, what->filter, err);
	if (status == VSX_OK)
		status = narrow(out, of_ids, index, what->ids, err);
	if (status == VSX_OK)
		status = narrow(out, of_keys, index, what->keys, err);
	return status;
}
