/* The codecs that a file may name. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "code/codec.h"

static const struct vsx_codec *const codecs[] = {
	&vsx_codec_grid,  &vsx_codec_sq8,    &vsx_codec_sq4,
	&vsx_codec_pq8,	  &vsx_codec_pq4,    &vsx_codec_floats,
	&vsx_codec_pq4fs, &vsx_codec_rabitq, &vsx_codec_rabitq_record,
};

const struct vsx_codec *vsx_codec_find(uint32_t id)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i]->id == id)
			return codecs[i];
	return NULL;
}

void vsx_code_text(char out[VSX_CODE_TEXT], uint32_t word)
{
	const struct vsx_codec *codec = vsx_codec_find(vsx_code_word_id(word));
	uint32_t size = vsx_code_word_size(word);

	if (codec == &vsx_codec_grid)
		snprintf(out, VSX_CODE_TEXT, "grid");
	else if (vsx_code_word_id(word) == VSX_CODEC_PQ8)
		snprintf(out, VSX_CODE_TEXT, "PQ%u", size);
	else if (vsx_code_word_id(word) == VSX_CODEC_PQ4)
		snprintf(out, VSX_CODE_TEXT, "PQ%ux4", size);
	else if (vsx_code_word_id(word) == VSX_CODEC_PQ4FS)
		snprintf(out, VSX_CODE_TEXT, "PQ%ux4fs", size);
	else if ((codec == &vsx_codec_rabitq ||
		  codec == &vsx_codec_rabitq_record) &&
		 size > 1)
		snprintf(out, VSX_CODE_TEXT, "RaBitQ%u", size);
	else
		snprintf(out, VSX_CODE_TEXT, "%s", codec ? codec->name : "");
}

uint64_t vsx_codec_bytes(const struct vsx_codec *codec,
			 const struct vsx_code_form *form, uint64_t n)
{
	uint64_t blocks =
		(n + (1u << codec->block_shift) - 1) >> codec->block_shift;

	return blocks * codec->block_bytes(form);
}

enum vsx_status vsx_codes_open(struct vsx_codes *c,
			       const struct vsx_codec *codec,
			       const struct vsx_code_form *form,
			       const struct vsx_space *rows,
			       const uint8_t *params,
			       const struct vsx_view *view, uint64_t at,
			       struct vsx_error *err)
{
	*c = (struct vsx_codes){
		.codec = codec,
		.form = *form,
		.rows = *rows,
		.params = params,
		.view = view,
		.base = view->base + at,
		.at = at,
		.block_bytes = codec->block_bytes(form),
		.block_shift = codec->block_shift,
	};
	return codec->open ? codec->open(c, err) : VSX_OK;
}

enum vsx_status vsx_codes_centroid(const struct vsx_codes *c, uint32_t list,
				   const float **out, struct vsx_error *err)
{
	uint64_t at = c->centroids.at + (uint64_t)list * c->centroids.stride;

	*out = NULL;
	if (!(c->form.flags & VSX_CODES_RESIDUAL))
		return VSX_OK;
	if (list >= c->centroids.n_lists)
		return vsx_fail(err, VSX_ECORRUPT, "list %u of %u", list,
				c->centroids.n_lists);
	VSX_TRY(vsx_touch(c->centroids.view, at, (uint64_t)c->form.coded * 4,
			  err));
	*out = (const float *)(const void *)(c->centroids.view->base + at);
	return VSX_OK;
}

enum vsx_status vsx_code_query_room(struct vsx_code_query *q, size_t n,
				    struct vsx_error *err)
{
	return vsx_grow(&q->room, &q->room_cap, n, 1, err);
}

void vsx_code_query_take(const struct vsx_codes *c, struct vsx_code_query *q,
			 float *y)
{
	q->compared = NULL;
	q->input = y;
	q->longest = 0.0;
	q->cut = UINT32_MAX;
	q->bounds = (struct vsx_bounds){
		.form = vsx_codes_product(c) ? VSX_KEY_PRODUCT : VSX_KEY_F32,
		.error = INFINITY,
	};
	vsx_code_input_query(&c->form, c->params, &c->rows, q->asked,
			     q->query.f32_buffer, y);
}

void vsx_code_query_release(struct vsx_code_query *q)
{
	vsx_query_release(&q->query);
	free(q->room);
}
