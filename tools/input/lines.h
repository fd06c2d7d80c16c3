/*
 * A text, line by line, in memory that goes by the longest line alone.
 * Private to input/.
 *
 * Lines end with LF or CR LF; the last one may lack it. A byte-order mark in
 * front is skipped. Where `quotes` is set, a line goes on while a cell of CSV
 * that began with " is open.
 */
#ifndef VSX_INPUT_LINES_H
#define VSX_INPUT_LINES_H

#include "input/source.h"

/* The longest one: a payload of 16 MiB, each byte escaped, and a vector. */
#define LINES_MAX_BYTES ((size_t)128 << 20)

struct line {
	const char *text; /* not terminated; no number runs past its end, for a
			     byte that is in none follows. Until the next one */
	size_t len;
	uint64_t number; /* of its first line, from 1 */
	const char *bad; /* NULL, or why there is no text */
};

struct lines {
	struct source source;
	bool quotes;
	char *buf;
	size_t begin, end, room;
	uint64_t number; /* of the line at begin */
	uint64_t passed; /* bytes of the text before begin */
	bool ended;	 /* nothing comes behind end */
	bool held;	 /* lines_hold() */
	size_t held_begin;
	uint64_t held_number, held_passed;
};

/* *lines is zeroed before; close it also after a failure. */
enum vsx_status lines_open(struct lines *lines, const char *path,
			   struct vsx_error *err);
void lines_close(struct lines *lines);

/*
 * The next line; *is_one is false at the end. One that is too long, or whose
 * quotes do not end, is bad; then the next one is the line behind its first.
 */
enum vsx_status lines_next(struct lines *lines, struct line *line, bool *is_one,
			   struct vsx_error *err);

/* Whether there are but blanks in the line from this byte on. */
bool line_is_blank(const struct line *line, size_t from);

/*
 * Look ahead: lines that come after lines_hold() come once more after
 * lines_again(). The memory they take is the caller's to bound.
 */
void lines_hold(struct lines *lines);
void lines_again(struct lines *lines);

/* Bytes of the text up to the line that comes next. */
uint64_t lines_passed(const struct lines *lines);

/* Bytes of the whole text; of packed data as those so far let expect. false:
   nobody knows. */
bool lines_size(const struct lines *lines, uint64_t *bytes);

#endif
