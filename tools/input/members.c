#include "input/members.h"

#include <string.h>

static void skip_blanks(struct members *m)
{
	while (m->at < m->end && *m->at && strchr(" \t\r\n", *m->at))
		m->at++;
}

static bool take(struct members *m, char c)
{
	skip_blanks(m);
	if (m->at >= m->end || *m->at != c)
		return false;
	m->at++;
	return true;
}

/* Behind the quote that ends a string, whose first one was passed. */
static const char *string_end(const char *s, const char *end, bool *escaped)
{
	while (s < end && *s != '"') {
		if (*s == '\\' && s + 1 < end) {
			*escaped = true;
			s++;
		}
		s++;
	}
	return s < end ? s + 1 : NULL;
}

void members_begin(struct members *m, const char *text, size_t len)
{
	memset(m, 0, sizeof(*m));
	m->at = text;
	m->end = text + len;
	m->broken = !take(m, '{');
}

static bool fail(struct members *m)
{
	m->broken = true;
	return false;
}

/* Nothing but blanks may be behind the object. */
static bool finish(struct members *m)
{
	skip_blanks(m);
	m->ended = true;
	m->broken = m->at != m->end;
	return false;
}

bool members_next(struct members *m)
{
	const char *close;

	if (m->broken || m->ended)
		return false;
	if (take(m, '}'))
		return finish(m);
	if (m->begun && !take(m, ','))
		return fail(m);
	m->begun = true;
	if (!take(m, '"'))
		return fail(m);
	m->name = m->at;
	m->escaped = false;
	close = string_end(m->at, m->end, &m->escaped);
	if (!close)
		return fail(m);
	m->name_len = (size_t)(close - 1 - m->name);
	m->at = close;
	if (!take(m, ':'))
		return fail(m);
	skip_blanks(m);
	m->value = m->at;
	return true;
}

size_t members_skip(struct members *m)
{
	size_t depth = 0;
	const char *s = m->at;
	bool ignored;

	for (; s < m->end; s++) {
		if (*s == '"') {
			s = string_end(s + 1, m->end, &ignored);
			if (!s) {
				s = m->end;
				break;
			}
			s--;
		} else if (*s == '[' || *s == '{') {
			depth++;
		} else if (depth == 0 && (*s == ',' || *s == '}')) {
			break;
		} else if (*s == ']' || *s == '}') {
			depth -= depth > 0;
		}
	}
	m->at = s;
	while (s > m->value && strchr(" \t\r\n", s[-1]) && s[-1])
		s--;
	return (size_t)(s - m->value);
}
