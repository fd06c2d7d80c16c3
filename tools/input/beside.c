#include "input/beside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/utf8.h"
#include "input/fields.h"
#include "input/lines.h"
#include "input/sniff.h"
#include "input/texts.h"
#include "input/wide.h"

#define SAMPLE_LINES 1000
#define SAMPLE_BYTES ((size_t)8 << 20)

struct beside {
	enum beside_what what;
	struct lines lines;
	struct texts texts;
	struct fields *fields;
};

static enum vsx_status at_line(const struct beside *b, const struct line *line,
			       enum vsx_status status, const char *why,
			       struct vsx_error *err)
{
	return tool_fail(err, status, "%s: line %" PRIu64 " %s",
			 b->lines.source.name, line->number, why);
}

/* A line may well begin like some magic; only real ones go on so. */
static enum vsx_status check_text(const struct beside *b,
				  const struct line *line,
				  struct vsx_error *err)
{
	const char *nul = memchr(line->text, '\0', line->len);
	const char *is = NULL;

	if (line->bad)
		return at_line(b, line, VSX_EINVAL, line->bad, err);
	if (line->number == 1 &&
	    (nul || (line->len > 23 &&
		     memcmp(line->text, "version https://git-lfs", 23) == 0)))
		is = sniff((const uint8_t *)line->text, line->len);
	if (is)
		return tool_fail(err, VSX_EINVAL, "%s: is %s",
				 b->lines.source.name, is);
	if (nul)
		return tool_fail(err, VSX_EINVAL,
				 "%s: line %" PRIu64
				 ": byte %zu is NUL, expected text",
				 b->lines.source.name, line->number,
				 (size_t)(nul - line->text));
	return VSX_OK;
}

static enum vsx_status check_length(const struct beside *b,
				    const struct line *line, size_t least,
				    size_t most, const char *what,
				    struct vsx_error *err)
{
	if (line->len < least)
		return tool_fail(err, VSX_EINVAL,
				 "%s: line %" PRIu64 " is empty, expected a %s",
				 b->lines.source.name, line->number, what);
	if (line->len > most)
		return tool_fail(err, VSX_EINVAL,
				 "%s: line %" PRIu64 " has %zu bytes, expected "
				 "a %s of at most %zu",
				 b->lines.source.name, line->number, line->len,
				 what, most);
	return VSX_OK;
}

/* ---- fields ------------------------------------------------------------- */

