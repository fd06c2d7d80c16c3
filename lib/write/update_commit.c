/* The commit of an update, step by step. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "write/intake/unique.h"
#include "write/plan.h"
#include "write/update_run.h"

static enum vsx_status take_segments(struct vsx_update_run *r,
				     struct vsx_error *err)
{
	const struct vsx *index = r->u->index;
	uint32_t n = index->manifest.n_segments;

	VSX_TRY(vsx_alloc_to(&r->segments, n + 1, sizeof(*r->segments), err));
	VSX_TRY(vsx_alloc_to(&r->marks.gone, n, sizeof(*r->marks.gone), err));
	memcpy(r->segments, index->segments, n * sizeof(*r->segments));
	r->marks.segments = r->segments;
	r->marks.n_segments = n;
	r->old = &index->manifest;
	return VSX_OK;
}

/* It is done: nothing can fail any more. */
static void fill_result(struct vsx_update_run *r)
{
	struct vsx_update_result *result = r->result;
	const struct vsx_super *was = &r->u->index->super;

	result->generation = r->super.generation;
	result->n_live = r->manifest.n_live;
	result->n_dead = r->manifest.n_rows - r->manifest.n_live;
	result->n_segments = r->manifest.n_segments;
	result->file_bytes = r->super.committed_bytes;
	result->appended_bytes =
		r->super.committed_bytes - was->committed_bytes;
	result->deleted_bytes = r->sink.usage.deleted;
	result->superseded_bytes = r->sink.usage.superseded;
	vsx_update_advise(result, r->u, &r->added.drift, &r->sink.usage);
}

/* Nothing was asked for, or nothing that is there. */
static void fill_unchanged(struct vsx_update_run *r)
{
	const struct vsx_super *sb = &r->u->index->super;
	struct vsx_update_result *result = r->result;
	struct vsx_usage usage;

	vsx_manifest_usage(&usage, r->old, sb);
	result->generation = r->old->generation;
	result->n_live = r->old->n_live;
	result->n_dead = r->old->n_rows - r->old->n_live;
	result->n_segments = r->old->n_segments;
	result->file_bytes = sb->committed_bytes;
	result->deleted_bytes = usage.deleted;
	result->superseded_bytes = usage.superseded;
}

static enum vsx_status mark(struct vsx_update_run *r, struct vsx_error *err)
{
	struct vsx_update_result *result = r->result;

	VSX_TRY(vsx_marks_gone(&r->marks, r->u, &result->n_deleted, err));
	VSX_TRY(vsx_update_name(r->u, &r->marks, err));
	result->unknown = r->u->unknown;
	result->n_unknown = r->u->n_unknown;
	r->added.rows = vsx_spool_view(&r->u->intake.spool);
	result->n_added = r->added.rows.n;
	result->n_rejected = r->u->intake.n_rejected;
	if (r->added.rows.n == 0 && result->n_rejected)
		return vsx_fail(err, VSX_ENUMERIC,
				"no rows to add remain: %llu left out",
				(unsigned long long)result->n_rejected);
	if (r->added.rows.n == 0)
		return VSX_OK;
	r->u->areas.memory = vsx_plan_beside(
		r->u->build.memory, vsx_spool_in_memory(&r->u->intake.spool));
	VSX_TRY(vsx_check_unique(&r->u->areas.arrays, &r->added.rows, err));
	return vsx_marks_replaced(&r->marks, &r->added.rows,
				  r->u->opts.replace != 0, &result->n_replaced,
				  err);
}

static bool changes(const struct vsx_update_run *r)
{
	return r->added.rows.n > 0 || r->result->n_deleted > 0 ||
	       r->u->opts.n_properties > 0;
}

/* All that is done before the file is written to. */
static enum vsx_status prepare(struct vsx_update_run *r, struct vsx_error *err)
{
	VSX_TRY(take_segments(r, err));
	VSX_TRY(mark(r, err));
	if (!changes(r))
		return VSX_OK;
	VSX_TRY(vsx_update_merge(r, err));
	return r->added.rows.n ? vsx_update_build(r, err) : VSX_OK;
}

static enum vsx_status steps(struct vsx_update_run *r, struct vsx_error *err)
{
	enum vsx_status status = prepare(r, err);

	/* Of zeros in the place of a file that was cut nothing is told. */
	VSX_TRY(vsx_settle(r->u->index, status, err));
	if (!changes(r)) {
		fill_unchanged(r);
		return VSX_OK;
	}
	VSX_TRY(vsx_update_write(r, err));
	fill_result(r);
	return VSX_OK;
}

enum vsx_status vsx_update_run(struct vsx_update *u,
			       struct vsx_update_result *result,
			       struct vsx_error *err)
{
	struct vsx_update_run r = {
		.u = u, .result = result, .added.job = &u->job};
	enum vsx_status status = steps(&r, err);

	vsx_marks_release(&r.marks);
	free(r.segments);
	free(r.entries);
	free(r.properties);
	vsx_new_segment_release(&r.added);
	vsx_sink_release(&r.sink);
	return status;
}
