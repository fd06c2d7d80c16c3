#include "segment/offer.h"

#include "segment/ids.h"
#include "segment/scratch.h"

enum vsx_status vsx_offer_value(const struct vsx_segment *seg,
				struct vsx_find *find, uint32_t row,
				double value, struct vsx_error *err)
{
	struct vsx_best best = {.value = value,
				.row = (uint64_t)seg->number << 32 | row};

	if (value > vsx_find_bound(find))
		return VSX_OK;
	VSX_TRY(vsx_ids_of(seg, row, &best.id, err));
	if (find->skip_self && best.id == find->self)
		return VSX_OK;
	if (find->within && find->top.n == find->scratch->best_cap) {
		VSX_TRY(vsx_grow(&find->scratch->best, &find->scratch->best_cap,
				 find->top.n + 1, sizeof(best), err));
		find->top.heap = find->scratch->best;
	}
	vsx_topk_push(&find->top, best);
	return VSX_OK;
}

enum vsx_status vsx_offer_row(const struct vsx_segment *seg,
			      struct vsx_find *find, uint32_t row,
			      const uint8_t *at, struct vsx_error *err)
{
	return vsx_offer_value(
		seg, find, row,
		vsx_space_exact_value(&seg->space, find->query, at), err);
}
