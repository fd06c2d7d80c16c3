/* Recall of answers against known neighbours. */
#ifndef VSX_TOOLS_QUERY_RECALL_H
#define VSX_TOOLS_QUERY_RECALL_H

#include "vsx.h"

#include <stdbool.h>
#include <stdio.h>

#define RECALLS 3

/* recall@1, @10 and @k, as far as k and the truth go. */
struct recall {
	uint64_t *truth; /* [n_queries][truth_k] */
	uint64_t n_queries;
	uint32_t truth_k;
	size_t at[RECALLS]; /* rising; 0: not measured */
	uint64_t found[RECALLS];
	uint64_t of[RECALLS]; /* as many could be */
	uint64_t n;	      /* queries counted */
	uint64_t n_telling;   /* of them have neighbours */
};

/*
 * Read the ground truth, which keeps the rule of input/truth.h; n_queries must
 * be that of the queries, if known.
 *
 * index  that is searched, called `name`
 */
enum vsx_status recall_begin(struct recall *r, const char *path,
			     uint64_t n_queries, size_t k,
			     const struct vsx *index, const char *name,
			     struct vsx_error *err);
enum vsx_status recall_add(struct recall *r, const struct vsx_hit *hits,
			   const size_t *n_hits, size_t n, size_t k,
			   struct vsx_error *err);
/* NaN where no query has neighbours. */
double recall_of(const struct recall *r, int i);
/* All of them, as a line of JSON or lines of text. */
void recall_print(const struct recall *r, bool as_json, FILE *to);
/* Say so if fewer queries were measured than `due`. */
void recall_say_few(const struct recall *r, const char *index, uint32_t due);
void recall_release(struct recall *r);

#endif
