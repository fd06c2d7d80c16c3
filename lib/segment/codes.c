#include "segment/codes.h"

#include "plural.h"

/* What is wrong with the codes, or with their parameters. */
static enum vsx_status at_codes(enum vsx_status status, struct vsx_error *err)
{
	return vsx_at_section(err, status, "CPAR");
}

/* The head of the parameters, which says how long they are. */
static enum vsx_status read_head(struct vsx_segment *seg, uint32_t word,
				 struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];
	struct vsx_code_form *f = &seg->form;
	const uint8_t *head = params->base;

	if (params->bytes < sizeof(struct vsx_disk_codes))
		return vsx_bad_length("CPAR", params->bytes,
				      sizeof(struct vsx_disk_codes), err);
	VSX_TRY(vsx_touch(params, 0, sizeof(struct vsx_disk_codes), err));
	*f = vsx_code_form_read(word, seg->space.dim, head);
	if (f->flags & ~VSX_CODES_FLAGS)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes with flags 0x%x, expected 0x%x at most",
				f->flags, VSX_CODES_FLAGS);
	if (f->n_centroids && f->flags != VSX_CODES_FLAGS)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes with %u centroid%s, expected 0",
				f->n_centroids, vsx_s(f->n_centroids));
	if (f->flags & VSX_CODES_TRANSFORMED ? f->coded < 1 || f->coded > f->dim
					     : f->coded != f->dim)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes of %u dimension%s over rows of %u",
				f->coded, vsx_s(f->coded), f->dim);
	if (f->flags & VSX_CODES_TRANSFORMED && f->dim > VSX_MAX_LINEAR_DIM)
		return vsx_fail(err, VSX_ECORRUPT,
				"a transform of rows of %u dimensions, "
				"expected %u at most",
				f->dim, VSX_MAX_LINEAR_DIM);
	if (!vsx_is_zero(head + offsetof(struct vsx_disk_codes, zero),
			 sizeof(((struct vsx_disk_codes *)0)->zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"the head of the codes does not end in zeros");
	return VSX_OK;
}

static enum vsx_status check_fit(const struct vsx_segment *seg,
				 struct vsx_error *err)
{
	const struct vsx_code_form *f = &seg->form;

	if (seg->codec->fits ? seg->codec->fits(f) : f->size == 0)
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT,
			"codes %s of size %u for %u dimension%s",
			seg->codec->name, f->size, f->coded, vsx_s(f->coded));
}

enum vsx_status vsx_codes_check_lengths(struct vsx_segment *seg,
					struct vsx_error *err)
{
	const struct vsx_view *code = &seg->view[VSX_SEC_CODE];
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];
	uint32_t word = seg->params[VSX_PARAM_CODES];
	uint64_t due;

	seg->codec = vsx_codec_find(vsx_code_word_id(word));
	if (!seg->codec)
		return vsx_fail(err, VSX_EVERSION, "codec %u is not known",
				vsx_code_word_id(word));
	if (!code->base && !params->base)
		return word ? at_codes(vsx_fail(err, VSX_ECORRUPT,
						"codes %s without sections "
						"CPAR and CODE",
						seg->codec->name),
				       err)
			    : VSX_OK;
	if (!code->base || !params->base)
		return vsx_at_section(err,
				      vsx_fail(err, VSX_ECORRUPT,
					       "section %s without %s",
					       code->base ? "CODE" : "CPAR",
					       code->base ? "CPAR" : "CODE"),
				      code->base ? "CODE" : "CPAR");
	if (!seg->codec->suits(seg->space.elem))
		return vsx_at_section(err,
				      vsx_fail(err, VSX_ECORRUPT,
					       "section CODE over rows of %s",
					       vsx_elem_name(seg->space.elem)),
				      "CODE");
	seg->form =
		vsx_code_form_plain(seg->space.dim, vsx_code_word_size(word));
	if (vsx_codec_has_head(seg->codec))
		VSX_TRY(at_codes(read_head(seg, word, err), err));
	VSX_TRY(at_codes(check_fit(seg, err), err));
	due = seg->codec->params_bytes(&seg->form);
	if (params->bytes != due)
		return vsx_bad_length("CPAR", params->bytes, due, err);
	due = vsx_codec_bytes(seg->codec, &seg->form, seg->n_rows);
	if (code->bytes != due)
		return vsx_bad_length("CODE", code->bytes, due, err);
	return VSX_OK;
}

enum vsx_status vsx_segment_codes(const struct vsx_segment *seg,
				  struct vsx_codes *c, struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];

	VSX_TRY(vsx_touch(params, 0, params->bytes, err));
	VSX_TRY(vsx_codes_open(c, seg->codec, &seg->form, &seg->space,
			       params->base, &seg->view[VSX_SEC_CODE], 0, err));
	c->centroids.view = &seg->view[VSX_SEC_CENT];
	c->centroids.stride = seg->centroid_stride;
	c->centroids.n_lists = seg->n_lists;
	if (seg->form.n_centroids) {
		c->centroids.view = params;
		c->centroids.at = vsx_code_parts(&seg->form).centroids;
		c->centroids.stride = seg->form.coded * 4;
	}
	return VSX_OK;
}

enum vsx_status vsx_codes_check_lists(const struct vsx_segment *seg,
				      uint32_t lender, struct vsx_error *err)
{
	const struct vsx_code_form *f = &seg->form;
	uint32_t due = f->flags == VSX_CODES_FLAGS ? seg->n_lists : 0;

	if (!vsx_codes_present(seg))
		return VSX_OK;
	if (f->n_centroids != due)
		return at_codes(vsx_fail(err, VSX_ECORRUPT,
					 "codes with %u centroid%s, expected "
					 "%u",
					 f->n_centroids, vsx_s(f->n_centroids),
					 due),
				err);
	if (!(f->flags & VSX_CODES_RESIDUAL))
		return VSX_OK;
	if (!seg->n_lists)
		return at_codes(vsx_fail(err, VSX_ECORRUPT,
					 "codes of what centroids leave of the "
					 "rows, which have none"),
				err);
	if (seg->params[VSX_PARAM_SHARED] &&
	    seg->params[VSX_PARAM_SHARED] != lender)
		return at_codes(vsx_fail(err, VSX_ECORRUPT,
					 "codes share their parameters with "
					 "segment %u, and their centroids not",
					 seg->params[VSX_PARAM_SHARED] - 1),
				err);
	return VSX_OK;
}
