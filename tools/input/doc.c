#include "input/doc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/plural.h"
#include "cli/base64.h"
#include "input/numbers.h"

#define SHOWN 40 /* bytes of a value that stand in a message */

/* ---- names -------------------------------------------------------------- */

/* What is looked for where no option names it. */
static const struct {
	const char *name;
	unsigned int role;
} usual[] = {
	{"vector", DOC_VECTOR},
	{"embedding", DOC_VECTOR},
	{"id", DOC_ID},
	{"key", DOC_KEY},
	{"key_base64", DOC_KEY64},
	{"payload", DOC_TEXT},
	{"text", DOC_TEXT},
	{"document", DOC_TEXT},
	{"page_content", DOC_TEXT},
	{"payload_base64", DOC_TEXT64},
};

unsigned int doc_roles(const struct docs_opts *opts, const char *name)
{
	unsigned int roles = 0, open = 0;

	if (!opts->vector_field)
		open |= DOC_VECTOR;
	if (!opts->id_field)
		open |= DOC_ID | DOC_KEY | DOC_KEY64;
	if (!opts->text_field && !opts->keep_line)
		open |= DOC_TEXT | DOC_TEXT64;
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (strcmp(name, usual[i].name) == 0)
			roles |= usual[i].role & open;
	if (opts->vector_field && strcmp(name, opts->vector_field) == 0)
		roles |= DOC_VECTOR;
	if (opts->id_field && strcmp(name, opts->id_field) == 0)
		roles |= DOC_ID;
	if (opts->text_field && strcmp(name, opts->text_field) == 0)
		roles |= DOC_TEXT;
	return roles;
}

const char *doc_option(unsigned int roles)
{
	if (roles & DOC_VECTOR)
		return "--vector-field";
	return roles & (DOC_ID | DOC_KEY | DOC_KEY64) ? "--id-field"
						      : "--text-field";
}

/* ---- room --------------------------------------------------------------- */

enum vsx_status doc_scratch(struct doc_maker *maker, size_t n,
			    struct vsx_error *err)
{
	char *more;

	if (n <= maker->room)
		return VSX_OK;
	more = malloc(n);
	if (!more)
		return tool_fail_memory(err, n);
	free(maker->scratch);
	maker->scratch = more;
	maker->room = n;
	return VSX_OK;
}

void doc_release(struct doc *doc)
{
	json_decref(doc->object);
	doc->object = NULL;
}

/* ---- vectors ------------------------------------------------------------ */

static size_t shown(const char *at, const char *end)
{
	size_t n = 0;

	while (at + n < end && n < SHOWN && !strchr(",]} \t\r\n", at[n]))
		n++;
	return n ? n : at < end;
}

enum vsx_status doc_wrong_number(const char *name, size_t component,
				 const char *at, const char *end, bool too_big,
				 struct vsx_error *err)
{
	if (at >= end)
		return tool_fail(err, VSX_EINVAL,
				 "%s ends before component %zu, expected a "
				 "number",
				 name, component);
	return tool_fail(err, VSX_EINVAL, "component %zu of %s is %.*s, %s",
			 component, name, (int)shown(at, end), at,
			 too_big ? "beyond the range of f32"
				 : "expected a number");
}

static enum vsx_status check_dim(struct doc *doc, const char *name, size_t n,
				 struct vsx_error *err)
{
	if (n >= 1 && n <= VSX_MAX_DIM) {
		doc->dim = (uint32_t)n;
		return VSX_OK;
	}
	return tool_fail(err, VSX_EINVAL,
			 "%s has %zu component%s, expected 1 to %d", name, n,
			 plural_s(n), VSX_MAX_DIM);
}

enum vsx_status doc_array(struct doc *doc, const char *name, const char *text,
			  const char *end, size_t *used, struct vsx_error *err)
{
	struct numbers numbers = {.to = doc->vector, .room = VSX_MAX_DIM};
	const char *at = text;

	if (!numbers_scan(&numbers, &at, end)) {
		if (at < end && *at != '[')
			return tool_fail(err, VSX_EINVAL,
					 "%s is %.*s, expected an array of "
					 "numbers",
					 name, (int)shown(at, end), at);
		if (numbers.punctuation)
			return tool_fail(
				err, VSX_EINVAL,
				"%s has %.*s behind component %zu, expected , "
				"or ]",
				name,
				numbers.at < end ? (int)shown(numbers.at, end)
						 : 7,
				numbers.at < end ? numbers.at : "nothing",
				numbers.n - 1);
		return doc_wrong_number(name, numbers.n, numbers.at, end,
					numbers.wrong == NUMBER_BIG, err);
	}
	*used = (size_t)(at - text);
	return check_dim(doc, name, numbers.n, err);
}

