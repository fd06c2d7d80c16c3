/*
 * A plain index in memory, in which everything is done by looking at every row:
 * what a file must answer after any sequence of changes.
 */
#ifndef LIVING_MODEL_H
#define LIVING_MODEL_H

#include <stdbool.h>

#include "base/rng.h"
#include "vsx_write.h"

#define MODEL_ROWS 4096 /* ids are below */

struct model {
	enum vsx_metric metric;
	uint32_t dim;
	float *rows; /* [MODEL_ROWS][dim], by id */
	bool live[MODEL_ROWS];
	uint32_t n_live;
};

void model_init(struct model *m, enum vsx_metric metric, uint32_t dim);
void model_release(struct model *m);

/* Draw the vector of an id anew: small whole numbers, never zero. */
void model_draw(struct model *m, uint32_t id, struct vsx_rng *rng);

/* The k nearest rows of among[MODEL_ROWS], by (distance, id); returns how many.
 */
size_t model_search(const struct model *m, const bool *among,
		    const float *query, size_t k, struct vsx_hit *hits);

/* The distance that VSX reports. */
double model_distance(const struct model *m, uint32_t id, const float *query);

#endif
