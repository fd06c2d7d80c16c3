/* An index by id: which rows it has, and what they are. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/dead.h"
#include "segment/kept.h"
#include "read/handle.h"

enum vsx_status vsx_find_row(const struct vsx *index, uint64_t id,
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

/* A row that was found. */
struct place {
	const struct vsx_segment *seg; /* NULL: it was not */
	uint32_t row;
};

static enum vsx_status load(const struct place *p, float *vector,
			    struct vsx_error *err)
{
	struct vsx_kept kept = {.seg = NULL};
	enum vsx_status status = vsx_kept_begin(&kept, p->seg, err);

	if (status == VSX_OK)
		status = vsx_kept_load(&kept, p->row, vector, err);
	vsx_kept_release(&kept);
	return status;
}

enum vsx_status vsx_load_row(const struct vsx *index, uint64_t id,
			     float *vector, struct vsx_error *err)
{
	struct place p;

	VSX_TRY(vsx_find_row(index, id, &p.seg, &p.row, err));
	return load(&p, vector, err);
}

/* As it lies in the file; its page is checked. */
static enum vsx_status locate(const struct vsx *index, uint64_t id,
			      const void **at, struct vsx_error *err)
{
	struct vsx_kept kept = {.seg = NULL};
	const uint8_t *row;
	struct place p;

	VSX_TRY(vsx_find_row(index, id, &p.seg, &p.row, err));
	if (vsx_is_coded(p.seg))
		return vsx_fail(err, VSX_EINVAL,
				"id %llu is kept as a code, %s, which "
				"vsx_get() decodes",
				(unsigned long long)id, index->kept);
	if (p.seg->space.elem != index->space.elem)
		return vsx_fail(err, VSX_EINVAL,
				"id %llu is kept as %s, which vsx_get() turns "
				"into %s",
				(unsigned long long)id,
				vsx_elem_name(p.seg->space.elem),
				vsx_elem_name(index->space.elem));
	VSX_TRY(vsx_kept_begin(&kept, p.seg, err));
	VSX_TRY(vsx_kept_row(&kept, p.row, &row, err));
	*at = row;
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
	const void *at = NULL;
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
	enum vsx_status there = vsx_find_row(index, id, &seg, &row, &why),
			status;

	status = there == VSX_ENOTFOUND ? VSX_OK : there;
	status = end(index, status, &why, err);
	if (status == VSX_OK)
		*found = there == VSX_OK;
	return status;
}

/* An id that no row has is a failure if all are to be there. What is found is
 * sound. */
static enum vsx_status find_all(const struct vsx *index, const uint64_t *ids,
				size_t n, bool all, struct place *places,
				struct vsx_error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct place *p = &places[i];
		enum vsx_status status =
			vsx_find_row(index, ids[i], &p->seg, &p->row, err);

		if (status == VSX_OK)
			status = vsx_kept_touch(p->seg, p->row, err);
		if (status == VSX_ENOTFOUND && !all)
			p->seg = NULL;
		else if (status != VSX_OK)
			return status;
	}
	return VSX_OK;
}

/* The vector of any other than was found stays as it is. */
static enum vsx_status load_all(const struct vsx *index,
				const struct place *places, size_t n,
				float *vectors, struct vsx_error *err)
{
	uint32_t dim = index->manifest.dim;

	for (size_t i = 0; i < n; i++)
		if (places[i].seg)
			VSX_TRY(load(&places[i], vectors + i * dim, err));
	return VSX_OK;
}

enum vsx_status vsx_get_many(const struct vsx *index, const uint64_t *ids,
			     size_t n, float *vectors, uint8_t *found,
			     struct vsx_error *err)
{
	struct place *places = NULL;
	struct vsx_error why = {0};
	enum vsx_status status;

	if (n == 0)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&places, n, sizeof(*places), err));
	status = find_all(index, ids, n, !found, places, &why);
	if (status == VSX_OK)
		status = load_all(index, places, n, vectors, &why);
	for (size_t i = 0; status == VSX_OK && found && i < n; i++)
		found[i] = places[i].seg != NULL;
	free(places);
	return end(index, status, &why, err);
}
