#include "write/intake/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum vsx_status vsx_block_init(struct vsx_block *b,
			       const struct vsx_space *space, size_t room,
			       struct vsx_error *err)
{
	*b = (struct vsx_block){
		.rows = VSX_BATCH_INIT,
		.room = room,
		.row_bytes = space->vector_bytes,
	};
	b->rows.elem = space->elem;
	VSX_TRY(vsx_alloc_to(&b->vectors, room, b->row_bytes, err));
	b->rows.vectors = b->vectors;
	VSX_TRY(vsx_alloc_to(&b->ids, room, sizeof(*b->ids), err));
	b->rows.ids = b->ids;
	return vsx_alloc_to(&b->row, room, sizeof(*b->row), err);
}

void vsx_block_put(struct vsx_block *b, uint32_t row, const uint8_t *vector,
		   uint64_t id)
{
	size_t i = b->rows.n++;

	memcpy(b->vectors + i * b->row_bytes, vector, b->row_bytes);
	b->ids[i] = id;
	b->row[i] = row;
}

void vsx_block_release(struct vsx_block *b)
{
	free(b->vectors);
	free(b->ids);
	free(b->row);
	*b = (struct vsx_block){.room = 0};
}
