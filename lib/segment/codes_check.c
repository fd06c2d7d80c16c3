/* The rules of codes that say something of each row. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/codes.h"
#include "segment/ids.h"
#include "segment/kept.h"
#include "segment/rule.h"

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

/* ---- codes of rows ------------------------------------------------------ */

/* A thread's own. */
struct place {
	struct vsx_kept kept;
	float *x, *y;		 /* [dim]; [rows of a block][coded] */
	const float **centroids; /* [rows of a block], of those of y */
	uint8_t *block;		 /* as it should be */
};

struct rows_check {
	struct vsx_codes codes;
	struct place *place; /* [n_threads] */
	unsigned int n_threads;
	vsx_finding *report;
	void *context;
};

/* What a code says of a row. */
static enum vsx_status bound_row(const struct rows_check *c,
				 unsigned int thread, uint32_t row,
				 vsx_finding *report)
{
	struct vsx_kept *kept = &c->place[thread].kept;
	struct vsx_error local;
	const uint8_t *at;

	/* A row that cannot be found is reported with its list. */
	if (vsx_kept_row(kept, row, &at, &local) != VSX_OK)
		return VSX_OK;
	return report ? vsx_codes_check_row(&c->codes, row, at, NULL, report,
					    c->context)
		      : c->codes.codec->check_row(&c->codes, row, at, &local);
}

static bool is_beyond(void *context, unsigned int thread, uint32_t row)
{
	return bound_row(context, thread, row, NULL) != VSX_OK;
}

static enum vsx_status tell_beyond(void *context, uint32_t row)
{
	const struct rows_check *c = context;

	return bound_row(c, 0, row, c->report);
}

/* ---- codes of rows that are encoded once more --------------------------- */

/* The list of a row. */
static enum vsx_status list_of(const struct vsx_segment *seg, uint32_t row,
			       uint32_t *list, struct vsx_error *err)
{
	*list = 0;
	return seg->placing ? seg->placing->list_of(seg, row, list, err)
			    : VSX_OK;
}

/* What a row is coded from becomes number i of p->y. */
static enum vsx_status take_input(const struct rows_check *c, struct place *p,
				  uint32_t row, uint32_t i,
				  struct vsx_error *err)
{
	const struct vsx_segment *seg = p->kept.seg;
	const struct vsx_code_form *form = &c->codes.form;
	const uint8_t *at;
	uint32_t list;

	VSX_TRY(list_of(seg, row, &list, err));
	VSX_TRY(vsx_codes_centroid(&c->codes, list, &p->centroids[i], err));
	VSX_TRY(vsx_kept_row(&p->kept, row, &at, err));
	vsx_code_input(form, c->codes.params, &seg->space, at, p->centroids[i],
		       p->x, p->y + (size_t)i * form->coded);
	return VSX_OK;
}

/* A block is made again: VSX_ECORRUPT where it is not what is in the file. */
static enum vsx_status compare_block(const struct rows_check *c,
				     unsigned int thread, uint32_t block,
				     struct vsx_error *err)
{
	const struct vsx_codes *codes = &c->codes;
	struct place *p = &c->place[thread];
	uint32_t first = block << codes->block_shift, i = 0;
	uint32_t n = p->kept.seg->n_rows - first;
	const uint8_t *found = codes->base + (size_t)block * codes->block_bytes;

	if (n > 1u << codes->block_shift)
		n = 1u << codes->block_shift;
	for (uint32_t j = 0; j < n; j++)
		VSX_TRY(take_input(c, p, first + j, j, err));
	memset(p->block, 0, codes->block_bytes);
	codes->codec->encode(&codes->form, codes->params, p->y,
			     p->centroids[0] ? p->centroids : NULL, n,
			     p->block);
	if (memcmp(found, p->block, codes->block_bytes) == 0)
		return VSX_OK;
	while (found[i] == p->block[i])
		i++;
	vsx_fail(err, VSX_ECORRUPT,
		 "byte %u of its code is 0x%02x, expected 0x%02x", i, found[i],
		 p->block[i]);
	return vsx_fail_row(err, VSX_ECORRUPT, first, err);
}

