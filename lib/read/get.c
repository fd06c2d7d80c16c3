/* An index by id: which rows it has, and what they are. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/dead.h"
#include "read/handle.h"

/* The live row with an id, newest segment first. */
static enum vsx_status find_row(const struct vsx *index, uint64_t id,
				const struct vsx_segment **seg, uint32_t *row,
				struct vsx_error *err)
{
	for (uint32_t i = index->manifest.n_segments; i-- > 0;) {
		enum vsx_status status;

		*seg = &index->segments[i];
		status = vsx_live_find(*seg, id, row, err);
		if (status != VSX_ENOTFOUND)
			return status;
	}
	return vsx_fail(err, VSX_ENOTFOUND, "no row has the id %llu",
			(unsigned long long)id);
}

/* Its components; their page is checked. */
static enum vsx_status locate(const struct vsx *index, uint64_t id,
			      const uint8_t **at, struct vsx_error *err)
{
	const struct vsx_segment *seg = NULL;
	uint64_t offset;
	uint32_t row;

	VSX_TRY(find_row(index, id, &seg, &row, err));
	VSX_TRY(vsx_segment_locate(seg, row, &offset, err));
	*at = seg->view[VSX_SEC_VECS].base + offset;
	return VSX_OK;
}

enum vsx_status vsx_load_row(const struct vsx *index, uint64_t id,
			     float *vector, struct vsx_error *err)
{
	const uint8_t *at;

	VSX_TRY(locate(index, id, &at, err));
	vsx_space_load(&index->space, vector, at);
	return VSX_OK;
}

static enum vsx_status end(const struct vsx *index, enum vsx_status status,
			   const struct vsx_error *why, struct vsx_error *err)
{
	if (status != VSX_OK)
		vsx_with_path(index, status, why, err);
	return vsx_settle(index, status, err);
}

enum vsx_status vsx_get(const struct vsx *index, uint64_t id, float *vector,
			struct vsx_error *err)
{
	struct vsx_error why = {0};

	return end(index, vsx_load_row(index, id, vector, &why), &why, err);
}

enum vsx_status vsx_row(const struct vsx *index, uint64_t id, const void **row,
			struct vsx_error *err)
{
	struct vsx_error why = {0};
	const uint8_t *at = NULL;
	enum vsx_status status;

	*row = NULL;
	status = end(index, locate(index, id, &at, &why), &why, err);
	if (status == VSX_OK)
		*row = at;
	return status;
}

enum vsx_status vsx_contains(const struct vsx *index, uint64_t id,
			     uint32_t *found, struct vsx_error *err)
{
	const struct vsx_segment *seg;
	struct vsx_error why = {0};
	uint32_t row;
	enum vsx_status there = find_row(index, id, &seg, &row, &why), status;

	status = there == VSX_ENOTFOUND ? VSX_OK : there;
	status = end(index, status, &why, err);
	if (status == VSX_OK)
		*found = there == VSX_OK;
	return status;
}

/* rows[i]: NULL for an id that no row has, if that is no failure. */
static enum vsx_status locate_all(const struct vsx *index, const uint64_t *ids,
				  size_t n, bool all, const uint8_t **rows,
				  struct vsx_error *err)
{
	for (size_t i = 0; i < n; i++) {
		enum vsx_status status = locate(index, ids[i], &rows[i], err);

		if (status == VSX_ENOTFOUND && !all)
			rows[i] = NULL;
		else if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

enum vsx_status vsx_get_many(const struct vsx *index, const uint64_t *ids,
			     size_t n, float *vectors, uint8_t *found,
			     struct vsx_error *err)
{
	const uint8_t **rows = NULL;
	struct vsx_error why = {0};
	enum vsx_status status;

	if (n == 0)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&rows, n, sizeof(*rows), err));
	status = locate_all(index, ids, n, !found, rows, &why);
	for (size_t i = 0; status == VSX_OK && i < n; i++) {
		if (rows[i])
			vsx_space_load(&index->space,
				       vectors + i * index->manifest.dim,
				       rows[i]);
		if (found)
			found[i] = rows[i] != NULL;
	}
	free(rows);
	return end(index, status, &why, err);
}
