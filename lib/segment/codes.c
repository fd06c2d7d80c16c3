#include "segment/codes.h"

#include <math.h>

#include "plural.h"
#include "segment/kept.h"

/* Codes of a segment: those of CODE, or those that VECS has in place of rows.
 */
struct place {
	enum vsx_section_slot params, codes;
	const char *params_name;
	uint32_t word;
	const struct vsx_codec *codec;
	const struct vsx_code_form *form;
};

static struct place place_of_codes(const struct vsx_segment *seg)
{
	return (struct place){
		VSX_SEC_CPAR, VSX_SEC_CODE,
		"CPAR",	      seg->params[VSX_PARAM_CODES],
		seg->codec,   &seg->form,
	};
}

static struct place place_of_rows(const struct vsx_segment *seg)
{
	return (struct place){
		VSX_SEC_VPAR,	 VSX_SEC_VECS,
		"VPAR",		 seg->params[VSX_PARAM_ROWS],
		seg->kept_codec, &seg->kept_form,
	};
}

/* What is wrong with the codes, or with their parameters. */
static enum vsx_status at_codes(const struct place *p, enum vsx_status status,
				struct vsx_error *err)
{
	return vsx_at_section(err, status, p->params_name);
}

/* The head of the parameters, which says how long they are. */
static enum vsx_status read_head(const struct vsx_segment *seg,
				 const struct place *p, struct vsx_code_form *f,
				 struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[p->params];
	const uint8_t *head = params->base;

	if (params->bytes < sizeof(struct vsx_disk_codes))
		return vsx_bad_length(p->params_name, params->bytes,
				      sizeof(struct vsx_disk_codes), err);
	VSX_TRY(vsx_touch(params, 0, sizeof(struct vsx_disk_codes), err));
	*f = vsx_code_form_read(p->word, seg->space.dim, head);
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
	if (!isfinite(vsx_code_head_loss(head)) ||
	    vsx_code_head_loss(head) < 0.0f)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes with a loss of %g, expected a number "
				"of 0 or more",
				(double)vsx_code_head_loss(head));
	if (!vsx_is_zero(head + offsetof(struct vsx_disk_codes, zero),
			 sizeof(((struct vsx_disk_codes *)0)->zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"the head of the codes does not end in zeros");
	return VSX_OK;
}

static enum vsx_status check_fit(const struct place *p, struct vsx_error *err)
{
	const struct vsx_code_form *f = p->form;
	bool fits = p->codec->fits ? p->codec->fits(f) : f->size == 0;

	if (fits && (!p->codec->most_dim || f->coded <= p->codec->most_dim))
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT,
			"codes %s of size %u for %u dimension%s",
			p->codec->name, f->size, f->coded, vsx_s(f->coded));
}

/* Sets *f, which is p->form. */
static enum vsx_status check_params(const struct vsx_segment *seg,
				    const struct place *p,
				    struct vsx_code_form *f,
				    struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[p->params];
	uint64_t due;

	*f = vsx_code_form_plain(seg->space.dim, vsx_code_word_size(p->word));
	if (vsx_codec_has_head(p->codec))
		VSX_TRY(at_codes(p, read_head(seg, p, f, err), err));
	VSX_TRY(at_codes(p, check_fit(p, err), err));
	due = p->codec->params_bytes(f);
	return params->bytes == due ? VSX_OK
				    : vsx_bad_length(p->params_name,
						     params->bytes, due, err);
}

static enum vsx_status find_codec(const struct vsx_codec **codec, uint32_t word,
				  struct vsx_error *err)
{
	*codec = vsx_codec_find(vsx_code_word_id(word));
	return *codec ? VSX_OK
		      : vsx_fail(err, VSX_EVERSION, "codec %u is not known",
				 vsx_code_word_id(word));
}

