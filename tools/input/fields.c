#include "input/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/say.h"
#include "cli/utf8.h"
#include "input/field_kind.h"

#define NAME_ROOM                                                              \
	128	    /* of names that are put together; longer ones are none    \
		     */
#define MAX_DEPTH 8 /* of objects within objects */
#define MAX_NAMES (2 * VSX_MAX_FIELDS)
#define MAX_SAID  10

/* A field, or a name that is none. */
struct known {
	char *name;
	struct field_kind kind;
	bool listed; /* in the list: null in rows that lack it */
	bool fixed;  /* its type was told, not found */
	bool out;    /* it is left out, and why */
	char why[160];
	uint64_t row; /* that had it last, from 1 */
};

struct fields {
	struct known *known;
	size_t n, room, n_out;
	size_t at;   /* where the next one is looked for first */
	bool all;    /* `auto` */
	bool lifted; /* what `fields` and `metadata` hold, as `auto` */
	bool cells;
	uint64_t row;
	uint64_t n_ignored;	  /* members beyond MAX_NAMES */
	char no_field[NAME_ROOM]; /* one that `auto` would have taken */
	uint64_t bytes;		  /* of values that were looked at */
	struct vsx_fields *record, *probe;
	struct vsx_value *values; /* of a list */
	size_t values_room;
};

/* What goes along while the members of an object are visited. */
struct visit {
	struct fields *f;
	fields_taken *taken;
	const void *context;
	bool looks; /* for types alone */
	struct vsx_error *err;
};

/* ---- names -------------------------------------------------------------- */

static struct known *find(struct fields *f, const char *name)
{
	/* Members mostly come in the same order. */
	for (size_t i = 0; i < f->n; i++) {
		size_t at = f->at + i < f->n ? f->at + i : f->at + i - f->n;

		if (strcmp(f->known[at].name, name) != 0)
			continue;
		f->at = at + 1 < f->n ? at + 1 : 0;
		return &f->known[at];
	}
	return NULL;
}

static enum vsx_status add(struct fields *f, const char *name, size_t len,
			   struct known **out, struct vsx_error *err)
{
	struct known *k;

	if (f->n == f->room) {
		size_t room = 2 * f->room + 16;

		k = reallocarray(f->known, room, sizeof(*k));
		if (!k)
			return tool_fail_memory(err, room * sizeof(*k));
		f->known = k;
		f->room = room;
	}
	k = &f->known[f->n];
	*k = (struct known){.name = strndup(name, len)};
	if (!k->name)
		return tool_fail_memory(err, len + 1);
	f->n++;
	*out = k;
	return VSX_OK;
}

static void leave_out(struct fields *f, struct known *k, const char *why)
{
	f->n_out += !k->out;
	k->out = true;
	snprintf(k->why, sizeof(k->why), "%s", why);
}

static enum vsx_status check_name(struct fields *f, const char *name,
				  struct vsx_error *err)
{
	vsx_fields_clear(f->probe);
	return vsx_fields_put_null(f->probe, name, VSX_INT, 0, err);
}

/* A name that `auto` meets; *out is NULL where there were too many. */
static enum vsx_status meet(struct fields *f, const char *name,
			    struct known **out, struct vsx_error *err)
{
	struct vsx_error ignored;
	enum vsx_status status;

	*out = NULL;
	if (f->n >= MAX_NAMES) {
		f->n_ignored++;
		return VSX_OK;
	}
	status = add(f, name, strlen(name), out, err);
	if (status != VSX_OK)
		return status;
	if (check_name(f, name, &ignored) != VSX_OK)
		leave_out(f, *out,
			  "is no name: a letter or _, then letters, digits, _ "
			  "and dots, and no word of filters");
	else if (f->n - f->n_out > VSX_MAX_FIELDS)
		leave_out(f, *out, "comes after 1,024 other fields");
	return VSX_OK;
}

/* ---- the list ----------------------------------------------------------- */

/* "NAME:TYPE", which ends at `end`. */
static enum vsx_status take_typed(struct fields *f, const char *text,
				  const char *end, struct vsx_error *err)
{
	const char *colon = memchr(text, ':', (size_t)(end - text));
	enum vsx_status status;
	struct field_kind kind;
	struct known *k;

	if (!colon || colon == text)
		return tool_fail(err, VSX_EINVAL,
				 "--fields: \"%.*s\", expected NAME:TYPE, auto "
				 "or none",
				 end - text < 60 ? (int)(end - text) : 60,
				 text);
	if (!field_kind_parse(&kind, colon + 1, (size_t)(end - colon - 1)))
		return tool_fail(
			err, VSX_EINVAL,
			"--fields: type \"%.*s\", expected bool, int, float, "
			"time, string or one of them in [ ]",
			end - colon - 1 < 60 ? (int)(end - colon - 1) : 60,
			colon + 1);
	status = add(f, text, (size_t)(colon - text), &k, err);
	if (status != VSX_OK)
		return status;
	k->kind = kind;
	k->listed = k->fixed = true;
	/* Is it a name, and there once? */
	return vsx_fields_put_null(f->record, k->name, kind.type, kind.list,
				   err);
}

