/*
 * What an index answers, so that two generations can be told apart and none is
 * taken for the other.
 */
#ifndef CRASH_ANSWERS_H
#define CRASH_ANSWERS_H

#include <stdbool.h>

#include "vsx_write.h"

enum { ANSWER_QUERIES = 3, ANSWER_WAYS = 3, ANSWER_K = 6, ANSWER_IDS = 8 };

struct answers {
	uint8_t uuid[16];
	uint64_t generation;
	uint64_t n_live, n_rows;
	uint64_t extra_bytes; /* not compared */
	/* Exact, as by default, and as by default among rows of a filter. */
	size_t n_hits[ANSWER_WAYS][ANSWER_QUERIES];
	struct vsx_hit hits[ANSWER_WAYS][ANSWER_QUERIES][ANSWER_K];
	enum vsx_status got[ANSWER_IDS];
	float rows[ANSWER_IDS][64];
	float payload[ANSWER_IDS][64];
	uint64_t
		found[ANSWER_IDS]; /* 1 + the id, by a key that says it; or 0 */
	uint64_t selected; /* a hash of the ids of the rows of that filter */
};

/* Ask the index at `path`; a failure of any call is the result. */
enum vsx_status answers_take(struct answers *a, const char *path,
			     enum vsx_check check, struct vsx_error *err);

/* Of the same generation of the same file? */
bool answers_same_generation(const struct answers *a, const struct answers *b);
/* The same answers? Generation and uuid count, too. */
bool answers_same(const struct answers *a, const struct answers *b);

/* vsx_verify() in full: the first finding, "" if there is none. */
const char *answers_finding(const char *path);

#endif
