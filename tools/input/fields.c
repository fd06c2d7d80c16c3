#include "input/fields.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/utf8.h"
#include "input/labels.h"

/* A field that is asked for. */
struct wanted {
	char *name;
	enum vsx_field_type type;
	bool list;
};

struct reading {
	const char *path;
	struct wanted *wanted;
	size_t n_wanted;
	struct vsx_fields *fields;
	struct vsx_value *values; /* of a list */
	size_t values_room;
	size_t used, room; /* of the bytes */
	size_t *ends;	   /* of each row's */
};

/* ---- what is asked for -------------------------------------------------- */

static bool find_type(struct wanted *w, const char *text, size_t n)
{
	for (uint32_t i = 0; i < 2; i++)
		for (int type = VSX_BOOL; type <= VSX_STRING; type++) {
			const char *name = vsx_field_type_text(
				(enum vsx_field_type)type, i);

			if (strlen(name) != n || memcmp(name, text, n) != 0)
				continue;
			w->type = (enum vsx_field_type)type;
			w->list = i;
			return true;
		}
	return false;
}

/* "NAME:TYPE", which ends at `end`. */
static enum vsx_status take_one(struct wanted *w, const char *text,
				const char *end, struct vsx_error *err)
{
	const char *colon = memchr(text, ':', (size_t)(end - text));

	if (!colon || colon == text)
		return tool_fail(err, VSX_EINVAL,
				 "--fields: \"%.*s\", expected NAME:TYPE",
				 end - text < 60 ? (int)(end - text) : 60,
				 text);
	if (!find_type(w, colon + 1, (size_t)(end - colon - 1)))
		return tool_fail(
			err, VSX_EINVAL,
			"--fields: type \"%.*s\", expected bool, int, float, "
			"time, string or one of them in [ ]",
			end - colon - 1 < 60 ? (int)(end - colon - 1) : 60,
			colon + 1);
	w->name = strndup(text, (size_t)(colon - text));
	return w->name ? VSX_OK : tool_fail_memory(err, 64);
}

static enum vsx_status take_spec(struct reading *r, const char *spec,
				 struct vsx_error *err)
{
	size_t n = 1;
	enum vsx_status status = VSX_OK;

	for (const char *c = spec; *c; c++)
		n += *c == ',';
	r->wanted = calloc(n, sizeof(*r->wanted));
	if (!r->wanted)
		return tool_fail_memory(err, n * sizeof(*r->wanted));
	for (size_t i = 0; status == VSX_OK && i < n; i++) {
		const char *end = spec + strcspn(spec, ",");

		status = take_one(&r->wanted[i], spec, end, err);
		r->n_wanted = i + 1;
		spec = *end ? end + 1 : end;
		/* Is it a name? */
		if (status == VSX_OK)
			status = vsx_fields_put_null(
				r->fields, r->wanted[i].name, r->wanted[i].type,
				r->wanted[i].list, err);
	}
	vsx_fields_clear(r->fields);
	return status;
}

/* ---- lines -------------------------------------------------------------- */

static bool take_value(struct vsx_value *to, enum vsx_field_type type,
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

static enum vsx_status wrong(const struct reading *r, uint64_t line,
			     const struct wanted *w, const json_t *value,
			     struct vsx_error *err)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	char name[TOOL_NAME_BYTES];
	enum vsx_status status =
		tool_fail(err, VSX_EINVAL,
			  "%s: line %" PRIu64 ": %s is %.60s, expected %s",
			  tool_name(name, r->path), line + 1, w->name,
			  text ? text : "something else",
			  vsx_field_type_text(w->type, w->list));

	free(text);
	return status;
}

static enum vsx_status put(struct reading *r, uint64_t line,
			   const struct wanted *w,
			   const struct vsx_value *values, size_t n,
			   struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	struct vsx_error why;
	enum vsx_status status = vsx_fields_put(r->fields, w->name, w->type,
						w->list, values, n, &why);

	if (status == VSX_OK)
		return VSX_OK;
	return tool_fail(err, status, "%s: line %" PRIu64 ": %s",
			 tool_name(name, r->path), line + 1, why.text);
}

static enum vsx_status take_list(struct reading *r, uint64_t line,
				 const struct wanted *w, const json_t *value,
				 struct vsx_error *err)
{
	size_t n = json_array_size(value);

