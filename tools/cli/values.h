/*
 * Values of fields as text and as JSON: the same in answers and in what is
 * exported, so that what one prints another reads.
 */
#ifndef VSX_CLI_VALUES_H
#define VSX_CLI_VALUES_H

#include "cli/json.h"
#include "vsx.h"

#include <stdbool.h>

/* A field that is printed. */
struct value_field {
	const char *name; /* of the index */
	enum vsx_field_type type;
	bool is_list;
};

/*
 * "lang,title", or "*" for all fields of an index; NULL: none. The array is to
 * be freed, also after a failure: an unknown name, or one that is there twice.
 */
enum vsx_status value_fields(struct value_field **fields, size_t *n,
			     const struct vsx *index, const char *names,
			     struct vsx_error *err);

/*
 * As a member, or (key NULL) an element: floats with a point or an exponent, so
 * that they read back as such, times as strings, values NULL as null. A time
 * that no string stands for, of the years before 1 and after 9999, is a number.
 */
void value_json(struct json *j, const char *key,
		const struct value_field *field, const struct vsx_value *values,
		size_t n);

/*
 * As text, to be freed; NULL: no memory. Nothing for null, JSON for lists; a
 * string as it is, with whatever is in it.
 */
char *value_text(const struct value_field *field,
		 const struct vsx_value *values, size_t n);

#endif