static bool is_other(void *context, unsigned int thread, uint32_t block)
{
	struct vsx_error local;

	return compare_block(context, thread, block, &local) != VSX_OK;
}

static enum vsx_status tell_other(void *context, uint32_t block)
{
	const struct rows_check *c = context;
	struct vsx_error local = {0};

	compare_block(c, 0, block, &local);
	return vsx_tell_why(c->report, c->context, &local);
}

/* Rows of lists that follow each other: others are reported as such. */
static uint32_t rows_in_order(const struct vsx_segment *seg)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < vsx_segment_runs(seg); i++) {
		struct vsx_error local;
		struct vsx_run run;

		if (vsx_segment_run(seg, i, &run, &local) ||
		    run.first_row != next)
			break;
		next += run.n_rows;
	}
	return next;
}

/* ---- both --------------------------------------------------------------- */

static enum vsx_status open_places(struct rows_check *c,
				   const struct vsx_segment *seg,
				   struct vsx_error *err)
{
	const struct vsx_codes *codes = &c->codes;
	size_t rows = (size_t)1 << codes->block_shift;

	VSX_TRY(vsx_alloc_to(&c->place, c->n_threads, sizeof(*c->place), err));
	for (unsigned int t = 0; t < c->n_threads; t++) {
		struct place *p = &c->place[t];

		VSX_TRY(vsx_kept_begin(&p->kept, seg, err));
		if (!vsx_codec_has_head(codes->codec))
			continue;
		VSX_TRY(vsx_alloc_to(&p->x, codes->form.dim, sizeof(*p->x),
				     err));
		VSX_TRY(vsx_alloc_to(&p->y, rows * codes->form.coded,
				     sizeof(*p->y), err));
		VSX_TRY(vsx_alloc_to(&p->centroids, rows, sizeof(*p->centroids),
				     err));
		VSX_TRY(vsx_alloc_to(&p->block, codes->block_bytes, 1, err));
	}
	return VSX_OK;
}

static void close_places(struct rows_check *c)
{
	for (unsigned int t = 0; c->place && t < c->n_threads; t++) {
		vsx_kept_release(&c->place[t].kept);
		free(c->place[t].x);
		free(c->place[t].y);
		free(c->place[t].centroids);
		free(c->place[t].block);
	}
	free(c->place);
}

static enum vsx_status check_rows(struct rows_check *c,
				  const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	static const struct vsx_row_rule beyond = {is_beyond, tell_beyond,
						   NULL};
	static const struct vsx_row_rule other = {is_other, tell_other, NULL};
	uint32_t shift = c->codes.block_shift, rows;

	VSX_TRY(open_places(c, seg, err));
	if (!vsx_codec_has_head(c->codes.codec))
		return vsx_check_rows(&beyond, c, c->n_threads, seg->n_rows,
				      err);
	rows = rows_in_order(seg);
	if (rows == seg->n_rows)
		rows += (1u << shift) - 1;
	return vsx_check_rows(&other, c, c->n_threads, rows >> shift, err);
}

/* ---- parameters --------------------------------------------------------- */

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
				unsigned int n_threads, vsx_finding *report,
				void *context, struct vsx_error *err)
{
	struct rows_check c = {
		.n_threads = n_threads, .report = report, .context = context};
	struct vsx_error local;
	enum vsx_status status;

	if (!vsx_codes_present(seg))
		return VSX_OK;
	status = check_params(seg, &c.codes, &local);
	if (status == VSX_ENOMEM && err)
		*err = local;
	if (status == VSX_ENOMEM)
		return status;
	if (status != VSX_OK)
		return vsx_tell_why(report, context, &local);
	status = check_rows(&c, seg, err);
	close_places(&c);
	return status;
}
