/*
 * How many of the exact neighbours an index finds: untimed passes over the
 * queries, by all threads. Ids are compared, not distances.
 */
#ifndef VSX_BENCH_RECALL_H
#define VSX_BENCH_RECALL_H

#include "bench/engine/subject.h"

#define RECALL_MOST 4

struct recall_pass {
	uint32_t effort;
	size_t k;		/* answers asked for */
	uint64_t stride;	/* only every stride-th query; 1: all */
	size_t at[RECALL_MOST]; /* shares wanted; none above k or the number
				   of exact neighbours that are known */
	size_t n_at;
	/* found out */
	double recall[RECALL_MOST];
	double distances; /* mean a query; NaN where an engine does not tell */
	double refine;	  /* factor that it was searched with; 0: none */
	double seconds;
};

enum vsx_status recall_run(struct recall_pass *pass, const struct subject *s,
			   struct vsx_error *err);

#endif
