#include "query/range.h"

#include <stdlib.h>

#include "cli/fail.h"

enum vsx_status range_begin(struct range *r, const struct vsx *index,
			    struct vsx_error *err)
{
	return vsx_searcher_new(&r->searcher, index, err);
}

/* Out of memory is told by room being less than n. */
static int take(void *context, const struct vsx_hit *hit)
{
	struct range *r = context;

	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 64;
		struct vsx_hit *hits =
			reallocarray(r->hits, room, sizeof(*hits));

		if (!hits) {
			r->n++;
			return 1;
		}
		r->hits = hits;
		r->room = room;
	}
	r->hits[r->n++] = *hit;
	return 0;
}

enum vsx_status range_search(struct range *r, const void *query,
			     enum vsx_elem elem, uint64_t id,
			     const struct vsx_search_opts *opts,
			     struct vsx_error *err)
{
	enum vsx_status status;

	r->n = 0;
	status = query ? vsx_search_range(r->searcher, query, elem, r->radius,
					  r->max, opts, take, r, err)
		       : vsx_search_range_id(r->searcher, id, r->radius, r->max,
					     opts, take, r, err);
	return r->n > r->room ? tool_fail_memory(err, r->n * sizeof(*r->hits))
			      : status;
}

void range_release(struct range *r)
{
	vsx_searcher_free(r->searcher);
	free(r->hits);
}
