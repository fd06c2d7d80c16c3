/* Opening and checking a segment of whatever kind. */
#include <stdlib.h>

#include "base/alloc.h"
#include "kind/kind.h"
#include "segment/attached.h"
#include "segment/codes.h"
#include "segment/dead.h"
#include "segment/ids.h"
#include "plural.h"

static enum vsx_status check_rows(const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];
	uint64_t plain = (uint64_t)seg->n_rows * vsx_vecs_stride(seg);

	if (!vecs->base)
		return vsx_at_segment(
			err,
			vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "segment %u has no section VECS",
					 seg->number),
				"VECS"),
			seg->number);
	if (seg->kind->placing ? vecs->bytes >= plain : vecs->bytes == plain)
		return VSX_OK;
	return vsx_at_section(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "section VECS has %llu byte%s, expected %llu for "
			 "%u row%s of %u byte%s",
			 (unsigned long long)vecs->bytes, vsx_s(vecs->bytes),
			 (unsigned long long)plain, seg->n_rows,
			 vsx_s(seg->n_rows), vsx_vecs_stride(seg),
			 vsx_s(vsx_vecs_stride(seg))),
		"VECS");
}

static enum vsx_status check_params(const struct vsx_segment *seg,
				    struct vsx_error *err)
{
	for (uint32_t p = seg->kind->n_params; p < VSX_PARAM_SHARED; p++)
		if (seg->params[p])
			return vsx_fail(err, VSX_ECORRUPT,
					"parameter %u is %u, %s has %u", p,
					seg->params[p],
					vsx_kind_name(seg->kind->code),
					seg->kind->n_params);
	return VSX_OK;
}

static enum vsx_status open_kind(struct vsx_segment *seg, struct vsx_error *err)
{
	const struct vsx_kind *kind = seg->kind;

	if (kind->state_bytes && !seg->state)
		VSX_TRY(vsx_alloc_to(&seg->state, kind->state_bytes, 1, err));
	if (kind->open)
		VSX_TRY(kind->open(seg, err));
	seg->placing = kind->placing;
	return VSX_OK;
}

static enum vsx_status open_parts(struct vsx_segment *seg,
				  struct vsx_error *err)
{
	uint32_t lender;

	VSX_TRY(check_rows(seg, err));
	VSX_TRY(check_params(seg, err));
	VSX_TRY(vsx_dead_open(seg, err));
	VSX_TRY(vsx_ids_open(seg, err));
	VSX_TRY(vsx_attached_open(seg, err));
	/* Any kind may have codes: exact search uses them where they are. */
	VSX_TRY(vsx_codes_check_lengths(seg, err));
	VSX_TRY(vsx_kept_check_lengths(seg, err));
	VSX_TRY(open_kind(seg, err));
	VSX_TRY(vsx_columns_open(&seg->columns, &seg->view[VSX_SEC_COLS],
				 seg->n_rows, seg->n_lists, err));
	lender = vsx_kind_lender(seg->kind, seg->params);
	VSX_TRY(vsx_kept_check_lists(seg, lender, err));
	return vsx_codes_check_lists(seg, lender, err);
}

enum vsx_status vsx_segment_open(struct vsx_segment *seg, struct vsx_error *err)
{
	return vsx_at_segment(err, open_parts(seg, err), seg->number);
}

enum vsx_status vsx_segment_open_rows(struct vsx_segment *seg,
				      struct vsx_error *err)
{
	VSX_TRY(vsx_ids_open(seg, err));
	VSX_TRY(vsx_kept_check_lengths(seg, err));
	if (seg->kind->placing)
		VSX_TRY(open_kind(seg, err));
	return vsx_kept_check_lists(
		seg, vsx_kind_lender(seg->kind, seg->params), err);
}

bool vsx_segment_is_exact(const struct vsx_segment *seg)
{
	return !seg->kind->climb && !vsx_codes_estimate(seg);
}

uint64_t vsx_segment_heap_bytes(const struct vsx_segment *seg)
{
	return (seg->gone ? vsx_dead_bytes(seg->n_rows) : 0) +
	       seg->columns.n * sizeof(*seg->columns.column) +
	       (seg->state ? seg->kind->state_bytes : 0);
}

