#include "field/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/lex.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool vsx_field_name_ok(const char *name)
{
	size_t n = 0;

	if (!is_letter(name[0]))
		return false;
	while (n < VSX_FIELD_NAME &&
	       (is_letter(name[n]) || (name[n] >= '0' && name[n] <= '9') ||
		name[n] == '.'))
		n++;
	return n < VSX_FIELD_NAME && name[n] == '\0' &&
	       vsx_word_of(name, n) == VSX_TOKEN_NAME;
}

const char *vsx_field_kind_name(struct vsx_field_kind kind)
{
	static const char *const names[][2] = {
		[VSX_BOOL] = {"bool", "[bool]"},
		[VSX_INT] = {"int", "[int]"},
		[VSX_FLOAT] = {"float", "[float]"},
		[VSX_TIME] = {"time", "[time]"},
		[VSX_STRING] = {"string", "[string]"},
	};

	return kind.type >= VSX_BOOL && kind.type <= VSX_STRING
		       ? names[kind.type][kind.list]
		       : NULL;
}

size_t vsx_schema_find(const struct vsx_schema *s, const char *name)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->fields[i].name, name) != 0)
		i++;
	return i;
}

enum vsx_status vsx_schema_add(struct vsx_schema *s, const char *name,
			       struct vsx_field_kind kind, size_t *number,
			       struct vsx_error *err)
{
	size_t i;

	if (!vsx_field_kind_name(kind))
		return vsx_fail(err, VSX_EINVAL, "field type %d is not known",
				(int)kind.type);
	if (!vsx_field_name_ok(name))
		return vsx_fail(err, VSX_EINVAL,
				"\"%.80s\" is no name of a field: a letter or "
				"_, then up to 62 of letters, digits, _ and "
				"dots, and no word of filters",
				name);
	i = vsx_schema_find(s, name);
	*number = i;
	if (i < s->n) {
		if (vsx_field_kind_same(s->fields[i].kind, kind))
			return VSX_OK;
		return vsx_fail(err, VSX_EINVAL,
				"field %s is %s, expected %s as before", name,
				vsx_field_kind_name(kind),
				vsx_field_kind_name(s->fields[i].kind));
	}
	if (s->n == VSX_MAX_FIELDS)
		return vsx_fail(err, VSX_EINVAL,
				"field %s is one too many, expected at most %d",
				name, VSX_MAX_FIELDS);
	VSX_TRY(vsx_grow(&s->fields, &s->cap, s->n + 1, sizeof(*s->fields),
			 err));
	memset(&s->fields[i], 0, sizeof(s->fields[i]));
	memcpy(s->fields[i].name, name, strlen(name));
	s->fields[i].kind = kind;
	s->n++;
	return VSX_OK;
}

void vsx_schema_release(struct vsx_schema *s)
{
	free(s->fields);
	*s = (struct vsx_schema){NULL, 0, 0};
}
