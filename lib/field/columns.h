/*
 * Section COLS: the fields of a segment's rows, a column each. SPEC.md 5.11.
 *
 * Values are compared by keys, i64 in their order: numbers are their own, true
 * is 1, a float is its bits turned so that they rise with it, and a string is
 * its place in the dictionary, which is sorted.
 */
#ifndef VSX_COLUMNS_H
#define VSX_COLUMNS_H

#include "disk.h"
#include "field/field.h"
#include "io/view.h"

struct vsx_column {
	char name[VSX_FIELD_NAME];
	struct vsx_field_kind kind;
	uint32_t width;	   /* bytes of a value; 0: a bit */
	uint32_t n_words;  /* of the dictionary; 0: there is none */
	uint32_t n_lists;  /* that have a range; 0: none has */
	uint64_t n_values; /* rows, or elements of all lists */
	uint64_t word_bytes;
	/* Where its parts are in the section. */
	uint64_t ranges, lists, nulls, ends, values, words, text, end;
};

/* Rows of a segment that lie in lists, one list after the other. */
struct vsx_row_lists {
	const uint32_t *ends; /* [n] list i has the rows from ends[i - 1] on, of
				 the first 0, to ends[i] - 1; the last one is
				 the number of rows; NULL: not known */
	uint32_t n;	      /* 0: there are none */
};

/* Of one segment. Immutable once it is open. */
struct vsx_columns {
	struct vsx_view view;
	uint32_t n_rows;
	uint32_t n_lists; /* of the segment */
	uint32_t n;
	struct vsx_column *column; /* [n] by rising name; owned */
};

static inline uint64_t vsx_column_blocks(uint64_t n_rows)
{
	return (n_rows + VSX_COLUMN_BLOCK - 1) / VSX_COLUMN_BLOCK;
}

/* Bytes of a bit for each of n: whole words of 64. */
static inline uint64_t vsx_column_bits(uint64_t n)
{
	return (n + 63) / 64 * 8;
}

static inline uint64_t vsx_column_up(uint64_t at)
{
	return (at + 63) & ~UINT64_C(63);
}

/* Where the first column's parts begin. */
static inline uint64_t vsx_columns_begin(uint64_t n)
{
	return sizeof(struct vsx_disk_columns) +
	       n * sizeof(struct vsx_disk_column);
}

/* Set width and the places of the parts, from kind and counts, each below 2^32;
 * the first one is at `ranges`, a multiple of 64. */
void vsx_column_place(struct vsx_column *c, uint32_t n_rows);

static inline int64_t vsx_float_key(double f)
{
	int64_t bits;

	f += 0.0; /* there is one 0 */
	__builtin_memcpy(&bits, &f, sizeof(bits));
	return bits ^ ((bits >> 63) & INT64_MAX);
}

/*
 * Check the lengths and entries of a section against the rows and lists of its
 * segment. Touches the entries. VSX_ECORRUPT; free it in any case.
 */
enum vsx_status vsx_columns_open(struct vsx_columns *c,
				 const struct vsx_view *view, uint32_t n_rows,
				 uint32_t n_lists, struct vsx_error *err);
void vsx_columns_close(struct vsx_columns *c);

/* The column of a name, or NULL. */
const struct vsx_column *vsx_columns_find(const struct vsx_columns *c,
					  const char *name);

/* Number i of the ranges at `part`, c->ranges or c->lists: least, greatest and
 * how many rows are null. */
enum vsx_status vsx_column_range(const struct vsx_columns *c,
				 const struct vsx_column *col, uint64_t part,
				 uint64_t i, int64_t *least, int64_t *greatest,
				 uint32_t *n_null, struct vsx_error *err);

/* Bits of 64 rows, of which row is the first. Touch what they lie in before. */
static inline uint64_t vsx_column_word(const struct vsx_columns *c,
				       uint64_t part, uint64_t row)
{
	return vsx_load64(c->view.base + part + row / 64 * 8);
}

/* Of a list: its values are *first .. *end - 1. */
enum vsx_status vsx_column_list(const struct vsx_columns *c,
				const struct vsx_column *col, uint32_t row,
				uint64_t *first, uint64_t *end,
				struct vsx_error *err);

/* Value number i of the column as it lies in the file; touches it. */
enum vsx_status vsx_column_value(const struct vsx_columns *c,
				 const struct vsx_column *col, uint64_t i,
				 uint64_t *value, struct vsx_error *err);

enum vsx_status vsx_column_is_null(const struct vsx_columns *c,
				   const struct vsx_column *col, uint32_t row,
				   bool *is, struct vsx_error *err);

/* Word number i of the dictionary, n_words or more are VSX_ECORRUPT. */
enum vsx_status vsx_column_text(const struct vsx_columns *c,
				const struct vsx_column *col, uint64_t i,
				const uint8_t **text, uint32_t *bytes,
				struct vsx_error *err);

/*
 * The number of a word of the dictionary; not found: of the first one that is
 * greater, or n_words.
 */
enum vsx_status vsx_column_find_word(const struct vsx_columns *c,
				     const struct vsx_column *col,
				     const void *text, size_t bytes,
				     uint32_t *number, bool *found,
				     struct vsx_error *err);

/* Values as keys, and the other way round. */
static inline int64_t vsx_value_key(struct vsx_field_kind kind, uint64_t value)
{
	double f;

	if (kind.type != VSX_FLOAT)
		return (int64_t)value;
	__builtin_memcpy(&f, &value, sizeof(f));
	return vsx_float_key(f);
}

#endif
