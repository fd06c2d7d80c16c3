#include "segment/attached.h"

#include <stdlib.h>

#include "field/columns_check.h"
#include "segment/keys.h"

enum vsx_status vsx_attached_open(const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	struct vsx_strings payload = vsx_segment_payload(seg);

	VSX_TRY(vsx_keys_open(seg, err));
	return vsx_strings_open(&payload, err);
}

enum vsx_status vsx_attached_open_one(struct vsx_segment *seg,
				      enum vsx_attachment a,
				      struct vsx_error *err)
{
	struct vsx_strings keys = vsx_segment_keys(seg);
	struct vsx_strings payload = vsx_segment_payload(seg);

	if (a == VSX_ATT_FIELDS)
		return vsx_columns_open(&seg->columns, &seg->view[VSX_SEC_COLS],
					seg->n_rows, seg->n_lists, err);
	return vsx_strings_open(a == VSX_ATT_KEY ? &keys : &payload, err);
}

void vsx_attached_forget(struct vsx_segment *seg, enum vsx_attachment a)
{
	static const enum vsx_section_slot slots[VSX_N_ATT] = {
		[VSX_ATT_KEY] = VSX_SEC_KEYS,
		[VSX_ATT_PAYLOAD] = VSX_SEC_PAYL,
		[VSX_ATT_FIELDS] = VSX_SEC_COLS,
	};

	seg->view[slots[a]] = (struct vsx_view){NULL, 0, NULL};
	if (a == VSX_ATT_FIELDS)
		vsx_columns_close(&seg->columns);
}

/* Lists that are broken are told of elsewhere; ranges of these say nothing. */
static enum vsx_status check_columns(const struct vsx_segment *seg,
				     vsx_finding *report, void *context,
				     struct vsx_error *err)
{
	struct vsx_row_lists lists;
	enum vsx_status status;
	uint32_t *ends;

	status = vsx_segment_lists(seg, &ends, &lists, err);
	if (status == VSX_OK || status == VSX_ECORRUPT)
		status = vsx_columns_check(&seg->columns, &lists, report,
					   context);
	free(ends);
	return status;
}

enum vsx_status vsx_attached_check(const struct vsx_segment *seg,
				   vsx_finding *report, void *context,
				   struct vsx_error *err)
{
	struct vsx_strings payload = vsx_segment_payload(seg);

	VSX_TRY(vsx_keys_check(seg, report, context, err));
	VSX_TRY(check_columns(seg, report, context, err));
	return vsx_strings_present(&payload)
		       ? vsx_strings_check(&payload, NULL, NULL, err)
		       : VSX_OK;
}

bool vsx_attached_present(const struct vsx_segment *seg, enum vsx_attachment a)
{
	switch (a) {
	case VSX_ATT_KEY:
		return vsx_keys_present(seg);
	case VSX_ATT_PAYLOAD:
		return seg->view[VSX_SEC_PAYL].base != NULL;
	case VSX_ATT_FIELDS:
		return seg->columns.n > 0;
	case VSX_N_ATT:
		break;
	}
	return false;
}

void vsx_attached_begin(struct vsx_attached_reader *r,
			const struct vsx_segment *seg)
{
	struct vsx_strings keys = vsx_segment_keys(seg);
	struct vsx_strings payload = vsx_segment_payload(seg);

	r->seg = seg;
	vsx_strings_begin(&r->keys, &keys);
	vsx_strings_begin(&r->payload, &payload);
}

enum vsx_status vsx_attached_get(struct vsx_attached_reader *r,
				 enum vsx_attachment a, uint32_t row,
				 struct vsx_bytes *out, struct vsx_error *err)
{
	enum vsx_status status;

	*out = (struct vsx_bytes){NULL, 0};
	if (!vsx_attached_present(r->seg, a))
		return VSX_OK;
	if (a == VSX_ATT_FIELDS) {
		status = vsx_record_of_row(&r->fields, &r->seg->columns, row,
					   err);
		*out = (struct vsx_bytes){r->fields.bytes, r->fields.n};
		return status;
	}
	status = vsx_strings_get(a == VSX_ATT_KEY ? &r->keys : &r->payload, row,
				 out, err);
	if (status != VSX_OK)
		out->n = 0;
	return status;
}

void vsx_attached_release(struct vsx_attached_reader *r)
{
	vsx_strings_release(&r->keys);
	vsx_strings_release(&r->payload);
	free(r->fields.bytes);
	r->fields = (struct vsx_record){NULL, 0, 0};
}
