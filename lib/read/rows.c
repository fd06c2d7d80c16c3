/* An index from row to row: ids, centroids, the queries of its test. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "index/dead.h"
#include "index/ids.h"
#include "read/handle.h"

static enum vsx_status id_at(const struct vsx *index, uint64_t row,
			     uint64_t *id, struct vsx_error *err)
{
	for (uint32_t s = 0; s < index->manifest.n_segments; s++) {
		const struct vsx_segment *seg = &index->segments[s];
		uint32_t at = (uint32_t)(row - seg->mark_base);

		if (row - seg->mark_base >= seg->n_rows)
			continue;
		VSX_TRY(vsx_dead_touch(seg, err));
		if (vsx_is_dead(seg, at))
			return vsx_fail(err, VSX_ENOTFOUND,
					"row %" PRIu64 " is deleted", row);
		return vsx_ids_of(seg, at, id, err);
	}
	return vsx_fail(err, VSX_ENOTFOUND, "row %" PRIu64 " of %" PRIu64, row,
			index->manifest.n_rows);
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

/* A section of the test, which must have just this many bytes. */
static enum vsx_status load_whole(const struct vsx *index,
				  enum vsx_section_slot slot, uint64_t due,
				  uint8_t **data, struct vsx_error *err)
{
	uint64_t bytes;

	VSX_TRY(vsx_section_load(index, slot, data, &bytes, err));
	if (bytes == due)
		return VSX_OK;
	free(*data);
	*data = NULL;
	return vsx_fail(err, VSX_ECORRUPT,
			"the section of the %s holds %" PRIu64
			" bytes, expected %" PRIu64,
			vsx_section_text(slot), bytes, due);
}

static enum vsx_status load_queries(const struct vsx *index, float *queries,
				    struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t n = (uint64_t)m->n_queries * m->dim;
	uint8_t *data;

	VSX_TRY(load_whole(index, VSX_SEC_QRYS, n * 4, &data, err));
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

	VSX_TRY(load_whole(index, VSX_SEC_QSRC, n * 8, &data, err));
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
