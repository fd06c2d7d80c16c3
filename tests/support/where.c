#include "support/where.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind the word where the text, or a part of it, begins so. */
static int64_t counted(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += n) {
		bool first = p == text || (p - text > 1 && p[-2] == ':');

		if (first && isdigit((unsigned char)p[n]))
			return strtoll(p + n, NULL, 10);
	}
	return -1;
}

static bool is(const char *text, const char *word, int64_t told)
{
	int64_t due = counted(text, word);

	return due < 0 || told == due;
}

static bool has_section(const char *text, const char *told)
{
	const char *p = strstr(text, "section ");

	for (int i = 0; p && i < 4; i++)
		if (!isupper((unsigned char)p[8 + i]) &&
		    !isdigit((unsigned char)p[8 + i]))
			return true; /* of something else */
	return !p || strncmp(p + 8, told, 4) == 0;
}

bool support_where_agrees(const char *text, const struct vsx_where *at)
{
	if (is(text, "page ", at->page) && is(text, "row ", at->row) &&
	    is(text, "query ", at->query) &&
	    is(text, "segment ", at->segment) && has_section(text, at->section))
		return true;
	fprintf(stderr,
		"'%s': row %lld, query %lld, page %lld, segment %lld, "
		"section '%s'\n",
		text, (long long)at->row, (long long)at->query,
		(long long)at->page, (long long)at->segment, at->section);
	return false;
}
