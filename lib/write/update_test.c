/* The acceptance test over an index with the new segment of an update. */
#include <string.h>

#include "io/limit.h"
#include "io/map.h"
#include "kind/scarce.h"
#include "read/recall.h"
#include "read/test.h"
#include "write/plan.h"
#include "write/update_run.h"

/* A new segment of less than this part of the live rows is not tested. */
#define MEASURED_SHARE 64

/* At the default effort, as the table has it; 0 when it has none. */
static enum vsx_status recall_built(const struct vsx *index, double *recall,
				    struct vsx_error *err)
{
	for (uint32_t i = 0; i < index->manifest.n_recalls; i++) {
		struct vsx_recall row;

		VSX_TRY(vsx_get_recall(index, i, &row, err));
		if (row.effort == index->manifest.default_effort &&
		    vsx_refine_of(row.refine) == index->manifest.default_refine)
			*recall = row.at_10;
	}
	return VSX_OK;
}

static enum vsx_status test_progress(void *context, uint64_t done,
				     uint64_t total, struct vsx_error *err)
{
	struct vsx_job *job = context;

	return job->progress(job, &vsx_phase_recall, done, total, err);
}

/*
 * Of a commit that adds little the test would take longer than the rest, and
 * find what it found before.
 */
static bool is_worth_a_test(const struct vsx_update_run *r)
{
	uint64_t live = r->added.rows.n;

	for (uint32_t i = 0; i < r->n_kept; i++)
		live += vsx_update_n_live(&r->segments[i]);
	return r->old->n_queries > 0 &&
	       r->added.rows.n >= live / MEASURED_SHARE;
}

static enum vsx_status run_test(struct vsx_update_run *r, struct vsx_test *test,
				struct vsx_error *err)
{
	struct vsx_job *job = &r->u->job;

	if (!vsx_fits_memory(r->sink.at, 0))
		for (uint32_t i = 0; i <= r->n_kept; i++)
			vsx_segment_make_scarce(&r->segments[i]);
	if (vsx_accept_is_exact(r->segments, r->n_kept + 1)) {
		r->result->recall_at_10 = 1.0;
		r->result->n_queries = r->old->n_queries;
		return recall_built(r->u->index, &r->result->recall_built, err);
	}
	VSX_TRY(vsx_test_load(test, r->u->index, err));
	test->accept.progress = test_progress;
	test->accept.context = job;
	test->accept.memory = vsx_plan_truth(vsx_areas_rest(&r->u->areas));
	VSX_TRY(vsx_test_truth(test, r->segments, r->n_kept + 1, job->n_threads,
			       err));
	r->result->n_queries = vsx_accept_n_telling(&test->accept);
	VSX_TRY(vsx_accept_recall_10(r->segments, r->n_kept + 1, &test->accept,
				     r->old->default_effort,
				     r->old->default_refine, job->n_threads,
				     &r->result->recall_at_10, NULL, err));
	/* That was of the rows as they were given: nothing to compare with. */
	if (test->as_given &&
	    !vsx_test_is_given(test, r->segments, r->n_kept + 1))
		return VSX_OK;
	return recall_built(r->u->index, &r->result->recall_built, err);
}

enum vsx_status vsx_update_test(struct vsx_update_run *r, struct vsx_error *err)
{
	const struct vsx_file *f = &r->u->claim.index;
	/* From here on the merged ones are out of sight. */
	struct vsx_segment *added = &r->segments[r->n_kept];
	struct vsx_test test = {0};
	enum vsx_status status;
	struct vsx_map map;
	uint64_t bytes;

	if (!is_worth_a_test(r))
		return VSX_OK;
	VSX_TRY(vsx_sink_show(&r->sink, &bytes, err));
	VSX_TRY(vsx_map_written(&map, f, bytes, err));
	status = vsx_new_segment_open(&r->added, &r->sink, map.base,
				      r->segments, added, err);
	if (status == VSX_OK)
		status = run_test(r, &test, err);
	vsx_test_release(&test);
	vsx_segment_close(added);
	return vsx_map_written_close(&map, f, status, err);
}
