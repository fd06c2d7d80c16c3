/* Whether an index file that exists is one of the data. */
#ifndef VSX_BENCH_EXISTING_H
#define VSX_BENCH_EXISTING_H

#include "bench/data/dataset.h"
#include "bench/engine/subject.h"

/*
 * Dimension and metric must be those of the data, and it must hold n_rows rows;
 * its ids must be the row numbers 0 to n-1, and the vectors, of which some are
 * compared, those rows. VSX_EINVAL says in one line what is not so.
 */
enum vsx_status existing_check(const struct subject *s, const struct dataset *d,
			       uint64_t n_rows, struct vsx_error *err);

#endif
