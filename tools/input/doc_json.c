/*
 * A line of JSON. The vector, which is most of it, is read where it stands; the
 * rest, with null in its place, is jansson's.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/utf8.h"
#include "input/doc.h"
#include "input/members.h"
#include "input/wide.h"

/* Digits that surely fit into jansson's integers. */
#define SMALL_DIGITS 18

/* A member that is something: where its value stands in the line. */
struct found {
	char name[64];
	const char *member; /* the quote that its name begins with */
	const char *value;
	size_t len;
};

struct taking {
	struct doc_maker *maker;
	struct doc *doc;
	const struct line *line;
	struct found role[DOC_N_ROLES];
	bool big_id; /* jansson has no such integers */
};

static int number_of(unsigned int role)
{
	return __builtin_ctz(role);
}

static const struct found *found(const struct taking *t, unsigned int role)
{
	const struct found *f = &t->role[number_of(role)];

	return f->value ? f : NULL;
}

/* The name as it is meant; a longer one is nothing that is looked for. */
static void read_name(char to[64], const struct members *m)
{
	json_error_t ignored;
	json_t *name = NULL;

	*to = '\0';
	if (!m->escaped && m->name_len < 64) {
		memcpy(to, m->name, m->name_len);
		to[m->name_len] = '\0';
	} else if (m->escaped) {
		name = json_loadb(m->name - 1, m->name_len + 2, JSON_DECODE_ANY,
				  &ignored);
	}
	if (name && json_string_length(name) < 64)
		strcpy(to, json_string_value(name));
	json_decref(name);
}

static enum vsx_status note(struct taking *t, unsigned int roles,
			    const char *name, const struct members *m,
			    size_t len, struct vsx_error *err)
{
	for (; roles; roles &= roles - 1) {
		struct found *f = &t->role[number_of(roles)];

		if (f->value && strcmp(f->name, name) == 0)
			return tool_fail(err, VSX_EINVAL, "has %s twice", name);
		if (f->value)
			return tool_fail(err, VSX_EINVAL,
					 "has %s and %s; %s says which one "
					 "counts",
					 f->name, name, doc_option(roles));
		strcpy(f->name, name);
		f->member = m->name - 1;
		f->value = m->value;
		f->len = len;
	}
	return VSX_OK;
}

static bool is_null(const char *text, size_t len)
{
	return len == 4 && memcmp(text, "null", 4) == 0;
}

static enum vsx_status take_vector(struct taking *t, struct members *m,
				   const char *name, struct vsx_error *err)
{
	size_t len;

	if (m->at < m->end && *m->at == '[') {
		enum vsx_status status =
			doc_array(t->doc, name, m->at, m->end, &len, err);

		if (status == VSX_OK)
			m->at += len;
		return status;
	}
	len = members_skip(m);
	if (len >= 2 && m->value[0] == '"')
		return doc_base64(t->doc, name, m->value + 1, len - 2, err);
	return tool_fail(err, VSX_EINVAL,
			 "%s is %.*s, expected an array of numbers, or base64 "
			 "of f32",
			 name, (int)(len < 40 ? len : 40), m->value);
}

/* Find what is something, and read the vector. */
static enum vsx_status visit(struct taking *t, struct members *m,
			     struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	members_begin(m, t->line->text, t->line->len);
	while (status == VSX_OK && members_next(m)) {
		unsigned int roles;
		char name[64];
		size_t len;

		read_name(name, m);
		roles = doc_roles(t->maker->opts, name);
		if (roles & DOC_VECTOR) {
			status = take_vector(t, m, name, err);
			len = (size_t)(m->at - m->value);
		} else {
			len = members_skip(m);
		}
		if (status == VSX_OK)
			status = note(t, roles, name, m, len, err);
	}
	return status;
}

/* ---- the rest ----------------------------------------------------------- */

