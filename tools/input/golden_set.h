/* A golden set while it is read; private to input/. */
#ifndef VSX_INPUT_GOLDEN_SET_H
#define VSX_INPUT_GOLDEN_SET_H

#include "input/golden.h"
#include "input/source.h"

struct golden_room {
	struct golden *g;
	size_t queries; /* that there is room for */
	size_t ids;
};

/*
 * Room for one more query at g->queries[g->n], of g->dim components, and for
 * n_ids more ids at g->expect[g->first[g->n]]; zeroed where it matters.
 */
enum vsx_status golden_grow(struct golden_room *room, size_t n_ids,
			    struct vsx_error *err);

/*
 * Count the query in, with its n_ids ids. Refuses an id that appears twice;
 * `where` leads the message.
 */
enum vsx_status golden_add(struct golden_room *room, size_t place, size_t n_ids,
			   const char *where, struct vsx_error *err);

/* JSON lines from a source that was just opened. */
enum vsx_status golden_read_lines(struct golden_room *room,
				  struct source *source, struct vsx_error *err);

/* One line of JSON, number `line`, without its line feed. */
enum vsx_status golden_read_line(struct golden_room *room, const char *text,
				 size_t len, size_t line,
				 struct vsx_error *err);

#endif
