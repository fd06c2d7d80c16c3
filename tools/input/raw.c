/* Raw rows on standard input, of a dimension that the caller has to know. */
#include "input/npy_header.h"
#include "input/rows.h"

static enum cell cell_of(enum vsx_elem elem)
{
	switch (elem) {
	case VSX_F16:
		return CELL_F16;
	case VSX_BF16:
		return CELL_BF16;
	case VSX_I8:
		return CELL_I8;
	case VSX_U8:
		return CELL_U8;
	case VSX_F32:
		break;
	}
	return CELL_F32;
}

enum vsx_status raw_open(struct rows *rows, const struct rows_opts *opts,
			 struct vsx_error *err)
{
	uint8_t head[SOURCE_PEEK];
	enum vsx_status status;
	size_t got;

	status = source_peek(&rows->source, head, &got, err);
	if (status != VSX_OK)
		return status;
	if (got == 0)
		return tool_fail(err, VSX_EINVAL, "%s: is empty",
				 rows->source.name);
	/* As f32 the magic would be 2.2e8: nobody's first component. */
	if (npy_magic(head, got))
		return tool_fail(err, VSX_EINVAL,
				 "%s: is a .npy file, expected raw rows; name "
				 "the file instead",
				 rows->source.name);
	if (opts->dim == 0)
		return tool_fail(err, VSX_EINVAL,
				 "%s: the dimension of raw rows must be given "
				 "(--dim), or for documents --format",
				 rows->source.name);
	rows->cell = cell_of(opts->elem);
	rows->n_rows = UINT64_MAX;
	rows->dim = opts->dim;
	rows->row_bytes = (size_t)rows->dim * cell_bytes(rows->cell);
	return VSX_OK;
}
