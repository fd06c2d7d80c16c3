#include "cli/utf8.h"

#include <langinfo.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

size_t utf8_len(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char lead = s[0];
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (left < len)
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* U+0000 to U+001F, U+007F to U+009F. */
static bool is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

void utf8_clean(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t n = utf8_len(text, left);

		if (n == 0)
			n = 1;
		else if (!is_control((unsigned char *)text)) {
			text += n;
			left -= n;
			continue;
		}
		memset(text, '?', n);
		text += n;
		left -= n;
	}
}

/* Of the locale, which the commands take from the environment. */
static bool shows_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* The bytes of a character and the columns that it takes. */
static size_t next_width(const char *s, size_t left, size_t *columns)
{
	size_t n = utf8_len(s, left);
	int width = -1;
	wchar_t c;

	*columns = 1;
	if (n == 1 && !is_control((const unsigned char *)s))
		return n;
	if (n > 1 && shows_utf8() && mbtowc(&c, s, n) == (int)n)
		width = wcwidth(c);
	n = n ? n : 1;
	*columns = width >= 0 ? (size_t)width : 4 * n;
	return n;
}

size_t utf8_width(const char *text)
{
	size_t left = strlen(text), sum = 0;

	while (left > 0) {
		size_t columns, n = next_width(text, left, &columns);

		sum += columns;
		text += n;
		left -= n;
	}
	return sum;
}

char *utf8_cut(const char *text, size_t columns)
{
	const char *mark = shows_utf8() ? "\xe2\x80\xa6" : "...";
	size_t room = columns - utf8_width(mark);
	size_t left = strlen(text), sum = 0, at = 0;
	char *cut;

	if (utf8_width(text) <= columns)
		return strdup(text);
	for (;;) {
		size_t width, n = next_width(text + at, left, &width);

		if (sum + width > room)
			break;
		sum += width;
		at += n;
		left -= n;
	}
	return asprintf(&cut, "%.*s%s", (int)at, text, mark) < 0 ? NULL : cut;
}

void utf8_wrap(FILE *to, const char *text, int at, int indent, int columns)
{
	for (bool first = true; *text; first = false) {
		size_t len = strcspn(text, " ");
		int width = 0;

		for (size_t i = 0; i < len; i++)
			width += ((unsigned char)text[i] & 0xc0) != 0x80;
		if (!first && at >= columns - width) {
			fprintf(to, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', to);
			at++;
		}
		fwrite(text, 1, len, to);
		at += width;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', to);
}
