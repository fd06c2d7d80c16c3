/* Base64 of RFC 4648, with or without = at its end. Private to input/. */
#ifndef VSX_INPUT_BASE64_H
#define VSX_INPUT_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that n characters stand for at most. */
static inline size_t base64_room(size_t n)
{
	return n / 4 * 3 + 3;
}

/* false: it is none. A \ before / is JSON's, and passed over. */
bool base64_decode(uint8_t *to, size_t *n, const char *text, size_t len);

#endif
