/* A record of CSV, by RFC 4180. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/plural.h"
#include "cli/utf8.h"
#include "input/doc.h"
#include "input/doc_csv.h"
#include "input/numbers.h"

#define NO_COMPONENT UINT32_MAX

struct cell {
	const char *text; /* not terminated, but followed by what no number
			     goes on with */
	size_t len;
	bool quoted;
};

struct column {
	char *name;
	unsigned int roles;
	uint32_t component; /* of the vector */
	const char *field;  /* its name; NULL: it is none */
	bool lifted;	    /* of `fields` or `metadata` */
};

struct csv {
	struct column *columns;
	struct cell *cells;
	size_t n, room; /* cells of the last record */
	size_t n_columns;
	uint32_t dim; /* of a vector in many columns; 0: it is in one */
	bool decided; /* whether ids are numbers */
	bool text_ids;
};

void csv_free(struct csv *csv)
{
	for (size_t i = 0; csv && i < csv->n_columns; i++)
		free(csv->columns[i].name);
	if (csv) {
		free(csv->columns);
		free(csv->cells);
	}
	free(csv);
}

/* ---- cells -------------------------------------------------------------- */

static enum vsx_status check_text(const struct line *line,
				  struct vsx_error *err)
{
	for (size_t i = 0; i < line->len;) {
		size_t n = 1;

		if (line->text[i] == '\0')
			return tool_fail(err, VSX_EINVAL,
					 "has a NUL at byte %zu, expected text",
					 i + 1);
		if ((unsigned char)line->text[i] >= 0x80)
			n = utf8_len(line->text + i, line->len - i);
		if (!n)
			return tool_fail(err, VSX_EINVAL,
					 "is not UTF-8 at byte %zu", i + 1);
		i += n;
	}
	return VSX_OK;
}

static enum vsx_status add_cell(struct csv *csv, struct cell cell,
				struct vsx_error *err)
{
	if (csv->n == csv->room) {
		size_t room = 2 * csv->room + 16;
		struct cell *more =
			reallocarray(csv->cells, room, sizeof(*more));

		if (!more)
			return tool_fail_memory(err, room * sizeof(*more));
		csv->cells = more;
		csv->room = room;
	}
	csv->cells[csv->n++] = cell;
	return VSX_OK;
}

/* A cell in quotes, whose first one is at *at; *to is where it is put. */
static enum vsx_status take_quoted(struct cell *cell, const char **at,
				   const char *end, char **to, size_t number,
				   struct vsx_error *err)
{
	const char *s = *at + 1;

	*cell = (struct cell){.text = *to, .quoted = true};
	while (s < end && (*s != '"' || (s + 1 < end && s[1] == '"'))) {
		s += *s == '"';
		*(*to)++ = *s++;
	}
	cell->len = (size_t)(*to - cell->text);
	*(*to)++ = '\0';
	if (s >= end)
		return tool_fail(err, VSX_EINVAL,
				 "the quote of cell %zu does not end", number);
	if (s + 1 < end && s[1] != ',')
		return tool_fail(err, VSX_EINVAL,
				 "cell %zu goes on behind its closing quote, "
				 "expected a comma",
				 number);
	*at = s + 1;
	return VSX_OK;
}

static enum vsx_status split(struct doc_maker *maker, const struct line *line,
			     struct vsx_error *err)
{
	const char *at = line->text, *end = at + line->len;
	struct csv *csv = maker->csv;
	enum vsx_status status = check_text(line, err);
	char *to;

	if (status == VSX_OK)
		status = doc_scratch(maker, line->len + 1, err);
	to = maker->scratch;
	csv->n = 0;
	while (status == VSX_OK) {
		struct cell cell = {.text = at};

		if (at < end && *at == '"') {
			status = take_quoted(&cell, &at, end, &to, csv->n + 1,
					     err);
		} else {
			while (at < end && *at != ',')
				at++;
			cell.len = (size_t)(at - cell.text);
		}
		if (status == VSX_OK)
			status = add_cell(csv, cell, err);
		if (at >= end)
			break;
		at++;
	}
	return status;
}

/* ---- the header --------------------------------------------------------- */

