#include "field/lex.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static const char *const words[] = {
	"and", "or", "not",  "in",    "contains", "any",
	"all", "is", "null", "empty", "true",	  "false",
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

enum vsx_token_kind vsx_word_of(const char *s, size_t n)
{
	for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++) {
		size_t i = 0;

		while (i < n && words[w][i] == lower(s[i]))
			i++;
		if (i == n && words[w][i] == '\0')
			return (enum vsx_token_kind)(VSX_TOKEN_AND + (int)w);
	}
	return VSX_TOKEN_NAME;
}

enum vsx_status vsx_lex_fail(const struct vsx_lex *l, size_t at,
			     struct vsx_error *err, const char *fmt, ...)
{
	unsigned long long character = 1;
	char what[VSX_ERROR_TEXT];
	va_list args;

	for (size_t i = 0; i < at && i < l->n; i++)
		character += ((uint8_t)l->text[i] & 0xc0) != 0x80;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return vsx_fail(err, VSX_EINVAL, "filter, character %llu: %.400s",
			character, what);
}

/* So much of a token is shown. */
#define SHOWN 40

enum vsx_status vsx_lex_expected(const struct vsx_lex *l,
				 const struct vsx_token *t, const char *what,
				 struct vsx_error *err)
{
	size_t n = 0;

	if (t->what == VSX_TOKEN_END)
		return vsx_lex_fail(l, t->at, err, "expected %s, found the end",
				    what);
	/* Whole characters of it. */
	while (n < t->n && n < SHOWN)
		n += vsx_utf8_bytes((const uint8_t *)l->text + t->at + n,
				    t->n - n);
	return vsx_lex_fail(l, t->at, err, "expected %s, found %.*s%s", what,
			    (int)n, l->text + t->at, n < t->n ? "..." : "");
}

static char peek(const struct vsx_lex *l, size_t ahead)
{
	return ahead < l->n - l->at ? l->text[l->at + ahead] : '\0';
}

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int is_name(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) ||
	       c == '_' || c == '.';
}

/* With a point whatever the host's locale says. */
static enum vsx_status read_float(const struct vsx_lex *l, struct vsx_token *t,
				  const char *digits, struct vsx_error *err)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), before;

	if (c == (locale_t)0)
		return vsx_fail_memory(err, 0);
	before = uselocale(c);
	t->f = strtod(digits, NULL);
	uselocale(before);
	freelocale(c);
	t->what = VSX_TOKEN_FLOAT;
	if (t->f - t->f != 0.0)
		return vsx_lex_expected(l, t, "a finite number", err);
	return VSX_OK;
}

#define MOST_DIGITS 100

static size_t skip_digits(const struct vsx_lex *l, size_t n)
{
	while (is_digit(peek(l, n)))
		n++;
	return n;
}

static enum vsx_status number(struct vsx_lex *l, struct vsx_token *t,
			      struct vsx_error *err)
{
	char digits[MOST_DIGITS + 1];
	size_t n = peek(l, 0) == '-' || peek(l, 0) == '+', exponent;
	size_t whole = n = skip_digits(l, n);
	int saved = errno;

	t->what = VSX_TOKEN_INT;
	if (peek(l, n) == '.')
		n = skip_digits(l, n + 1);
	if (lower(peek(l, n)) == 'e') {
		exponent = n + 1;
		if (peek(l, exponent) == '-' || peek(l, exponent) == '+')
			exponent++;
		if (is_digit(peek(l, exponent)))
			n = skip_digits(l, exponent);
	}
	t->n = n;
	while (is_name(peek(l, t->n))) /* 12abc is shown as a whole */
		t->n++;
	if (t->n > n || n > MOST_DIGITS || !is_digit(peek(l, whole - 1)))
		return vsx_lex_expected(l, t, "a number", err);
	memcpy(digits, l->text + l->at, n);
	digits[n] = '\0';
	if (n > whole)
		return read_float(l, t, digits, err);
	errno = 0;
	t->i = strtoll(digits, NULL, 10);
	n = errno == ERANGE;
	errno = saved;
	/* Beyond all ints, as it is rounded, too. */
	return n ? read_float(l, t, digits, err) : VSX_OK;
}

/* The four digits behind a \u at byte n from here on. */
static bool utf16(const struct vsx_lex *l, size_t n, uint32_t *unit)
{
	static const char digits[] = "0123456789abcdef";

	*unit = 0;
	if (peek(l, n) != '\\' || peek(l, n + 1) != 'u')
		return false;
	for (size_t i = 2; i < 6; i++) {
		char c = lower(peek(l, n + i));
		const char *digit = c ? strchr(digits, c) : NULL;

		if (!digit)
			return false;
		*unit = *unit << 4 | (uint32_t)(digit - digits);
	}
	return true;
}

static void put_utf8(struct vsx_token *t, uint32_t c)
{
	int more = (c >= 0x80) + (c >= 0x800) + (c >= 0x10000);
	static const uint8_t head[] = {0, 0xc0, 0xe0, 0xf0};

	t->string[t->bytes++] = (char)(head[more] | c >> 6 * more);
	while (more-- > 0)
		t->string[t->bytes++] = (char)(0x80 | (c >> 6 * more & 0x3f));
}

