#include "kind/scarce.h"

#include "segment/codes.h"
#include "segment/scratch.h"
#include "io/advice.h"

bool vsx_is_read_at_random(const struct vsx_segment *seg,
			   enum vsx_section_slot slot)
{
	if (seg->kind->read_at_random & 1u << slot)
		return true;
	switch (slot) {
	case VSX_SEC_VECS: /* scanned, unless there is something smaller */
		return vsx_codes_present(seg);
	case VSX_SEC_ROID:
	case VSX_SEC_IDRO:
	case VSX_SEC_KEYS:
	case VSX_SEC_KDIR:
	case VSX_SEC_KTAB:
	case VSX_SEC_PAYL:
	case VSX_SEC_PDIR:
		return true;
	default:
		return false;
	}
}

void vsx_segment_make_scarce(struct vsx_segment *seg)
{
	seg->scarce = true;
	for (int slot = 0; slot < VSX_N_SECTION_SLOTS; slot++) {
		const struct vsx_view *v = &seg->view[slot];

		if (!v->base)
			continue;
		if (vsx_is_read_at_random(seg, (enum vsx_section_slot)slot))
			vsx_advise_random(v->base, v->bytes);
		else
			vsx_advise_normal(v->base, v->bytes);
	}
}
