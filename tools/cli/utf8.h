/* UTF-8, for names and labels that come from anywhere. */
#ifndef VSX_CLI_UTF8_H
#define VSX_CLI_UTF8_H

#include <stddef.h>
#include <stdio.h>

/*
 * The length of the well-formed UTF-8 sequence at s (Unicode 15, table 3-7:
 * no overlong forms, no surrogates, nothing past U+10FFFF), or 0.
 */
size_t utf8_len(const char *s, size_t left);

/*
 * Print words and a line feed, in lines of so many columns; a word is not
 * broken. The first line goes on at column `at`, all others begin at `indent`.
 */
void utf8_wrap(FILE *to, const char *text, int at, int indent, int columns);

/* Put '?' where `text` holds control characters or what is no UTF-8. */
void utf8_clean(char *text);

#endif
