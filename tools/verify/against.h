/* The checks of an index against the release before; parts of gate_run(). */
#ifndef VSX_VERIFY_AGAINST_H
#define VSX_VERIFY_AGAINST_H

#include "verify/gate.h"
#include "verify/questions.h"

/* Model, metric, dimension, element type, number of rows. */
void against_facts(struct gate *g);

/*
 * Row by row, over a sample: ids that are missing or added, vectors that
 * changed or moved to other ids, their lengths.
 */
enum vsx_status against_rows(struct gate *g, struct vsx_error *err);

/* The distances of rows to the centroids of the old index. */
enum vsx_status against_spread(struct gate *g, struct vsx_error *err);

/* Answers to the same queries. */
enum vsx_status against_answers(struct gate *g, const struct question_set *s,
				struct vsx_error *err);

/* Whether vectors of the two can be compared at all. */
static inline bool against_same_dim(const struct gate *g)
{
	return g->old.facts.dim == g->now.facts.dim;
}

#endif
