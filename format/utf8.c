#include "utf8.h"

size_t vsx_utf8_bytes(const uint8_t *s, size_t n)
{
	uint32_t min, code;
	size_t bytes;

	if (n == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		bytes = 2, min = 0x80, code = s[0] & 0x1f;
	else if ((s[0] & 0xf0) == 0xe0)
		bytes = 3, min = 0x800, code = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		bytes = 4, min = 0x10000, code = s[0] & 0x07;
	else
		return 0;
	if (bytes > n)
		return 0;
	for (size_t i = 1; i < bytes; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < min || code > 0x10ffff || (code >> 11) == 0x1b)
		return 0;
	return bytes;
}

bool vsx_utf8_is_control(const uint8_t *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

bool vsx_utf8_ok(const uint8_t *s, size_t n)
{
	while (n > 0) {
		size_t bytes = vsx_utf8_bytes(s, n);

		if (bytes == 0 || *s == 0)
			return false;
		s += bytes;
		n -= bytes;
	}
	return true;
}