void vsx_segment_close(struct vsx_segment *seg)
{
	vsx_columns_close(&seg->columns);
	free(seg->gone);
	free(seg->state);
	seg->gone = NULL;
	seg->state = NULL;
}

void vsx_segments_close(struct vsx_segment *segments, uint32_t n)
{
	for (uint32_t i = 0; segments && i < n; i++)
		vsx_segment_close(&segments[i]);
	free(segments);
}

/* One section of an earlier segment, number from - 1, which has it itself. */
static enum vsx_status share(struct vsx_segment *seg,
			     const struct vsx_segment *segments, uint32_t from,
			     bool may, enum vsx_section_slot slot,
			     struct vsx_error *err)
{
	char name[5];

	vsx_section_letters(name, vsx_section_id(slot));
	if (!may)
		return vsx_at_section(
			err,
			vsx_fail(
				err, VSX_ECORRUPT,
				"segment %u cannot share section %s of segment "
				"%u",
				seg->number, name, from - 1),
			name);
	if (seg->view[slot].base)
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "segment %u has a section %s and shares that "
				 "of segment %u",
				 seg->number, name, from - 1),
			name);
	seg->view[slot] = segments[from - 1].view[slot];
	return VSX_OK;
}

static enum vsx_status share_of_kind(struct vsx_segment *seg,
				     const struct vsx_segment *segments,
				     struct vsx_error *err)
{
	const struct vsx_kind *kind = seg->kind;
	uint32_t from = vsx_kind_lender(kind, seg->params);
	bool may;

	if (from == 0)
		return VSX_OK;
	may = from <= seg->number && segments[from - 1].kind == kind &&
	      !segments[from - 1].params[kind->shared_param] &&
	      segments[from - 1].params[0] == seg->params[0];
	return share(seg, segments, from, may, kind->shared_slot, err);
}

/* The code word of VECS; 0: it holds rows, of whatever type. */
static uint32_t code_of_rows(const uint32_t *params)
{
	uint32_t word = params[VSX_PARAM_ROWS];

	return vsx_word_is_code(word) ? word : 0;
}

/* Parameters of the same codes. */
static enum vsx_status share_codes(struct vsx_segment *seg,
				   const struct vsx_segment *segments,
				   struct vsx_error *err)
{
	uint32_t from = seg->params[VSX_PARAM_SHARED];
	const uint32_t *lender;
	bool may;

	if (from == 0)
		return VSX_OK;
	lender = from <= seg->number ? segments[from - 1].params : NULL;
	may = lender && !lender[VSX_PARAM_SHARED] &&
	      code_of_rows(lender) == code_of_rows(seg->params) &&
	      lender[VSX_PARAM_CODES] == seg->params[VSX_PARAM_CODES] &&
	      (lender[VSX_PARAM_CODES] || code_of_rows(lender));
	if (code_of_rows(seg->params))
		VSX_TRY(share(seg, segments, from, may, VSX_SEC_VPAR, err));
	return seg->params[VSX_PARAM_CODES] || !code_of_rows(seg->params)
		       ? share(seg, segments, from, may, VSX_SEC_CPAR, err)
		       : VSX_OK;
}

enum vsx_status vsx_segment_share(struct vsx_segment *seg,
				  const struct vsx_segment *segments,
				  struct vsx_error *err)
{
	VSX_TRY(share_of_kind(seg, segments, err));
	return share_codes(seg, segments, err);
}

enum vsx_status vsx_segments_share(struct vsx_segment *segments, uint32_t n,
				   struct vsx_error *err)
{
	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(vsx_at_segment(
			err, vsx_segment_share(&segments[i], segments, err),
			i));
	return VSX_OK;
}

enum vsx_status vsx_segment_check(const struct vsx_segment *seg,
				  unsigned int n_threads, vsx_finding *report,
				  void *context, struct vsx_error *err)
{
	VSX_TRY(vsx_dead_check(seg, report, context));
	VSX_TRY(vsx_ids_check(seg, report, context, err));
	VSX_TRY(vsx_attached_check(seg, report, context, err));
	VSX_TRY(vsx_codes_check(seg, n_threads, report, context, err));
	return seg->kind->check
		       ? seg->kind->check(seg, n_threads, report, context, err)
		       : VSX_OK;
}
