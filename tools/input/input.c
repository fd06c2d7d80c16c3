#include "input/input.h"

#include "cli/array.h"
#include "input/convert.h"
#include "input/rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)1 << 20) /* of cells that wait to be converted */

struct input {
	struct rows rows;
	enum vsx_elem elem;
	size_t row_bytes; /* as given; rows.row_bytes as held */
	void *block;	  /* NULL where nothing is converted */
	size_t block_rows;
	bool failed;
	struct odd_rows *odds;
};

static enum vsx_status check(const struct rows *rows,
			     const struct input_opts *opts,
			     struct vsx_error *err)
{
	if (rows->n_rows == 0)
		return tool_fail(err, VSX_EINVAL, "%s: holds no rows",
				 rows->source.name);
	if (opts->dim && rows->dim != opts->dim)
		return tool_fail(err, VSX_EINVAL,
				 "%s: dimension %" PRIu64 ", expected %" PRIu32,
				 rows->source.name, rows->dim, opts->dim);
	return VSX_OK;
}

static enum vsx_status make_block(struct input *in, struct vsx_error *err)
{
	in->block_rows = BLOCK_BYTES / in->rows.row_bytes;
	if (in->block_rows < 1)
		in->block_rows = 1;
	in->block = malloc(in->block_rows * in->rows.row_bytes);
	if (!in->block)
		return tool_fail_memory(err,
					in->block_rows * in->rows.row_bytes);
	return VSX_OK;
}

enum vsx_status input_open(struct input **out, const char *path,
			   const struct input_opts *opts, struct vsx_error *err)
{
	static const struct input_opts none;
	struct rows_opts want = {.max_dim = VSX_MAX_DIM};
	enum vsx_status status;
	struct input *in;

	*out = NULL;
	if (!opts)
		opts = &none;
	want.dim = opts->dim;
	want.elem = opts->elem;
	want.documents = opts->documents;
	if (opts->dim > VSX_MAX_DIM)
		return tool_fail(err, VSX_EINVAL,
				 "dimension %" PRIu32 ", expected 1 to %d",
				 opts->dim, VSX_MAX_DIM);
	in = calloc(1, sizeof(*in));
	if (!in)
		return tool_fail_memory(err, sizeof(*in));
	status = rows_open(&in->rows, path, &want, err);
	if (status != VSX_OK) {
		free(in);
		return status;
	}
	status = check(&in->rows, opts, err);
	if (status == VSX_OK && !convert_is_same(in->rows.cell))
		status = make_block(in, err);
	if (status != VSX_OK) {
		input_close(in);
		return status;
	}
	in->odds = opts->odds;
	in->elem = convert_elem(in->rows.cell);
	in->row_bytes = in->block ? (size_t)in->rows.dim * sizeof(float)
				  : in->rows.row_bytes;
	*out = in;
	return VSX_OK;
}

enum vsx_status input_open_queries(struct input **out, const char *path,
				   struct vsx_error *err)
{
	if (strcmp(path, "-") == 0)
		return tool_fail(err, VSX_EINVAL,
				 "standard input: cannot be used for the "
				 "queries of a test; name a file");
	return input_open(out, path, NULL, err);
}

uint64_t input_n_rows(const struct input *in)
{
	return in->rows.n_rows;
}

uint32_t input_dim(const struct input *in)
{
	return (uint32_t)in->rows.dim;
}

enum vsx_elem input_elem(const struct input *in)
{
	return in->elem;
}

size_t input_row_bytes(const struct input *in)
{
	return in->row_bytes;
}

const char *input_name(const struct input *in)
{
	return in->rows.source.name;
}

static void describe(char why[128], const struct input *in, size_t cell)
{
	char text[CONVERT_TEXT_BYTES];

	convert_text(text, in->block, in->rows.cell, cell);
	snprintf(why, 128, "component %" PRIu64 ": %s is %s",
		 cell % in->rows.dim, text,
		 in->rows.cell == CELL_F64
			 ? "beyond the range of f32"
			 : "an integer that f32 does not hold exactly");
}

