/* What values of JSON and cells of CSV are, as fields. Private to input/. */
#ifndef VSX_INPUT_FIELD_KIND_H
#define VSX_INPUT_FIELD_KIND_H

#include "vsx.h"

#include <jansson.h>
#include <stdbool.h>

struct field_kind {
	bool typed; /* false: there were no values, or only empty lists */
	enum vsx_field_type type;
	bool list;
};

/* "int", "[string]", ...; false: the n characters are no type. */
bool field_kind_parse(struct field_kind *kind, const char *text, size_t n);
const char *field_kind_text(const struct field_kind *kind);

/*
 * Make it what takes `value`, too. NULL, or why no field can, as the end of a
 * sentence that starts with "it".
 */
const char *field_kind_widen(struct field_kind *kind, const json_t *value);

/* One value, not a list, which is borrowed. false: it is of another type. */
bool field_kind_value(struct vsx_value *to, enum vsx_field_type type,
		      const json_t *value);

/*
 * The text of a cell as a value of this kind or, where it is not typed, as what
 * it looks like. A text that is none stays a string. NULL: out of memory.
 */
json_t *field_kind_of_cell(const json_t *text, const struct field_kind *kind);

/* The kind of a column which held both: that of text. */
void field_kind_widen_cell(struct field_kind *kind, const json_t *value);

#endif
