/*
 * A golden set: queries that stand for what users ask, each with the ids that
 * must be among its answers.
 *
 * Either JSON lines,
 *
 *	{"query": [0.12, -0.5], "expect": [17, 4], "note": "blue shoes"}
 *
 * where `note` may be missing, other members are left alone and lines of white
 * space are skipped; or X.fvecs, whose ids are the rows of X.ivecs beside it.
 */
#ifndef VSX_INPUT_GOLDEN_H
#define VSX_INPUT_GOLDEN_H

#include "cli/fail.h"
#include "vsx_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line of JSON; the memory that one takes is in proportion. */
#define GOLDEN_MAX_LINE ((size_t)4 << 20)

struct golden {
	char name[TOOL_NAME_BYTES];	/* of the file of the queries */
	char ids_name[TOOL_NAME_BYTES]; /* of the file of the ids */
	bool lines; /* places are lines from 1, else rows from 0 */
	uint32_t dim;
	size_t n;
	float *queries;	  /* [n][dim], all finite */
	uint64_t *expect; /* query i: first[i] to before first[i + 1], rising */
	size_t *first;	  /* [n + 1] */
	size_t *place;	  /* [n] line or row */
	char **note;	  /* [n], each may be NULL */
};

/*
 * Read all of it. VSX_EINVAL, or VSX_ENUMERIC for a component that has no
 * distance, names file, line or row, and value. Whatever it answers, *g can be
 * released.
 */
enum vsx_status golden_load(struct golden *g, const char *path,
			    struct vsx_error *err);
void golden_release(struct golden *g);

/*
 * *ids: the path X.ivecs beside X.fvecs, to be freed; NULL when `path` holds
 * the ids itself.
 */
enum vsx_status golden_beside(char **ids, const char *path,
			      struct vsx_error *err);

/* "line 3" or "row 3", where query i stands. Returns `to`. */
#define GOLDEN_PLACE_BYTES 32
char *golden_place(char to[GOLDEN_PLACE_BYTES], const struct golden *g,
		   size_t i);

#endif
