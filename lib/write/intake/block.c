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

void vsx_block_of_type(struct vsx_block *b, const struct vsx_space *space)
{
	b->row_bytes = space->vector_bytes;
	b->rows.elem = space->elem;
}

void vsx_block_put(struct vsx_block *b, uint32_t row, const uint8_t *vector,
		   uint64_t id)
{
	size_t i = b->rows.n++;

	memcpy(b->vectors + i * b->row_bytes, vector, b->row_bytes);
	b->ids[i] = id;
	b->row[i] = row;
}

/* Room for n more bytes; what is there may move, with the rows in front and
 * what the next one has so far. */
static enum vsx_status make_room(struct vsx_block *b, size_t n,
				 struct vsx_error *err)
{
	uintptr_t was = (uintptr_t)b->bytes;

	VSX_TRY(vsx_grow(&b->bytes, &b->bytes_cap, b->used + n, 1, err));
	for (int a = 0; a < VSX_N_ATT && was != (uintptr_t)b->bytes; a++)
		for (size_t i = 0; b->attached[a] && i <= b->rows.n; i++) {
			struct vsx_bytes *s = &b->attached[a][i];

			if (s->n)
				s->at = b->bytes + ((uintptr_t)s->at - was);
		}
	return VSX_OK;
}

static enum vsx_status keep(struct vsx_block *b, enum vsx_attachment a,
			    const struct vsx_bytes *string,
			    struct vsx_error *err)
{
	size_t i = b->rows.n;

	if (!b->attached[a])
		VSX_TRY(vsx_alloc_to(&b->attached[a], b->room,
				     sizeof(**b->attached), err));
	if (!string->n)
		return VSX_OK;
	VSX_TRY(make_room(b, string->n, err));
	memcpy(b->bytes + b->used, string->at, string->n);
	b->attached[a][i] = (struct vsx_bytes){b->bytes + b->used, string->n};
	b->used += string->n;
	return VSX_OK;
}

/* One attachment of the next row. */
static enum vsx_status attach(struct vsx_block *b,
			      struct vsx_attached_reader *r,
			      enum vsx_attachment a, uint32_t row,
			      vsx_unread *unread, void *context,
			      struct vsx_error *err)
{
	struct vsx_error why = {0};
	struct vsx_bytes string;
	enum vsx_status status;

	if (!b->attached[a] && !vsx_attached_present(r->seg, a))
		return VSX_OK;
	if (!unread) {
		VSX_TRY(vsx_attached_get(r, a, row, &string, err));
		return keep(b, a, &string, err);
	}
	status = vsx_attached_get(r, a, row, &string, &why);
	if (status == VSX_ECORRUPT)
		unread(context, a, row, &why);
	else if (status != VSX_OK)
		return vsx_retell(err, status, &why, "%s", why.text);
	return keep(b, a, &string, err);
}

enum vsx_status vsx_block_attach_some(struct vsx_block *b,
				      struct vsx_attached_reader *r,
				      uint32_t row, vsx_unread *unread,
				      void *context, struct vsx_error *err)
{
	for (int a = 0; a < VSX_N_ATT; a++)
		if (b->attached[a])
			b->attached[a][b->rows.n].n = 0;
	for (int a = 0; a < VSX_N_ATT; a++)
		VSX_TRY(attach(b, r, (enum vsx_attachment)a, row, unread,
			       context, err));
	b->rows.keys = b->attached[VSX_ATT_KEY];
	b->rows.payloads = b->attached[VSX_ATT_PAYLOAD];
	b->rows.fields = b->attached[VSX_ATT_FIELDS];
	return VSX_OK;
}

enum vsx_status vsx_block_attach(struct vsx_block *b,
				 struct vsx_attached_reader *r, uint32_t row,
				 struct vsx_error *err)
{
	return vsx_block_attach_some(b, r, row, NULL, NULL, err);
}

void vsx_block_release(struct vsx_block *b)
{
	free(b->vectors);
	free(b->ids);
	free(b->row);
	for (int a = 0; a < VSX_N_ATT; a++)
		free(b->attached[a]);
	free(b->bytes);
	*b = (struct vsx_block){.room = 0};
}
