#include "segment/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/codes.h"

void vsx_kept_text(char out[VSX_CODE_TEXT], const struct vsx_segment *seg)
{
	if (vsx_is_coded(seg))
		vsx_code_text(out, seg->params[VSX_PARAM_ROWS]);
	else
		snprintf(out, VSX_CODE_TEXT, "%s",
			 vsx_elem_name(seg->space.elem));
}

enum vsx_status vsx_kept_begin(struct vsx_kept *k,
			       const struct vsx_segment *seg,
			       struct vsx_error *err)
{
	k->seg = seg;
	k->block_rows = 0;
	if (!vsx_is_coded(seg))
		return VSX_OK;
	VSX_TRY(vsx_segment_kept_codes(seg, &k->codes, err));
	VSX_TRY(vsx_grow(&k->row, &k->row_cap, seg->space.stride, 1, err));
	return vsx_grow(&k->work, &k->work_cap, k->codes.form.coded,
			sizeof(*k->work), err);
}

/* ---- decoding ---------------------------------------------------------- */

/* The centroid that the rows of a run were less by; NULL: none. */
static enum vsx_status centroid_of(const struct vsx_kept *k, uint32_t row,
				   const float **centroid,
				   struct vsx_error *err)
{
	uint32_t list = 0;

	if (k->codes.form.flags & VSX_CODES_RESIDUAL)
		VSX_TRY(k->seg->placing->list_of(k->seg, row, &list, err));
	return vsx_codes_centroid(&k->codes, list, centroid, err);
}

static void decode(struct vsx_kept *k, const uint8_t *code,
		   const float *centroid, float *x)
{
	const struct vsx_codes *c = &k->codes;

	c->codec->decode(&c->form, c->params, code, 0, k->work);
	vsx_code_output(&c->form, c->params, centroid, k->work, x);
}

static enum vsx_status decode_run(struct vsx_kept *k, const struct vsx_run *run,
				  uint8_t *out, struct vsx_error *err)
{
	const struct vsx_view *vecs = &k->seg->view[VSX_SEC_VECS];
	const struct vsx_space *space = &k->seg->space;
	uint64_t stride = k->seg->kept_bytes;
	const float *centroid;

	VSX_TRY(vsx_touch(vecs, run->offset, run->n_rows * stride, err));
	VSX_TRY(centroid_of(k, run->first_row, &centroid, err));
	for (uint32_t i = 0; i < run->n_rows; i++, out += space->stride) {
		decode(k, vecs->base + run->offset + i * stride, centroid,
		       (float *)(void *)out);
		vsx_space_close(space, out);
	}
	return VSX_OK;
}

enum vsx_status vsx_kept_block(struct vsx_kept *k, const struct vsx_run *run,
			       const uint8_t **rows, struct vsx_error *err)
{
	if (k->block_rows != run->n_rows || k->block_offset != run->offset) {
		k->block_rows = 0;
		VSX_TRY(vsx_grow(&k->block, &k->block_cap,
				 (size_t)run->n_rows * k->seg->space.stride, 1,
				 err));
		VSX_TRY(decode_run(k, run, k->block, err));
		k->block_rows = run->n_rows;
		k->block_offset = run->offset;
	}
	*rows = k->block;
	return VSX_OK;
}

/* ---- one row ----------------------------------------------------------- */

enum vsx_status vsx_kept_at(struct vsx_kept *k, uint32_t row, uint64_t offset,
			    const uint8_t **at, struct vsx_error *err)
{
	const struct vsx_view *vecs = &k->seg->view[VSX_SEC_VECS];
	struct vsx_run run = {.first_row = row, .n_rows = 1, .offset = offset};

	if (vsx_is_coded(k->seg)) {
		*at = k->row;
		return decode_run(k, &run, k->row, err);
	}
	*at = vecs->base + offset;
	return vsx_touch(vecs, offset, k->seg->space.stride, err);
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

uint64_t vsx_kept_bytes(const struct vsx_kept *k)
{
	return k->work_cap * sizeof(*k->work) + k->row_cap + k->block_cap;
}

void vsx_kept_release(struct vsx_kept *k)
{
	free(k->work);
	free(k->row);
	free(k->block);
	memset(k, 0, sizeof(*k));
}
