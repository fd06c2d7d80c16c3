/*
 * Column-major files (Fortran order), given as rows.
 *
 * A block of rows is read column by column, so that memory is bounded and each
 * read is as long as the block allows, and is then turned round as the rows
 * are asked for.
 */
#include "input/rows.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)4 << 20)
#define TILE	    16 /* rows written side by side: their lines stay cached */

static enum vsx_status make_block(struct rows *rows, struct vsx_error *err)
{
	size_t n = BLOCK_BYTES / rows->row_bytes;

	if (n < 1)
		n = 1;
	if (n > rows->n_rows)
		n = (size_t)rows->n_rows;
	rows->block = malloc(n * rows->row_bytes);
	if (!rows->block)
		return tool_fail_memory(err, n * rows->row_bytes);
	rows->block_rows = n;
	return VSX_OK;
}

/* Column j of the block lies at j * block_rows cells. */
static enum vsx_status load_block(struct rows *rows, uint64_t first,
				  struct vsx_error *err)
{
	size_t bytes = cell_bytes(rows->cell);
	size_t n = rows->block_rows;

	if (n > rows->n_rows - first)
		n = (size_t)(rows->n_rows - first);
	rows->block_held = 0;
	for (uint64_t j = 0; j < rows->dim; j++) {
		uint64_t place =
			rows->data_at + (j * rows->n_rows + first) * bytes;
		enum vsx_status status;

		status = source_read_at(&rows->source,
					rows->block +
						j * rows->block_rows * bytes,
					n * bytes, place, err);
		if (status != VSX_OK)
			return status;
	}
	rows->block_first = first;
	rows->block_held = n;
	return VSX_OK;
}

/* Rows [from, from + n) of the block; a constant `bytes` makes it quick. */
static inline void turn(const struct rows *rows, uint8_t *to, size_t from,
			size_t n, size_t bytes)
{
	for (size_t tile = 0; tile < n; tile += TILE) {
		size_t end = tile + TILE < n ? tile + TILE : n;

		for (size_t j = 0; j < rows->dim; j++) {
			const uint8_t *column =
				rows->block +
				(j * rows->block_rows + from) * bytes;

			for (size_t i = tile; i < end; i++)
				memcpy(to + i * rows->row_bytes + j * bytes,
				       column + i * bytes, bytes);
		}
	}
}

static void copy_rows(const struct rows *rows, uint8_t *to, size_t from,
		      size_t n)
{
	switch (cell_bytes(rows->cell)) {
	case 1:
		turn(rows, to, from, n, 1);
		break;
	case 2:
		turn(rows, to, from, n, 2);
		break;
	case 4:
		turn(rows, to, from, n, 4);
		break;
	case 8:
		turn(rows, to, from, n, 8);
		break;
	}
}

enum vsx_status columns_read(struct rows *rows, uint8_t *to, size_t n,
			     struct vsx_error *err)
{
	uint64_t row = rows->next;
	enum vsx_status status;

	if (!rows->block) {
		status = make_block(rows, err);
		if (status != VSX_OK)
			return status;
	}
	while (n > 0) {
		size_t from, here;

		if (row < rows->block_first ||
		    row >= rows->block_first + rows->block_held) {
			status = load_block(rows, row, err);
			if (status != VSX_OK)
				return status;
		}
		from = (size_t)(row - rows->block_first);
		here = rows->block_held - from;
		if (here > n)
			here = n;
		copy_rows(rows, to, from, here);
		to += here * rows->row_bytes;
		row += here;
		n -= here;
	}
	return VSX_OK;
}
