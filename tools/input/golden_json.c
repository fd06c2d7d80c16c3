/* Golden sets in JSON lines: each line is read by jansson, by itself. */
#include "input/golden_set.h"

#include "cli/plural.h"
#include "vsx_types.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)64 << 10)
#define SHOWN	    40 /* bytes of a value that stand in a message */

/* What every message begins with. */
#define AT	       "%s: line %zu: "
#define IN(room, line) (room)->g->name, (line)

/* A value as the file has it, near enough for a message; free() it. */
static char *shown(const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
					       JSON_REAL_PRECISION(15));

	if (text && strlen(text) > SHOWN)
		memcpy(text + SHOWN - 3, "...", 4);
	return text;
}

static enum vsx_status say_value(const struct golden_room *r, size_t line,
				 const char *what, const json_t *value,
				 const char *expected, struct vsx_error *err)
{
	char *text = shown(value);
	enum vsx_status status =
		tool_fail(err, VSX_EINVAL, AT "%s is %s, expected %s",
			  IN(r, line), what, text ? text : "?", expected);

	free(text);
	return status;
}

/* The number that ends before `end`: what jansson found too great. */
static void cut_number(char to[SHOWN + 1], const char *text, size_t len,
		       int end)
{
	size_t stop = end > 0 && (size_t)end < len ? (size_t)end : len;
	size_t n = 0;

	while (stop > 0 && !isalnum((unsigned char)text[stop - 1]))
		stop--;
	while (n < stop && n < SHOWN &&
	       (isalnum((unsigned char)text[stop - n - 1]) ||
		strchr("+-.", text[stop - n - 1])))
		n++;
	memcpy(to, text + stop - n, n);
	to[n] = '\0';
}

static enum vsx_status say_broken(const struct golden_room *r, const char *text,
				  size_t len, size_t line,
				  const json_error_t *why,
				  struct vsx_error *err)
{
	char number[SHOWN + 1];

	if (json_error_code(why) == json_error_numeric_overflow) {
		cut_number(number, text, len, why->position);
		return tool_fail(err, VSX_EINVAL,
				 AT "%s is beyond what is read: integers to "
				    "%" JSON_INTEGER_FORMAT
				    ", reals to 1.8e308",
				 IN(r, line), number, (json_int_t)INT64_MAX);
	}
	return tool_fail(err, VSX_EINVAL, AT "is not JSON at byte %d: %.120s",
			 IN(r, line), why->position, why->text);
}

/* ---- query ------------------------------------------------------------ */

static enum vsx_status read_component(const struct golden_room *r,
				      const json_t *value, size_t d,
				      size_t line, float *to,
				      struct vsx_error *err)
{
	char what[48];

	snprintf(what, sizeof(what), "component %zu of query", d);
	if (!json_is_number(value))
		return say_value(r, line, what, value, "a number", err);
	*to = (float)json_number_value(value);
	if (isfinite(*to))
		return VSX_OK;
	say_value(r, line, what, value, "a number that f32 holds", err);
	if (err)
		err->status = VSX_ENUMERIC;
	return VSX_ENUMERIC;
}

static enum vsx_status check_dim(const struct golden_room *r, size_t n,
				 size_t line, struct vsx_error *err)
{
	const struct golden *g = r->g;

	if (n < 1 || n > VSX_MAX_DIM)
		return tool_fail(err, VSX_EINVAL,
				 AT
				 "query of %zu component%s, expected 1 to %d",
				 IN(r, line), n, plural_s(n), VSX_MAX_DIM);
	if (g->n > 0 && n != g->dim)
		return tool_fail(
			err, VSX_EINVAL,
			AT "query of %zu component%s, line %zu has %" PRIu32,
			IN(r, line), n, plural_s(n), g->place[0], g->dim);
	return VSX_OK;
}

static enum vsx_status read_query(const struct golden_room *r,
				  const json_t *query, size_t line,
				  struct vsx_error *err)
{
	struct golden *g = r->g;

