/* Queries with the ids that an index must find: for vsx-verify --golden. */
#ifndef VSX_BENCH_GOLDEN_OUT_H
#define VSX_BENCH_GOLDEN_OUT_H

#include "bench/data/dataset.h"

struct golden_out {
	const char *path;
	const char *source; /* of the queries, for the notes */
	uint64_t n; /* queries, spread evenly over all; 0: 100, or all */
	uint32_t k; /* ids a query, as many as the truth has at most */
};

/*
 * JSON lines {"query":[..],"expect":[ids],"note":".."}; or, if the path ends
 * in .fvecs, the queries there and the ids beside it as .ivecs. Files appear
 * whole. *n is how many queries were written.
 */
enum vsx_status golden_write(const struct golden_out *out,
			     const struct dataset *d, uint64_t *n,
			     struct vsx_error *err);

#endif
