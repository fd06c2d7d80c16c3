/* Searches whose hits are the best row of each value of a field. */
#ifndef VSX_GROUP_H
#define VSX_GROUP_H

#include "read/searcher.h"

/*
 * Set plan->group_by. VSX_EINVAL for a field that the index lacks, or one that
 * is of lists.
 */
enum vsx_status vsx_group_plan(struct vsx_search_plan *plan,
			       const struct vsx *index, const char *field,
			       struct vsx_error *err);

/*
 * vsx_search_one() for a plan with group_by.
 *
 * Rows are asked for as if there were no groups, more of them each time, and
 * those of groups that are found already are left out: each time finds a group
 * more or is the last one.
 */
enum vsx_status vsx_group_search(struct vsx_searcher *s,
				 const struct vsx_search_plan *plan,
				 const void *query, enum vsx_elem elem,
				 const uint64_t *self, struct vsx_find *find,
				 struct vsx_error *err);

#endif