static bool is_word(const char *text, const char *end, const char *word)
{
	size_t n = (size_t)(end - text);

	return n == strlen(word) && memcmp(text, word, n) == 0;
}

static enum vsx_status take_list(struct fields *f, const char *list,
				 struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	if (strcmp(list, "none") == 0)
		return VSX_OK;
	for (;;) {
		const char *behind = list + strcspn(list, ","), *end = behind;

		list += strspn(list, " ");
		while (end > list && end[-1] == ' ')
			end--;
		if (is_word(list, end, "auto"))
			f->all = f->lifted = true;
		else
			status = take_typed(f, list, end, err);
		if (status != VSX_OK || !*behind)
			break;
		list = behind + 1;
	}
	vsx_fields_clear(f->record);
	return status;
}

enum vsx_status fields_new(struct fields **out, const char *list,
			   struct vsx_error *err)
{
	struct fields *f = calloc(1, sizeof(*f));
	enum vsx_status status;

	*out = NULL;
	if (!f)
		return tool_fail_memory(err, sizeof(*f));
	f->lifted = !list;
	status = vsx_fields_new(&f->record, err);
	if (status == VSX_OK)
		status = vsx_fields_new(&f->probe, err);
	if (status == VSX_OK && list)
		status = take_list(f, list, err);
	if (status != VSX_OK)
		fields_free(f);
	else
		*out = f;
	return status;
}

void fields_free(struct fields *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++)
		free(f->known[i].name);
	free(f->known);
	free(f->values);
	vsx_fields_free(f->record);
	vsx_fields_free(f->probe);
	free(f);
}

enum vsx_status fields_know(struct fields *f,
			    const struct vsx_field_facts *facts,
			    struct vsx_error *err)
{
	enum vsx_status status;
	struct known *k;

	/* The list chooses; `auto` does not. */
	if (find(f, facts->name) || (!f->all && !f->lifted))
		return VSX_OK;
	status = add(f, facts->name, strlen(facts->name), &k, err);
	if (status != VSX_OK)
		return status;
	k->kind = (struct field_kind){true, facts->type, facts->is_list != 0};
	k->fixed = true;
	return VSX_OK;
}

void fields_of_cells(struct fields *f)
{
	f->cells = true;
}

/* ---- members ------------------------------------------------------------ */

static enum vsx_status wrong(const struct known *k, const json_t *value,
			     struct vsx_error *err)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII |
					       JSON_REAL_PRECISION(15));
	enum vsx_status status = tool_fail(
		err, VSX_EINVAL, "%s is %.60s, expected %s", k->name,
		text ? text : "something else", field_kind_text(&k->kind));

	free(text);
	return status;
}

static enum vsx_status put_list(struct fields *f, const struct known *k,
				const json_t *value, struct vsx_error *err)
{
	size_t n = json_array_size(value);

	if (!json_is_array(value))
		return wrong(k, value, err);
	if (n > f->values_room) {
		free(f->values);
		f->values = calloc(n, sizeof(*f->values));
		f->values_room = f->values ? n : 0;
		if (!f->values)
			return tool_fail_memory(err, n * sizeof(*f->values));
	}
	for (size_t i = 0; i < n; i++)
		if (!field_kind_value(&f->values[i], k->kind.type,
				      json_array_get(value, i)))
			return wrong(k, value, err);
	return vsx_fields_put(f->record, k->name, k->kind.type, 1, f->values, n,
			      err);
}

static enum vsx_status put(struct fields *f, const struct known *k,
			   const json_t *value, struct vsx_error *err)
{
	struct vsx_value one = {0};

	if (!k->kind.typed)
		return VSX_OK; /* an empty list, and nobody knows of what */
	if (json_is_null(value))
		return vsx_fields_put_null(f->record, k->name, k->kind.type,
					   k->kind.list, err);
	if (k->kind.list)
		return put_list(f, k, value, err);
	if (!field_kind_value(&one, k->kind.type, value))
		return wrong(k, value, err);
	return vsx_fields_put(f->record, k->name, k->kind.type, 0, &one, 1,
			      err);
}

static void widen(struct fields *f, struct known *k, const json_t *value)
{
	const char *why;

	if (k->fixed || k->out)
		return;
	if (f->cells) {
		field_kind_widen_cell(&k->kind, value);
		return;
	}
	why = field_kind_widen(&k->kind, value);
	if (why)
		leave_out(f, k, why);
}

/* A cell is what the field is or, while types are looked for, looks like. */
static json_t *value_of(const struct visit *v, const struct known *k,
			json_t *value)
{
	static const struct field_kind unknown;

	if (!v->f->cells || !json_is_string(value))
		return json_incref(value);
	return field_kind_of_cell(value,
				  v->looks && !k->fixed ? &unknown : &k->kind);
}

static uint64_t bytes_of(const json_t *value)
{
	uint64_t n = 0;

	if (json_is_string(value))
		return sizeof(uint32_t) + json_string_length(value);
	if (!json_is_array(value))
		return json_is_boolean(value) ? 1 : sizeof(uint64_t);
	for (size_t i = 0; i < json_array_size(value); i++)
		n += bytes_of(json_array_get(value, i));
	return n;
}

