#include "cli/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int colour_when = COLOUR_AUTO;

/* By enum colour_when. */
const char *const colour_words[] = {"auto", "always", "never", NULL};

bool colour_on(FILE *to)
{
	const char *refused = getenv("NO_COLOR"), *term = getenv("TERM");

	if (colour_when != COLOUR_AUTO)
		return colour_when == COLOUR_ALWAYS;
	return !(refused && *refused) && !(term && strcmp(term, "dumb") == 0) &&
	       isatty(fileno(to));
}

/* Of the 16 colours, which a terminal shows so that they can be read on its
   own ground, light or dark. */
const char *colour_code(enum colour colour)
{
	static const char *const codes[] = {
		[COLOUR_NONE] = "",	      [COLOUR_BAD] = "\033[1;31m",
		[COLOUR_GOOD] = "\033[32m",   [COLOUR_HEADING] = "\033[1m",
		[COLOUR_NOTICE] = "\033[35m",
	};

	return codes[colour];
}

const char *colour(FILE *to, enum colour colour)
{
	return colour_on(to) ? colour_code(colour) : "";
}

const char *colour_off(FILE *to)
{
	return colour_on(to) ? "\033[0m" : "";
}
