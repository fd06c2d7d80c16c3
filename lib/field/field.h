/*
 * Fields: named, typed values of rows, by which searches choose among them.
 * SPEC.md 5.11.
 */
#ifndef VSX_FIELD_H
#define VSX_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "vsx_types.h"

#define VSX_FIELD_NAME	     64 /* bytes, its zero included */
#define VSX_MAX_STRING_BYTES 65535u

/* What the values of a field are. */
struct vsx_field_kind {
	enum vsx_field_type type;
	bool list; /* each row has any number of them */
};

static inline bool vsx_field_kind_same(struct vsx_field_kind a,
				       struct vsx_field_kind b)
{
	return a.type == b.type && a.list == b.list;
}

/* A letter or _, then up to 62 letters, digits, _ and dots; no word of the
 * filter language. */
bool vsx_field_name_ok(const char *name);

/* "int", "[string]"; lives for ever. NULL for a type that means nothing. */
const char *vsx_field_kind_name(struct vsx_field_kind kind);

/* Names of fields and what they are, by the order in which they came. */
struct vsx_schema {
	struct vsx_schema_field {
		char name[VSX_FIELD_NAME];
		struct vsx_field_kind kind;
	} * fields;
	size_t n, cap;
};

/* The number of a field; s->n: it has none of this name. */
size_t vsx_schema_find(const struct vsx_schema *s, const char *name);

/*
 * The same; adds it if it is not there. VSX_EINVAL for a name that is none, a
 * type other than the field has, and more than VSX_MAX_FIELDS.
 */
enum vsx_status vsx_schema_add(struct vsx_schema *s, const char *name,
			       struct vsx_field_kind kind, size_t *number,
			       struct vsx_error *err);

void vsx_schema_release(struct vsx_schema *s);

#endif
