#include "write/narrow.h"

#include <stdatomic.h>

#include "base/parallel.h"
#include "kernel/whole.h"
#include "kind/build_spec.h"

#define CHUNK 256 /* rows */

static bool may_be(const struct vsx_new_segment *n, const struct vsx_spec *spec)
{
	return spec->codes.build &&
	       (spec->keep == VSX_KEEP_UNSAID || spec->keep == VSX_KEEP_ROWS) &&
	       !vsx_elem_is_int(n->rows.space->elem) &&
	       !n->rows.from; /* rows that were codes may be what none is */
}

/* ---- which type holds them ---------------------------------------------- */

struct look {
	const struct vsx_rows *rows;
	_Atomic uint32_t types; /* that hold all rows so far */
};

static uint32_t types_of(const struct vsx_space *s, const uint8_t *row)
{
	uint32_t types = VSX_WHOLE_TYPES;
	float x[VSX_SPACE_PIECE];
	bool signs = false;

	for (uint32_t d = 0; d < s->dim && types; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(s->dim, d);

		vsx_space_load_some(s, x, row, d, n);
		types &= vsx_whole_types(x, n, &signs);
	}
	return signs ? 0 : types;
}

static enum vsx_status look(void *context, unsigned int thread, uint64_t first,
			    uint64_t last, struct vsx_error *err)
{
	struct look *l = context;
	const struct vsx_space *s = l->rows->space;
	uint32_t types = l->types;

	(void)thread;
	(void)err;
	for (uint64_t r = first; r < last && types; r++)
		types &= types_of(s, l->rows->base + r * s->stride);
	l->types &= types;
	return VSX_OK;
}

/* ---- rows become these -------------------------------------------------- */

/* No row is longer than it was: each is read before its place is written. */
static void make_narrow(const struct vsx_rows *rows, const struct vsx_space *to)
{
	/* They are the spool's, which the view lends to readers. */
	uint8_t *base = (uint8_t *)(uintptr_t)rows->base;

	for (uint64_t r = 0; r < rows->n; r++) {
		const uint8_t *row = base + r * rows->space->stride;
		uint8_t *out = base + r * to->stride;
		float x[VSX_SPACE_PIECE];

		for (uint32_t d = 0; d < to->dim; d += VSX_SPACE_PIECE) {
			uint32_t n = vsx_space_piece(to->dim, d);

			vsx_space_load_some(rows->space, x, row, d, n);
			vsx_whole_put(out + d, x, n);
		}
		vsx_space_close(to, out);
	}
}

enum vsx_status vsx_narrow(struct vsx_new_segment *n, struct vsx_spool *spool,
			   struct vsx_spec *spec, struct vsx_error *err)
{
	const struct vsx_space *space = n->rows.space;
	struct look l = {.rows = &n->rows, .types = VSX_WHOLE_TYPES};
	enum vsx_elem elem;

	if (!may_be(n, spec))
		return VSX_OK;
	VSX_TRY(vsx_parallel(vsx_job_threads(n->job), n->rows.n, CHUNK, look,
			     &l, err));
	if (!l.types)
		return VSX_OK;
	elem = l.types & VSX_WHOLE_TYPE(VSX_U8) ? VSX_U8 : VSX_I8;
	vsx_space_init(&n->narrow, space->metric, elem, space->dim, 0);
	make_narrow(&n->rows, &n->narrow);
	n->is_narrow = true;
	spool->space = &n->narrow;
	vsx_spool_trim(spool);
	n->rows = vsx_spool_view(spool);
	vsx_spec_drop_codes(spec, space->metric, elem);
	return VSX_OK;
}
