#include "write/intake/live_rows.h"

#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/kept.h"
#include "write/intake/block.h"

/* Taken at a time. */
#define BLOCK_BYTES (4u << 20)

/* Rows on their way out of a segment. */
struct leaving {
	const struct vsx_chosen *among; /* NULL: all that are live */
	struct vsx_kept kept;
	struct vsx_attached_reader attached;
	struct vsx_block block;
};

static enum vsx_status put_row(struct leaving *l, uint32_t row,
			       struct vsx_error *err)
{
	const uint8_t *at;
	uint64_t id;

	VSX_TRY(vsx_ids_of(l->kept.seg, row, &id, err));
	VSX_TRY(vsx_kept_row(&l->kept, row, &at, err));
	VSX_TRY(vsx_block_attach(&l->block, &l->attached, row, err));
	vsx_block_put(&l->block, row, at, id);
	return VSX_OK;
}

static bool is_leaving(const struct leaving *l, uint32_t row)
{
	return l->among ? !(l->among->barred[row >> 3] >> (row & 7) & 1)
			: !vsx_is_dead(l->kept.seg, row);
}

static enum vsx_status walk(struct leaving *l, vsx_live_take *take,
			    void *context, struct vsx_error *err)
{
	const struct vsx_segment *seg = l->kept.seg;
	struct vsx_block *b = &l->block;

	for (uint32_t rank = 0; rank < seg->n_rows; rank++) {
		uint32_t row;

		VSX_TRY(vsx_ids_by_rank(seg, rank, &row, err));
		if (is_leaving(l, row))
			VSX_TRY(put_row(l, row, err));
		if (!vsx_block_is_full(b) && rank + 1 < seg->n_rows)
			continue;
		VSX_TRY(take(context, seg, b->row, &b->rows, err));
		vsx_block_clear(b);
	}
	return VSX_OK;
}

enum vsx_status vsx_live_rows(const struct vsx_segment *seg,
			      const struct vsx_chosen *among,
			      vsx_live_take *take, void *context,
			      struct vsx_error *err)
{
	size_t room = BLOCK_BYTES / seg->space.vector_bytes + 1;
	enum vsx_status status;
	struct leaving l = {.kept = {.seg = NULL}, .among = among};

	if (room > seg->n_rows)
		room = seg->n_rows;
	VSX_TRY(vsx_dead_touch(seg, err));
	status = vsx_block_init(&l.block, &seg->space, room, err);
	if (status == VSX_OK)
		status = vsx_kept_begin(&l.kept, seg, err);
	vsx_attached_begin(&l.attached, seg);
	if (status == VSX_OK)
		status = walk(&l, take, context, err);
	vsx_attached_release(&l.attached);
	vsx_kept_release(&l.kept);
	vsx_block_release(&l.block);
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
