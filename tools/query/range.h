/* Answers of as many hits as lie within a radius. */
#ifndef VSX_TOOLS_QUERY_RANGE_H
#define VSX_TOOLS_QUERY_RANGE_H

#include "vsx.h"

struct range {
	double radius;
	size_t max; /* 0: all */
	struct vsx_searcher *searcher;
	struct vsx_hit *hits; /* of the last search */
	size_t n, room;
};

/* For searches of an index; radius and max are set, the rest zeroed. */
enum vsx_status range_begin(struct range *r, const struct vsx *index,
			    struct vsx_error *err);

/* Of a query, or of the row with an id if that is NULL. */
enum vsx_status range_search(struct range *r, const void *query,
			     enum vsx_elem elem, uint64_t id,
			     const struct vsx_search_opts *opts,
			     struct vsx_error *err);

void range_release(struct range *r);

#endif
