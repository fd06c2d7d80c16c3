#include "segment/kept.h"

#include <string.h>

enum vsx_status vsx_kept_begin(struct vsx_kept *k,
			       const struct vsx_segment *seg,
			       struct vsx_error *err)
{
	(void)err;
	k->seg = seg;
	return VSX_OK;
}

enum vsx_status vsx_kept_at(struct vsx_kept *k, uint32_t row, uint64_t offset,
			    const uint8_t **at, struct vsx_error *err)
{
	const struct vsx_view *vecs = &k->seg->view[VSX_SEC_VECS];

	(void)row;
	VSX_TRY(vsx_touch(vecs, offset, vsx_vecs_stride(k->seg), err));
	*at = vecs->base + offset;
	return VSX_OK;
}

enum vsx_status vsx_kept_row(struct vsx_kept *k, uint32_t row,
			     const uint8_t **at, struct vsx_error *err)
{
	uint64_t offset;

	VSX_TRY(vsx_segment_locate(k->seg, row, &offset, err));
	return vsx_kept_at(k, row, offset, at, err);
}

enum vsx_status vsx_kept_load(struct vsx_kept *k, uint32_t row, float *out,
			      struct vsx_error *err)
{
	const uint8_t *at;

	VSX_TRY(vsx_kept_row(k, row, &at, err));
	vsx_space_load(&k->seg->space, out, at);
	return VSX_OK;
}

enum vsx_status vsx_kept_touch(const struct vsx_segment *seg, uint32_t row,
			       struct vsx_error *err)
{
	uint64_t offset;

	VSX_TRY(vsx_segment_locate(seg, row, &offset, err));
	return vsx_touch(&seg->view[VSX_SEC_VECS], offset, vsx_vecs_stride(seg),
			 err);
}

void vsx_kept_release(struct vsx_kept *k)
{
	memset(k, 0, sizeof(*k));
}
