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
 * Small segments at the end are merged as a binary counter carries: one goes in
 * if it is no larger than what is in already. So there are few segments, and a
 * row is written anew a few times at most. The first segment keeps what was
 * trained.
 */
static uint32_t choose_kept(const struct vsx_update_run *r)
{
	uint64_t rows = r->added.rows.n;
	uint32_t kept = r->marks.n_segments;

	while (kept > 1) {
		uint64_t live = vsx_update_n_live(&r->segments[kept - 1]);

		if (live > 0 && kept < VSX_MAX_SEGMENTS &&
		    (r->u->opts.keep_segments || live > rows ||
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
