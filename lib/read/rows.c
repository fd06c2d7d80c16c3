/* An index from row to row: ids, centroids, the queries of its test. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "index/dead.h"
#include "index/ids.h"
#include "read/handle.h"

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

	if (row >= index->manifest.n_rows)
		return vsx_fail(err, VSX_ENOTFOUND,
				"row %" PRIu64 " of %" PRIu64, row,
				index->manifest.n_rows);
	seg = segment_of(index, row);
	at = (uint32_t)(row - seg->mark_base);
	VSX_TRY(vsx_dead_touch(seg, err));
	if (vsx_is_dead(seg, at))
		return vsx_fail(err, VSX_ENOTFOUND,
				"row %" PRIu64 " is deleted", row);
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
	uint64_t bytes = (uint64_t)index->manifest.dim * sizeof(float);
	const struct vsx_segment *seg;
	const struct vsx_view *view;
	uint64_t at;

	if (segment >= index->manifest.n_segments)
		return vsx_fail(err, VSX_EINVAL, "segment %u of %u", segment,
				index->manifest.n_segments);
	seg = &index->segments[segment];
	view = &seg->view[VSX_SEC_CENT];
	if (i >= seg->nlist)
		return vsx_fail(err, VSX_EINVAL,
				"segment %u: centroid %u of %u", segment, i,
				seg->nlist);
	at = (uint64_t)i * seg->centroid_stride;
	VSX_TRY(vsx_touch(view, at, bytes, err));
	for (uint32_t d = 0; d < index->manifest.dim; d++) {
		uint32_t bits = vsx_load32(view->base + at + (size_t)d * 4);

		memcpy(&centroid[d], &bits, sizeof(bits));
	}
	return VSX_OK;
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

static enum vsx_status load_queries(const struct vsx *index, float *queries,
				    struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t n = (uint64_t)m->n_queries * m->dim;
	uint8_t *data;

	VSX_TRY(vsx_section_load(index, VSX_SEC_QRYS, &data, err));
	for (uint64_t i = 0; i < n; i++) {
		uint32_t bits = vsx_load32(data + i * 4);

		memcpy(&queries[i], &bits, sizeof(bits));
	}
	free(data);
	return VSX_OK;
}

static enum vsx_status load_own(const struct vsx *index, uint64_t *own,
				struct vsx_error *err)
{
	uint64_t n = index->manifest.n_queries;
	uint8_t *data;

	VSX_TRY(vsx_section_load(index, VSX_SEC_QSRC, &data, err));
	for (uint64_t i = 0; i < n; i++)
		own[i] = vsx_load64(data + i * 8);
	free(data);
	return VSX_OK;
}

enum vsx_status vsx_get_test_queries(const struct vsx *index, float *queries,
				     uint64_t *own, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	struct vsx_error why = {0};
	enum vsx_status status = VSX_OK;

	if (m->n_queries)
		status = load_queries(index, queries, &why);
	if (status == VSX_OK && own && (m->flags & VSX_MANIFEST_OWN_QUERIES))
		status = load_own(index, own, &why);
	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	return vsx_settle(index, status, err);
}
