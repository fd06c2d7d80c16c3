/*
 * Rows of numbers as a file holds them, of any of the formats, before they are
 * vectors or ids. Private to input/.
 *
 * rows_open() finds the format and checks the frame; rows_read() gives the
 * cells in native byte order, row-major, whatever the file's order was.
 */
#ifndef VSX_INPUT_ROWS_H
#define VSX_INPUT_ROWS_H

#include "input/source.h"
#include "vsx_status.h"
#include "vsx_types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell {
	CELL_F16,
	CELL_BF16,
	CELL_F32,
	CELL_F64,
	CELL_I8,
	CELL_U8,
	CELL_I16,
	CELL_U16,
	CELL_I32,
	CELL_U32,
	CELL_I64,
	CELL_U64,
};

size_t cell_bytes(enum cell cell);

struct rows_opts {
	uint32_t dim;	    /* of a raw stream */
	enum vsx_elem elem; /* of a raw stream, and what 'V2' in a .npy is */
	uint64_t max_dim;   /* longest row that makes sense */
	bool column;	    /* a 1-D array is n rows of one, not one row */
	bool documents;	    /* the command reads these, too: for errors */
	bool distances;	    /* .ibin: as many f32 may follow (k-NN truth) */
};

struct rows {
	struct source source;
	enum cell cell;
	bool swap;	  /* the file has the other byte order */
	uint64_t n_rows;  /* UINT64_MAX: a stream */
	uint64_t dim;	  /* cells in a row */
	size_t row_bytes; /* dim cells */
	uint64_t data_at; /* place of row 0 in the file */
	uint64_t next;	  /* row */
	/* The next n rows, of which the frame says that they are there. */
	enum vsx_status (*read)(struct rows *rows, uint8_t *to, size_t n,
				struct vsx_error *err);
	/* Of a column-major file: the block of rows in memory. */
	uint8_t *block;
	uint64_t block_first;
	size_t block_rows; /* it can hold */
	size_t block_held;
};

enum vsx_status rows_open(struct rows *rows, const char *path,
			  const struct rows_opts *opts, struct vsx_error *err);
void rows_close(struct rows *rows);

/* Fewer than max_rows only at the end. */
enum vsx_status rows_read(struct rows *rows, void *to, size_t max_rows,
			  size_t *n_rows, struct vsx_error *err);
enum vsx_status rows_rewind(struct rows *rows, struct vsx_error *err);

/* Whether content or suffix says that the file holds rows, and not text. */
bool rows_known(const char *path, const uint8_t *head, size_t len);

/*
 * The formats. Each starts with an open source, sets the fields above and the
 * function that reads.
 */
enum vsx_status npy_open(struct rows *rows, const struct rows_opts *opts,
			 struct vsx_error *err);
enum vsx_status vecs_open(struct rows *rows, const struct rows_opts *opts,
			  enum cell cell, struct vsx_error *err);
enum vsx_status bin_open(struct rows *rows, const struct rows_opts *opts,
			 enum cell cell, struct vsx_error *err);
enum vsx_status raw_open(struct rows *rows, const struct rows_opts *opts,
			 struct vsx_error *err);

/* Rows that lie one behind the other, without anything between. */
enum vsx_status plain_read(struct rows *rows, uint8_t *to, size_t n,
			   struct vsx_error *err);

/* Columns that lie one behind the other (Fortran order). */
enum vsx_status columns_read(struct rows *rows, uint8_t *to, size_t n,
			     struct vsx_error *err);

/*
 * Refuse the source: as what its first bytes say it is, if they do, else with
 * the message given.
 */
enum vsx_status rows_refuse(struct rows *rows, struct vsx_error *err,
			    const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