static enum vsx_status say_broken(const struct line *line,
				  const json_error_t *first,
				  struct vsx_error *err)
{
	json_error_t why = *first;
	json_t *value =
		wide_loadb(line->text, line->len,
			   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	/* The line as it is, so that the place is right. */
	if (value)
		why = *first;
	json_decref(value);
	if (json_error_code(&why) == json_error_out_of_memory)
		return tool_fail_memory(err, line->len);
	utf8_clean(why.text);
	return tool_fail(err, VSX_EINVAL, "is not JSON at byte %d: %.160s",
			 why.position, why.text);
}

static char *put(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	return to + n;
}

/* The line with null for its vector, and for an id that jansson cannot hold. */
static enum vsx_status parse_rest(struct taking *t, struct vsx_error *err)
{
	const struct found *cut[2] = {found(t, DOC_VECTOR),
				      t->big_id ? found(t, DOC_ID) : NULL};
	const char *from = t->line->text, *end = from + t->line->len;
	enum vsx_status status = doc_scratch(t->maker, t->line->len + 9, err);
	char *to = t->maker->scratch;
	json_error_t why;

	if (status != VSX_OK)
		return status;
	if (cut[0] && cut[1] && cut[1]->value < cut[0]->value) {
		const struct found *later = cut[0];

		cut[0] = cut[1];
		cut[1] = later;
	}
	for (int i = 0; i < 2; i++)
		if (cut[i]) {
			to = put(to, from, (size_t)(cut[i]->value - from));
			to = put(to, "null", 4);
			from = cut[i]->value + cut[i]->len;
		}
	to = put(to, from, (size_t)(end - from));
	t->doc->object =
		wide_loadb(t->maker->scratch, (size_t)(to - t->maker->scratch),
			   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (!t->doc->object)
		return say_broken(t->line, &why, err);
	return json_is_object(t->doc->object)
		       ? VSX_OK
		       : tool_fail(err, VSX_EINVAL,
				   "is an array, expected an object { ... }");
}

/* Whether a member is there and not null; then its value. */
static const json_t *value_of(const struct taking *t, unsigned int role)
{
	const struct found *f = found(t, role);
	const json_t *value = NULL;

	if (f && !is_null(f->value, f->len))
		value = json_object_get(t->doc->object, f->name);
	return value;
}

static enum vsx_status need_string(const struct taking *t, unsigned int role,
				   const json_t *value, struct vsx_error *err)
{
	const struct found *f = found(t, role);

	/* A big number is one, too. */
	if (json_is_string(value) && f->value[0] == '"')
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL, "%s is %.*s, expected a string",
			 f->name, (int)(f->len < 40 ? f->len : 40), f->value);
}

static enum vsx_status take_id(struct taking *t, struct vsx_error *err)
{
	const struct found *f = found(t, DOC_ID);
	const json_t *value = value_of(t, DOC_ID);

	if (t->big_id || (value && !json_is_string(value)))
		return doc_id(t->doc, f->name, f->value, f->len, err);
	if (value)
		return doc_key(t->doc, f->name, json_string_value(value),
			       json_string_length(value), err);
	if (!t->maker->opts->id_field)
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL, "has no %s, expected an id or a key",
			 t->maker->opts->id_field);
}

static enum vsx_status take_key(struct taking *t, unsigned int role,
				struct vsx_error *err)
{
	const json_t *value = value_of(t, role);
	enum vsx_status status;
	size_t n = 0;

	if (!value)
		return VSX_OK;
	status = need_string(t, role, value, err);
	if (status != VSX_OK)
		return status;
	if (role == DOC_KEY)
		return doc_key(t->doc, "key", json_string_value(value),
			       json_string_length(value), err);
	status = doc_bytes64(&t->maker->key64, &n, "key_base64",
			     json_string_value(value),
			     json_string_length(value), err);
	return status == VSX_OK
		       ? doc_key(t->doc, "key_base64", t->maker->key64, n, err)
		       : status;
}

static enum vsx_status take_text(struct taking *t, struct vsx_error *err)
{
	const struct found *f = found(t, DOC_TEXT);
	const json_t *value = value_of(t, DOC_TEXT);

	if (!value)
		return VSX_OK;
	/* What is no string is kept as the JSON that stands there. */
	return json_is_string(value)
		       ? doc_payload(t->doc, f->name, json_string_value(value),
				     json_string_length(value), err)
		       : doc_payload(t->doc, f->name, f->value, f->len, err);
}

