/* Many who search at once: threads, processes, and beside a writer. */
#ifndef VSX_BENCH_CONCURRENCY_H
#define VSX_BENCH_CONCURRENCY_H

#include "bench/measure/cell.h"

/*
 * Adds loads to the report: clients at a rate if opts->clients, and, if
 * opts->concurrency, 1 to 16 threads on one handle and, for VSX, 1 to 4
 * processes on one file.
 */
enum vsx_status concurrency_run(struct report *r, const struct cell *c,
				const struct measure_opts *opts,
				struct vsx_error *err);

/*
 * One searching thread beside a process that writes to the file; the handle
 * stays open. The file is another one afterwards. For own indexes of VSX, and
 * last.
 */
enum vsx_status concurrency_beside_writer(struct report *r,
					  const struct cell *c,
					  const struct measure_opts *opts,
					  struct vsx_error *err);

#endif
