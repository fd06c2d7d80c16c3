/* The word that was most likely meant by one that is not known. */
#ifndef VSX_CLI_NEAREST_H
#define VSX_CLI_NEAREST_H

#include <stddef.h>

/*
 * The most like `typed` (its first len bytes, in any case) among words, which
 * end with NULL; or NULL if none is much like it. A slip or two are forgiven,
 * and parts between dashes that are too many or too few: "target-recall" is
 * like "recall".
 */
const char *nearest_word(const char *typed, size_t len,
			 const char *const *words);

#endif
