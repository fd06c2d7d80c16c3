#include "input/wide.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *digits(const char *s, const char *end)
{
	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s;
}

/* Behind the number that begins here, as JSON has them; NULL: none does. */
static const char *number_end(const char *s, const char *end, bool *is_real)
{
	const char *from = s += s < end && *s == '-';

	s = digits(s, end);
	*is_real = false;
	if (s == from || (*from == '0' && s - from > 1))
		return NULL;
	if (s < end && *s == '.') {
		from = ++s;
		s = digits(s, end);
		*is_real = true;
		if (s == from)
			return NULL;
	}
	if (s < end && (*s == 'e' || *s == 'E')) {
		s++;
		s += s < end && (*s == '+' || *s == '-');
		from = s;
		s = digits(s, end);
		*is_real = true;
		if (s == from)
			return NULL;
	}
	return s;
}

static bool is_beyond_i64(const char *s, size_t n)
{
	bool minus = *s == '-';

	s += minus;
	n -= minus;
	return n > 19 ||
	       (n == 19 &&
		memcmp(s, minus ? "9223372036854775808" : "9223372036854775807",
		       n) > 0);
}

/* Something follows the number, at which strtod() ends. */
static bool is_beyond_f64(const char *s)
{
	return isinf(strtod(s, NULL));
}

/* A string of JSON, up to where it ends. */
static const char *string_end(const char *s, const char *end)
{
	for (s++; s < end && *s != '"'; s++)
		s += *s == '\\' && s + 1 < end;
	return s < end ? s + 1 : end;
}

/* The text with such numbers in quotes: at most 2 n bytes; how many. */
static size_t quote(char *to, const char *s, size_t n)
{
	const char *end = s + n, *next;
	char *begin = to;

	for (; s < end; s = next) {
		bool is_real = false, beyond = false;
		const char *behind;

		next = s + 1;
		if (*s == '"') {
			next = string_end(s, end);
		} else if (*s == '-' || (*s >= '0' && *s <= '9')) {
			behind = number_end(s, end, &is_real);
			if (behind && behind < end) {
				next = behind;
				beyond = is_real ? is_beyond_f64(s)
						 : is_beyond_i64(
							   s,
							   (size_t)(next - s));
			} else {
				next = digits(s + 1, end);
			}
		}
		if (beyond)
			*to++ = '"';
		memcpy(to, s, (size_t)(next - s));
		to += next - s;
		if (beyond)
			*to++ = '"';
	}
	return (size_t)(to - begin);
}

json_t *wide_loadb(const char *text, size_t n, size_t flags, json_error_t *why)
{
	json_t *value = json_loadb(text, n, flags, why);
	json_error_t later;
	char *quoted;

	if (value || json_error_code(why) != json_error_numeric_overflow)
		return value;
	quoted = malloc(2 * n + 1);
	if (!quoted)
		return NULL; /* says that the number is too big */
	n = quote(quoted, text, n);
	value = json_loadb(quoted, n, flags, &later);
	if (!value)
		*why = later;
	free(quoted);
	return value;
}
