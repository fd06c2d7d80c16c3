/* Section COLS: from the records of rows. */
#include <stdlib.h>

#include "base/alloc.h"
#include "code/codec.h"
#include "field/record.h"
#include "write/attach/strings_out.h"

static const uint8_t *get(const void *context, uint32_t row, size_t *n)
{
	struct vsx_bytes record =
		vsx_row_attached(context, VSX_ATT_FIELDS, row);

	*n = record.n;
	return record.at;
}

/* Their ends are in `ends`, which is made; free it. */
static enum vsx_status find_lists(const struct vsx_attached_out *o,
				  uint32_t **ends, struct vsx_row_lists *out,
				  struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(ends, o->n_lists, sizeof(**ends), err));
	for (uint32_t i = 0; i < o->n_lists; i++)
		(*ends)[i] = o->lists[i].first_row + o->lists[i].n_rows;
	*out = (struct vsx_row_lists){*ends, o->n_lists};
	return VSX_OK;
}

enum vsx_status vsx_columns_out_write(const struct vsx_attached_out *o,
				      struct vsx_error *err)
{
	struct vsx_records records = {get, o->rows, o->rows->n, o->order, {0}};
	struct vsx_columns_built built = {NULL, 0};
	enum vsx_status status = VSX_OK;
	uint32_t *ends = NULL;

	if (o->n_lists)
		status = find_lists(o, &ends, &records.lists, err);
	if (status == VSX_OK)
		status = vsx_columns_build(&built, &records, err);
	free(ends);
	if (status != VSX_OK)
		return status;
	if (!built.n)
		return VSX_OK;
	status = vsx_sink_begin(o->sink, VSX_SEC_COLS, o->number, err);
	if (status == VSX_OK)
		status = vsx_sink_write(o->sink, built.bytes, built.n, err);
	if (status == VSX_OK)
		status = vsx_sink_end(o->sink, err);
	free(built.bytes);
	return status;
}
