/*
 * .fbin .f16bin .u8bin .i8bin .ibin: u32 rows, u32 dimension, then the rows.
 * The ground truth of the big-ann benchmarks is an .ibin behind which as many
 * f32 distances follow.
 */
#include "input/rows.h"
#include "cli/plural.h"

#include <inttypes.h>

#define HEADER 8 /* bytes */

enum vsx_status bin_open(struct rows *rows, const struct rows_opts *opts,
			 enum cell cell, struct vsx_error *err)
{
	uint64_t size = rows->source.size;
	enum vsx_status status;
	uint32_t shape[2];
	uint64_t row_bytes, data_bytes;

	if (size < HEADER)
		return rows_refuse(rows, err,
				   "%" PRIu64 " byte%s, too few for the "
				   "header, expected %d",
				   size, plural_s(size), HEADER);
	status = source_need(&rows->source, shape, HEADER, err);
	if (status != VSX_OK)
		return status;
	if (shape[1] < 1 || shape[1] > opts->max_dim)
		return rows_refuse(rows, err,
				   "dimension %" PRIu32
				   " in the header, expected 1 to %" PRIu64,
				   shape[1], opts->max_dim);
	/* No overflow: 2^32 rows of at most 2^34 bytes would, so divide. */
	row_bytes = (uint64_t)shape[1] * cell_bytes(cell);
	if (shape[0] > UINT64_MAX / 4 / row_bytes)
		data_bytes = UINT64_MAX / 4;
	else
		data_bytes = shape[0] * row_bytes;
	if (size - HEADER != data_bytes &&
	    !(opts->distances && size - HEADER == 2 * data_bytes))
		return rows_refuse(
			rows, err,
			"%" PRIu64 " byte%s, but the header declares "
			"%" PRIu32 " row%s of %" PRIu64
			" byte%s, which makes %" PRIu64,
			size, plural_s(size), shape[0], plural_s(shape[0]),
			row_bytes, plural_s(row_bytes), HEADER + data_bytes);
	rows->cell = cell;
	rows->n_rows = shape[0];
	rows->dim = shape[1];
	rows->row_bytes = (size_t)row_bytes;
	rows->data_at = HEADER;
	rows->read = plain_read;
	return VSX_OK;
}
