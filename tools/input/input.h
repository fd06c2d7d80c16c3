/*
 * Reading vectors from the files that people have: .npy, .fvecs .bvecs .ivecs,
 * .fbin .f16bin .u8bin .i8bin .ibin, and raw rows on standard input ("-").
 * What a file is, its content says first, its suffix second; a file that is
 * something else is named.
 *
 * Rows are streamed: memory is bounded whatever the file's size. Values are
 * passed on as they are; NaN and infinity are the library's to refuse.
 *
 * Every failure of the input itself is VSX_EINVAL (VSX_ENUMERIC for a value
 * that cannot be converted), of the system VSX_EIO or VSX_ENOMEM; the text
 * starts with the file's name. An input belongs to one thread.
 */
#ifndef VSX_INPUT_H
#define VSX_INPUT_H

#include "vsx_status.h"
#include "vsx_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_UNKNOWN_ROWS UINT64_MAX

struct input;

/* Rows with a value that cannot be converted. Zeroed before; free items. */
struct odd_rows {
	struct odd_row {
		uint64_t row;
		char why[128];
	} * items; /* by rising row */
	size_t n;
};

/* What is wrong with the first such value of the row; NULL: there is none. */
const char *odd_rows_find(const struct odd_rows *odds, uint64_t row);

/* All fields may be zero, and the whole may be NULL. */
struct input_opts {
	/* Required for standard input; a file must agree with it. */
	uint32_t dim;
	/* Of raw rows; 0 = VSX_F32. VSX_BF16 also gives .npy's 'V2' sense. */
	enum vsx_elem elem;
	/* NULL: a value that cannot be converted is an error. Else it becomes
	   NaN, and its row is added. Borrowed until the input is closed. */
	struct odd_rows *odds;
	bool documents; /* the command reads these, too: for errors */
};

/*
 * Open and check the frame: the declared shape against the file's size. An
 * input without rows is refused (but for a stream, whose end is not known).
 */
enum vsx_status input_open(struct input **out, const char *path,
			   const struct input_opts *opts,
			   struct vsx_error *err);

/* The same for the queries of a test, which standard input does not bring. */
enum vsx_status input_open_queries(struct input **out, const char *path,
				   struct vsx_error *err);

/* INPUT_UNKNOWN_ROWS for a stream. */
uint64_t input_n_rows(const struct input *in);
uint32_t input_dim(const struct input *in); /* 1 to VSX_MAX_DIM */

/*
 * What input_read() gives. f32 f16 bf16 u8 i8 come as they are; f64 is rounded
 * to f32; 32- and 64-bit integers become f32 if that holds them exactly.
 */
enum vsx_elem input_elem(const struct input *in);
size_t input_row_bytes(const struct input *in);
const char *input_name(const struct input *in); /* for messages */

/*
 * The next rows.
 *
 * rows      row-major, no gaps, little-endian, room for max_rows rows
 * n_rows    how many were read: max_rows, or fewer at the end, 0 behind it
 *
 * An error ends the input: no rows are given, and reading on is not possible.
 */
enum vsx_status input_read(struct input *in, void *rows, size_t max_rows,
			   size_t *n_rows, struct vsx_error *err);

/* Back to the first row, also after the end; a stream refuses. */
enum vsx_status input_rewind(struct input *in, struct vsx_error *err);

void input_close(struct input *in); /* accepts NULL */

#endif
