/* One subject at one effort: a point of the report in the making. */
#ifndef VSX_BENCH_CELL_H
#define VSX_BENCH_CELL_H

#include "bench/engine/subject.h"
#include "bench/measure/histogram.h"
#include "bench/measure/measure.h"

#define CELL_REPEATS 24 /* at most */

struct cell {
	struct subject *subject;
	bool main; /* shown in the table; the others are there for plots */
	struct point point; /* what has been found out */
	/* timing.c */
	double block_seconds;
	uint64_t at_1, at_n; /* the next query */
	double rate_1[CELL_REPEATS], rate_n[CELL_REPEATS];
	bool settled;
	struct histogram *latencies;
};

struct cells {
	struct cell *items;
	size_t n;
};

/*
 * Choose the efforts of a subject and measure what they find, and append the
 * cells by rising effort: the one at the target and a few around it, a whole
 * curve, or the one that is given.
 */
enum vsx_status cells_add(struct cells *cells, struct subject *s,
			  const struct measure_opts *opts,
			  struct vsx_error *err);

/* The cell of a subject that loads are put on: at the target. */
struct cell *cells_at_target(const struct cells *cells, const struct subject *s,
			     double target);

void cells_release(struct cells *cells);

#endif
