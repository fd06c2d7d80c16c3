/*
 * How long a build would take. Nothing is timed here: the work is counted, and
 * the rates are those of one thread of the machine of bench/RESULTS.md, where
 * they give its times within a factor of two. Other machines differ by as much.
 */
#include "write/plan_time.h"

#include "kernel/space.h"
#include "write/measure.h"

/* Components compared in a second when all rows are looked at. */
#define WHOLE_RATE 1.0e11 /* of whole numbers */
#define REAL_RATE  0.4e11

#define WRITE_RATE 4e8 /* bytes in a second, read back included */

static double test_seconds(const struct vsx_build_opts *o, double n)
{
	double queries =
		vsx_measure_count(o->n_test_queries, (uint64_t)n, o->dim);

	return queries * n * o->dim /
	       (vsx_elem_is_int(o->elem) ? WHOLE_RATE : REAL_RATE);
}

double vsx_plan_seconds(const struct vsx_build_opts *o, uint64_t n_rows,
			double kind_seconds, uint64_t file_bytes)
{
	double work = test_seconds(o, (double)n_rows) + kind_seconds;

	return work / o->n_threads + (double)file_bytes / WRITE_RATE;
}
