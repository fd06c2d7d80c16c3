/*
 * The indexes over the same rows: built, opened, measured in turns, reported.
 * A run has one group, or one for each size of a growth curve.
 */
#ifndef VSX_BENCH_GROUP_H
#define VSX_BENCH_GROUP_H

#include "bench/data/dataset.h"
#include "bench/measure/cell.h"
#include "bench/measure/measure.h"

struct group {
	const struct dataset *data;
	const struct measure_opts *opts;
	uint64_t n_rows; /* the first so many */
	bool builds;	 /* makes the specs */
	bool last;	 /* opens the existing files, and is put under load */
	const uint64_t *truth;
	unsigned int threads;
	size_t k;
};

enum vsx_status group_run(const struct group *g, struct report *r,
			  struct vsx_error *err);

#endif
