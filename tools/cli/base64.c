#include "cli/base64.h"

void base64_write(FILE *to, const void *bytes, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t x = (uint32_t)p[i] << 16;
		char text[4];

		if (left > 1)
			x |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			x |= p[i + 2];
		text[0] = digits[x >> 18];
		text[1] = digits[x >> 12 & 63];
		text[2] = left > 1 ? digits[x >> 6 & 63] : '=';
		text[3] = left > 2 ? digits[x & 63] : '=';
		fwrite(text, 1, 4, to);
	}
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(uint8_t *to, size_t *n, const char *text, size_t len)
{
	size_t digits = 0, pads = 0;
	uint32_t bits = 0;

	*n = 0;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (text[i] == '\\' && i + 1 < len && text[i + 1] == '/')
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		if (d < 0 || pads)
			return false;
		bits = bits << 6 | (uint32_t)d;
		if (++digits % 4)
			continue;
		to[(*n)++] = (uint8_t)(bits >> 16);
		to[(*n)++] = (uint8_t)(bits >> 8);
		to[(*n)++] = (uint8_t)bits;
	}
	if (pads > 2 || (pads && (digits + pads) % 4))
		return false;
	switch (digits % 4) {
	case 2:
		to[(*n)++] = (uint8_t)(bits >> 4);
		return (bits & 0xf) == 0;
	case 3:
		to[(*n)++] = (uint8_t)(bits >> 10);
		to[(*n)++] = (uint8_t)(bits >> 2);
		return (bits & 0x3) == 0;
	default:
		return digits % 4 == 0;
	}
}
