/* Which segments go into the new one of an update. */
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
	uint64_t rows = r->added.rows.n;
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
	r->n_kept = r->added.number = choose_kept(r);
	for (uint32_t i = r->n_kept; i < r->marks.n_segments; i++) {
		if (vsx_update_n_live(&r->segments[i]) == 0)
			continue;
		VSX_TRY(vsx_live_rows(&r->segments[i], NULL, add_rows, r, err));
		r->result->n_merged++;
	}
	r->added.rows = vsx_spool_view(&r->u->intake.spool);
	return VSX_OK;
}
