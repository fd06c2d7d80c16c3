/* The first queries of a file that is not in memory. */
#ifndef VSX_BENCH_COLD_H
#define VSX_BENCH_COLD_H

#include "bench/measure/cell.h"

#define COLD_QUERIES 100 /* after each opening */

/*
 * For every cell of VSX that is shown: drop the file from the page cache, open
 * it anew and ask the first queries, three times and in turns. Sets cold_ms,
 * cold_faults and cold_bytes, means a query with the opening in them, which
 * reads a small file whole; NaN where the file would not
 * leave memory, which is said, or the kernel does not tell. Engines of other
 * libraries read their whole file when they open it, and are left out.
 */
enum vsx_status cold_run(struct cells *cells, bool quiet,
			 struct vsx_error *err);

#endif
