#include "input/lines.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 20)

enum vsx_status lines_open(struct lines *lines, const char *path,
			   struct vsx_error *err)
{
	enum vsx_status status;
	size_t skipped;

	lines->number = 1;
	lines->source.fd = -1;
	status = source_open_text(&lines->source, path, err);
	if (status == VSX_OK)
		status = source_skip_bom(&lines->source, &skipped, err);
	if (status == VSX_OK)
		lines->passed = skipped;
	return status;
}

void lines_close(struct lines *lines)
{
	source_close(&lines->source);
	free(lines->buf);
	lines->buf = NULL;
}

void lines_hold(struct lines *lines)
{
	lines->held = true;
	lines->held_begin = lines->begin;
	lines->held_number = lines->number;
	lines->held_passed = lines->passed;
}

void lines_again(struct lines *lines)
{
	lines->held = false;
	lines->begin = lines->held_begin;
	lines->number = lines->held_number;
	lines->passed = lines->held_passed;
}

uint64_t lines_passed(const struct lines *lines)
{
	return lines->passed;
}

bool lines_size(const struct lines *lines, uint64_t *bytes)
{
	const struct source *s = &lines->source;

	*bytes = s->size;
	if (s->unpack && s->packed_next)
		*bytes = (uint64_t)((double)s->size * (double)s->next /
				    (double)s->packed_next);
	return s->size > 0;
}

/* More behind what there is; *ended if there is no more. A byte is left. */
static enum vsx_status read_more(struct lines *lines, struct vsx_error *err)
{
	size_t keep = lines->held ? lines->held_begin : lines->begin;
	enum vsx_status status;
	size_t got;

	if (keep > 0) {
		memmove(lines->buf, lines->buf + keep, lines->end - keep);
		lines->begin -= keep;
		lines->end -= keep;
		lines->held_begin = 0;
	}
	if (lines->room < lines->end + CHUNK_BYTES + 1) {
		size_t room = 2 * lines->room + 2 * CHUNK_BYTES;
		char *more = realloc(lines->buf, room);

		if (!more)
			return tool_fail_memory(err, room);
		lines->buf = more;
		lines->room = room;
	}
	status = source_read(&lines->source, lines->buf + lines->end,
			     CHUNK_BYTES, &got, err);
	if (status != VSX_OK)
		return status;
	lines->end += got;
	lines->buf[lines->end] = '\0';
	lines->ended = got < CHUNK_BYTES;
	return VSX_OK;
}

/* A scan for the end of a line, which goes on when there is more to look at. */
struct scan {
	size_t at;	 /* from begin on */
	uint64_t breaks; /* lines that it spans, but for the last */
	enum {
		CELL_BEGINS,
		CELL_PLAIN,
		CELL_QUOTED,
		CELL_CLOSED, /* behind a quote that may have ended it */
	} where;
};

/* Whether the line ends before `end`; then at its LF. */
static bool find_quoted(const struct lines *lines, struct scan *s)
{
	const char *text = lines->buf + lines->begin;
	size_t n = lines->end - lines->begin;

	for (; s->at < n; s->at++) {
		char c = text[s->at];

		if (s->where == CELL_QUOTED) {
			if (c == '"')
				s->where = CELL_CLOSED;
			s->breaks += c == '\n';
		} else if (c == '\n') {
			return true;
		} else if (c == '"' && s->where != CELL_PLAIN) {
			s->where = CELL_QUOTED;
		} else {
			s->where = c == ',' ? CELL_BEGINS : CELL_PLAIN;
		}
	}
	return false;
}

static bool find_plain(const struct lines *lines, struct scan *s)
{
	const char *text = lines->buf + lines->begin;
	size_t n = lines->end - lines->begin;
	const char *lf = memchr(text + s->at, '\n', n - s->at);

	s->at = lf ? (size_t)(lf - text) : n;
	return lf != NULL;
}

static void pass(struct lines *lines, size_t bytes, uint64_t numbers)
{
	lines->begin += bytes;
	lines->passed += bytes;
	lines->number += numbers;
}

/* Go on behind the first LF, however far that is. */
static enum vsx_status skip_first(struct lines *lines, struct vsx_error *err)
{
	for (;;) {
		struct scan s = {.at = 0};
		enum vsx_status status;
		bool found = lines->end > lines->begin && find_plain(lines, &s);

		pass(lines, s.at + found, found);
		if (found || lines->ended)
			return VSX_OK;
		status = read_more(lines, err);
		if (status != VSX_OK)
			return status;
	}
}

/* Not by strspn(), for which a blank line goes on with those behind it. */
bool line_is_blank(const struct line *line, size_t from)
{
	for (; from < line->len; from++)
		if (line->text[from] != ' ' && line->text[from] != '\t' &&
		    line->text[from] != '\r' && line->text[from] != '\n')
			return false;
	return true;
}

static enum vsx_status refuse(struct lines *lines, struct line *line,
			      const char *why, struct vsx_error *err)
{
	line->text = "";
	line->len = 0;
	line->bad = why;
	return skip_first(lines, err);
}

enum vsx_status lines_next(struct lines *lines, struct line *line, bool *is_one,
			   struct vsx_error *err)
{
	struct scan s = {.at = 0};
	enum vsx_status status;
	size_t len;

	*line = (struct line){.number = lines->number};
	*is_one = true;
	for (;;) {
		bool found = lines->end > lines->begin &&
			     (lines->quotes ? find_quoted(lines, &s)
					    : find_plain(lines, &s));

		if (s.at > LINES_MAX_BYTES)
			return refuse(lines, line,
				      s.where == CELL_QUOTED
					      ? "the quote of a cell does not "
						"end within 128 MiB"
					      : "is longer than 128 MiB",
				      err);
		if (found)
			break;
		if (lines->ended) {
			*is_one = lines->end > lines->begin;
			if (s.where == CELL_QUOTED)
				return refuse(lines, line,
					      "the quote of a cell does not "
					      "end",
					      err);
			break;
		}
		status = read_more(lines, err);
		if (status != VSX_OK)
			return status;
	}
	len = s.at;
	line->text = lines->buf + lines->begin;
	line->len = len && line->text[len - 1] == '\r' ? len - 1 : len;
	pass(lines, lines->end - lines->begin > len ? len + 1 : len,
	     s.breaks + 1);
	return VSX_OK;
}
