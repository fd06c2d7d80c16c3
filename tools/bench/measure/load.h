/*
 * Searching as clients do. With a rate it is an open loop: every arrival has
 * its time before the first is sent, and latency counts from that time, not
 * from when a client came round to it. A stall is then seen by all who arrive
 * during it, which a loop that waits for each answer would leave out
 * (G. Tene's "coordinated omission"). Without a rate every client asks again
 * as soon as it has its answer.
 */
#ifndef VSX_BENCH_LOAD_H
#define VSX_BENCH_LOAD_H

#include "bench/engine/subject.h"
#include "bench/measure/histogram.h"
#include "bench/report/report.h"

struct load_plan {
	const char *phase; /* for the status line; NULL: none */
	uint32_t effort;
	uint32_t clients;
	double rate;	/* arrivals a second, of all clients; NaN: no pause */
	double seconds; /* in which queries are sent; all are answered */
};

/*
 * Sets the numbers of *out from n on; what, engine and spec are the caller's.
 * A search that fails is counted and named on standard error once.
 */
enum vsx_status load_run(struct load *out, const struct subject *s,
			 const struct load_plan *plan, struct vsx_error *err);

/*
 * One client without pauses until the clock says end_ns. For processes, whose
 * histogram is shared with their parent.
 */
enum vsx_status load_closed(const struct subject *s,
			    struct engine_session *session, uint32_t effort,
			    uint64_t first, uint64_t end_ns,
			    struct histogram *latencies, struct vsx_error *err);

void load_percentiles(struct load *out, const struct histogram *latencies);

#endif
