/* Endings of counted nouns in messages: "1 row", "2 rows", "0 queries". */
#ifndef VSX_PLURAL_H
#define VSX_PLURAL_H

#include <stdint.h>

static inline const char *vsx_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static inline const char *vsx_ies(uint64_t n)
{
	return n == 1 ? "y" : "ies";
}

#endif