static enum vsx_status visit_known(const struct visit *v, struct known *k,
				   json_t *member)
{
	enum vsx_status status = VSX_OK;
	json_t *value;

	if (k->row == v->f->row && !v->looks)
		return tool_fail(v->err, VSX_EINVAL, "has %s twice", k->name);
	k->row = v->f->row;
	value = value_of(v, k, member);
	if (!value)
		return tool_fail_memory(v->err, json_string_length(member));
	if (v->looks || !k->kind.typed)
		widen(v->f, k, value);
	if (v->looks && !k->out)
		v->f->bytes += bytes_of(value);
	if (!v->looks && !k->out)
		status = put(v->f, k, value, v->err);
	json_decref(value);
	return status;
}

static enum vsx_status visit_object(const struct visit *v, const char *prefix,
				    bool inside, int depth, json_t *object);

static enum vsx_status visit_member(const struct visit *v, const char *name,
				    bool inside, int depth, json_t *value)
{
	struct known *k = find(v->f, name);
	enum vsx_status status;

	/* It says nothing of what others have there: an object, perhaps. */
	if (!k && json_is_null(value))
		return VSX_OK;
	if (!k && json_is_object(value)) {
		bool lifts = depth == 0 && (strcmp(name, "fields") == 0 ||
					    strcmp(name, "metadata") == 0);
		char prefix[NAME_ROOM + 1];

		if (depth >= MAX_DEPTH || strlen(name) >= NAME_ROOM)
			return VSX_OK;
		snprintf(prefix, sizeof(prefix), "%s.", name);
		return visit_object(v, lifts ? "" : prefix, inside || lifts,
				    depth + 1, value);
	}
	if (!k && !v->f->all && !(v->f->lifted && inside)) {
		if (v->f->lifted && !*v->f->no_field)
			snprintf(v->f->no_field, sizeof(v->f->no_field), "%.*s",
				 NAME_ROOM - 1, name);
		return VSX_OK;
	}
	if (!k) {
		status = meet(v->f, name, &k, v->err);
		if (status != VSX_OK || !k)
			return status;
	}
	return k->out ? VSX_OK : visit_known(v, k, value);
}

/* Whether `fields` or `metadata` of a line has a member of this name. */
static bool is_lifted(const json_t *line, const char *name)
{
	return json_object_get(json_object_get(line, "fields"), name) ||
	       json_object_get(json_object_get(line, "metadata"), name);
}

static enum vsx_status visit_object(const struct visit *v, const char *prefix,
				    bool inside, int depth, json_t *object)
{
	enum vsx_status status = VSX_OK;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		char name[2 * NAME_ROOM];
		const struct known *k;

		if (strlen(key) >= NAME_ROOM)
			continue;
		snprintf(name, sizeof(name), "%s%s", prefix, key);
		/* What is something else is a field only if it is listed,
		 * and no other has that name. */
		if (depth == 0 && v->taken && v->taken(v->context, name)) {
			k = find(v->f, name);
			if (!k || !k->listed || is_lifted(object, name))
				continue;
		}
		status = visit_member(v, name, inside, depth, value);
		if (status != VSX_OK)
			break;
	}
	return status;
}

enum vsx_status fields_look(struct fields *f, json_t *object,
			    fields_taken *taken, const void *context,
			    struct vsx_error *err)
{
	struct visit v = {f, taken, context, true, err};

	f->row++;
	return visit_object(&v, "", false, 0, object);
}

enum vsx_status fields_take(struct fields *f, json_t *object,
			    fields_taken *taken, const void *context,
			    struct vsx_bytes *record, struct vsx_error *err)
{
	struct visit v = {f, taken, context, false, err};
	enum vsx_status status;

	f->row++;
	vsx_fields_clear(f->record);
	status = visit_object(&v, "", false, 0, object);
	for (size_t i = 0; status == VSX_OK && i < f->n; i++)
		if (f->known[i].listed && f->known[i].row != f->row)
			status =
				vsx_fields_put_null(f->record, f->known[i].name,
						    f->known[i].kind.type,
						    f->known[i].kind.list, err);
	*record = vsx_fields_bytes(f->record);
	return status;
}

uint64_t fields_bytes(const struct fields *f)
{
	return f->bytes;
}

void fields_say(const struct fields *f)
{
	size_t said = 0;

	for (size_t i = 0; i < f->n && said < MAX_SAID; i++) {
		char name[NAME_ROOM];

		if (!f->known[i].out)
			continue;
		snprintf(name, sizeof(name), "%s", f->known[i].name);
		utf8_clean(name);
		say("\"%s\" is left out of the fields: it %s", name,
		    f->known[i].why);
		said++;
	}
	if (f->n_out + f->n_ignored > said)
		say("%" PRIu64 " more members are left out of the fields",
		    f->n_out + f->n_ignored - said);
	if (*f->no_field) {
		char name[NAME_ROOM];

		snprintf(name, sizeof(name), "%s", f->no_field);
		utf8_clean(name);
		say("members such as \"%s\" are no fields; --fields auto makes "
		    "fields of them",
		    name);
	}
}
