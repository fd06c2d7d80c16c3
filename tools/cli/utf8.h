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

/*
 * Columns that text takes on a terminal: 2 for a wide character, 0 for a mark
 * that is put on the one before. In a locale without UTF-8, and for characters
 * that cannot be shown, those of the \\x.. that stands for each byte.
 */
size_t utf8_width(const char *text);

/* As much of text as takes so many columns, 3 or more, with the mark of an
 * omission behind it; all of one that is not wider. To be freed; NULL: no
 * memory. */
char *utf8_cut(const char *text, size_t columns);

/* Put '?' where `text` holds control characters or what is no UTF-8. */
void utf8_clean(char *text);

#endif
