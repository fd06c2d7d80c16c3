#include "input/field_kind.h"

#include <string.h>
#include <strings.h>

#define MAX_STRING 65535u /* as the library has it */

bool field_kind_parse(struct field_kind *kind, const char *text, size_t n)
{
	for (uint32_t i = 0; i < 2; i++)
		for (int type = VSX_BOOL; type <= VSX_STRING; type++) {
			const char *name = vsx_field_type_text(
				(enum vsx_field_type)type, i);

			if (strlen(name) != n || memcmp(name, text, n) != 0)
				continue;
			*kind = (struct field_kind){
				true, (enum vsx_field_type)type, i != 0};
			return true;
		}
	return false;
}

const char *field_kind_text(const struct field_kind *kind)
{
	return vsx_field_type_text(kind->type, kind->list);
}

/* ---- types of values ---------------------------------------------------- */

static const char *widen_type(struct field_kind *kind, bool list,
			      const json_t *value)
{
	enum vsx_field_type type;

	if (json_is_boolean(value))
		type = VSX_BOOL;
	else if (json_is_integer(value))
		type = VSX_INT;
	else if (json_is_real(value))
		type = VSX_FLOAT;
	else if (json_is_string(value))
		type = VSX_STRING;
	else
		return "has values within a list that are no field";
	if (type == VSX_STRING && json_string_length(value) > MAX_STRING)
		return "has strings of more than 65,535 bytes";
	if (type == VSX_STRING &&
	    strlen(json_string_value(value)) != json_string_length(value))
		return "has strings with a byte 0";
	if (!kind->typed) {
		*kind = (struct field_kind){true, type, list};
		return NULL;
	}
	if (kind->type == VSX_INT && type == VSX_FLOAT)
		kind->type = VSX_FLOAT;
	if (kind->type == type ||
	    (kind->type == VSX_FLOAT && type == VSX_INT) ||
	    (kind->type == VSX_TIME && type == VSX_STRING))
		return NULL;
	return "has values of several types";
}

const char *field_kind_widen(struct field_kind *kind, const json_t *value)
{
	const char *why = NULL;

	if (json_is_null(value))
		return NULL;
	if (kind->typed && kind->list != json_is_array(value))
		return "is a list in some lines and none in others";
	if (!json_is_array(value))
		return widen_type(kind, false, value);
	for (size_t i = 0; !why && i < json_array_size(value); i++)
		why = widen_type(kind, true, json_array_get(value, i));
	return why;
}

bool field_kind_value(struct vsx_value *to, enum vsx_field_type type,
		      const json_t *value)
{
	switch (type) {
	case VSX_BOOL:
		to->truth = json_is_true(value);
		return json_is_boolean(value);
	case VSX_INT:
		to->number = json_integer_value(value);
		return json_is_integer(value);
	case VSX_FLOAT:
		to->real = json_number_value(value);
		return json_is_number(value);
	case VSX_TIME:
	case VSX_STRING:
		to->string.at = json_string_value(value);
		to->string.n = json_string_length(value);
		return json_is_string(value) &&
		       (type == VSX_STRING || to->string.n > 0);
	}
	return false;
}

/* ---- cells -------------------------------------------------------------- */

static json_t *truth_of(const char *text)
{
	if (strcasecmp(text, "true") == 0)
		return json_true();
	return strcasecmp(text, "false") == 0 ? json_false() : NULL;
}

/* The text as JSON, if it is that, and not just begins so. */
static json_t *parsed(const json_t *text)
{
	json_error_t ignored;

	return json_loadb(json_string_value(text), json_string_length(text),
			  JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &ignored);
}

static json_t *looks_like(const json_t *text)
{
	json_t *value = truth_of(json_string_value(text));

	if (!value)
		value = parsed(text);
	if (json_is_boolean(value) || json_is_number(value) ||
	    json_is_array(value))
		return value;
	json_decref(value);
	return NULL;
}

static json_t *as_kind(const json_t *text, const struct field_kind *kind)
{
	if (kind->list)
		return parsed(text);
	switch (kind->type) {
	case VSX_BOOL:
		return truth_of(json_string_value(text));
	case VSX_INT:
	case VSX_FLOAT:
		return parsed(text);
	case VSX_TIME:
	case VSX_STRING:
		break;
	}
	return NULL;
}

json_t *field_kind_of_cell(const json_t *text, const struct field_kind *kind)
{
	json_t *value = kind->typed ? as_kind(text, kind) : looks_like(text);

	return value ? value
		     : json_stringn_nocheck(json_string_value(text),
					    json_string_length(text));
}

void field_kind_widen_cell(struct field_kind *kind, const json_t *value)
{
	if (field_kind_widen(kind, value))
		*kind = (struct field_kind){true, VSX_STRING, false};
}
