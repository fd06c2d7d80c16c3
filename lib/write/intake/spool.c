#include "write/intake/spool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "manifest.h"
#include "train/by_id.h"

typedef unsigned long long ull;

/* Components a thread converts at a time. */
#define CHUNK_COMPONENTS 65536

void vsx_spool_init(struct vsx_spool *s)
{
	memset(s, 0, sizeof(*s));
	vsx_area_init(&s->rows);
	vsx_area_init(&s->ids);
}

void vsx_spool_release(struct vsx_spool *s)
{
	vsx_area_release(&s->rows);
	vsx_area_release(&s->ids);
	s->n = s->n_seen = 0;
}

/* A batch on its way into the spool. */
struct storing {
	const struct vsx_spool *spool;
	const struct vsx_batch *batch;
	uint8_t *to;
	size_t row_bytes; /* of the batch */
	uint8_t *bad;	  /* [n]: rows to leave out; NULL: none may be */
	_Atomic uint64_t n_bad;
};

static enum vsx_status store_row(const struct storing *b, uint8_t *to,
				 uint64_t i, struct vsx_error *err)
{
	const uint8_t *from = b->batch->vectors;

	return vsx_space_store(b->spool->space, to, from + i * b->row_bytes,
			       b->batch->elem, b->spool->normalize, err);
}

static enum vsx_status store_rows(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	struct storing *b = context;
	uint32_t stride = b->spool->space->stride;

	(void)thread;
	for (uint64_t i = first; i < last; i++) {
		struct vsx_error why;
		enum vsx_status status =
			store_row(b, b->to + i * stride, i, &why);

		if (status == VSX_ENUMERIC && b->bad) {
			b->bad[i] = 1;
			b->n_bad++;
		} else if (status != VSX_OK) {
			return vsx_fail(err, status, "row %llu: %s",
					(ull)(b->spool->n_seen + i), why.text);
		}
	}
	return VSX_OK;
}

static enum vsx_status check_ids(const struct vsx_spool *s, const uint64_t *ids,
				 struct vsx_error *err)
{
	if (s->n_seen == 0 || s->given_ids == (ids != NULL))
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"rows 0 to %llu came %s ids, row %llu comes %s one",
			(ull)(s->n_seen - 1), s->given_ids ? "with" : "without",
			(ull)s->n_seen, ids ? "with" : "without");
}

/* Room for n more; the rest of the limit goes to whichever area grows. */
static enum vsx_status make_room(struct vsx_spool *s, size_t n, bool ids,
				 struct vsx_error *err)
{
	uint64_t rows = (s->n + n) * s->space->stride; /* < 2^31 * 2^20 */
	uint64_t id_bytes = ids ? (s->n + n) * 8 : 0;
	uint64_t rest = id_bytes < s->memory ? s->memory - id_bytes : 0;

	if (ids)
		VSX_TRY(vsx_area_grow(&s->ids, id_bytes, s->memory, s->output,
				      err));
	return vsx_area_grow(&s->rows, rows, rest, s->output, err);
}

static uint64_t *ids_of(const struct vsx_spool *s)
{
	return (uint64_t *)(void *)s->ids.base;
}

/* Row i of a batch: its id is its number, unless it was given one. */
static uint64_t id_of(const struct vsx_spool *s, const uint64_t *ids,
		      uint64_t i)
{
	return ids ? ids[i] : s->n_seen + i;
}

/* Without the rows before, the number of a row is not its place any more. */
static enum vsx_status begin_ids(struct vsx_spool *s, size_t n,
				 struct vsx_error *err)
{
	if (s->has_ids)
		return VSX_OK;
	VSX_TRY(make_room(s, n, true, err));
	for (uint64_t i = 0; i < s->n; i++)
		ids_of(s)[i] = i;
	s->has_ids = true;
	return VSX_OK;
}

static enum vsx_status tell(const struct storing *b, uint64_t i, uint64_t id,
			    uint8_t *scratch, struct vsx_error *err)
{
	const struct vsx_spool *s = b->spool;
	struct vsx_error why = {.text = ""};
	struct vsx_rejected row = {s->n_seen + i, id, why.text};

	store_row(b, scratch, i, &why);
	if (s->rejected(s->rejected_context, &row) != 0)
		return vsx_fail(err, VSX_ESTOPPED, "the build was stopped");
	return VSX_OK;
}