/* NAME7, NAME_7 or NAME.7: 7. */
static bool component_of(const char *name, const char *prefix, uint32_t *to)
{
	size_t n = strlen(prefix);
	uint32_t x = 0;

	if (strncmp(name, prefix, n) != 0)
		return false;
	name += n;
	name += *name == '_' || *name == '.';
	if (!*name || (name[0] == '0' && name[1]))
		return false;
	for (; *name >= '0' && *name <= '9' && x <= VSX_MAX_DIM; name++)
		x = x * 10 + (uint32_t)(*name - '0');
	*to = x;
	return !*name;
}

/* Of the columns by this prefix, each once: how many, and the least number. */
static uint32_t count_components(struct csv *csv, const char *prefix,
				 uint32_t *least)
{
	uint32_t n = 0;

	*least = UINT32_MAX;
	for (size_t i = 0; i < csv->n_columns; i++) {
		struct column *c = &csv->columns[i];

		c->component = NO_COMPONENT;
		if (!component_of(c->name, prefix, &c->component))
			continue;
		*least = c->component < *least ? c->component : *least;
		n++;
	}
	return n;
}

static enum vsx_status number_components(struct csv *csv, const char *prefix,
					 uint32_t n, uint32_t least,
					 struct vsx_error *err)
{
	uint8_t *seen, *missing;
	uint32_t first;

	if (n > VSX_MAX_DIM || least > 1)
		return tool_fail(
			err, VSX_EINVAL,
			"columns %s... are %u from %s%u on, expected 1 "
			"to %d, from 0 or 1 on",
			prefix, n, prefix, least, VSX_MAX_DIM);
	seen = calloc(n, 1);
	if (!seen)
		return tool_fail_memory(err, n);
	for (size_t i = 0; i < csv->n_columns; i++) {
		struct column *c = &csv->columns[i];

		if (c->component == NO_COMPONENT)
			continue;
		c->component -= least;
		/* v1 and v_1 are one component. */
		if (c->component < n)
			seen[c->component] = 1;
	}
	missing = memchr(seen, 0, n);
	first = missing ? (uint32_t)(missing - seen) : n;
	free(seen);
	if (first < n)
		return tool_fail(err, VSX_EINVAL,
				 "has %u columns %s..., but none is %s%u", n,
				 prefix, prefix, least + first);
	csv->dim = n;
	return VSX_OK;
}

static enum vsx_status find_vector(struct doc_maker *maker,
				   struct vsx_error *err)
{
	const char *names[] = {"vector", "embedding", "v", NULL};
	struct csv *csv = maker->csv;
	const char *given = maker->opts->vector_field;
	unsigned int n_whole = 0;

	for (size_t i = 0; i < csv->n_columns; i++)
		n_whole += (csv->columns[i].roles & DOC_VECTOR) != 0;
	if (n_whole > 1)
		return tool_fail(err, VSX_EINVAL,
				 "has columns vector and embedding; "
				 "--vector-field says which one counts");
	if (n_whole)
		return VSX_OK;
	if (given) {
		names[0] = given;
		names[1] = NULL;
	}
	for (size_t i = 0; names[i]; i++) {
		uint32_t least, n = count_components(csv, names[i], &least);

		if (n)
			return number_components(csv, names[i], n, least, err);
	}
	if (given)
		return tool_fail(err, VSX_EINVAL,
				 "has no column %s, nor %s0, %s1, ...", given,
				 given, given);
	return tool_fail(err, VSX_EINVAL,
			 "has no column vector or embedding, nor v0, v1, ...; "
			 "--vector-field says what it is called");
}

static void name_field(struct column *c)
{
	static const char *const lifts[] = {"fields.", "metadata."};

	c->field = *c->name && !(c->roles & DOC_VECTOR) ? c->name : NULL;
	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(lifts[i]);

		if (strncmp(c->name, lifts[i], n) != 0)
			continue;
		c->field = c->name + n;
		c->lifted = true;
	}
}

static enum vsx_status name_columns(struct doc_maker *maker, json_t *names,
				    struct vsx_error *err)
{
	struct csv *csv = maker->csv;

