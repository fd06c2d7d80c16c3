/* The rules of codes that say something of each row. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/codes.h"
#include "segment/ids.h"
#include "segment/kept.h"

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

/* ---- codes of rows that are encoded once more --------------------------- */

struct again {
	struct vsx_kept *kept;
	struct vsx_codes codes;
	float *x, *y;		 /* [dim]; [rows of a block][coded] */
	const float **centroids; /* [rows of a block], of those of y */
	uint8_t *block;		 /* as it should be */
	uint32_t next;		 /* row */
};

/* The block that ends before a->next. */
static enum vsx_status compare_block(struct again *a, vsx_finding *report,
				     void *context)
{
	const struct vsx_codes *c = &a->codes;
	uint32_t rows = 1u << c->block_shift;
	uint32_t first = (a->next - 1) / rows * rows;
	const uint8_t *found =
		c->base + (size_t)(first / rows) * c->block_bytes;
	struct vsx_error local;

	memset(a->block, 0, c->block_bytes);
	c->codec->encode(&c->form, c->params, a->y,
			 a->centroids[0] ? a->centroids : NULL, a->next - first,
			 a->block);
	if (memcmp(found, a->block, c->block_bytes) == 0)
		return VSX_OK;
	for (uint32_t i = 0; i < c->block_bytes; i++)
		if (found[i] != a->block[i]) {
			vsx_fail(&local, VSX_ECORRUPT,
				 "byte %u of its code is 0x%02x, expected "
				 "0x%02x",
				 i, found[i], a->block[i]);
			break;
		}
	vsx_fail_row(&local, VSX_ECORRUPT, first, &local);
	return vsx_tell_why(report, context, &local);
}

static enum vsx_status compare_run(struct again *a, const struct vsx_run *run,
				   const float *centroid, vsx_finding *report,
				   void *context)
{
	const struct vsx_segment *seg = a->kept->seg;
	const struct vsx_codes *c = &a->codes;
	uint32_t rows = 1u << c->block_shift;
	struct vsx_error local;
	const uint8_t *row;

	for (uint32_t i = 0; i < run->n_rows; i++) {
		uint64_t at = run->offset + (uint64_t)i * vsx_vecs_stride(seg);

		if (vsx_kept_at(a->kept, a->next, at, &row, &local))
			return vsx_tell_why(report, context, &local);
		vsx_code_input(&c->form, c->params, &seg->space, row, centroid,
			       a->x,
			       a->y + (size_t)(a->next % rows) * c->form.coded);
		a->centroids[a->next % rows] = centroid;
		a->next++;
		if (a->next % rows == 0 || a->next == seg->n_rows)
			VSX_TRY(compare_block(a, report, context));
	}
	return VSX_OK;
}

static enum vsx_status compare_runs(struct again *a, vsx_finding *report,
				    void *context)
{
	for (uint32_t i = 0; i < vsx_segment_runs(a->kept->seg); i++) {
		struct vsx_error local;
		const float *centroid;
		struct vsx_run run;

		/* Lists that do not follow each other are reported as such. */
		if (vsx_segment_run(a->kept->seg, i, &run, &local) ||
		    run.first_row != a->next)
			return VSX_OK;
		if (vsx_codes_centroid(&a->codes, i, &centroid, &local))
			return vsx_tell_why(report, context, &local);
		VSX_TRY(compare_run(a, &run, centroid, report, context));
	}
	return VSX_OK;
}

static enum vsx_status compare(struct vsx_kept *kept, const struct vsx_codes *c,
			       vsx_finding *report, void *context,
			       struct vsx_error *err)
{
	struct again a = {.kept = kept, .codes = *c};
	enum vsx_status status;

	status = vsx_alloc_to(&a.x, c->form.dim, sizeof(*a.x), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a.y,
				      (size_t)c->form.coded << c->block_shift,
				      sizeof(*a.y), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a.centroids, (size_t)1 << c->block_shift,
				      sizeof(*a.centroids), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a.block, c->block_bytes, 1, err);
	if (status == VSX_OK)
		status = compare_runs(&a, report, context);
	free(a.x);
	free(a.y);
	free(a.centroids);
	free(a.block);
	return status;
}

/* Centroids in the parameters are those of the lists, transformed. */
static enum vsx_status check_centroids(const struct vsx_segment *seg,
				       const struct vsx_codes *c, float *y,
				       struct vsx_error *err)
{
	const struct vsx_view *cents = &seg->view[VSX_SEC_CENT];
	struct vsx_linear l = vsx_code_linear(&c->form, c->params);
	const float *found;

	for (uint32_t i = 0; i < c->form.n_centroids; i++) {
		uint64_t at = (uint64_t)i * seg->centroid_stride;

		VSX_TRY(vsx_touch(cents, at, (uint64_t)l.dim * 4, err));
		VSX_TRY(vsx_codes_centroid(c, i, &found, err));
		vsx_linear_apply(
			&l, (const float *)(const void *)(cents->base + at),
			l.dim, 1, true, y);
		if (memcmp(found, y, l.d * sizeof(*y)) != 0)
			return vsx_fail(err, VSX_ECORRUPT,
					"centroid %u of the codes is not that "
					"of list %u, transformed",
					i, i);
	}
	return VSX_OK;
}

enum vsx_status vsx_codes_check_head(const struct vsx_segment *seg,
				     const struct vsx_codes *c,
				     struct vsx_error *err)
{
	enum vsx_status status;
	float *y;

	if (!vsx_codec_has_head(c->codec))
		return VSX_OK;
	VSX_TRY(vsx_code_form_check(&c->form, c->params, err));
	VSX_TRY(vsx_alloc_to(&y, c->form.coded, sizeof(*y), err));
	status = check_centroids(seg, c, y, err);
	free(y);
	return status;
}

/* The first rule that the parameters break. */
static enum vsx_status check_params(const struct vsx_segment *seg,
				    struct vsx_codes *c, struct vsx_error *err)
{
	VSX_TRY(vsx_segment_codes(seg, c, err));
	VSX_TRY(vsx_codes_check_head(seg, c, err));
	VSX_TRY(c->codec->check(c, err));
	return c->codec->check_rest ? c->codec->check_rest(c, seg->n_rows, err)
				    : VSX_OK;
}

enum vsx_status vsx_codes_check(const struct vsx_segment *seg,
				vsx_finding *report, void *context,
				struct vsx_error *err)
{
	struct vsx_kept kept = {.seg = NULL};
	struct vsx_error local;
	enum vsx_status status;
	struct vsx_codes c;

	if (!vsx_codes_present(seg))
		return VSX_OK;
	status = check_params(seg, &c, &local);
	if (status == VSX_ENOMEM && err)
		*err = local;
	if (status == VSX_ENOMEM)
		return status;
	if (status != VSX_OK)
		return vsx_tell_why(report, context, &local);
	status = vsx_kept_begin(&kept, seg, err);
	if (status == VSX_OK)
		status = vsx_codec_has_head(c.codec)
				 ? compare(&kept, &c, report, context, err)
				 : check_rows(&c, &kept, report, context);
	vsx_kept_release(&kept);
	return status;
}