enum vsx_status vsx_codes_check_lengths(struct vsx_segment *seg,
					struct vsx_error *err)
{
	const struct vsx_view *code = &seg->view[VSX_SEC_CODE];
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];
	uint32_t word = seg->params[VSX_PARAM_CODES];
	struct place p;
	uint64_t due;

	VSX_TRY(find_codec(&seg->codec, word, err));
	p = place_of_codes(seg);
	if (!code->base && !params->base)
		return word ? at_codes(&p,
				       vsx_fail(err, VSX_ECORRUPT,
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
	/* Bounds are of rows as they are. */
	if (seg->kept_bytes && !seg->codec->estimates)
		return vsx_at_section(err,
				      vsx_fail(err, VSX_ECORRUPT,
					       "section CODE of codes %s over "
					       "rows kept as codes",
					       seg->codec->name),
				      "CODE");
	VSX_TRY(check_params(seg, &p, &seg->form, err));
	due = vsx_codec_bytes(seg->codec, &seg->form, seg->n_rows);
	if (code->bytes != due)
		return vsx_bad_length("CODE", code->bytes, due, err);
	return VSX_OK;
}

enum vsx_status vsx_kept_check_lengths(struct vsx_segment *seg,
				       struct vsx_error *err)
{
	uint32_t word = seg->params[VSX_PARAM_ROWS], due;
	struct place p;

	if (!vsx_word_is_code(word))
		return VSX_OK;
	VSX_TRY(find_codec(&seg->kept_codec, word, err));
	p = place_of_rows(seg);
	if (!vsx_codec_has_head(seg->kept_codec) ||
	    seg->kept_codec->block_shift)
		return vsx_fail(err, VSX_ECORRUPT, "rows kept as codes %s",
				seg->kept_codec->name);
	if (!seg->view[VSX_SEC_VPAR].base)
		return at_codes(&p,
				vsx_fail(err, VSX_ECORRUPT,
					 "rows kept as codes %s without "
					 "section VPAR",
					 seg->kept_codec->name),
				err);
	VSX_TRY(check_params(seg, &p, &seg->kept_form, err));
	due = seg->kept_codec->block_bytes(&seg->kept_form);
	if (seg->kept_bytes != due)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes %s are %u byte%s apart, expected %u",
				seg->kept_codec->name, seg->kept_bytes,
				vsx_s(seg->kept_bytes), due);
	return VSX_OK;
}

static enum vsx_status open_codes(const struct vsx_segment *seg,
				  const struct place *p, struct vsx_codes *c,
				  struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[p->params];

	VSX_TRY(vsx_touch(params, 0, params->bytes, err));
	VSX_TRY(vsx_codes_open(c, p->codec, p->form, &seg->space, params->base,
			       &seg->view[p->codes], 0, err));
	c->centroids.view = &seg->view[VSX_SEC_CENT];
	c->centroids.stride = seg->centroid_stride;
	c->centroids.n_lists = seg->n_lists;
	if (p->form->n_centroids) {
		c->centroids.view = params;
		c->centroids.at = vsx_code_parts(p->form).centroids;
		c->centroids.stride = p->form->coded * 4;
	}
	return VSX_OK;
}

enum vsx_status vsx_segment_codes(const struct vsx_segment *seg,
				  struct vsx_codes *c, struct vsx_error *err)
{
	struct place p = place_of_codes(seg);

	if (!vsx_codes_present(seg) && vsx_is_coded(seg))
		return vsx_segment_kept_codes(seg, c, err);
	return open_codes(seg, &p, c, err);
}

enum vsx_status vsx_segment_kept_codes(const struct vsx_segment *seg,
				       struct vsx_codes *c,
				       struct vsx_error *err)
{
	struct place p = place_of_rows(seg);

	VSX_TRY(open_codes(seg, &p, c, err));
	c->by_offset = true;
	return VSX_OK;
}

static enum vsx_status check_lists(const struct vsx_segment *seg,
				   const struct place *p, uint32_t lender,
				   struct vsx_error *err)
{
	const struct vsx_code_form *f = p->form;
	uint32_t due = f->flags == VSX_CODES_FLAGS ? seg->n_lists : 0;

	if (f->n_centroids != due)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes with %u centroid%s, expected %u",
				f->n_centroids, vsx_s(f->n_centroids), due);
	if (!(f->flags & VSX_CODES_RESIDUAL))
		return VSX_OK;
	if (!seg->n_lists)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes of what centroids leave of the rows, "
				"which have none");
	if (seg->params[VSX_PARAM_SHARED] &&
	    seg->params[VSX_PARAM_SHARED] != lender)
		return vsx_fail(err, VSX_ECORRUPT,
				"codes share their parameters with segment %u, "
				"and their centroids not",
				seg->params[VSX_PARAM_SHARED] - 1);
	return VSX_OK;
}

enum vsx_status vsx_codes_check_lists(const struct vsx_segment *seg,
				      uint32_t lender, struct vsx_error *err)
{
	struct place p = place_of_codes(seg);

	return vsx_codes_present(seg)
		       ? at_codes(&p, check_lists(seg, &p, lender, err), err)
		       : VSX_OK;
}

enum vsx_status vsx_kept_check_lists(const struct vsx_segment *seg,
				     uint32_t lender, struct vsx_error *err)
{
	struct place p = place_of_rows(seg);

	return vsx_is_coded(seg)
		       ? at_codes(&p, check_lists(seg, &p, lender, err), err)
		       : VSX_OK;
}
