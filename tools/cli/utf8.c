#include "cli/utf8.h"

#include <stdbool.h>
#include <string.h>

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
