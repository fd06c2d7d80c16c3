#include "cli/values.h"

#include "cli/fail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum vsx_status all_fields(struct value_field **fields, size_t *n,
				  const struct vsx *index,
				  struct vsx_error *err)
{
	struct vsx_field_facts f;

	*fields = calloc(VSX_MAX_FIELDS, sizeof(**fields));
	if (!*fields)
		return tool_fail_memory(err, VSX_MAX_FIELDS * sizeof(**fields));
	while (*n < VSX_MAX_FIELDS &&
	       vsx_get_field(index, (uint32_t)*n, &f, NULL) == VSX_OK)
		(*fields)[(*n)++] =
			(struct value_field){f.name, f.type, f.is_list != 0};
	return VSX_OK;
}

static int unasked(void *context, size_t i, size_t field,
		   const struct vsx_value *values, size_t n)
{
	(void)context;
	(void)i;
	(void)field;
	(void)values;
	(void)n;
	return 0;
}

/* Field `text`, n bytes: the library says what is wrong with it. */
static enum vsx_status find_field(struct value_field *field,
				  const struct value_field *all, size_t n_all,
				  const struct vsx *index, const char *text,
				  size_t n, struct vsx_error *err)
{
	char name[128];
	const char *names[] = {name};

	snprintf(name, sizeof(name), "%.*s",
		 n < sizeof(name) ? (int)n : (int)sizeof(name) - 1, text);
	for (size_t i = 0; i < n_all; i++)
		if (strcmp(all[i].name, name) == 0) {
			*field = all[i];
			return VSX_OK;
		}
	return vsx_values(index, NULL, 0, names, 1, unasked, NULL, err);
}

static enum vsx_status take(struct value_field *fields, size_t *n,
			    const struct value_field *all, size_t n_all,
			    const struct vsx *index, const char *names,
			    struct vsx_error *err)
{
	const char *given = names;

	for (;; names++) {
		enum vsx_status status;
		size_t rest, len;

		names += strspn(names, " ");
		rest = len = strcspn(names, ",");
		while (len > 0 && names[len - 1] == ' ')
			len--;

		if (len == 0 || *n == VSX_MAX_FIELDS)
			return tool_fail(err, VSX_EINVAL,
					 "'%.*s': expected names of fields "
					 "with a comma between them, or *",
					 TOOL_NAME_BYTES, given);
		status = find_field(&fields[*n], all, n_all, index, names, len,
				    err);
		if (status != VSX_OK)
			return status;
		for (size_t i = 0; i < *n; i++)
			if (strcmp(fields[i].name, fields[*n].name) == 0)
				return tool_fail(err, VSX_EINVAL,
						 "field %s is there twice",
						 fields[i].name);
		++*n;
		names += rest;
		if (!*names)
			return VSX_OK;
	}
}

enum vsx_status value_fields(struct value_field **fields, size_t *n,
			     const struct vsx *index, const char *names,
			     struct vsx_error *err)
{
	struct value_field *all = NULL;
	enum vsx_status status;
	size_t n_all = 0;

	*fields = NULL;
	*n = 0;
	if (!names)
		return VSX_OK;
	if (strcmp(names, "*") == 0)
		return all_fields(fields, n, index, err);
	status = all_fields(&all, &n_all, index, err);
	if (status == VSX_OK) {
		*fields = calloc(VSX_MAX_FIELDS, sizeof(**fields));
		status = *fields ? take(*fields, n, all, n_all, index, names,
					err)
				 : tool_fail_memory(err, VSX_MAX_FIELDS *
								 sizeof(*all));
	}
	free(all);
	return status;
}

/* ---- one value ----------------------------------------------------------- */

/* false: no text stands for it, it is a number. */
static bool time_text(char text[VSX_TIME_TEXT], int64_t time)
{
	char number[VSX_TIME_TEXT];

	vsx_time_text(text, time);
	snprintf(number, sizeof(number), "%" PRId64, time);
	return strcmp(text, number) != 0;
}

static void json_value(struct json *j, const char *key,
		       enum vsx_field_type type, const struct vsx_value *v)
{
	char text[VSX_TIME_TEXT];

	switch (type) {
	case VSX_BOOL:
		json_put_bool(j, key, v->truth != 0);
		break;
	case VSX_INT:
		json_put_i64(j, key, v->number);
		break;
	case VSX_FLOAT:
		json_put_real(j, key, v->real);
		break;
	case VSX_TIME:
		if (time_text(text, v->number))
			json_put_string(j, key, text);
		else
			json_put_i64(j, key, v->number);
		break;
	case VSX_STRING:
		json_put_bytes(j, key, v->string.at, v->string.n);
		break;
	}
}

void value_json(struct json *j, const char *key,
		const struct value_field *field, const struct vsx_value *values,
		size_t n)
{
	if (!values) {
		json_put_null(j, key);
		return;
	}
	if (!field->is_list) {
		json_value(j, key, field->type, values);
		return;
	}
	json_put_row(j, key);
	for (size_t i = 0; i < n; i++)
		json_value(j, NULL, field->type, &values[i]);
	json_close(j);
}

char *value_text(const struct value_field *field,
		 const struct vsx_value *values, size_t n)
{
	char *text = NULL;
	size_t len = 0;
	struct json j;
	FILE *to;

	if (!values)
		return strdup("");
	if (!field->is_list && field->type == VSX_STRING)
		return strndup(values->string.n ? values->string.at : "",
			       values->string.n);
	to = open_memstream(&text, &len);
	if (!to)
		return NULL;
	json_begin(&j, to, false);
	value_json(&j, NULL, field, values, n);
	if (fclose(to) != 0) {
		free(text);
		return NULL;
	}
	if (!field->is_list && field->type == VSX_TIME && text[0] == '"') {
		len = strlen(text);
		memmove(text, text + 1, len - 2);
		text[len - 2] = '\0';
	}
	return text;
}
