#include "cli/select.h"

#include <stdlib.h>

#include "cli/fail.h"

enum vsx_status select_rows(struct vsx_selection **out, const struct vsx *index,
			    const char *text, struct vsx_error *err)
{
	struct vsx_filter *filter;
	enum vsx_status status = vsx_filter_parse(&filter, text, err);

	*out = NULL;
	if (status == VSX_OK)
		status = vsx_select(out, index, filter, err);
	vsx_filter_free(filter);
	return status;
}

enum vsx_status select_ids(uint64_t **ids, uint64_t *n, const struct vsx *index,
			   const char *text, struct vsx_error *err)
{
	struct vsx_selection *selection;
	enum vsx_status status = select_rows(&selection, index, text, err);
	uint64_t row = 0;

	*ids = NULL;
	*n = 0;
	if (status != VSX_OK)
		return status;
	*ids = calloc(vsx_selection_count(selection) + 1, sizeof(**ids));
	if (!*ids)
		status = tool_fail_memory(err, vsx_selection_count(selection) *
						       sizeof(**ids));
	while (status == VSX_OK && *n < vsx_selection_count(selection)) {
		row = vsx_selection_next(selection, row);
		status = vsx_id_at(index, row++, &(*ids)[*n], err);
		*n += status == VSX_OK;
	}
	vsx_selection_free(selection);
	return status;
}
