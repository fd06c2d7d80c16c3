/* Rows that no index can hold, taken out of a dataset: --skip-bad. */
#ifndef VSX_BENCH_LEAVE_OUT_H
#define VSX_BENCH_LEAVE_OUT_H

#include "bench/data/vectors.h"
#include "input/rejects.h"

struct leave_out {
	enum vsx_metric metric;
	enum vsx_elem elem;	     /* that the rows are to become */
	const char *folder;	     /* for a while */
	const struct odd_rows *odds; /* of reading them */
	struct rejects *rejects;     /* told of each */
};

/*
 * What the library would refuse, by its own word. *ids are the numbers that the
 * rows had, uint64_t[v->n], to be freed; NULL when all are left. It is an error
 * if none is.
 */
enum vsx_status leave_out(struct vectors *v, uint64_t **ids,
			  const struct leave_out *how, struct vsx_error *err);

#endif
