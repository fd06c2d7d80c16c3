#include "write/intake/live_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/dead.h"
#include "segment/ids.h"

/* Taken at a time. */
#define BLOCK_BYTES (4u << 20)

struct block {
	uint8_t *rows;
	uint64_t *ids;
	size_t n, room;
};

static enum vsx_status put_row(struct block *b, const struct vsx_segment *seg,
			       uint32_t row, struct vsx_error *err)
{
	uint32_t bytes = seg->space.vector_bytes;
	uint64_t offset;

	VSX_TRY(vsx_ids_of(seg, row, &b->ids[b->n], err));
	VSX_TRY(vsx_segment_locate(seg, row, &offset, err));
	memcpy(b->rows + b->n * bytes, seg->view[VSX_SEC_VECS].base + offset,
	       bytes);
	b->n++;
	return VSX_OK;
}

static enum vsx_status walk(struct block *b, const struct vsx_segment *seg,
			    vsx_live_take *take, void *context,
			    struct vsx_error *err)
{
	for (uint32_t rank = 0; rank < seg->n_rows; rank++) {
		uint32_t row;

		VSX_TRY(vsx_ids_by_rank(seg, rank, &row, err));
		if (!vsx_is_dead(seg, row))
			VSX_TRY(put_row(b, seg, row, err));
		if (b->n < b->room && rank + 1 < seg->n_rows)
			continue;
		VSX_TRY(take(context, b->rows, b->ids, b->n, err));
		b->n = 0;
	}
	return VSX_OK;
}

enum vsx_status vsx_live_rows(const struct vsx_segment *seg,
			      vsx_live_take *take, void *context,
			      struct vsx_error *err)
{
	struct block b = {.room = BLOCK_BYTES / seg->space.vector_bytes + 1};
	enum vsx_status status;

	if (b.room > seg->n_rows)
		b.room = seg->n_rows;
	VSX_TRY(vsx_dead_touch(seg, err));
	status = vsx_alloc_to(&b.rows, b.room, seg->space.vector_bytes, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&b.ids, b.room, sizeof(*b.ids), err);
	if (status == VSX_OK)
		status = walk(&b, seg, take, context, err);
	free(b.rows);
	free(b.ids);
	return status;
}
