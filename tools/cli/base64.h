/* Base64 of RFC 4648, without line feeds. */
#ifndef VSX_CLI_BASE64_H
#define VSX_CLI_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* With its padding. */
void base64_write(FILE *to, const void *bytes, size_t n);

/* Bytes that n characters stand for at most. */
static inline size_t base64_room(size_t n)
{
	return n / 4 * 3 + 3;
}

/* With padding or without. false: it is none. A \ before / is JSON's, and
   passed over. */
bool base64_decode(uint8_t *to, size_t *n, const char *text, size_t len);

#endif
