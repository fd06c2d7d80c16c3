/*
 * .fvecs .bvecs .ivecs: each row is an i32 dimension and then its components;
 * the dimension is the same in every row.
 */
#include "input/rows.h"
#include "cli/plural.h"

#include <inttypes.h>

#define PREFIX 4 /* bytes of the dimension */

static enum vsx_status vecs_read(struct rows *rows, uint8_t *to, size_t n,
				 struct vsx_error *err)
{
	for (size_t i = 0; i < n; i++) {
		enum vsx_status status;
		int32_t dim;

		status = source_need(&rows->source, &dim, PREFIX, err);
		if (status != VSX_OK)
			return status;
		if (dim < 0 || (uint32_t)dim != rows->dim)
			return tool_fail(err, VSX_EINVAL,
					 "%s: row %" PRIu64 " has dimension "
					 "%" PRId32 ", expected %" PRIu64,
					 rows->source.name, rows->next + i, dim,
					 rows->dim);
		status = source_need(&rows->source, to + i * rows->row_bytes,
				     rows->row_bytes, err);
		if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

enum vsx_status vecs_open(struct rows *rows, const struct rows_opts *opts,
			  enum cell cell, struct vsx_error *err)
{
	uint64_t size = rows->source.size;
	enum vsx_status status;
	uint64_t stride;
	int32_t dim;

	if (size < PREFIX)
		return rows_refuse(rows, err,
				   "%" PRIu64 " byte%s, too few for the "
				   "dimension of a first row, expected %d",
				   size, plural_s(size), PREFIX);
	status = source_need(&rows->source, &dim, PREFIX, err);
	if (status != VSX_OK)
		return status;
	if (dim < 1 || (uint64_t)dim > opts->max_dim)
		return rows_refuse(rows, err,
				   "row 0 has dimension %" PRId32
				   ", expected 1 to %" PRIu64,
				   dim, opts->max_dim);
	stride = PREFIX + (uint64_t)dim * cell_bytes(cell);
	if (size % stride)
		return rows_refuse(
			rows, err,
			"%" PRIu64 " byte%s, not a whole number of rows "
			"of %" PRIu64 " byte%s (dimension %" PRId32 ")",
			size, plural_s(size), stride, plural_s(stride), dim);
	rows->cell = cell;
	rows->n_rows = size / stride;
	rows->dim = (uint64_t)dim;
	rows->row_bytes = (size_t)(stride - PREFIX);
	rows->read = vecs_read;
	source_seek(&rows->source, 0);
	return VSX_OK;
}
