#include "write/intake/live_rows.h"

#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/kept.h"
#include "write/intake/block.h"

/* Taken at a time. */
#define BLOCK_BYTES (4u << 20)

static enum vsx_status put_row(struct vsx_block *b, struct vsx_kept *kept,
			       uint32_t row, struct vsx_error *err)
{
	const uint8_t *at;
	uint64_t id;

	VSX_TRY(vsx_ids_of(kept->seg, row, &id, err));
	VSX_TRY(vsx_kept_row(kept, row, &at, err));
	vsx_block_put(b, row, at, id);
	return VSX_OK;
}

static enum vsx_status walk(struct vsx_block *b, struct vsx_kept *kept,
			    vsx_live_take *take, void *context,
			    struct vsx_error *err)
{
	const struct vsx_segment *seg = kept->seg;

	for (uint32_t rank = 0; rank < seg->n_rows; rank++) {
		uint32_t row;

		VSX_TRY(vsx_ids_by_rank(seg, rank, &row, err));
		if (!vsx_is_dead(seg, row))
			VSX_TRY(put_row(b, kept, row, err));
		if (!vsx_block_is_full(b) && rank + 1 < seg->n_rows)
			continue;
		VSX_TRY(take(context, seg, b->row, &b->rows, err));
		b->rows.n = 0;
	}
	return VSX_OK;
}

enum vsx_status vsx_live_rows(const struct vsx_segment *seg,
			      vsx_live_take *take, void *context,
			      struct vsx_error *err)
{
	size_t room = BLOCK_BYTES / seg->space.vector_bytes + 1;
	enum vsx_status status;
	struct vsx_kept kept = {NULL};
	struct vsx_block b;

	if (room > seg->n_rows)
		room = seg->n_rows;
	VSX_TRY(vsx_dead_touch(seg, err));
	status = vsx_block_init(&b, &seg->space, room, err);
	if (status == VSX_OK)
		status = vsx_kept_begin(&kept, seg, err);
	if (status == VSX_OK)
		status = walk(&b, &kept, take, context, err);
	vsx_kept_release(&kept);
	vsx_block_release(&b);
	return status;
}

enum vsx_status vsx_live_add(struct vsx_intake *in,
			     const struct vsx_segment *seg,
			     const uint32_t *rows,
			     const struct vsx_batch *batch,
			     struct vsx_error *err)
{
	return vsx_is_coded(seg) ? vsx_intake_add_decoded(
					   in, batch, seg->number, rows, err)
				 : vsx_intake_add_stored(in, batch, err);
}
