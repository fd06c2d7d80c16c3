/* The scratch of one searching thread, and what one query and a batch share. */
#ifndef VSX_SEARCHER_H
#define VSX_SEARCHER_H

#include "base/halt.h"
#include "segment/scratch.h"
#include "read/handle.h"

struct vsx_searcher {
	const struct vsx *index;
	struct vsx_scratch scratch;
	struct vsx_halt halt; /* of the search at hand */
	float *stored; /* components of a stored row, for vsx_search_id() */
	struct vsx_search_stats stats;
};

/* How a search is to be done, its options checked. */
struct vsx_search_plan {
	size_t k; /* 0: no row is live */
	uint32_t effort;
	bool all_k;	 /* as in struct vsx_find */
	uint32_t refine; /* as in struct vsx_find */
	double slack;	 /* likewise */
	bool exact;
	bool within; /* as in struct vsx_find, and limit */
	double limit;
	uint64_t first_query;
	uint64_t deadline_ns;
	const int *flag;		   /* NULL: none */
	const struct vsx_selection *among; /* NULL: all rows */
	const char *group_by;		   /* a field of the index; NULL */
	uint64_t n_eligible;
};

enum vsx_status vsx_plan_make(struct vsx_search_plan *plan,
			      const struct vsx *index, size_t k,
			      const struct vsx_search_opts *opts,
			      struct vsx_error *err);

/* Make a query ready, and its find, which is of the searcher. */
enum vsx_status vsx_search_begin(struct vsx_searcher *s,
				 const struct vsx_search_plan *plan,
				 const void *query, enum vsx_elem elem,
				 const uint64_t *self, struct vsx_find *find,
				 struct vsx_error *err);

/* Sort what a find has collected, nearest first, and count it. */
void vsx_search_end(struct vsx_searcher *s, struct vsx_find *find);

/*
 * All of a search but, where find->defers was wished for, what it may leave to
 * vsx_search_settle().
 */
enum vsx_status vsx_search_ask(struct vsx_searcher *s,
			       const struct vsx_search_plan *plan,
			       const void *query, enum vsx_elem elem,
			       const uint64_t *self, bool defers,
			       struct vsx_find *find, struct vsx_error *err);
enum vsx_status vsx_search_settle(struct vsx_searcher *s, struct vsx_find *find,
				  struct vsx_error *err);

/* All of a search: *find is at its end then. */
enum vsx_status vsx_search_one(struct vsx_searcher *s,
			       const struct vsx_search_plan *plan,
			       const void *query, enum vsx_elem elem,
			       const uint64_t *self, struct vsx_find *find,
			       struct vsx_error *err);

/* The same with a row as the query, and a failure told in full. */
enum vsx_status vsx_search_stored(struct vsx_searcher *s,
				  const struct vsx_search_plan *plan,
				  uint64_t id, struct vsx_find *find,
				  struct vsx_error *err);

/* Damage is told with the path; a bad query, and a search that was stopped,
   without it. */
enum vsx_status vsx_search_tell(const struct vsx *index, enum vsx_status status,
				const struct vsx_error *why,
				struct vsx_error *err);

#endif
