#include "cli/xml.h"

#include "cli/utf8.h"

#include <string.h>

static const char *entity(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* Control characters, and U+FFFE and U+FFFF. */
static int is_forbidden(const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;

	if (n == 1)
		return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
	return n == 3 && memcmp(s, "\xef\xbf", 2) == 0 &&
	       (unsigned char)s[2] >= 0xbe;
}

void xml_put(FILE *to, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t n = utf8_len(text, left);

		if (n == 0 || is_forbidden(text, n)) {
			fputs("\xef\xbf\xbd", to); /* U+FFFD */
			n = n ? n : 1;
		} else if (entity(*text)) {
			fputs(entity(*text), to);
		} else {
			fwrite(text, 1, n, to);
		}
		text += n;
		left -= n;
	}
}
