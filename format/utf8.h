/* UTF-8, RFC 3629. */
#ifndef VSX_UTF8_H
#define VSX_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Length of the well-formed character at s, which has at most n bytes; 0 if
 * there is none. Reads no byte behind one that ends it, such as a 0.
 */
size_t vsx_utf8_bytes(const uint8_t *s, size_t n);

/* U+0000 to U+001F or U+007F to U+009F. */
bool vsx_utf8_is_control(const uint8_t *s);

/* Whether all n bytes are well-formed characters other than U+0000. */
bool vsx_utf8_ok(const uint8_t *s, size_t n);

#endif
