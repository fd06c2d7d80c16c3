/* Endings of counted nouns in messages: "1 row", "2 rows", "0 queries". */
#ifndef CLI_PLURAL_H
#define CLI_PLURAL_H

#include <stdint.h>

static inline const char *plural_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static inline const char *plural_ies(uint64_t n)
{
	return n == 1 ? "y" : "ies";
}

#endif
