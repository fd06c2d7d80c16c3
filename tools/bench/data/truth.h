/* Exact neighbours, by comparing every query with every row. */
#ifndef VSX_BENCH_TRUTH_H
#define VSX_BENCH_TRUTH_H

#include "bench/data/vectors.h"

struct truth_plan {
	const struct vectors *queries;
	const void *rows; /* [n_rows][dim] of the queries' element type */
	uint64_t n_rows;
	const uint64_t *ids; /* uint64_t[n_rows], or NULL: 0, 1, 2, ... */
	enum vsx_metric metric;
	uint32_t k;
	unsigned int threads;
	const char *folder; /* for a while */
};

/*
 * *truth is [queries->n][k] ids, nearest first, ties by number; to be
 * freed. Goes through a Flat index, whose file has no name any more while it is
 * searched, so that nothing is left however this ends. VSX_ESTOPPED after
 * Ctrl-C.
 */
enum vsx_status truth_compute(uint64_t **truth, const struct truth_plan *plan,
			      struct vsx_error *err);

/*
 * That [n][k] ids of a file are row numbers below n_rows, by the rule of
 * input/truth.h. *shortest: the length of the shortest list; none is empty.
 * VSX_EINVAL names the file and the place.
 */
enum vsx_status truth_check(const uint64_t *truth, uint64_t n, uint32_t k,
			    uint64_t n_rows, const char *name,
			    const char *rows_name, uint32_t *shortest,
			    struct vsx_error *err);

#endif