	csv->columns = calloc(csv->n, sizeof(*csv->columns));
	if (!csv->columns)
		return tool_fail_memory(err, csv->n * sizeof(*csv->columns));
	while (csv->n_columns < csv->n) {
		struct column *c = &csv->columns[csv->n_columns];
		const struct cell *cell = &csv->cells[csv->n_columns];

		c->component = NO_COMPONENT;
		c->name = strndup(cell->text, cell->len);
		if (!c->name)
			return tool_fail_memory(err, cell->len + 1);
		csv->n_columns++;
		c->roles = doc_roles(maker->opts, c->name) &
			   ~(unsigned int)(DOC_KEY64 | DOC_TEXT64);
		name_field(c);
		if (*c->name && json_object_get(names, c->name))
			return tool_fail(err, VSX_EINVAL,
					 "has two columns %.60s", c->name);
		json_object_set_nocheck(names, c->name, json_true());
	}
	return VSX_OK;
}

/* Some spreadsheets write other separators into what they call CSV. */
static enum vsx_status check_commas(const struct line *line,
				    const struct csv *csv,
				    struct vsx_error *err)
{
	bool tab = memchr(line->text, '\t', line->len) != NULL;

	if (csv->n > 1 || (!tab && !memchr(line->text, ';', line->len)))
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL,
			 "has one cell with %s in it, expected commas between "
			 "cells",
			 tab ? "tabs" : "semicolons");
}

/* Of every role there is one column, and what was asked for is there. */
static enum vsx_status check_roles(const struct doc_maker *maker,
				   struct vsx_error *err)
{
	const struct csv *csv = maker->csv;
	const char *have[DOC_N_ROLES] = {NULL};

	for (size_t i = 0; i < csv->n_columns; i++)
		for (int r = 0; r < DOC_N_ROLES; r++) {
			unsigned int role = 1u << r;

			if (!(csv->columns[i].roles & role))
				continue;
			if (have[r])
				return tool_fail(
					err, VSX_EINVAL,
					"has columns %s and %s; %s says which "
					"one counts",
					have[r], csv->columns[i].name,
					doc_option(role));
			have[r] = csv->columns[i].name;
		}
	if (maker->opts->id_field && !have[1])
		return tool_fail(err, VSX_EINVAL, "has no column %s",
				 maker->opts->id_field);
	if (maker->opts->text_field && !have[4])
		return tool_fail(err, VSX_EINVAL, "has no column %s",
				 maker->opts->text_field);
	return VSX_OK;
}

enum vsx_status doc_csv_header(struct doc_maker *maker, const struct line *line,
			       struct vsx_error *err)
{
	enum vsx_status status;
	json_t *names;

	maker->csv = calloc(1, sizeof(*maker->csv));
	if (!maker->csv)
		return tool_fail_memory(err, sizeof(*maker->csv));
	status = split(maker, line, err);
	if (status != VSX_OK)
		return status;
	names = json_object(); /* each once */
	status = name_columns(maker, names, err);
	json_decref(names);
	if (status == VSX_OK)
		status = check_commas(line, maker->csv, err);
	if (status == VSX_OK)
		status = check_roles(maker, err);
	if (status == VSX_OK)
		status = find_vector(maker, err);
	return status;
}

/* ---- a record ----------------------------------------------------------- */

static enum vsx_status take_component(struct doc *doc, const struct column *c,
				      const struct cell *cell,
				      struct vsx_error *err)
{
	const char *at = cell->text, *end = at + cell->len, *begin;
	enum number_wrong wrong;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	begin = at;
	wrong = number_scan(&at, end, &doc->vector[c->component]);
	if (wrong == NUMBER_BIG)
		return tool_fail(err, VSX_EINVAL,
				 "%s is %.*s, beyond the range of f32", c->name,
				 (int)(end - begin < 40 ? end - begin : 40),
				 begin);
	if (!wrong && at == end)
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL, "%s is \"%.*s\", expected a number",
			 c->name, (int)(end - begin < 40 ? end - begin : 40),
			 begin);
}

