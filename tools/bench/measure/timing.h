/* Latency and throughput of all cells, in turns. */
#ifndef VSX_BENCH_TIMING_H
#define VSX_BENCH_TIMING_H

#include "bench/measure/cell.h"

/*
 * Rounds of short blocks: in each round every cell is timed for a moment with
 * one thread and for a moment with all, so that a machine that speeds up or
 * slows down does so for all alike. A cell is done when nine repeats lie
 * within a few percent of each other, or when its subject has had `seconds`.
 */
enum vsx_status timing_run(struct cells *cells, double seconds,
			   struct vsx_error *err);

/* The results: latencies are of one thread, and all of its repeats. */
void timing_result(struct cell *cell);

/* Seconds from a closed file to the first answer, the median of a few tries;
   bytes of memory as the engine tells. */
enum vsx_status timing_reopen(const struct subject *s, double *seconds,
			      uint64_t *resident, struct vsx_error *err);

#endif
