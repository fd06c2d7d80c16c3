/* Section COLS: from the records of rows. */
#include <stdlib.h>

#include "field/record.h"
#include "write/attach/strings_out.h"

static const uint8_t *get(const void *context, uint32_t row, size_t *n)
{
	struct vsx_bytes record =
		vsx_row_attached(context, VSX_ATT_FIELDS, row);

	*n = record.n;
	return record.at;
}

enum vsx_status vsx_columns_out_write(const struct vsx_attached_out *o,
				      struct vsx_error *err)
{
	struct vsx_records records = {get, o->rows, o->rows->n, o->order};
	struct vsx_columns_built built;
	enum vsx_status status;

	VSX_TRY(vsx_columns_build(&built, &records, err));
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
