/* Which segments go into the new one of an update. */
#include "kind/build_spec.h"
#include "write/intake/live_rows.h"
#include "write/update_run.h"

static enum vsx_status add_rows(void *context, const struct vsx_segment *seg,
				const uint32_t *numbers,
				const struct vsx_batch *rows,
				struct vsx_error *err)
{
	struct vsx_update_run *r = context;
	struct vsx_intake *in = &r->u->intake;

	VSX_TRY(vsx_report_progress(&r->u->report, &vsx_phase_merging,
				    in->spool.n, 0, err));
	return vsx_live_add(in, seg, numbers, rows, err);
}

static enum vsx_status gather(struct vsx_update_run *r, uint32_t i,
			      struct vsx_error *err)
{
	if (vsx_update_n_live(&r->segments[i]) == 0)
		return VSX_OK;
	r->result->n_merged++;
	return vsx_live_rows(&r->segments[i], NULL, add_rows, r, err);
}

/* Whether this update deletes rows of a segment of which by now so many are
 * that it searches slowly. */
static bool is_worn(const struct vsx_update_run *r, uint32_t i)
{
	const struct vsx_segment *seg = &r->segments[i];
	uint32_t most = vsx_kind_build_find(seg->kind->code)->most_dead;

	return most > 0 && r->marks.gone[i] && !r->u->opts.keep_segments &&
	       (uint64_t)seg->n_dead * 100 > (uint64_t)seg->n_rows * most;
}

/*
 * The rows that are left of a worn segment go into the new one: for each that
 * is deleted, a few are written once more. It stays, and all of its rows are
 * deleted: others may share what it has learned, and the acceptance test is of
 * the first.
 */
static enum vsx_status empty_worn(struct vsx_update_run *r,
				  struct vsx_error *err)
{
	for (uint32_t i = 0; i < r->marks.n_segments; i++) {
		uint64_t live = vsx_update_n_live(&r->segments[i]);

		if (!is_worn(r, i) ||
		    r->u->intake.spool.n + live > VSX_MAX_SEGMENT_ROWS)
			continue;
		VSX_TRY(gather(r, i, err));
		vsx_marks_set_all(&r->marks, i);
	}
	return VSX_OK;
}

/*
 * Segments fall by more than half from one to the next, as far as it is up to
 * the writer: one at the end goes in that has no more than twice the rows which
 * are in already. So there are log2(n) of them at most, however rows come, and
 * a search of all takes a few times as long as of the largest. Each time a row
 * is written anew its segment is half as large again at least. The first
 * segment keeps what was trained.
 */
#define MOST_TIMES 2

static uint32_t choose_kept(const struct vsx_update_run *r)
{
	uint64_t rows = r->u->intake.spool.n;
	uint32_t kept = r->marks.n_segments;

	while (kept > 1) {
		uint64_t live = vsx_update_n_live(&r->segments[kept - 1]);

		if (live > 0 && kept < VSX_MAX_SEGMENTS &&
		    (r->u->opts.keep_segments || live > MOST_TIMES * rows ||
		     rows + live > VSX_MAX_SEGMENT_ROWS))
			break;
		rows += live;
		kept--;
	}
	return kept;
}

enum vsx_status vsx_update_merge(struct vsx_update_run *r,
				 struct vsx_error *err)
{
	VSX_TRY(empty_worn(r, err));
	r->n_kept = r->added.number = choose_kept(r);
	for (uint32_t i = r->n_kept; i < r->marks.n_segments; i++)
		VSX_TRY(gather(r, i, err));
	r->added.rows = vsx_spool_view(&r->u->intake.spool);
	return VSX_OK;
}
