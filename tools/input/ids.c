#include "input/ids.h"

#include "input/convert.h"
#include "input/ids_text.h"
#include "input/rows.h"
#include "input/truth.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)1 << 20)

static enum vsx_status say_not_id(const struct rows *rows, const void *block,
				  uint64_t first, size_t cell,
				  struct vsx_error *err)
{
	char text[CONVERT_TEXT_BYTES];

	convert_text(text, block, rows->cell, cell);
	return tool_fail(err, VSX_EINVAL,
			 "%s: row %" PRIu64 ", column %" PRIu64
			 ": the id %s is negative",
			 rows->source.name, first + cell / rows->dim,
			 cell % rows->dim, text);
}

/* convert_to_id(), or another of its kind. */
typedef size_t converting(uint64_t *to, const void *from, enum cell cell,
			  size_t n);

/* All rows as ids, row-major, into an array of n_rows * dim. */
static enum vsx_status read_all(struct rows *rows, uint64_t *ids,
				converting *take, struct vsx_error *err)
{
	size_t max = BLOCK_BYTES / rows->row_bytes;
	enum vsx_status status;
	void *block;

	if (max < 1)
		max = 1;
	block = malloc(max * rows->row_bytes);
	if (!block)
		return tool_fail_memory(err, max * rows->row_bytes);
	for (;;) {
		uint64_t first = rows->next;
		size_t n, cells, good;

		status = rows_read(rows, block, max, &n, err);
		if (status != VSX_OK || n == 0)
			break;
		cells = n * (size_t)rows->dim;
		good = take(ids, block, rows->cell, cells);
		if (good < cells) {
			status = say_not_id(rows, block, first, good, err);
			break;
		}
		ids += cells;
	}
	free(block);
	return status;
}

/*
 * The array for all the cells of rows. The frame has been checked against the
 * file's size, so that it is at most twice the file, and n_rows * dim fits.
 */
static enum vsx_status load(struct rows *rows, uint64_t **ids, uint64_t *n,
			    converting *take, struct vsx_error *err)
{
	enum vsx_status status;
	uint64_t cells = rows->n_rows * rows->dim;
	uint64_t *all;

	if (!convert_is_id(rows->cell))
		return tool_fail(err, VSX_EINVAL,
				 "%s: holds no ids, which are integers of 32 "
				 "or 64 bits",
				 rows->source.name);
	if (rows->n_rows == 0)
		return tool_fail(err, VSX_EINVAL, "%s: holds no rows",
				 rows->source.name);
	all = reallocarray(NULL, (size_t)cells, sizeof(*all));
	if (!all)
		return tool_fail_memory(err, cells * sizeof(*all));
	status = read_all(rows, all, take, err);
	if (status != VSX_OK) {
		free(all);
		return status;
	}
	*ids = all;
	*n = cells;
	return VSX_OK;
}

static enum vsx_status load_ids(const char *path, uint64_t **ids, uint64_t *n,
				struct vsx_error *err)
{
	struct rows_opts want = {.max_dim = INT32_MAX, .column = true};
	enum vsx_status status;
	struct rows rows;

	status = rows_open(&rows, path, &want, err);
	if (status != VSX_OK)
		return status;
	if (rows.dim != 1 && rows.n_rows != 1)
		status = tool_fail(err, VSX_EINVAL,
				   "%s: %" PRIu64 " row%s of %" PRIu64
				   " id%s, expected one id per row",
				   rows.source.name, rows.n_rows,
				   plural_s(rows.n_rows), rows.dim,
				   plural_s(rows.dim));
	else
		status = load(&rows, ids, n, convert_to_id, err);
	rows_close(&rows);
	return status;
}

enum vsx_status input_ids(const char *path, uint64_t **ids, uint64_t *n,
			  struct vsx_error *err)
{
	uint8_t head[SOURCE_PEEK];
	struct source source;
	enum vsx_status status;
	size_t got;

	*ids = NULL;
	*n = 0;
	status = source_open_text(&source, path, err);
	if (status != VSX_OK)
		return status;
	status = source_peek(&source, head, &got, err);
	if (status == VSX_OK && !source.stream && rows_known(path, head, got)) {
		source_close(&source);
		return load_ids(path, ids, n, err);
	}
	if (status == VSX_OK)
		status = ids_text(&source, head, got, ids, n, err);
	source_close(&source);
	return status;
}

enum vsx_status input_truth(const char *path, uint64_t **ids,
			    uint64_t *n_queries, uint32_t *k,
			    struct vsx_error *err)
{
	struct rows_opts want = {.max_dim = INT32_MAX, .distances = true};
	enum vsx_status status;
	struct rows rows;
	uint64_t n;

	*ids = NULL;
	*n_queries = 0;
	*k = 0;
	if (strcmp(path, "-") == 0)
		return tool_fail(err, VSX_EINVAL,
				 "standard input: cannot be used for a ground "
				 "truth; name a file");
	status = rows_open(&rows, path, &want, err);
	if (status != VSX_OK)
		return status;
	status = load(&rows, ids, &n, convert_to_truth, err);
	if (status == VSX_OK) {
		*n_queries = rows.n_rows;
		*k = (uint32_t)rows.dim;
		status = truth_check_lists(*ids, *n_queries, *k,
					   rows.source.name, err);
	}
	rows_close(&rows);
	if (status != VSX_OK) {
		free(*ids);
		*ids = NULL;
	}
	return status;
}
