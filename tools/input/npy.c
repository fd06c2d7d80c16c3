/*
 * .npy, as numpy.save() writes it: a header, then the cells in C order (rows
 * one behind the other) or Fortran order (columns one behind the other).
 */
#include "input/npy_header.h"
#include "input/rows.h"
#include "cli/plural.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

static bool find_cell(const char *code, enum vsx_elem elem, enum cell *cell)
{
	static const struct {
		char code[3];
		enum cell cell;
	} known[] = {
		{"f2", CELL_F16}, {"f4", CELL_F32}, {"f8", CELL_F64},
		{"i1", CELL_I8},  {"i2", CELL_I16}, {"i4", CELL_I32},
		{"i8", CELL_I64}, {"u1", CELL_U8},  {"u2", CELL_U16},
		{"u4", CELL_U32}, {"u8", CELL_U64},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(code, known[i].code) == 0) {
			*cell = known[i].cell;
			return true;
		}
	}
	/* NumPy has no bfloat16 and writes it as two bytes of anything. */
	*cell = CELL_BF16;
	return elem == VSX_BF16 && strcmp(code, "V2") == 0;
}

static enum vsx_status set_cell(struct rows *rows, const char *descr,
				enum vsx_elem elem, struct vsx_error *err)
{
	const char *code = descr;
	char order = *descr;

	if (order && strchr("<>|=", order))
		code++;
	if (*code == 'O')
		return tool_fail(err, VSX_EINVAL,
				 "%s: holds pickled Python objects ('%s'), "
				 "which are not read; save it as float32",
				 rows->source.name, descr);
	if (!find_cell(code, elem, &rows->cell))
		return tool_fail(err, VSX_EINVAL,
				 "%s: elements of type '%s', expected f2 f4 f8 "
				 "i1 i2 i4 i8 u1 u2 u4 or u8",
				 rows->source.name, descr);
	rows->swap = (order == '>' && BYTE_ORDER == LITTLE_ENDIAN) ||
		     (order == '<' && BYTE_ORDER == BIG_ENDIAN);
	return VSX_OK;
}

static enum vsx_status set_shape(struct rows *rows,
				 const struct npy_header *header,
				 const struct rows_opts *opts,
				 struct vsx_error *err)
{
	if (header->ndim == 1 && opts->column) {
		rows->n_rows = header->shape[0];
		rows->dim = 1;
	} else if (header->ndim == 1) {
		rows->n_rows = 1;
		rows->dim = header->shape[0];
	} else if (header->ndim == 2) {
		rows->n_rows = header->shape[0];
		rows->dim = header->shape[1];
	} else {
		return tool_fail(err, VSX_EINVAL,
				 "%s: an array of %zu dimension%s, expected 2 "
				 "(rows and their components)",
				 rows->source.name, header->ndim,
				 plural_s(header->ndim));
	}
	if (rows->dim < 1 || rows->dim > opts->max_dim)
		return tool_fail(err, VSX_EINVAL,
				 "%s: rows of dimension %" PRIu64
				 ", expected 1 to %" PRIu64,
				 rows->source.name, rows->dim, opts->max_dim);
	return VSX_OK;
}

/* The shape against the file's size, without overflow on the way. */
static enum vsx_status check_size(struct rows *rows, struct vsx_error *err)
{
	uint64_t held = rows->source.size - rows->data_at;
	uint64_t bytes;

	if (!__builtin_mul_overflow(rows->dim, cell_bytes(rows->cell),
				    &bytes)) {
		rows->row_bytes = (size_t)bytes;
		if (!__builtin_mul_overflow(rows->n_rows, bytes, &bytes) &&
		    bytes == held)
			return VSX_OK;
	}
	return tool_fail(
		err, VSX_EINVAL,
		"%s: %" PRIu64 " byte%s after the header, which "
		"declares %" PRIu64 " row%s of %" PRIu64 " x %zu byte%s",
		rows->source.name, held, plural_s(held), rows->n_rows,
		plural_s(rows->n_rows), rows->dim, cell_bytes(rows->cell),
		plural_s(cell_bytes(rows->cell)));
}

static enum vsx_status read_header(struct rows *rows, struct npy_header *header,
				   struct vsx_error *err)
{
	uint8_t frame[NPY_FRAME_BYTES];
	char dict[NPY_MAX_HEADER];
	uint32_t dict_bytes;
	const char *wrong;
	enum vsx_status status;
	size_t dict_at, at;

	status = source_need(&rows->source, frame, sizeof(frame), err);
	if (status != VSX_OK)
		return status;
	wrong = npy_frame(frame, &dict_at, &dict_bytes);
	if (wrong)
		return tool_fail(err, VSX_EINVAL, "%s: %s", rows->source.name,
				 wrong);
	source_seek(&rows->source, dict_at);
	status = source_need(&rows->source, dict, dict_bytes, err);
	if (status != VSX_OK)
		return status;
	wrong = npy_parse(header, dict, dict_bytes, &at);
	if (wrong)
		return tool_fail(err, VSX_EINVAL, "%s: header, byte %zu: %s",
				 rows->source.name, dict_at + at, wrong);
	rows->data_at = dict_at + dict_bytes;
	return VSX_OK;
}

enum vsx_status npy_open(struct rows *rows, const struct rows_opts *opts,
			 struct vsx_error *err)
{
	struct npy_header header;
	enum vsx_status status;

	status = read_header(rows, &header, err);
	if (status == VSX_OK)
		status = set_cell(rows, header.descr, opts->elem, err);
	if (status == VSX_OK)
		status = set_shape(rows, &header, opts, err);
	if (status == VSX_OK)
		status = check_size(rows, err);
	if (status != VSX_OK)
		return status;

	/* With one row or one column the two orders are the same bytes. */
	rows->read = header.fortran && rows->n_rows > 1 && rows->dim > 1
			     ? columns_read
			     : plain_read;
	return VSX_OK;
}
