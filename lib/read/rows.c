/* An index from row to row: ids, centroids, the queries of its test. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "segment/dead.h"
#include "segment/ids.h"
#include "read/handle.h"
#include "read/test.h"

/* The segment that holds a row of the index; there is one. */
static const struct vsx_segment *segment_of(const struct vsx *index,
					    uint64_t row)
{
	uint32_t low = 0, high = index->manifest.n_segments - 1;

	while (low < high) {
		uint32_t mid = low + (high - low + 1) / 2;

		if (index->segments[mid].mark_base <= row)
			low = mid;
		else
			high = mid - 1;
	}
	return &index->segments[low];
}

static enum vsx_status id_at(const struct vsx *index, uint64_t row,
			     uint64_t *id, struct vsx_error *err)
{
	const struct vsx_segment *seg;
	uint32_t at;
	bool dead;

	if (row >= index->manifest.n_rows)
		return vsx_at_row(err,
				  vsx_fail(err, VSX_ENOTFOUND,
					   "row %" PRIu64 " of %" PRIu64, row,
					   index->manifest.n_rows),
				  row);
	seg = segment_of(index, row);
	at = (uint32_t)(row - seg->mark_base);
	VSX_TRY(vsx_dead_at(seg, at, &dead, err));
	if (dead)
		return vsx_at_row(err,
				  vsx_fail(err, VSX_ENOTFOUND,
					   "row %" PRIu64 " is deleted", row),
				  row);
	return vsx_ids_of(seg, at, id, err);
}

enum vsx_status vsx_id_at(const struct vsx *index, uint64_t row, uint64_t *id,
			  struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = id_at(index, row, id, &why);

	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	return vsx_settle(index, status, err);
}

static enum vsx_status load_centroid(const struct vsx *index, uint32_t segment,
				     uint32_t i, float *centroid,
				     struct vsx_error *err)
{
	const struct vsx_segment *seg;
	uint32_t n;

	if (segment >= index->manifest.n_segments)
		return vsx_at_segment(err,
				      vsx_fail(err, VSX_EINVAL,
					       "segment %u of %u", segment,
					       index->manifest.n_segments),
				      segment);
	seg = &index->segments[segment];
	n = vsx_segment_centroids(seg);
	if (i >= n)
		return vsx_at_segment(err,
				      vsx_fail(err, VSX_EINVAL,
					       "segment %u: centroid %u of %u",
					       segment, i, n),
				      segment);
	return seg->kind->centroid(seg, i, centroid, err);
}

enum vsx_status vsx_get_centroid(const struct vsx *index, uint32_t segment,
				 uint32_t i, float *centroid,
				 struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status =
		load_centroid(index, segment, i, centroid, &why);

	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	return vsx_settle(index, status, err);
}

enum vsx_status vsx_get_test_queries(const struct vsx *index, float *queries,
				     uint64_t *own, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	struct vsx_error why = {0};
	struct vsx_test test;
	enum vsx_status status = vsx_test_load(&test, index, &why);

	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	else if (m->n_queries)
		memcpy(queries, test.accept.queries,
		       (size_t)m->n_queries * m->dim * sizeof(*queries));
	if (status == VSX_OK && own && test.accept.own)
		memcpy(own, test.accept.own, m->n_queries * sizeof(*own));
	vsx_test_release(&test);
	return vsx_settle(index, status, err);
}
