#include "cli/base64.h"

#include <stdint.h>

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
