#include "segment/codes.h"

#include "segment/ids.h"
#include "segment/kept.h"

enum vsx_status vsx_codes_check_lengths(struct vsx_segment *seg,
					struct vsx_error *err)
{
	const struct vsx_view *code = &seg->view[VSX_SEC_CODE];
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];
	uint32_t dim = seg->space.dim, id = seg->params[VSX_PARAM_CODEC];
	uint64_t due;

	seg->codec = vsx_codec_find(id);
	if (!seg->codec)
		return vsx_fail(err, VSX_EVERSION, "codec %u is not known", id);
	if (!code->base && !params->base)
		return VSX_OK;
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
	due = seg->codec->params_bytes(dim);
	if (params->bytes != due)
		return vsx_bad_length("CPAR", params->bytes, due, err);
	due = vsx_codec_bytes(seg->codec, dim, seg->n_rows);
	if (code->bytes != due)
		return vsx_bad_length("CODE", code->bytes, due, err);
	return VSX_OK;
}

enum vsx_status vsx_segment_codes(const struct vsx_segment *seg,
				  struct vsx_codes *c, struct vsx_error *err)
{
	const struct vsx_view *params = &seg->view[VSX_SEC_CPAR];

	VSX_TRY(vsx_touch(params, 0, params->bytes, err));
	return vsx_codes_open(c, seg->codec, &seg->space, params->base,
			      &seg->view[VSX_SEC_CODE], 0, err);
}

enum vsx_status vsx_codes_check_row(const struct vsx_codes *c, uint32_t row,
				    const uint8_t *at, const char *what,
				    vsx_finding *report, void *context)
{
	struct vsx_error local;

	if (c->codec->check_row(c, row, at, &local) == VSX_OK)
		return VSX_OK;
	if (what)
		return vsx_tell(report, context, VSX_ECORRUPT, "%s %u: %s",
				what, row, local.text);
	vsx_fail_row(&local, VSX_ECORRUPT, row, &local);
	return vsx_tell_why(report, context, &local);
}

static enum vsx_status check_rows(const struct vsx_codes *c,
				  struct vsx_kept *kept, vsx_finding *report,
				  void *context)
{
	struct vsx_error local;
	const uint8_t *at;

	for (uint32_t row = 0; row < kept->seg->n_rows; row++)
		/* A row that cannot be found is reported with its list. */
		if (vsx_kept_row(kept, row, &at, &local) == VSX_OK)
			VSX_TRY(vsx_codes_check_row(c, row, at, NULL, report,
						    context));
	return VSX_OK;
}

enum vsx_status vsx_codes_check(const struct vsx_segment *seg,
				vsx_finding *report, void *context,
				struct vsx_error *err)
{
	struct vsx_kept kept = {NULL};
	struct vsx_error local;
	enum vsx_status status;
	struct vsx_codes c;

	if (!vsx_codes_present(seg))
		return VSX_OK;
	if (vsx_segment_codes(seg, &c, &local) || c.codec->check(&c, &local))
		return vsx_tell_why(report, context, &local);
	status = vsx_kept_begin(&kept, seg, err);
	if (status == VSX_OK)
		status = check_rows(&c, &kept, report, context);
	vsx_kept_release(&kept);
	return status;
}
