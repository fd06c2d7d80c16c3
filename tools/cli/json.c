#include "cli/json.h"

#include "cli/base64.h"
#include "cli/format_num.h"
#include "cli/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void json_begin(struct json *j, FILE *to, bool pretty)
{
	memset(j, 0, sizeof(*j));
	j->to = to;
	j->pretty = pretty;
}

void json_end(struct json *j)
{
	assert(j->depth == 0);
	fputc('\n', j->to);
}

static void line_feed(struct json *j)
{
	if (j->pretty && !j->on_line[j->depth])
		fprintf(j->to, "\n%*s", (int)(2 * j->depth), "");
}

static void escape(struct json *j, unsigned char c)
{
	static const char letters[] = "btnvfr"; /* 8 to 13; no \v in JSON */

	if (c == '"' || c == '\\')
		fprintf(j->to, "\\%c", c);
	else if (c >= 8 && c <= 13 && c != 11)
		fprintf(j->to, "\\%c", letters[c - 8]);
	else
		fprintf(j->to, "\\u%04x", c);
}

static void quote(struct json *j, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', j->to);
	while (len > 0) {
		size_t n = utf8_len((const char *)s, len);

		if (n == 0) {
			fputs("\xef\xbf\xbd", j->to); /* U+FFFD */
			n = 1;
		} else if (*s < 0x20 || *s == 0x7f || *s == '"' || *s == '\\') {
			escape(j, *s);
		} else {
			fwrite(s, 1, n, j->to);
		}
		s += n;
		len -= n;
	}
	fputc('"', j->to);
}

/* All that stands before a value: comma, line feed, name. */
static void lead(struct json *j, const char *key)
{
	assert(j->depth == 0 || j->is_array[j->depth] == !key);

	if (j->any[j->depth]) {
		fputc(',', j->to);
		if (j->pretty && j->on_line[j->depth])
			fputc(' ', j->to);
	}
	if (j->depth > 0)
		line_feed(j);
	j->any[j->depth] = true;
	if (key) {
		quote(j, key, strlen(key));
		fputs(j->pretty ? ": " : ":", j->to);
	}
}

static void open_value(struct json *j, const char *key, bool is_array,
		       bool on_line)
{
	assert(j->depth < JSON_MAX_DEPTH);

	lead(j, key);
	fputc(is_array ? '[' : '{', j->to);
	on_line |= j->on_line[j->depth];
	j->depth++;
	j->any[j->depth] = false;
	j->is_array[j->depth] = is_array;
	j->on_line[j->depth] = on_line;
}

void json_put_object(struct json *j, const char *key)
{
	open_value(j, key, false, false);
}

void json_put_array(struct json *j, const char *key)
{
	open_value(j, key, true, false);
}

void json_put_row(struct json *j, const char *key)
{
	open_value(j, key, true, true);
}

void json_close(struct json *j)
{
	bool is_array, any, on_line;

	assert(j->depth > 0);

	is_array = j->is_array[j->depth];
	any = j->any[j->depth];
	on_line = j->on_line[j->depth];
	j->depth--;
	if (any && !on_line)
		line_feed(j);
	fputc(is_array ? ']' : '}', j->to);
}

void json_put_string(struct json *j, const char *key, const char *value)
{
	if (value)
		json_put_bytes(j, key, value, strlen(value));
	else
		json_put_null(j, key);
}

void json_put_bytes(struct json *j, const char *key, const char *value,
		    size_t len)
{
	lead(j, key);
	quote(j, value, len);
}

static bool is_utf8(const char *s, size_t len)
{
	while (len > 0) {
		size_t n = utf8_len(s, len);

		if (n == 0)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

void json_put_data(struct json *j, const char *key, const void *value,
		   size_t len)
{
	char name[64];

	if (is_utf8(value, len)) {
		json_put_bytes(j, key, value, len);
		return;
	}
	snprintf(name, sizeof(name), "%s_base64", key);
	lead(j, name);
	fputc('"', j->to);
	base64_write(j->to, value, len);
	fputc('"', j->to);
}

void json_put_i64(struct json *j, const char *key, int64_t value)
{
	lead(j, key);
	fprintf(j->to, "%" PRId64, value);
}

void json_put_u64(struct json *j, const char *key, uint64_t value)
{
	lead(j, key);
	fprintf(j->to, "%" PRIu64, value);
}

void json_put_double(struct json *j, const char *key, double value)
{
	char text[NUM_BYTES];

	lead(j, key);
	fputs(isfinite(value) ? num_exact(text, value) : "null", j->to);
}

void json_put_float(struct json *j, const char *key, float value)
{
	char text[NUM_BYTES];

	lead(j, key);
	fputs(isfinite(value) ? num_exact_float(text, value) : "null", j->to);
}

void json_put_floats(struct json *j, const char *key, const float *values,
		     size_t n)
{
	char text[NUM_BYTES];

	lead(j, key);
	for (size_t i = 0; i < n; i++) {
		bool no_zero = values[i] != 0.0f || !signbit(values[i]);

		fputc(i ? ',' : '[', j->to);
		fputs(no_zero ? num_exact_float(text, values[i]) : "-0.0",
		      j->to);
	}
	fputs(n ? "]" : "[]", j->to);
}

void json_put_real(struct json *j, const char *key, double value)
{
	char text[NUM_BYTES];

	lead(j, key);
	if (!isfinite(value)) {
		fputs("null", j->to);
		return;
	}
	fputs(num_exact(text, value), j->to);
	if (!strpbrk(text, ".e"))
		fputs(".0", j->to);
}

void json_put_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	fputs(value ? "true" : "false", j->to);
}

void json_put_null(struct json *j, const char *key)
{
	lead(j, key);
	fputs("null", j->to);
}
