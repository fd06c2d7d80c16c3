#include "write/intake/spool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "train/by_id.h"

void vsx_spool_init(struct vsx_spool *s)
{
	memset(s, 0, sizeof(*s));
	vsx_area_init(&s->rows);
	vsx_area_init(&s->ids);
	vsx_area_init(&s->from);
	for (int a = 0; a < VSX_N_ATT; a++)
		vsx_held_init(&s->held[a]);
}

void vsx_spool_release(struct vsx_spool *s)
{
	vsx_area_release(&s->rows);
	vsx_area_release(&s->ids);
	vsx_area_release(&s->from);
	for (int a = 0; a < VSX_N_ATT; a++)
		vsx_held_release(&s->held[a]);
	s->n = 0;
}

/* What attachments take of the limit. */
static uint64_t held_bytes(const struct vsx_spool *s)
{
	uint64_t sum = 0;

	for (int a = 0; a < VSX_N_ATT; a++)
		sum += s->held[a].at.used + s->held[a].bytes.used;
	return sum;
}

enum vsx_status vsx_spool_attach(struct vsx_spool *s, enum vsx_attachment a,
				 const struct vsx_bytes *strings, size_t n,
				 struct vsx_error *err)
{
	struct vsx_held *h = &s->held[a];
	uint64_t others = s->rows.used + s->ids.used + s->from.used +
			  held_bytes(s) - h->at.used - h->bytes.used;

	return vsx_held_add(h, s->n, n, strings,
			    others < s->memory ? s->memory - others : 0,
			    s->output, err);
}

/* The rest of the limit goes to whichever area grows. */
enum vsx_status vsx_spool_room(struct vsx_spool *s, size_t n,
			       struct vsx_error *err)
{
	uint64_t rows = (s->n + n) * s->space->stride; /* < 2^31 * 2^20 */
	uint64_t ids = s->has_ids ? (s->n + n) * sizeof(uint64_t) : 0;
	uint64_t from =
		s->has_from ? (s->n + n) * sizeof(struct vsx_row_from) : 0;
	uint64_t more = ids + from + held_bytes(s);
	uint64_t rest = more < s->memory ? s->memory - more : 0;

	if (s->has_ids)
		VSX_TRY(vsx_area_grow(&s->ids, ids, s->memory, s->output, err));
	if (s->has_from)
		VSX_TRY(vsx_area_grow(&s->from, from, s->memory, s->output,
				      err));
	return vsx_area_grow(&s->rows, rows, rest, s->output, err);
}

void vsx_spool_trim(struct vsx_spool *s)
{
	vsx_area_trim(&s->rows, s->n * s->space->stride);
}

enum vsx_status vsx_spool_number(struct vsx_spool *s, struct vsx_error *err)
{
	if (s->has_ids)
		return VSX_OK;
	VSX_TRY(vsx_area_grow(&s->ids, s->n * sizeof(uint64_t), s->memory,
			      s->output, err));
	for (uint64_t i = 0; i < s->n; i++)
		vsx_spool_ids(s)[i] = i;
	s->has_ids = true;
	return VSX_OK;
}

enum vsx_status vsx_spool_trace(struct vsx_spool *s, struct vsx_error *err)
{
	if (s->has_from)
		return VSX_OK;
	VSX_TRY(vsx_area_grow(&s->from, s->n * sizeof(struct vsx_row_from),
			      s->memory, s->output, err));
	for (uint64_t i = 0; i < s->n; i++)
		vsx_spool_from(s)[i].segment = UINT32_MAX;
	s->has_from = true;
	return VSX_OK;
}

static enum vsx_status convert_to(const struct vsx_spool *s,
				  const struct vsx_space *to, uint8_t *out,
				  struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	struct vsx_error why;
	float *row;

	VSX_TRY(vsx_alloc_to(&row, to->dim, sizeof(*row), err));
	for (uint64_t i = 0; i < s->n && status == VSX_OK; i++) {
		vsx_space_load(s->space, row, vsx_spool_row(s, i));
		status = vsx_space_store(to, out + i * to->stride, row, VSX_F32,
					 false, &why);
		if (status != VSX_OK)
			vsx_fail_row(err, status, i, &why);
	}
	free(row);
	return status;
}