static enum vsx_status say_inexact(const struct input *in, uint64_t first,
				   size_t cell, struct vsx_error *err)
{
	char why[128];

	describe(why, in, cell);
	return tool_fail(err, VSX_ENUMERIC, "%s: row %" PRIu64 ", %s",
			 in->rows.source.name, first + cell / in->rows.dim,
			 why);
}

static enum vsx_status keep_odd(struct input *in, uint64_t first, size_t cell,
				struct vsx_error *err)
{
	uint64_t row = first + cell / in->rows.dim;
	struct odd_rows *odds = in->odds;
	struct odd_row *items = odds->items;

	if (odds->n && items[odds->n - 1].row == row)
		return VSX_OK;
	items = array_one_more(items, odds->n, sizeof(*items));
	if (!items)
		return tool_fail_memory(err, (odds->n + 1) * sizeof(*items));
	odds->items = items;
	items[odds->n].row = row;
	describe(items[odds->n++].why, in, cell);
	return VSX_OK;
}

/* The cells of the block, with NaN for those that f32 cannot give. */
static enum vsx_status convert_with_odds(struct input *in, float *to,
					 uint64_t first, size_t cells,
					 struct vsx_error *err)
{
	size_t bytes = cell_bytes(in->rows.cell), at = 0;
	const char *from = in->block;

	while ((at += convert_to_f32(to + at, from + at * bytes, in->rows.cell,
				     cells - at)) < cells) {
		enum vsx_status status = keep_odd(in, first, at, err);

		if (status != VSX_OK)
			return status;
		to[at++] = NAN;
	}
	return VSX_OK;
}

static int by_row(const void *key, const void *odd)
{
	uint64_t a = *(const uint64_t *)key;
	uint64_t b = ((const struct odd_row *)odd)->row;

	return (a > b) - (a < b);
}

const char *odd_rows_find(const struct odd_rows *odds, uint64_t row)
{
	const struct odd_row *found = NULL;

	if (odds->n)
		found = bsearch(&row, odds->items, odds->n, sizeof(*found),
				by_row);
	return found ? found->why : NULL;
}

static enum vsx_status read_converted(struct input *in, float *to,
				      size_t max_rows, size_t *n_rows,
				      struct vsx_error *err)
{
	*n_rows = 0;
	while (*n_rows < max_rows) {
		uint64_t first = in->rows.next;
		size_t n = max_rows - *n_rows;
		enum vsx_status status;
		size_t cells, good;

		if (n > in->block_rows)
			n = in->block_rows;
		status = rows_read(&in->rows, in->block, n, &n, err);
		if (status != VSX_OK)
			return status;
		if (n == 0)
			break;
		cells = n * (size_t)in->rows.dim;
		if (in->odds) {
			status = convert_with_odds(in, to, first, cells, err);
			if (status != VSX_OK)
				return status;
			to += cells;
			*n_rows += n;
			continue;
		}
		good = convert_to_f32(to, in->block, in->rows.cell, cells);
		if (good < cells)
			return say_inexact(in, first, good, err);
		to += cells;
		*n_rows += n;
	}
	return VSX_OK;
}

enum vsx_status input_read(struct input *in, void *rows, size_t max_rows,
			   size_t *n_rows, struct vsx_error *err)
{
	enum vsx_status status;

	*n_rows = 0;
	if (in->failed)
		return tool_fail(err, VSX_EINVAL,
				 "%s: cannot be read further after an error",
				 in->rows.source.name);
	if (in->block)
		status = read_converted(in, rows, max_rows, n_rows, err);
	else
		status = rows_read(&in->rows, rows, max_rows, n_rows, err);
	if (status != VSX_OK) {
		*n_rows = 0;
		in->failed = true;
	}
	return status;
}

enum vsx_status input_rewind(struct input *in, struct vsx_error *err)
{
	enum vsx_status status = rows_rewind(&in->rows, err);

	if (status == VSX_OK)
		in->failed = false;
	return status;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	rows_close(&in->rows);
	free(in->block);
	free(in);
}
