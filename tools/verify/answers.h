/* What an index answers to a set of queries, and how fast. */
#ifndef VSX_VERIFY_ANSWERS_H
#define VSX_VERIFY_ANSWERS_H

#include "vsx.h"

#include <stdbool.h>

/* Borrowed from a golden set, or from the release before. */
struct questions {
	size_t n;
	uint32_t dim;
	const float *rows;    /* [n][dim] */
	const uint64_t *self; /* [n] ids that do not count, or NULL */
};

/* The ids that are expected of each, rising: query i has ids[first[i]] and on,
 * to before first[i + 1]. */
struct expected {
	const uint64_t *ids;
	const size_t *first; /* [n + 1] */
};

/* The first k answers to each. */
struct answers {
	size_t k;
	uint64_t *ids; /* [n][k] */
	size_t *n_ids; /* [n] */
};

enum vsx_status answers_find(struct answers *a, const struct vsx *index,
			     const struct questions *q, size_t k, bool exact,
			     unsigned int n_threads, struct vsx_error *err);
void answers_release(struct answers *a);

/*
 * Turn the answers into what is expected, in place: e lives as long as a, which
 * is only to be released. e->first is to be freed.
 */
enum vsx_status answers_expected(struct answers *a, size_t n,
				 struct expected *e, struct vsx_error *err);

struct measured {
	uint64_t found;	   /* ids, among as many answers as were expected */
	uint64_t expected; /* ids */
	size_t worst;	   /* query of which the least share was found */
	size_t worst_found, worst_expected;
	double p95; /* milliseconds, of all searches that were timed */
};

/*
 * Search all queries at the default effort in this thread: once to count and
 * to warm up, then again a few times against the clock.
 */
enum vsx_status answers_measure(struct measured *m, const struct vsx *index,
				const struct questions *q,
				const struct expected *e,
				struct vsx_error *err);

static inline double measured_recall(const struct measured *m)
{
	return (double)m->found / (double)m->expected;
}

#endif
