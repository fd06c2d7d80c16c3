/*
 * Numbers in text, as JSON writes them, to f32: each is the f32 nearest to it,
 * ties to even, whatever the locale. Private to input/.
 */
#ifndef VSX_INPUT_NUMBERS_H
#define VSX_INPUT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

enum number_wrong {
	NUMBER_OK = 0,
	NUMBER_NONE, /* there is no number */
	NUMBER_BIG,  /* f32 has none that is nearest: it would be infinite */
};

/*
 * The number at *at; *at becomes the place behind it, also where it is too
 * great. What follows within `end`, or lies there, is no part of a number:
 * the text may be looked at up to that byte.
 */
enum number_wrong number_scan(const char **at, const char *end, float *to);

struct numbers {
	float *to;   /* room for this many */
	size_t room; /* more are counted, not kept */
	size_t n;
	/* Of a failure: */
	const char *at; /* the place */
	enum number_wrong wrong;
	bool punctuation; /* it is no number that is missing, but , or ] */
};

/*
 * A JSON array of numbers, which begins at *at. true: all of it was read, and
 * *at is behind its ].
 */
bool numbers_scan(struct numbers *numbers, const char **at, const char *end);

#endif