static enum vsx_status take_vector(struct doc *doc, const struct column *c,
				   const struct cell *cell,
				   struct vsx_error *err)
{
	const char *at = cell->text, *end = at + cell->len;
	enum vsx_status status;
	size_t used = 0;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at < end && *at != '[')
		return doc_base64(doc, c->name, at, (size_t)(end - at), err);
	status = doc_array(doc, c->name, at, end, &used, err);
	if (status != VSX_OK)
		return status;
	at += used;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at == end ? VSX_OK
			 : tool_fail(err, VSX_EINVAL, "%s goes on behind its ]",
				     c->name);
}

static bool is_number(const struct cell *cell)
{
	if (!cell->len || (cell->len > 1 && cell->text[0] == '0'))
		return false;
	for (size_t i = 0; i < cell->len; i++)
		if (cell->text[i] < '0' || cell->text[i] > '9')
			return false;
	return true;
}

static enum vsx_status take_id(struct csv *csv, struct doc *doc,
			       const struct column *c, const struct cell *cell,
			       struct vsx_error *err)
{
	if (!cell->len)
		return VSX_OK;
	if (!csv->decided)
		csv->text_ids |= !is_number(cell);
	if (csv->text_ids)
		return doc_key(doc, c->name, cell->text, cell->len, err);
	if (is_number(cell))
		return doc_id(doc, c->name, cell->text, cell->len, err);
	return tool_fail(err, VSX_EINVAL,
			 "%s is \"%.*s\", expected a whole number as in the "
			 "first lines",
			 c->name, (int)(cell->len < 40 ? cell->len : 40),
			 cell->text);
}

void csv_decide(struct csv *csv)
{
	csv->decided = true;
}

static enum vsx_status take_cell(struct csv *csv, struct doc *doc, size_t i,
				 struct vsx_error *err)
{
	const struct column *c = &csv->columns[i];
	const struct cell *cell = &csv->cells[i];
	enum vsx_status status = VSX_OK;

	if (csv->dim && c->component < csv->dim)
		return take_component(doc, c, cell, err);
	if (c->roles & DOC_VECTOR)
		status = take_vector(doc, c, cell, err);
	if (status == VSX_OK && c->roles & DOC_ID)
		status = take_id(csv, doc, c, cell, err);
	if (status == VSX_OK && c->roles & DOC_KEY && cell->len)
		status = doc_key(doc, c->name, cell->text, cell->len, err);
	if (status == VSX_OK && c->roles & DOC_TEXT)
		status = doc_payload(doc, c->name, cell->text, cell->len, err);
	return status;
}

/* The cells as members, for the fields. */
static enum vsx_status make_object(const struct csv *csv, struct doc *doc,
				   struct vsx_error *err)
{
	json_t *lifted = json_object();
	int bad = 0;

	doc->object = json_object();
	for (size_t i = 0; i < csv->n_columns; i++) {
		const struct column *c = &csv->columns[i];
		const struct cell *cell = &csv->cells[i];

		if (!c->field || (csv->dim && c->component < csv->dim))
			continue;
		bad |= json_object_set_new_nocheck(
			c->lifted ? lifted : doc->object, c->field,
			cell->len || cell->quoted
				? json_stringn_nocheck(cell->text, cell->len)
				: json_null());
	}
	bad |= json_object_size(lifted) &&
	       json_object_set_nocheck(doc->object, "fields", lifted);
	json_decref(lifted);
	return bad ? tool_fail_memory(err, csv->n_columns * 64) : VSX_OK;
}

enum vsx_status doc_of_csv(struct doc_maker *maker, struct doc *doc,
			   const struct line *line, struct vsx_error *err)
{
	struct csv *csv = maker->csv;
	enum vsx_status status = split(maker, line, err);

	if (status == VSX_OK && csv->n != csv->n_columns)
		status = tool_fail(err, VSX_EINVAL,
				   "has %zu cell%s, expected %zu as in line 1",
				   csv->n, plural_s(csv->n), csv->n_columns);
	if (csv->dim)
		doc->dim = csv->dim;
	for (size_t i = 0; status == VSX_OK && i < csv->n_columns; i++)
		status = take_cell(csv, doc, i, err);
	return status == VSX_OK ? make_object(csv, doc, err) : status;
}
