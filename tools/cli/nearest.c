#include "cli/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MOST_SLIPS 2 /* more than that are another word */
#define MOST_BYTES 64

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to change, add, drop or swap with the next to turn a into b. */
static size_t distance(const char *a, size_t len, const char *b)
{
	size_t rows[3][MOST_BYTES], width = strlen(b);
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (width >= MOST_BYTES)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		now[j] = j;
	for (size_t i = 0; i < len; i++) {
		size_t *spare = before;

		before = last;
		last = now;
		now = spare;
		now[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t d = last[j] + !same(a[i], b[j]);

			d = least(d, least(now[j], last[j + 1]) + 1);
			if (i && j && same(a[i], b[j - 1]) &&
			    same(a[i - 1], b[j]))
				d = least(d, before[j - 1] + 1);
			now[j + 1] = d;
		}
	}
	return now[width];
}

/* Whether the short text is one or more of the parts of the long one. */
static bool is_part(const char *part, size_t len, const char *of, size_t of_len)
{
	for (size_t i = 0; i + len <= of_len && len < of_len; i++)
		if ((i == 0 || of[i - 1] == '-') &&
		    (i + len == of_len || of[i + len] == '-') &&
		    strncasecmp(part, of + i, len) == 0)
			return true;
	return false;
}

const char *nearest_word(const char *typed, size_t len,
			 const char *const *words)
{
	size_t slips = MOST_SLIPS + 1;
	const char *best = NULL;

	for (size_t i = 0; words[i]; i++) {
		size_t d = distance(typed, len, words[i]);

		if (d < slips && 2 * d < len) {
			slips = d;
			best = words[i];
		}
	}
	for (size_t i = 0; words[i] && !best; i++) {
		size_t n = strlen(words[i]);

		if (is_part(words[i], n, typed, len) ||
		    is_part(typed, len, words[i], n))
			best = words[i];
	}
	return best;
}
