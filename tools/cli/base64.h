/* Base64 of RFC 4648, with its padding and without line feeds. */
#ifndef VSX_CLI_BASE64_H
#define VSX_CLI_BASE64_H

#include <stddef.h>
#include <stdio.h>

void base64_write(FILE *to, const void *bytes, size_t n);

#endif
