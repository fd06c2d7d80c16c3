/*
 * The fields of one row on their way from segment to segment: bytes that say
 * everything themselves, so that whoever carries them knows nothing of fields.
 *
 *     for each field: u8 length of its name, the name, u8 type (as in section
 *     COLS), u32 number of values, or VSX_RECORD_NULL, and the values:
 *     8 bytes each, or a length, u32, and the string
 */
#ifndef VSX_RECORD_H
#define VSX_RECORD_H

#include "field/columns.h"

#define VSX_RECORD_NULL UINT32_MAX

/* A record that is written; grows, never shrinks. Free bytes. */
struct vsx_record {
	uint8_t *bytes;
	size_t n, cap;
};

static inline void vsx_record_begin(struct vsx_record *r)
{
	r->n = 0;
}

/* A field that is not in it yet, of so many values, or null. */
enum vsx_status vsx_record_field(struct vsx_record *r, const char *name,
				 struct vsx_field_kind kind, uint32_t n_values,
				 struct vsx_error *err);
/* Its values: as a column has them, or as a string. */
enum vsx_status vsx_record_value(struct vsx_record *r, uint64_t value,
				 struct vsx_error *err);
enum vsx_status vsx_record_string(struct vsx_record *r, const void *s,
				  uint32_t n, struct vsx_error *err);

/* All fields of a row of a segment. VSX_ECORRUPT, for pages that are damaged
 * and values that no row can have: those of the other fields are in it. */
enum vsx_status vsx_record_of_row(struct vsx_record *r,
				  const struct vsx_columns *c, uint32_t row,
				  struct vsx_error *err);

/*
 * Look at a record from somewhere else, and add its fields to a schema.
 * VSX_EINVAL for bytes that are none, and for a field of another type.
 */
enum vsx_status vsx_record_learn(const uint8_t *bytes, size_t n,
				 struct vsx_schema *schema,
				 struct vsx_error *err);

/* The records of n rows. NULL: the row has no fields. */
struct vsx_records {
	const uint8_t *(*get)(const void *context, uint32_t row, size_t *n);
	const void *context;
	uint32_t n;
	const uint32_t *order; /* row i is number order[i] of them; NULL: i */
	struct vsx_row_lists lists; /* that the rows i lie in */
};

/* A section, built. */
struct vsx_columns_built {
	uint8_t *bytes; /* owned; NULL: no row has a field */
	uint64_t n;
};

/*
 * VSX_EINVAL when rows do not agree in what a field is, or the strings of one
 * take more than 4 GiB.
 */
enum vsx_status vsx_columns_build(struct vsx_columns_built *out,
				  const struct vsx_records *records,
				  struct vsx_error *err);

#endif