static enum vsx_status take_text64(struct taking *t, struct vsx_error *err)
{
	const json_t *value = value_of(t, DOC_TEXT64);
	enum vsx_status status;
	size_t n = 0;

	if (!value)
		return VSX_OK;
	status = need_string(t, DOC_TEXT64, value, err);
	if (status == VSX_OK)
		status = doc_bytes64(&t->maker->text64, &n, "payload_base64",
				     json_string_value(value),
				     json_string_length(value), err);
	if (status == VSX_OK && t->doc->payload.n)
		status = tool_fail(err, VSX_EINVAL,
				   "has payload_base64 and %s; --text-field "
				   "says which one counts",
				   found(t, DOC_TEXT)->name);
	return status == VSX_OK ? doc_payload(t->doc, "payload_base64",
					      t->maker->text64, n, err)
				: status;
}

/* The line but for the vector's member, with one of the commas beside it. */
static enum vsx_status keep_line(struct taking *t, struct vsx_error *err)
{
	const struct found *f = found(t, DOC_VECTOR);
	const char *begin = t->line->text, *end = begin + t->line->len;
	const char *from = f->member, *behind = f->value + f->len;
	char *to = t->maker->scratch;

	while (behind < end && strchr(" \t\r\n", *behind))
		behind++;
	if (*behind == ',') {
		behind++;
		while (behind < end && strchr(" \t\r\n", *behind))
			behind++;
	} else {
		const char *comma = from;

		while (comma > begin && strchr(" \t\r\n", comma[-1]))
			comma--;
		if (comma > begin && comma[-1] == ',')
			from = comma - 1;
	}
	to = put(to, begin, (size_t)(from - begin));
	to = put(to, behind, (size_t)(end - behind));
	return doc_payload(t->doc, "the line", t->maker->scratch,
			   (size_t)(to - t->maker->scratch), err);
}

/* As an object that is spread over several lines begins. */
static bool is_brace(const struct line *line)
{
	size_t at = strspn(line->text, " \t");

	return at < line->len && line->text[at] == '{' &&
	       line_is_blank(line, at + 1);
}

enum vsx_status doc_of_json(struct doc_maker *maker, struct doc *doc,
			    const struct line *line, struct vsx_error *err)
{
	struct taking t = {.maker = maker, .doc = doc, .line = line};
	const struct found *id;
	enum vsx_status status;
	struct members m;

	status = visit(&t, &m, err);
	if (status != VSX_OK)
		return status;
	id = found(&t, DOC_ID);
	t.big_id = !m.broken && id && id->len > SMALL_DIGITS &&
		   id->value[0] != '"';
	if (m.broken && line->text[strspn(line->text, " \t")] == '[')
		return tool_fail(err, VSX_EINVAL,
				 "is an array, expected an object { ... } on "
				 "each line (jq -c '.[]' makes them)");
	if (m.broken && is_brace(line))
		return tool_fail(err, VSX_EINVAL,
				 "is a { alone, expected a whole object on "
				 "each line (jq -c . makes them)");
	/* Of a line that is broken jansson says where. */
	if (m.broken)
		memset(t.role, 0, sizeof(t.role));
	status = parse_rest(&t, err);
	if (status == VSX_OK && m.broken)
		status = tool_fail(err, VSX_EINVAL, "is not JSON");
	if (status == VSX_OK && !found(&t, DOC_VECTOR))
		status = tool_fail(err, VSX_EINVAL, "has no %s%s",
				   maker->opts->vector_field
					   ? maker->opts->vector_field
					   : "vector",
				   maker->opts->vector_field
					   ? ""
					   : "; --vector-field says what its "
					     "member is called");
	if (status == VSX_OK)
		status = take_id(&t, err);
	if (status == VSX_OK)
		status = take_key(&t, DOC_KEY, err);
	if (status == VSX_OK)
		status = take_key(&t, DOC_KEY64, err);
	if (status == VSX_OK)
		status = take_text(&t, err);
	if (status == VSX_OK)
		status = take_text64(&t, err);
	if (status == VSX_OK && maker->opts->keep_line)
		status = keep_line(&t, err);
	return status;
}