/* \uXXXX as in JSON: what is above U+FFFF is two of them. */
static enum vsx_status unicode(struct vsx_lex *l, struct vsx_token *t,
			       size_t *n, struct vsx_error *err)
{
	uint32_t c, low;

	if (!utf16(l, *n, &c) || c == 0 || (c >= 0xdc00 && c < 0xe000))
		return vsx_lex_fail(l, l->at + *n, err,
				    "expected \\u and four hexadecimal digits "
				    "of a character");
	*n += 6;
	if (c >= 0xd800 && c < 0xdc00) {
		if (!utf16(l, *n, &low) || low < 0xdc00 || low >= 0xe000)
			return vsx_lex_fail(l, l->at + *n, err,
					    "expected the second half of a "
					    "character, \\udc00 to \\udfff");
		*n += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(t, c);
	return VSX_OK;
}

/* Those of JSON, and any character that is no letter or digit for itself. */
static enum vsx_status escape(struct vsx_lex *l, struct vsx_token *t, size_t *n,
			      struct vsx_error *err)
{
	static const char from[] = "ntrbf", to[] = "\n\t\r\b\f";
	char c = peek(l, *n + 1);
	const char *known = c ? strchr(from, c) : NULL;

	if (c == 'u')
		return unicode(l, t, n, err);

	if (!known && (is_name(c) || (uint8_t)c >= 0x80 || c == '\0') &&
	    c != '_' && c != '.')
		return vsx_lex_fail(
			l, l->at + *n, err,
			"expected \\n, \\t, \\r, \\b, \\f, \\uXXXX, "
			"\\\" or \\\\");
	t->string[t->bytes++] = known ? to[known - from] : c;
	*n += 2;
	return VSX_OK;
}

static enum vsx_status string(struct vsx_lex *l, struct vsx_token *t,
			      struct vsx_error *err)
{
	char quote = peek(l, 0);
	size_t n = 1;

	t->what = VSX_TOKEN_STRING;
	t->string = l->strings + l->used;
	while (peek(l, n) != quote) {
		if (l->at + n >= l->n)
			return vsx_lex_fail(l, l->at, err,
					    "the string does not end");
		if (peek(l, n) == '\\')
			VSX_TRY(escape(l, t, &n, err));
		else if ((uint8_t)peek(l, n) < 0x20)
			return vsx_lex_fail(l, l->at + n, err,
					    "a line feed or tab in a string, "
					    "expected \\n, \\r or \\t");
		else
			t->string[t->bytes++] = peek(l, n++);
	}
	t->n = n + 1;
	l->used += t->bytes;
	return VSX_OK;
}

static void word(struct vsx_lex *l, struct vsx_token *t)
{
	while (is_name(peek(l, t->n)))
		t->n++;
	t->what = vsx_word_of(l->text + l->at, t->n);
}

/* Who writes these knows other languages. */
static const char *instead_of(char c)
{
	switch (c) {
	case '&':
		return "and";
	case '|':
		return "or";
	case '!':
		return "not";
	case '[':
	case '{':
		return "a list in ( )";
	default:
		return "a field, a value or an operator";
	}
}

static enum vsx_status sign(struct vsx_lex *l, struct vsx_token *t,
			    struct vsx_error *err)
{
	static const struct {
		char text[3];
		enum vsx_token_kind what;
	} signs[] = {
		/* the longer ones first */
		{"==", VSX_TOKEN_EQ},	{"!=", VSX_TOKEN_NE},
		{"<>", VSX_TOKEN_NE},	{"<=", VSX_TOKEN_LE},
		{">=", VSX_TOKEN_GE},	{"=", VSX_TOKEN_EQ},
		{"<", VSX_TOKEN_LT},	{">", VSX_TOKEN_GT},
		{"(", VSX_TOKEN_OPEN},	{")", VSX_TOKEN_CLOSE},
		{",", VSX_TOKEN_COMMA},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		size_t n = strlen(signs[i].text);

		if (n > l->n - l->at ||
		    memcmp(l->text + l->at, signs[i].text, n) != 0)
			continue;
		t->what = signs[i].what;
		t->n = n;
		return VSX_OK;
	}
	t->what = VSX_TOKEN_NAME;
	t->n = vsx_utf8_bytes((const uint8_t *)l->text + l->at, l->n - l->at);
	return vsx_lex_expected(l, t, instead_of(peek(l, 0)), err);
}

enum vsx_status vsx_lex_next(struct vsx_lex *l, struct vsx_token *t,
			     struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	char c;

	while (l->at < l->n && strchr(" \t\r\n", l->text[l->at]))
		l->at++;
	*t = (struct vsx_token){.what = VSX_TOKEN_END, .at = l->at};
	if (l->at == l->n)
		return VSX_OK;
	c = peek(l, 0);
	if (is_digit(c) || c == '-' || c == '+')
		status = number(l, t, err);
	else if (c == '"' || c == '\'')
		status = string(l, t, err);
	else if (is_name(c) && c != '.')
		word(l, t);
	else
		status = sign(l, t, err);
	l->at += t->n;
	return status;
}