	for (uint32_t d = 0; d < g->dim; d++) {
		enum vsx_status status =
			read_component(r, json_array_get(query, d), d, line,
				       &g->queries[g->n * g->dim + d], err);

		if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

/* ---- expect ----------------------------------------------------------- */

static enum vsx_status read_expect(const struct golden_room *r,
				   const json_t *expect, size_t line,
				   struct vsx_error *err)
{
	struct golden *g = r->g;
	uint64_t *to = g->expect + g->first[g->n];

	for (size_t i = 0; i < json_array_size(expect); i++) {
		const json_t *value = json_array_get(expect, i);
		char what[48];

		if (!json_is_integer(value) || json_integer_value(value) < 0) {
			snprintf(what, sizeof(what), "id %zu of expect", i);
			return say_value(r, line, what, value,
					 "a whole number from 0", err);
		}
		to[i] = (uint64_t)json_integer_value(value);
	}
	return VSX_OK;
}

/* ---- a line ----------------------------------------------------------- */

static enum vsx_status need_array(const struct golden_room *r,
				  const json_t *line_value, const char *key,
				  size_t line, const json_t **to,
				  struct vsx_error *err)
{
	*to = json_object_get(line_value, key);
	if (!*to)
		return tool_fail(err, VSX_EINVAL, AT "has no \"%s\"",
				 IN(r, line), key);
	if (!json_is_array(*to))
		return say_value(r, line, key, *to, "an array", err);
	return VSX_OK;
}

static enum vsx_status read_note(const struct golden_room *r,
				 const json_t *note, size_t line,
				 struct vsx_error *err)
{
	char **to = &r->g->note[r->g->n];

	if (!note)
		return VSX_OK;
	if (!json_is_string(note))
		return say_value(r, line, "note", note, "a string", err);
	*to = strdup(json_string_value(note));
	return *to ? VSX_OK
		   : tool_fail_memory(err, json_string_length(note) + 1);
}

static enum vsx_status take(struct golden_room *r, const json_t *value,
			    size_t line, struct vsx_error *err)
{
	const json_t *query = NULL, *expect = NULL;
	char where[TOOL_NAME_BYTES + 32];
	enum vsx_status status;
	struct golden *g = r->g;
	size_t n_ids;

	if (!json_is_object(value))
		return say_value(r, line, "the line", value, "an object", err);
	status = need_array(r, value, "query", line, &query, err);
	if (status == VSX_OK)
		status = need_array(r, value, "expect", line, &expect, err);
	if (status == VSX_OK)
		status = check_dim(r, json_array_size(query), line, err);
	if (status != VSX_OK)
		return status;
	n_ids = json_array_size(expect);
	if (n_ids == 0)
		return tool_fail(err, VSX_EINVAL,
				 AT "expect is [], expected ids", IN(r, line));
	g->dim = (uint32_t)json_array_size(query);
	status = golden_grow(r, n_ids, err);
	if (status == VSX_OK)
		status = read_query(r, query, line, err);
	if (status == VSX_OK)
		status = read_expect(r, expect, line, err);
	if (status == VSX_OK)
		status =
			read_note(r, json_object_get(value, "note"), line, err);
	if (status != VSX_OK)
		return status;
	snprintf(where, sizeof(where), "%s: line %zu", g->name, line);
	status = golden_add(r, line, n_ids, where, err);
	if (status != VSX_OK)
		free(g->note[g->n]); /* of a query that does not count */
	return status;
}

enum vsx_status golden_read_line(struct golden_room *r, const char *text,
				 size_t len, size_t line, struct vsx_error *err)
{
	enum vsx_status status;
	json_error_t why;
	json_t *value = json_loadb(
		text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);

	if (!value)
		return say_broken(r, text, len, line, &why, err);
	status = take(r, value, line, err);
	json_decref(value);
	return status;
}

/* ---- lines ------------------------------------------------------------ */

/* Bytes that were read and not yet used; a line is whole before it is. */
struct lines {
	char *buf;
	size_t begin, end, room;
	size_t number; /* of the line at begin */
};

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r", text[i]) || text[i] == '\0')
			return false;
	return true;
}

static enum vsx_status take_line(struct golden_room *r, struct lines *l,
				 size_t len, struct vsx_error *err)
{
	const char *text = l->buf + l->begin;

	l->begin += len;
	if (is_blank(text, len))
		return VSX_OK;
	return golden_read_line(r, text, len, l->number, err);
}

/* All whole lines of the buffer. */
static enum vsx_status take_lines(struct golden_room *r, struct lines *l,
				  size_t seen, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	size_t from = seen;

	while (status == VSX_OK) {
		char *lf = memchr(l->buf + from, '\n', l->end - from);

		if (!lf)
			return VSX_OK;
		status = take_line(r, l, (size_t)(lf - l->buf) - l->begin, err);
		l->begin++;
		l->number++;
		from = l->begin;
	}
	return status;
}

/* Make room behind the line that is not whole yet. */
static enum vsx_status make_room(const struct golden_room *r, struct lines *l,
				 struct vsx_error *err)
{
	size_t len = l->end - l->begin;
	char *more;

	if (len > GOLDEN_MAX_LINE)
		return tool_fail(err, VSX_EINVAL,
				 AT "more than %zu bytes, the maximum",
				 IN(r, l->number), GOLDEN_MAX_LINE);
	if (l->begin > 0)
		memmove(l->buf, l->buf + l->begin, len);
	l->begin = 0;
	l->end = len;
	if (l->room - len >= CHUNK_BYTES)
		return VSX_OK;
	more = realloc(l->buf, 2 * l->room + CHUNK_BYTES);
	if (!more)
		return tool_fail_memory(err, 2 * l->room + CHUNK_BYTES);
	l->buf = more;
	l->room = 2 * l->room + CHUNK_BYTES;
	return VSX_OK;
}

enum vsx_status golden_read_lines(struct golden_room *r, struct source *source,
				  struct vsx_error *err)
{
	struct lines l = {.number = 1};
	enum vsx_status status;
	size_t got = 0;

	do {
		status = make_room(r, &l, err);
		if (status == VSX_OK)
			status = source_read(source, l.buf + l.end, CHUNK_BYTES,
					     &got, err);
		if (status != VSX_OK)
			break;
		l.end += got;
		status = take_lines(r, &l, l.end - got, err);
	} while (status == VSX_OK && got > 0);
	if (status == VSX_OK && l.end > l.begin)
		status = take_line(r, &l, l.end - l.begin, err);
	free(l.buf);
	return status;
}
