#include "segment/attached.h"

#include "segment/keys.h"

enum vsx_status vsx_attached_open(const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	struct vsx_strings payload = vsx_segment_payload(seg);

	VSX_TRY(vsx_keys_open(seg, err));
	return vsx_strings_open(&payload, err);
}

enum vsx_status vsx_attached_check(const struct vsx_segment *seg,
				   vsx_finding *report, void *context,
				   struct vsx_error *err)
{
	struct vsx_strings payload = vsx_segment_payload(seg);

	VSX_TRY(vsx_keys_check(seg, report, context, err));
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
	*out = (struct vsx_bytes){NULL, 0};
	if (!vsx_attached_present(r->seg, a))
		return VSX_OK;
	return vsx_strings_get(a == VSX_ATT_KEY ? &r->keys : &r->payload, row,
			       out, err);
}

void vsx_attached_release(struct vsx_attached_reader *r)
{
	vsx_strings_release(&r->keys);
	vsx_strings_release(&r->payload);
}