	if (n > r->values_room) {
		free(r->values);
		r->values = calloc(n, sizeof(*r->values));
		r->values_room = r->values ? n : 0;
		if (!r->values)
			return tool_fail_memory(err, n * sizeof(*r->values));
	}
	for (size_t i = 0; i < n; i++)
		if (!take_value(&r->values[i], w->type,
				json_array_get(value, i)))
			return wrong(r, line, w, value, err);
	return put(r, line, w, r->values, n, err);
}

static enum vsx_status take_member(struct reading *r, uint64_t line,
				   const struct wanted *w, const json_t *value,
				   struct vsx_error *err)
{
	struct vsx_value one = {0};

	if (!value || json_is_null(value))
		return vsx_fields_put_null(r->fields, w->name, w->type, w->list,
					   err);
	if (w->list)
		return json_is_array(value) ? take_list(r, line, w, value, err)
					    : wrong(r, line, w, value, err);
	return take_value(&one, w->type, value) ? put(r, line, w, &one, 1, err)
						: wrong(r, line, w, value, err);
}

static enum vsx_status keep(struct reading *r, struct field_rows *rows,
			    struct vsx_error *err)
{
	struct vsx_bytes record = vsx_fields_bytes(r->fields);

	if (r->used + record.n > r->room) {
		size_t room = (r->used + record.n) * 2;
		uint8_t *more = realloc(rows->bytes, room);

		if (!more)
			return tool_fail_memory(err, room);
		rows->bytes = more;
		r->room = room;
	}
	if (record.n)
		memcpy(rows->bytes + r->used, record.at, record.n);
	r->used += record.n;
	r->ends[rows->n++] = r->used;
	return VSX_OK;
}

static enum vsx_status take_line(struct reading *r, const char *text,
				 struct field_rows *rows, struct vsx_error *err)
{
	uint64_t line = rows->n;
	enum vsx_status status = VSX_OK;
	char name[TOOL_NAME_BYTES];
	json_error_t why;
	json_t *value = json_loads(
		text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (!json_is_object(value)) {
		if (!value)
			utf8_clean(why.text);
		tool_fail(err, VSX_EINVAL, "%s: line %" PRIu64 ": %s",
			  tool_name(name, r->path), line + 1,
			  value ? "expected an object { ... }" : why.text);
		json_decref(value);
		return VSX_EINVAL;
	}
	vsx_fields_clear(r->fields);
	for (size_t i = 0; status == VSX_OK && i < r->n_wanted; i++)
		status = take_member(r, line, &r->wanted[i],
				     json_object_get(value, r->wanted[i].name),
				     err);
	json_decref(value);
	return status == VSX_OK ? keep(r, rows, err) : status;
}

static enum vsx_status read_lines(struct reading *r, const struct labels *lines,
				  struct field_rows *rows,
				  struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	size_t before = 0;

	r->ends = calloc(lines->n + 1, sizeof(*r->ends));
	rows->items = calloc(lines->n + 1, sizeof(*rows->items));
	if (!r->ends || !rows->items)
		return tool_fail_memory(err, lines->n * sizeof(*rows->items));
	for (uint64_t i = 0; status == VSX_OK && i < lines->n; i++)
		status = take_line(r, labels_get(lines, i), rows, err);
	for (uint64_t i = 0; status == VSX_OK && i < rows->n; i++) {
		rows->items[i] = (struct vsx_bytes){rows->bytes + before,
						    r->ends[i] - before};
		before = r->ends[i];
	}
	return status;
}

enum vsx_status input_fields(const char *path, const char *spec,
			     struct field_rows *rows, struct vsx_error *err)
{
	struct reading r = {.path = path};
	struct labels lines = {0};
	enum vsx_status status = vsx_fields_new(&r.fields, err);

	if (status == VSX_OK)
		status = take_spec(&r, spec, err);
	if (status == VSX_OK)
		status = input_lines(path, &lines, err);
	if (status == VSX_OK)
		status = read_lines(&r, &lines, rows, err);
	labels_release(&lines);
	for (size_t i = 0; i < r.n_wanted; i++)
		free(r.wanted[i].name);
	free(r.wanted);
	free(r.values);
	free(r.ends);
	vsx_fields_free(r.fields);
	return status;
}

void field_rows_release(struct field_rows *rows)
{
	free(rows->bytes);
	free(rows->items);
	memset(rows, 0, sizeof(*rows));
}
