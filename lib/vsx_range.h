/*
 * Searching for all rows within a distance of a query, however many there are.
 *
 * vsx.h includes this header; rules for all calls are there.
 */
#ifndef VSX_RANGE_H
#define VSX_RANGE_H

#include "vsx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A hit, which lives until it returns. Nonzero stops (VSX_ESTOPPED). */
typedef int vsx_range_report(void *context, const struct vsx_hit *hit);

/*
 * The rows whose distance, as vsx_hit has it, reaches a radius: under l2 those
 * whose squared distance is at most `radius`, under ip those whose product,
 * under cosine those whose similarity is at least `radius`.
 *
 * query   dim components of type elem
 * radius  l2: 0 or more, and squared, as distances are; cosine: -1 to 1;
 *         compared as a double, so that the distance of a hit is itself a
 *         radius that takes this hit
 * max     the nearest so many at most; 0: all
 * report  gets the hits one by one, nearest first, ties by rising id
 *
 * All of them on a Flat index, and with opts->exact. Elsewhere with an effort,
 * which is at least that of a search for few rows and goes up with how many
 * there are: on IVF the search is over when nprobe lists in a row had no row
 * within the radius; on HNSW a walk whose ef candidates are all within it is
 * repeated with more, up to a look at every row. n_complete of the stats says
 * whether rows may be missing. Rows that have codes beside them are compared
 * as they are, and opts->refine means nothing.
 *
 * Takes 24 bytes of memory for each hit, which the searcher keeps.
 *
 * Fails as vsx_search() does; VSX_EINVAL also for a radius out of range and
 * for opts->group_by.
 * Nothing is reported before the search is done.
 */
VSX_API enum vsx_status vsx_search_range(struct vsx_searcher *searcher,
					 const void *query, enum vsx_elem elem,
					 double radius, size_t max,
					 const struct vsx_search_opts *opts,
					 vsx_range_report *report,
					 void *context, struct vsx_error *err);

/* The same with the row with this id as the query; the row itself is not
   counted. VSX_ENOTFOUND if no row has this id. */
VSX_API enum vsx_status vsx_search_range_id(
	struct vsx_searcher *searcher, uint64_t id, double radius, size_t max,
	const struct vsx_search_opts *opts, vsx_range_report *report,
	void *context, struct vsx_error *err);

#ifdef __cplusplus
}
#endif

#endif