static enum vsx_status parse(const struct beside *b, const struct line *line,
			     json_t **object, struct vsx_error *err)
{
	json_error_t why;

	*object = wide_loadb(line->text, line->len,
			     JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (json_is_object(*object))
		return VSX_OK;
	if (!*object)
		utf8_clean(why.text);
	tool_fail(err, VSX_EINVAL, "%s: line %" PRIu64 ": %s",
		  b->lines.source.name, line->number,
		  *object ? "expected an object { ... }" : why.text);
	json_decref(*object);
	*object = NULL;
	return VSX_EINVAL;
}

static enum vsx_status take_fields(struct beside *b, const struct line *line,
				   struct vsx_error *err)
{
	struct vsx_bytes record = {NULL, 0};
	struct vsx_error why;
	json_t *object;
	enum vsx_status status = parse(b, line, &object, err);

	if (status != VSX_OK)
		return status;
	status = fields_take(b->fields, object, NULL, NULL, &record, &why);
	if (status != VSX_OK)
		tool_fail(err, status, "%s: line %" PRIu64 ": %s",
			  b->lines.source.name, line->number, why.text);
	else
		status = texts_add(&b->texts, record.at, record.n, err);
	json_decref(object);
	return status;
}

/* ---- lines -------------------------------------------------------------- */

static enum vsx_status take(struct beside *b, const struct line *line,
			    struct vsx_error *err)
{
	enum vsx_status status = check_text(b, line, err);

	if (status != VSX_OK)
		return status;
	switch (b->what) {
	case BESIDE_KEYS:
		status = check_length(b, line, 1, VSX_MAX_KEY, "key", err);
		break;
	case BESIDE_PAYLOAD:
		status = check_length(b, line, 0, VSX_MAX_PAYLOAD, "payload",
				      err);
		break;
	case BESIDE_FIELDS:
		return take_fields(b, line, err);
	}
	return status == VSX_OK
		       ? texts_add(&b->texts, line->text, line->len, err)
		       : status;
}

/* Whatever is wrong with a line is said when its row comes. */
static enum vsx_status look(struct beside *b, double *bytes,
			    struct vsx_error *err)
{
	enum vsx_status status;
	uint64_t begin = lines_passed(&b->lines), n = 0;
	uint64_t before = b->fields ? fields_bytes(b->fields) : 0;
	bool is_one;

	*bytes = 0;
	lines_hold(&b->lines);
	do {
		struct line line;
		json_t *object = NULL;

		status = lines_next(&b->lines, &line, &is_one, err);
		if (status != VSX_OK || !is_one)
			break;
		n++;
		*bytes += b->what == BESIDE_FIELDS ? 0 : (double)line.len;
		if (b->what != BESIDE_FIELDS || line.bad ||
		    parse(b, &line, &object, NULL) != VSX_OK)
			continue;
		status = fields_look(b->fields, object, NULL, NULL, err);
		json_decref(object);
	} while (status == VSX_OK && n < SAMPLE_LINES &&
		 lines_passed(&b->lines) - begin < SAMPLE_BYTES);
	lines_again(&b->lines);
	if (b->what == BESIDE_FIELDS)
		*bytes = (double)(fields_bytes(b->fields) - before);
	*bytes = n ? *bytes / (double)n : 0;
	return status;
}

static enum vsx_status know_fields(struct beside *b, const struct vsx *index,
				   struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	struct vsx_field_facts facts;

	for (uint32_t i = 0; index && status == VSX_OK &&
			     vsx_get_field(index, i, &facts, NULL) == VSX_OK;
	     i++)
		status = fields_know(b->fields, &facts, err);
	return status;
}

static enum vsx_status begin(struct beside *b, const char *path,
			     const char *fields, const struct vsx *index,
			     struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	double ignored;

	if (b->what == BESIDE_FIELDS)
		status = fields_new(&b->fields, fields, err);
	if (status == VSX_OK && b->what == BESIDE_FIELDS)
		status = know_fields(b, index, err);
	if (status == VSX_OK)
		status = lines_open(&b->lines, path, err);
	if (status == VSX_OK && b->what == BESIDE_FIELDS)
		status = look(b, &ignored, err);
	return status;
}

enum vsx_status beside_open(struct beside **out, const char *path,
			    enum beside_what what, const char *fields,
			    const struct vsx *index, struct vsx_error *err)
{
	struct beside *b = calloc(1, sizeof(*b));
	enum vsx_status status;

	*out = NULL;
	if (!b)
		return tool_fail_memory(err, sizeof(*b));
	b->what = what;
	b->lines.source.fd = -1;
	status = begin(b, path, fields, index, err);
	if (status != VSX_OK)
		beside_close(b);
	else
		*out = b;
	return status;
}

void beside_close(struct beside *b)
{
	if (!b)
		return;
	lines_close(&b->lines);
	texts_release(&b->texts);
	fields_free(b->fields);
	free(b);
}

const char *beside_name(const struct beside *b)
{
	return b->lines.source.name;
}

enum vsx_status beside_read(struct beside *b, size_t n, size_t *got,
			    const struct vsx_bytes **items,
			    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	bool is_one = true;

	*got = 0;
	texts_clear(&b->texts);
	while (status == VSX_OK && b->texts.n < n) {
		struct line line;

		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		status = lines_next(&b->lines, &line, &is_one, err);
		if (status != VSX_OK || !is_one)
			break;
		status = take(b, &line, err);
	}
	*items = texts_items(&b->texts);
	*got = b->texts.n;
	return status;
}

enum vsx_status beside_count(struct beside *b, uint64_t *more,
			     struct vsx_error *err)
{
	enum vsx_status status;
	struct line line;
	bool is_one;

	*more = 0;
	for (;; ++*more) {
		status = lines_next(&b->lines, &line, &is_one, err);
		if (status != VSX_OK || !is_one)
			return status;
	}
}

enum vsx_status beside_mean(struct beside *b, double *bytes,
			    struct vsx_error *err)
{
	return look(b, bytes, err);
}

void beside_say(const struct beside *b)
{
	if (b->fields)
		fields_say(b->fields);
}