static enum vsx_status decode(uint8_t **to, size_t *n, const char *name,
			      const char *text, size_t len,
			      const char *expected, struct vsx_error *err)
{
	free(*to);
	*to = malloc(base64_room(len));
	if (!*to)
		return tool_fail_memory(err, base64_room(len));
	if (base64_decode(*to, n, text, len))
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL, "%s is \"%.*s%s\", expected %s", name,
			 len < SHOWN ? (int)len : SHOWN, text,
			 len < SHOWN ? "" : "...", expected);
}

enum vsx_status doc_bytes64(uint8_t **to, size_t *n, const char *name,
			    const char *text, size_t len, struct vsx_error *err)
{
	return decode(to, n, name, text, len, "base64", err);
}

enum vsx_status doc_base64(struct doc *doc, const char *name, const char *text,
			   size_t len, struct vsx_error *err)
{
	uint8_t *bytes = NULL;
	size_t n;
	enum vsx_status status = decode(
		&bytes, &n, name, text, len,
		"numbers in [ ] with commas between, or base64 of f32", err);

	if (status == VSX_OK && n % sizeof(float))
		status = tool_fail(err, VSX_EINVAL,
				   "%s has %zu bytes in base64, expected whole "
				   "f32 of 4",
				   name, n);
	if (status == VSX_OK)
		status = check_dim(doc, name, n / sizeof(float), err);
	for (size_t i = 0; status == VSX_OK && i < doc->dim; i++) {
		uint32_t bits = (uint32_t)bytes[4 * i] |
				(uint32_t)bytes[4 * i + 1] << 8 |
				(uint32_t)bytes[4 * i + 2] << 16 |
				(uint32_t)bytes[4 * i + 3] << 24;

		memcpy(&doc->vector[i], &bits, sizeof(bits));
		if (!isfinite(doc->vector[i]))
			status = tool_fail(err, VSX_EINVAL,
					   "component %zu of %s is %s, "
					   "expected a number",
					   i, name,
					   isnan(doc->vector[i]) ? "NaN"
								 : "infinite");
	}
	free(bytes);
	return status;
}

/* ---- ids, keys, payload -------------------------------------------------- */

enum vsx_status doc_id(struct doc *doc, const char *name, const char *text,
		       size_t len, struct vsx_error *err)
{
	uint64_t id = 0;
	size_t i = 0;

	for (; i < len && text[i] >= '0' && text[i] <= '9'; i++) {
		uint64_t digit = (uint64_t)(text[i] - '0');

		if (id > (UINT64_MAX - digit) / 10)
			break;
		id = id * 10 + digit;
	}
	if (i < len || len == 0)
		return tool_fail(err, VSX_EINVAL,
				 "%s is %.*s, expected a string, or a whole "
				 "number from 0 to %" PRIu64,
				 name, (int)(len < SHOWN ? len : SHOWN), text,
				 UINT64_MAX);
	doc->id = id;
	doc->has_id = true;
	return VSX_OK;
}

enum vsx_status doc_key(struct doc *doc, const char *name, const void *bytes,
			size_t len, struct vsx_error *err)
{
	if (len < 1 || len > VSX_MAX_KEY)
		return tool_fail(err, VSX_EINVAL,
				 "%s has %zu bytes, expected 1 to %u", name,
				 len, VSX_MAX_KEY);
	if (doc->key.n)
		return tool_fail(err, VSX_EINVAL,
				 "has a second key in %s; --id-field says "
				 "which one counts",
				 name);
	doc->key = (struct vsx_bytes){bytes, len};
	return VSX_OK;
}

enum vsx_status doc_payload(struct doc *doc, const char *name,
			    const void *bytes, size_t len,
			    struct vsx_error *err)
{
	if (len > VSX_MAX_PAYLOAD)
		return tool_fail(err, VSX_EINVAL,
				 "%s has %zu bytes, expected at most %u", name,
				 len, VSX_MAX_PAYLOAD);
	doc->payload = (struct vsx_bytes){bytes, len};
	return VSX_OK;
}
