/*
 * How long a build would take. Nothing is timed here: the work is counted, and
 * the rates are those of one thread of the machine of bench/RESULTS.md, where
 * they give its times within a factor of two. Other machines differ by as much.
 */
#include "write/plan_time.h"

#include <math.h>

#include "kernel/space.h"
#include "write/measure.h"

/* Components compared in a second when all rows are looked at. */
#define WHOLE_RATE 2.0e10 /* of whole numbers */
#define REAL_RATE  0.8e10

/* Bytes of codes compared in a second when lists are learned and filled. */
#define LIST_RATE    1.8e10
#define LIST_SECONDS 8e-6 /* for a row, beside that */

/* Of linking a row of few bytes to its neighbours, among so many rows. */
#define LINK_SECONDS	    100e-6
#define LINK_BYTE_SECONDS   0.06e-6
#define LINK_ROWS	    60000.0
#define LINK_EF		    200.0
#define LINK_M		    16.0
#define LINK_REAL_IS_SLOWER 1.35

#define WRITE_RATE 4e8 /* bytes in a second, read back included */

static double up64(double bytes)
{
	return 64.0 * ceil(bytes / 64.0);
}

static double list_seconds(const struct vsx_build_opts *o,
			   const struct vsx_spec *spec, double n)
{
	double sample =
		o->nlist_sample ? (double)o->nlist_sample : 256.0 * spec->nlist;
	double looked_at = n + fmin(sample, n);

	return looked_at * spec->nlist * up64(o->dim) / LIST_RATE +
	       n * LIST_SECONDS;
}

static double link_seconds(const struct vsx_build_opts *o,
			   const struct vsx_spec *spec, double n, double stride)
{
	double row = LINK_SECONDS + LINK_BYTE_SECONDS * stride;

	row *= fmax(0.1, 1.0 + 0.5 * log10(n / LINK_ROWS));
	row *= fmin(o->ef_construction, n) / LINK_EF;
	row *= 0.5 + 0.5 * spec->m / LINK_M;
	if (!vsx_elem_is_int(o->elem))
		row *= LINK_REAL_IS_SLOWER;
	return n * row;
}

static double test_seconds(const struct vsx_build_opts *o, double n)
{
	double queries =
		vsx_measure_count(o->n_test_queries, (uint64_t)n, o->dim);

	return queries * n * o->dim /
	       (vsx_elem_is_int(o->elem) ? WHOLE_RATE : REAL_RATE);
}

double vsx_plan_seconds(const struct vsx_build_opts *o,
			const struct vsx_spec *spec, uint64_t n_rows,
			uint32_t stride, uint64_t file_bytes)
{
	double n = (double)n_rows, work = test_seconds(o, n);

	if (spec->kind == VSX_IVF)
		work += list_seconds(o, spec, n);
	else if (spec->kind == VSX_HNSW)
		work += link_seconds(o, spec, n, stride);
	return work / o->n_threads + (double)file_bytes / WRITE_RATE;
}
