/* A batch that is filled row by row: rows on their way out of an index. */
#ifndef VSX_WRITE_BLOCK_H
#define VSX_WRITE_BLOCK_H

#include "segment/attached.h"
#include "vsx_write.h"

/* Of attachments, beyond which a block is full. */
#define VSX_BLOCK_BYTES (4u << 20)

struct vsx_block {
	struct vsx_batch rows; /* what is in it; the arrays are the block's */
	size_t room;	       /* rows */
	size_t row_bytes;
	uint8_t *vectors; /* [room][row_bytes] */
	uint64_t *ids;	  /* [room] */
	uint32_t *row;	  /* [room] numbers in their segment */
	/* What they have besides; NULL: the segment at hand has none of it. */
	struct vsx_bytes *attached[VSX_N_ATT]; /* [room] */
	uint8_t *bytes;			       /* of all these */
	size_t used, bytes_cap;
};

/* An empty one, for rows of a space as its index holds them, without tails. */
enum vsx_status vsx_block_init(struct vsx_block *b,
			       const struct vsx_space *space, size_t room,
			       struct vsx_error *err);

/* Rows of another type come next, of no more bytes: it is empty. */
void vsx_block_of_type(struct vsx_block *b, const struct vsx_space *space);

/* One more, row number `row` of a segment, while there is room. */
void vsx_block_put(struct vsx_block *b, uint32_t row, const uint8_t *vector,
		   uint64_t id);

/* What the next row to be put has besides, of the segment that r reads. */
enum vsx_status vsx_block_attach(struct vsx_block *b,
				 struct vsx_attached_reader *r, uint32_t row,
				 struct vsx_error *err);

/* The same of a damaged segment: what cannot be read is told, and the row goes
 * without it, or with what can be read of it. NULL: it is an error. */
typedef void vsx_unread(void *context, enum vsx_attachment a, uint32_t row,
			const struct vsx_error *why);
enum vsx_status vsx_block_attach_some(struct vsx_block *b,
				      struct vsx_attached_reader *r,
				      uint32_t row, vsx_unread *unread,
				      void *context, struct vsx_error *err);

/* Take the rows out again. */
static inline void vsx_block_clear(struct vsx_block *b)
{
	b->rows.n = b->used = 0;
}

static inline bool vsx_block_is_full(const struct vsx_block *b)
{
	return b->rows.n == b->room || b->used >= VSX_BLOCK_BYTES;
}

void vsx_block_release(struct vsx_block *b);

#endif