enum vsx_status vsx_spool_convert(struct vsx_spool *s,
				  const struct vsx_space *to,
				  struct vsx_error *err)
{
	uint64_t held = vsx_spool_in_memory(s);
	enum vsx_status status;
	struct vsx_area rows;

	vsx_area_init(&rows);
	status = vsx_area_grow(&rows, s->n * to->stride,
			       held < s->memory ? s->memory - held : 0,
			       s->output, err);
	if (status == VSX_OK)
		status = convert_to(s, to, rows.base, err);
	if (status != VSX_OK) {
		vsx_area_release(&rows);
		return status;
	}
	vsx_area_release(&s->rows);
	s->rows = rows;
	return VSX_OK;
}

struct vsx_rows vsx_spool_view(const struct vsx_spool *s)
{
	struct vsx_rows rows = {
		.space = s->space,
		.base = s->rows.base,
		.n = (uint32_t)s->n,
		.ids = s->has_ids ? vsx_spool_ids(s) : NULL,
		.from = s->has_from ? vsx_spool_from(s) : NULL,
	};

	for (int a = 0; a < VSX_N_ATT; a++)
		if (s->held[a].any)
			rows.attached[a] =
				(struct vsx_attached){vsx_held_at(&s->held[a]),
						      s->held[a].bytes.base};
	return rows;
}

void vsx_spool_move(struct vsx_spool *s, uint64_t to, uint64_t from)
{
	if (to == from)
		return;
	memcpy(vsx_spool_row(s, to), vsx_spool_row(s, from), s->space->stride);
	if (s->has_ids)
		vsx_spool_ids(s)[to] = vsx_spool_ids(s)[from];
	if (s->has_from)
		vsx_spool_from(s)[to] = vsx_spool_from(s)[from];
	for (int a = 0; a < VSX_N_ATT; a++)
		vsx_held_move(&s->held[a], to, from);
}

enum vsx_status vsx_spool_keep_last(struct vsx_spool *s, uint64_t *dropped,
				    struct vsx_error *err)
{
	struct vsx_rows rows = vsx_spool_view(s);
	uint8_t *drop = NULL;
	uint32_t *order;
	uint64_t kept = 0;
	enum vsx_status status;

	*dropped = 0;
	if (vsx_ids_rise(&rows))
		return VSX_OK;
	VSX_TRY(vsx_rows_by_id(NULL, &rows, &order, err));
	status = vsx_alloc_to(&drop, rows.n, 1, err);
	/* The sort is stable: rows of one id follow each other by number. */
	for (uint32_t i = 1; status == VSX_OK && i < rows.n; i++)
		drop[order[i - 1]] =
			rows.ids[order[i]] == rows.ids[order[i - 1]];
	for (uint32_t i = 0; status == VSX_OK && i < rows.n; i++)
		if (!drop[i])
			vsx_spool_move(s, kept++, i);
	free(drop);
	free(order);
	if (status != VSX_OK)
		return status;
	*dropped = s->n - kept;
	s->n = kept;
	return VSX_OK;
}

static uint64_t in_memory(const struct vsx_area *a)
{
	return a->file.fd < 0 ? a->used : 0;
}

uint64_t vsx_spool_in_memory(const struct vsx_spool *s)
{
	uint64_t sum =
		in_memory(&s->rows) + in_memory(&s->ids) + in_memory(&s->from);

	for (int a = 0; a < VSX_N_ATT; a++)
		sum += in_memory(&s->held[a].at) + in_memory(&s->held[a].bytes);
	return sum;
}

enum vsx_status vsx_spool_settle(const struct vsx_spool *s,
				 enum vsx_status status, struct vsx_error *err)
{
	VSX_TRY(vsx_area_whole(&s->rows, err));
	VSX_TRY(vsx_area_whole(&s->ids, err));
	VSX_TRY(vsx_area_whole(&s->from, err));
	for (int a = 0; a < VSX_N_ATT; a++)
		VSX_TRY(vsx_held_whole(&s->held[a], err));
	return status;
}
