#include "write/spool.h"

#include <string.h>

#include "base/parallel.h"
#include "manifest.h"

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
	s->n = 0;
}

struct batch {
	const struct vsx_spool *spool;
	const uint8_t *from;
	uint8_t *to;
	enum vsx_elem elem;
	size_t row_bytes;
};

static enum vsx_status store_rows(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	const struct batch *b = context;
	const struct vsx_space *space = b->spool->space;

	(void)thread;
	for (uint64_t i = first; i < last; i++) {
		struct vsx_error why;
		enum vsx_status status;

		status = vsx_space_store(space, b->to + i * space->stride,
					 b->from + i * b->row_bytes, b->elem,
					 b->spool->normalize, &why);
		if (status != VSX_OK)
			return vsx_fail(err, status, "row %llu: %s",
					(ull)(b->spool->n + i), why.text);
	}
	return VSX_OK;
}

static enum vsx_status check_ids(const struct vsx_spool *s, const uint64_t *ids,
				 struct vsx_error *err)
{
	if (s->n == 0 || s->has_ids == (ids != NULL))
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"rows 0 to %llu came %s ids, row %llu comes %s one",
			(ull)(s->n - 1), s->has_ids ? "with" : "without",
			(ull)s->n, ids ? "with" : "without");
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

enum vsx_status vsx_spool_add(struct vsx_spool *s, const void *rows,
			      enum vsx_elem elem, size_t n, const uint64_t *ids,
			      struct vsx_error *err)
{
	struct batch b = {.spool = s, .from = rows, .elem = elem};
	uint64_t chunk = CHUNK_COMPONENTS / s->space->dim;

	if (n == 0)
		return VSX_OK;
	VSX_TRY(check_ids(s, ids, err));
	if (n > VSX_MAX_SEGMENT_ROWS - s->n)
		return vsx_fail(err, VSX_EINVAL,
				"%llu rows, and one build holds at most %llu",
				(ull)(s->n + n), (ull)VSX_MAX_SEGMENT_ROWS);
	VSX_TRY(make_room(s, n, ids != NULL, err));
	b.to = s->rows.base + s->n * s->space->stride;
	b.row_bytes = (size_t)s->space->dim * vsx_elem_bytes(elem);
	VSX_TRY(vsx_parallel(s->n_threads, n, chunk ? chunk : 1, store_rows, &b,
			     err));
	if (ids)
		memcpy(s->ids.base + s->n * 8, ids, n * 8);
	s->has_ids = ids != NULL;
	s->n += n;
	return VSX_OK;
}

enum vsx_status vsx_spool_settle(const struct vsx_spool *s,
				 enum vsx_status status, struct vsx_error *err)
{
	VSX_TRY(vsx_area_whole(&s->rows, err));
	VSX_TRY(vsx_area_whole(&s->ids, err));
	return status;
}