/* Move the good rows of a batch together; *kept: how many there are. */
static enum vsx_status leave_out(struct vsx_spool *s, struct storing *b,
				 size_t *kept, struct vsx_error *err)
{
	const uint64_t *ids = b->batch->ids;
	size_t n = b->batch->n;
	uint32_t stride = s->space->stride;

	VSX_TRY(begin_ids(s, n, err));
	b->to = s->rows.base + s->n * stride; /* it may have moved */
	*kept = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t *from = b->to + i * stride;

		if (b->bad[i]) {
			VSX_TRY(tell(b, i, id_of(s, ids, i), from, err));
			continue;
		}
		if (*kept < i)
			memcpy(b->to + *kept * stride, from, stride);
		ids_of(s)[s->n + (*kept)++] = id_of(s, ids, i);
	}
	return VSX_OK;
}

static enum vsx_status add(struct vsx_spool *s, struct storing *b,
			   struct vsx_error *err)
{
	const uint64_t *ids = b->batch->ids;
	size_t n = b->batch->n;
	uint64_t chunk = CHUNK_COMPONENTS / s->space->dim;
	bool with_ids = ids || s->has_ids;
	size_t kept = n;

	VSX_TRY(make_room(s, n, with_ids, err));
	b->to = s->rows.base + s->n * s->space->stride;
	b->row_bytes = (size_t)s->space->dim * vsx_elem_bytes(b->batch->elem);
	VSX_TRY(vsx_parallel(s->n_threads, n, chunk ? chunk : 1, store_rows, b,
			     err));
	if (b->n_bad)
		VSX_TRY(leave_out(s, b, &kept, err));
	else
		for (size_t i = 0; with_ids && i < n; i++)
			ids_of(s)[s->n + i] = id_of(s, ids, i);
	s->has_ids |= with_ids;
	s->given_ids = ids != NULL;
	s->n += kept;
	s->n_seen += n;
	return VSX_OK;
}

enum vsx_status vsx_spool_add(struct vsx_spool *s, const struct vsx_batch *rows,
			      struct vsx_error *err)
{
	struct storing b = {.spool = s, .batch = rows};
	size_t n = rows->n;
	enum vsx_status status;

	if (n == 0)
		return VSX_OK;
	VSX_TRY(check_ids(s, rows->ids, err));
	if (n > VSX_MAX_SEGMENT_ROWS - s->n)
		return vsx_fail(err, VSX_EINVAL,
				"%llu rows, and one build holds at most %llu",
				(ull)(s->n + n), (ull)VSX_MAX_SEGMENT_ROWS);
	if (s->rejected)
		VSX_TRY(vsx_alloc_to(&b.bad, n, 1, err));
	status = add(s, &b, err);
	free(b.bad);
	return status;
}

static void move_row(struct vsx_spool *s, uint64_t to, uint64_t from)
{
	uint32_t stride = s->space->stride;

	if (to == from)
		return;
	memcpy(s->rows.base + to * stride, s->rows.base + from * stride,
	       stride);
	ids_of(s)[to] = ids_of(s)[from];
}

enum vsx_status vsx_spool_keep_last(struct vsx_spool *s, uint64_t *dropped,
				    struct vsx_error *err)
{
	const uint64_t *ids = ids_of(s);
	struct vsx_rows rows = {.n = (uint32_t)s->n, .ids = ids};
	uint8_t *drop = NULL;
	uint32_t *order;
	uint64_t kept = 0;
	enum vsx_status status;

	*dropped = 0;
	if (!s->has_ids || vsx_ids_rise(&rows))
		return VSX_OK;
	VSX_TRY(vsx_rows_by_id(&rows, &order, err));
	status = vsx_alloc_to(&drop, rows.n, 1, err);
	/* The sort is stable: rows of one id follow each other by number. */
	for (uint32_t i = 1; status == VSX_OK && i < rows.n; i++)
		drop[order[i - 1]] = ids[order[i]] == ids[order[i - 1]];
	for (uint32_t i = 0; status == VSX_OK && i < rows.n; i++)
		if (!drop[i])
			move_row(s, kept++, i);
	free(drop);
	free(order);
	if (status != VSX_OK)
		return status;
	*dropped = s->n - kept;
	s->n = kept;
	s->n_seen -= *dropped;
	return VSX_OK;
}

enum vsx_status vsx_spool_settle(const struct vsx_spool *s,
				 enum vsx_status status, struct vsx_error *err)
{
	VSX_TRY(vsx_area_whole(&s->rows, err));
	VSX_TRY(vsx_area_whole(&s->ids, err));
	return status;
}
