/* The ids of an index, by rising id. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "read/handle.h"
#include "segment/dead.h"
#include "segment/eligible.h"
#include "segment/ids.h"

/* Where a segment is: at the next id that counts. */
struct cursor {
	struct vsx_eligible eligible;
	uint32_t rank; /* of it; n_rows: there is none any more */
	uint64_t id;
};

/* From c->rank on to a row that is listed. */
static enum vsx_status settle_on(struct cursor *c, struct vsx_error *err)
{
	const struct vsx_segment *seg = c->eligible.seg;
	uint32_t row;

	for (; c->rank < seg->n_rows; c->rank++) {
		VSX_TRY(vsx_ids_by_rank(seg, c->rank, &row, err));
		if (!vsx_is_eligible(&c->eligible, row))
			continue;
		return vsx_ids_of(seg, row, &c->id, err);
	}
	return VSX_OK;
}

/* The first rank whose id is `from` or more. */
static enum vsx_status seek(struct cursor *c, uint64_t from,
			    struct vsx_error *err)
{
	const struct vsx_segment *seg = c->eligible.seg;
	uint32_t low = 0, high = seg->n_rows, row;
	uint64_t id;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		VSX_TRY(vsx_ids_by_rank(seg, mid, &row, err));
		VSX_TRY(vsx_ids_of(seg, row, &id, err));
		if (id < from)
			low = mid + 1;
		else
			high = mid;
	}
	c->rank = low;
	return settle_on(c, err);
}

static enum vsx_status begin(struct cursor *c, const struct vsx_segment *seg,
			     const struct vsx_selection *among, uint64_t from,
			     struct vsx_error *err)
{
	struct vsx_find find = {.among = among};

	VSX_TRY(vsx_find_eligible(&find, seg, err));
	c->eligible = find.eligible;
	return seek(c, from, err);
}

/* Of the segments the one with the least id; NULL: all are at their end. */
static struct cursor *least(struct cursor *c, uint32_t n)
{
	struct cursor *found = NULL;

	for (uint32_t i = 0; i < n; i++)
		if (c[i].rank < c[i].eligible.n_rows &&
		    (!found || c[i].id < found->id))
			found = &c[i];
	return found;
}

static enum vsx_status list(const struct vsx *index,
			    const struct vsx_selection *among, uint64_t from,
			    struct cursor *c, uint64_t *ids, size_t room,
			    size_t *n, struct vsx_error *err)
{
	uint32_t n_segments = index->manifest.n_segments;
	struct cursor *next;

	for (uint32_t i = 0; i < n_segments; i++)
		VSX_TRY(begin(&c[i], &index->segments[i], among, from, err));
	while (*n < room && (next = least(c, n_segments))) {
		/* What is not rising comes from a damaged file. */
		if (*n > 0 && next->id <= ids[*n - 1])
			return vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "id %llu after id %llu, expected "
					 "rising ids without repeats",
					 (unsigned long long)next->id,
					 (unsigned long long)ids[*n - 1]),
				"ROID");
		ids[(*n)++] = next->id;
		next->rank++;
		VSX_TRY(settle_on(next, err));
	}
	return VSX_OK;
}

/* Into room of its own: after a failure nothing is written. */
enum vsx_status vsx_ids(const struct vsx *index,
			const struct vsx_selection *among, uint64_t from,
			uint64_t *ids, size_t room, size_t *n,
			struct vsx_error *err)
{
	struct cursor *cursors = NULL;
	struct vsx_error why = {0};
	uint64_t *found = NULL;
	size_t n_found = 0;
	enum vsx_status status;

	if (among && among->of != index)
		return vsx_fail(err, VSX_EINVAL,
				"the selection is of another index");
	if (room > index->manifest.n_live)
		room = (size_t)index->manifest.n_live + 1;
	status = vsx_alloc_to(&cursors, index->manifest.n_segments,
			      sizeof(*cursors), &why);
	if (status == VSX_OK)
		status = vsx_alloc_to(&found, room, sizeof(*found), &why);
	if (status == VSX_OK)
		status = list(index, among, from, cursors, found, room,
			      &n_found, &why);
	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	status = vsx_settle(index, status, err);
	if (status == VSX_OK) {
		if (n_found)
			memcpy(ids, found, n_found * sizeof(*ids));
		*n = n_found;
	}
	free(cursors);
	free(found);
	return status;
}
