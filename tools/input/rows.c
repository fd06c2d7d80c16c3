#include "input/rows.h"

#include "input/npy_header.h"
#include "input/sniff.h"
#include "cli/plural.h"

#include <byteswap.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum vsx_status (*opener)(struct rows *rows,
				  const struct rows_opts *opts, enum cell cell,
				  struct vsx_error *err);

static const struct suffix {
	const char *text;
	opener open;
	enum cell cell;
} suffixes[] = {
	{".fvecs", vecs_open, CELL_F32}, {".bvecs", vecs_open, CELL_U8},
	{".ivecs", vecs_open, CELL_I32}, {".fbin", bin_open, CELL_F32},
	{".f16bin", bin_open, CELL_F16}, {".u8bin", bin_open, CELL_U8},
	{".i8bin", bin_open, CELL_I8},	 {".ibin", bin_open, CELL_I32},
};

size_t cell_bytes(enum cell cell)
{
	switch (cell) {
	case CELL_I8:
	case CELL_U8:
		return 1;
	case CELL_F16:
	case CELL_BF16:
	case CELL_I16:
	case CELL_U16:
		return 2;
	case CELL_F32:
	case CELL_I32:
	case CELL_U32:
		return 4;
	case CELL_F64:
	case CELL_I64:
	case CELL_U64:
		return 8;
	}
	return 0; /* no such cell */
}

enum vsx_status rows_refuse(struct rows *rows, struct vsx_error *err,
			    const char *fmt, ...)
{
	uint8_t head[SOURCE_PEEK];
	char text[VSX_ERROR_TEXT];
	const char *is = NULL;
	va_list args;
	size_t got;

	if (!rows->source.stream) {
		source_seek(&rows->source, 0);
		if (source_peek(&rows->source, head, &got, NULL) == VSX_OK)
			is = sniff(head, got);
	}
	if (is)
		return tool_fail(err, VSX_EINVAL, "%s: is %s",
				 rows->source.name, is);
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return tool_fail(err, VSX_EINVAL, "%s: %s", rows->source.name, text);
}

/* From the last dot of the last part on; "" where there is none. */
static const char *suffix_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');

	return dot ? dot : "";
}

static const struct suffix *find_suffix(const char *path)
{
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (strcasecmp(suffix_of(path), suffixes[i].text) == 0)
			return &suffixes[i];
	return NULL;
}

bool rows_known(const char *path, const uint8_t *head, size_t len)
{
	return npy_magic(head, len) || find_suffix(path) ||
	       strcasecmp(suffix_of(path), ".npy") == 0;
}

static enum vsx_status open_format(struct rows *rows, const char *path,
				   const struct rows_opts *opts,
				   struct vsx_error *err)
{
	const struct suffix *suffix = find_suffix(path);
	uint8_t head[SOURCE_PEEK];
	enum vsx_status status;
	size_t got;

	if (rows->source.stream)
		return raw_open(rows, opts, err);

	status = source_peek(&rows->source, head, &got, err);
	if (status != VSX_OK)
		return status;
	if (npy_magic(head, got))
		return npy_open(rows, opts, err);
	if (suffix)
		return suffix->open(rows, opts, suffix->cell, err);
	if (strcasecmp(suffix_of(path), ".npy") == 0)
		return rows_refuse(rows, err,
				   "is not a .npy file: the first 6 bytes are "
				   "not 93 4e 55 4d 50 59");
	if (!*suffix_of(path))
		return rows_refuse(
			rows, err,
			"has no suffix that says what it holds, such "
			"as .npy or .fvecs%s",
			opts->documents ? ", nor --format, as documents do"
					: "");
	return rows_refuse(rows, err,
			   "suffix '%s' is not one of .npy .fvecs .bvecs "
			   ".ivecs .fbin .f16bin .u8bin .i8bin .ibin%s",
			   suffix_of(path),
			   opts->documents ? " .jsonl .csv" : "");
}

enum vsx_status rows_open(struct rows *rows, const char *path,
			  const struct rows_opts *opts, struct vsx_error *err)
{
	enum vsx_status status;

	memset(rows, 0, sizeof(*rows));
	status = source_open(&rows->source, path, err);
	if (status != VSX_OK)
		return status;
	status = open_format(rows, path, opts, err);
	if (status != VSX_OK)
		rows_close(rows);
	return status;
}

void rows_close(struct rows *rows)
{
	source_close(&rows->source);
	free(rows->block);
	rows->block = NULL;
}

/* memcpy keeps the access legal at any alignment; compilers see through it. */
#define SWAP_ALL(bits)                                                         \
	for (size_t i = 0; i < n; i++) {                                       \
		uint##bits##_t value;                                          \
		memcpy(&value, cells + i * sizeof(value), sizeof(value));      \
		value = bswap_##bits(value);                                   \
		memcpy(cells + i * sizeof(value), &value, sizeof(value));      \
	}

static void swap_cells(uint8_t *cells, size_t n, size_t bytes)
{
	switch (bytes) {
	case 2:
		SWAP_ALL(16)
		break;
	case 4:
		SWAP_ALL(32)
		break;
	case 8:
		SWAP_ALL(64)
		break;
	}
}

enum vsx_status rows_read(struct rows *rows, void *to, size_t max_rows,
			  size_t *n_rows, struct vsx_error *err)
{
	enum vsx_status status;
	size_t n = max_rows;

	*n_rows = 0;
	if (rows->source.stream) {
		size_t got;

		status = source_read(&rows->source, to, n * rows->row_bytes,
				     &got, err);
		if (status != VSX_OK)
			return status;
		n = got / rows->row_bytes;
		if (got % rows->row_bytes)
			return tool_fail(
				err, VSX_EINVAL,
				"%s: ends with %zu byte%s of row %" PRIu64
				", which needs %zu",
				rows->source.name, got % rows->row_bytes,
				plural_s(got % rows->row_bytes), rows->next + n,
				rows->row_bytes);
	} else {
		if (n > rows->n_rows - rows->next)
			n = (size_t)(rows->n_rows - rows->next);
		status = rows->read(rows, to, n, err);
		if (status != VSX_OK)
			return status;
	}
	if (rows->swap)
		swap_cells(to, n * rows->dim, cell_bytes(rows->cell));
	rows->next += n;
	*n_rows = n;
	return VSX_OK;
}

enum vsx_status rows_rewind(struct rows *rows, struct vsx_error *err)
{
	if (rows->source.stream)
		return tool_fail(
			err, VSX_EINVAL,
			"%s: can be read only once; put it into a file",
			rows->source.name);
	rows->next = 0;
	source_seek(&rows->source, rows->data_at);
	return VSX_OK;
}

enum vsx_status plain_read(struct rows *rows, uint8_t *to, size_t n,
			   struct vsx_error *err)
{
	return source_need(&rows->source, to, n * rows->row_bytes, err);
}
