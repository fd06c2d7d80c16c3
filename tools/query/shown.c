#include "query/shown.h"

#include "cli/fail.h"
#include "cli/utf8.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct shown *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free((void *)(uintptr_t)s->key[i].at);
		free((void *)(uintptr_t)s->payloads[i].at);
		s->key[i] = s->payloads[i] = (struct vsx_bytes){NULL, 0};
	}
	for (size_t i = 0; i < s->n * s->n_fields; i++) {
		free(s->values[i].values);
		s->values[i] = (struct shown_values){NULL, 0};
	}
	s->n = 0;
}

static enum vsx_status make_room(struct shown *s, size_t n,
				 struct vsx_error *err)
{
	if (n <= s->cap)
		return VSX_OK;
	free(s->key);
	free(s->payloads);
	free(s->values);
	s->cap = 0;
	s->key = calloc(n, sizeof(*s->key));
	s->payloads = calloc(n, sizeof(*s->payloads));
	s->values = calloc(n * s->n_fields + 1, sizeof(*s->values));
	if (!s->key || !s->payloads || !s->values)
		return tool_fail_memory(err,
					n * s->n_fields * sizeof(*s->values));
	s->cap = n;
	return VSX_OK;
}

static bool keep(struct vsx_bytes *to, const void *from, size_t n)
{
	void *copy = n ? malloc(n) : NULL;

	if (n && !copy)
		return false;
	if (n)
		memcpy(copy, from, n);
	*to = (struct vsx_bytes){copy, n};
	return true;
}

static int take_payload(void *context, size_t i,
			const struct vsx_bytes *payload)
{
	struct shown *s = context;

	return !keep(&s->payloads[i], payload->at, payload->n);
}

/* Strings live as long as the index does. */
static int take_values(void *context, size_t i, size_t field,
		       const struct vsx_value *values, size_t n)
{
	struct shown *s = context;
	struct shown_values *to = &s->values[i * s->n_fields + field];

	if (!values)
		return 0;
	to->values = calloc(n + 1, sizeof(*values));
	if (!to->values)
		return 1;
	memcpy(to->values, values, n * sizeof(*values));
	to->n = n;
	return 0;
}

/* No memory is all that these stop for. */
static enum vsx_status fetch_values(struct shown *s, const uint64_t *ids,
				    size_t n, struct vsx_error *err)
{
	const char **names = calloc(s->n_fields, sizeof(*names));
	enum vsx_status status;

	if (!names)
		return tool_fail_memory(err, s->n_fields * sizeof(*names));
	for (size_t f = 0; f < s->n_fields; f++)
		names[f] = s->fields[f].name;
	status = vsx_values(s->index, ids, n, names, s->n_fields, take_values,
			    s, err);
	free(names);
	return status == VSX_ESTOPPED
		       ? tool_fail(err, VSX_ENOMEM, "no memory for values")
		       : status;
}

static enum vsx_status fetch_payloads(struct shown *s, const uint64_t *ids,
				      size_t n, struct vsx_error *err)
{
	enum vsx_status status =
		vsx_payloads(s->index, ids, n, take_payload, s, err);

	return status == VSX_ESTOPPED
		       ? tool_fail(err, VSX_ENOMEM, "no memory for payload")
		       : status;
}

static enum vsx_status fetch_keys(struct shown *s, const uint64_t *ids,
				  size_t n, struct vsx_error *err)
{
	char key[VSX_MAX_KEY];

	for (size_t i = 0; i < n; i++) {
		size_t bytes;
		enum vsx_status status =
			vsx_key(s->index, ids[i], key, &bytes, err);

		if (status != VSX_OK)
			return status;
		if (!keep(&s->key[i], key, bytes))
			return tool_fail_memory(err, bytes);
	}
	return VSX_OK;
}

enum vsx_status shown_fetch(struct shown *s, const struct vsx_hit *hits,
			    size_t n, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint64_t *ids;

	if (!s->keys && !s->payload && !s->n_fields)
		return VSX_OK;
	forget(s);
	status = make_room(s, n, err);
	if (status != VSX_OK || n == 0)
		return status;
	ids = calloc(n, sizeof(*ids));
	if (!ids)
		return tool_fail_memory(err, n * sizeof(*ids));
	s->n = n;
	for (size_t i = 0; i < n; i++)
		ids[i] = hits[i].id;
	if (s->keys)
		status = fetch_keys(s, ids, n, err);
	if (status == VSX_OK && s->payload)
		status = fetch_payloads(s, ids, n, err);
	if (status == VSX_OK && s->n_fields)
		status = fetch_values(s, ids, n, err);
	free(ids);
	return status;
}

char *shown_text(const struct vsx_bytes *bytes, size_t most)
{
	bool cut = most && bytes->n > most;
	size_t n = cut ? most : bytes->n;
	char *text = malloc(n + 4);

	if (!text)
		return NULL;
	if (n)
		memcpy(text, bytes->at, n);
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\0')
			text[i] = '?';
		if (text[i] == '\n' || text[i] == '\t' || text[i] == '\r')
			text[i] = ' ';
	}
	/* Not in the middle of a character. */
	while (cut && n > 0 && (((const uint8_t *)bytes->at)[n] & 0xc0) == 0x80)
		n--;
	strcpy(text + n, cut ? "..." : "");
	utf8_clean(text);
	return text;
}

char *shown_value(const struct shown *s, size_t i, size_t f, size_t most)
{
	const struct shown_values *v = &s->values[i * s->n_fields + f];
	char *text = value_text(&s->fields[f], v->values, v->n), *line;
	struct vsx_bytes bytes;

	if (!text)
		return NULL;
	bytes = (struct vsx_bytes){text, strlen(text)};
	line = shown_text(&bytes, most);
	free(text);
	return line;
}

void shown_release(struct shown *s)
{
	forget(s);
	free(s->key);
	free(s->payloads);
	free(s->values);
}
