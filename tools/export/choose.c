/* Which rows are exported, and in which order. */
#include "export/export.h"

#include "cli/fail.h"
#include "cli/select.h"
#include "input/ids.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Whether a row passes: it is the first selected one from its own id on. */
static enum vsx_status passes(const struct export *e, uint64_t id, bool *is,
			      struct vsx_error *err)
{
	uint64_t next;
	size_t n;
	enum vsx_status status =
		vsx_ids(e->index, e->among, id, &next, 1, &n, err);

	*is = status == VSX_OK && n == 1 && next == id;
	return status;
}

/* Before the first byte is written: all are there, and those that do not pass
 * are taken out. */
static enum vsx_status check_list(struct export *e, const char *ids_from,
				  struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES], other[TOOL_NAME_BYTES];
	uint64_t kept = 0;

	for (uint64_t i = 0; i < e->n_list; i++) {
		bool keep = true;
		uint32_t found;
		enum vsx_status status =
			vsx_contains(e->index, e->list[i], &found, err);

		if (status == VSX_OK && !found)
			return tool_fail(err, VSX_ENOTFOUND,
					 "%s: row %" PRIu64 ": no row of %s "
					 "has the id %" PRIu64,
					 tool_name(name, ids_from), i,
					 tool_name(other, e->path), e->list[i]);
		if (status == VSX_OK && e->among)
			status = passes(e, e->list[i], &keep, err);
		if (status != VSX_OK)
			return status;
		e->list[kept] = e->list[i];
		kept += keep;
	}
	e->n_list = kept;
	return VSX_OK;
}

enum vsx_status export_choose(struct export *e, const char *ids_from,
			      const char *filter, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	e->n = e->facts.n_live;
	if (filter)
		status = select_rows(&e->among, e->index, filter, err);
	if (status == VSX_OK && filter)
		e->n = vsx_selection_count(e->among);
	if (status != VSX_OK || !ids_from)
		return status;
	status = input_ids(ids_from, &e->list, &e->n_list, err);
	if (status == VSX_OK)
		status = check_list(e, ids_from, err);
	e->n = e->n_list;
	return status;
}

enum vsx_status export_next(const struct export *e, uint64_t *at, uint64_t *ids,
			    size_t room, size_t *n, struct vsx_error *err)
{
	uint64_t left = e->n_list - *at;
	enum vsx_status status;

	if (e->list) {
		*n = left < room ? (size_t)left : room;
		memcpy(ids, e->list + *at, *n * sizeof(*ids));
		*at += *n;
		return VSX_OK;
	}
	status = vsx_ids(e->index, e->among, *at, ids, room, n, err);
	if (status == VSX_OK && *n > 0)
		*at = ids[*n - 1] + 1;
	return status;
}
