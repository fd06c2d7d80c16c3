/*
 * Colour, where it helps and is wanted: on a terminal that is not dumb and
 * without NO_COLOR in the environment (https://no-color.org), or as --color
 * says. Nothing is told by colour alone.
 */
#ifndef VSX_CLI_COLOUR_H
#define VSX_CLI_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum colour {
	COLOUR_NONE,
	COLOUR_BAD,
	COLOUR_GOOD,
	COLOUR_HEADING,
	COLOUR_NOTICE,
};

enum colour_when { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* What --color says; CLI_COLOUR stores it. */
extern int colour_when;
extern const char *const colour_words[];

/* For the table of options of every command. */
/* clang-format off */
#define CLI_COLOUR                                                      \
	CLI_CHOICE(0, "color", "WHEN", "colour what is printed (auto)", \
		   &colour_when, colour_words)
/* clang-format on */

bool colour_on(FILE *to);

/* The escape sequence, or "" where there is to be no colour. */
const char *colour(FILE *to, enum colour colour);
const char *colour_off(FILE *to);

/* The escape sequence, whatever is wanted. */
const char *colour_code(enum colour colour);

#endif
