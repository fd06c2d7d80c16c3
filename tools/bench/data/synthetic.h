/*
 * Rows and queries to measure with where there is no data: a mixture of normal
 * distributions, about sqrt(rows) of them and of unequal weights, each
 * stretched along a random subspace of its own of few dimensions. Their centres
 * lie in another such subspace, so that clusters overlap with some others.
 *
 * The same options give the same bits on every machine and for any number of
 * threads.
 */
#ifndef VSX_BENCH_SYNTHETIC_H
#define VSX_BENCH_SYNTHETIC_H

#include "bench/data/vectors.h"

#define SYNTHETIC_MAX_INTRINSIC 1024

struct synthetic {
	uint64_t n_rows, n_queries;
	uint32_t dim;
	uint32_t intrinsic_dim; /* of every subspace; 0: min(dim, 16) */
	uint32_t n_clusters;	/* 0: about sqrt(n_rows) */
	enum vsx_elem elem;	/* i8 and u8: scaled and rounded */
	uint64_t seed;
	unsigned int threads;
};

/* "ROWSxDIM" */
enum vsx_status synthetic_parse(struct synthetic *s, const char *text,
				struct vsx_error *err);

/* Sets what is 0, and makes rows and queries, which are zeroed. */
enum vsx_status synthetic_make(struct synthetic *s, struct vectors *rows,
			       struct vectors *queries, struct vsx_error *err);

#endif
