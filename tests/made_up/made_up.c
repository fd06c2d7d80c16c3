/*
 * A kind that is made up: rows in falling order of their ids, and over them the
 * difference of each id from the next, by steps of a size ("Falling16"), which
 * nothing needs. Searches look at every row.
 *
 * Section LEVL, which is another kind's, holds the greatest id of each step.
 */
#include "made_up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/build.h"
#include "segment/ids.h"
#include "train/by_id.h"

/* Parameters of the segment. */
enum { STEP, UNTOLD, N_PARAMS };

struct made_up_calls made_up_calls;

/* The state of an open segment. */
struct falling {
	uint32_t n_steps;
};

static uint32_t steps_of(uint32_t n_rows, uint32_t step)
{
	return (n_rows + step - 1) / step;
}

static enum vsx_status open_falling(struct vsx_segment *seg,
				    struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_LEVL];
	struct falling *f = seg->state;

	made_up_calls.opened++;
	if (seg->params[STEP] < 1)
		return vsx_fail(err, VSX_ECORRUPT, "a step of 0 rows");
	f->n_steps = steps_of(seg->n_rows, seg->params[STEP]);
	if (view->bytes != (uint64_t)f->n_steps * 8)
		return vsx_fail(err, VSX_ECORRUPT,
				"section LEVL has %llu bytes, expected %u",
				(unsigned long long)view->bytes,
				f->n_steps * 8);
	return VSX_OK;
}

static enum vsx_status search(const struct vsx_segment *seg,
			      struct vsx_find *find, struct vsx_error *err)
{
	made_up_calls.searched++;
	find->n_hops += ((const struct falling *)seg->state)->n_steps;
	return vsx_exact_search(seg, find, err);
}

static enum vsx_status check(const struct vsx_segment *seg,
			     unsigned int n_threads, vsx_finding *report,
			     void *context, struct vsx_error *err)
{
	const struct falling *f = seg->state;

	(void)n_threads;
	made_up_calls.checked++;
	for (uint32_t i = 0; i < f->n_steps; i++) {
		vsx_le64 told;
		uint64_t id;

		memcpy(&told,
		       seg->view[VSX_SEC_LEVL].base + (size_t)i * sizeof(told),
		       sizeof(told));
		VSX_TRY(vsx_ids_of(seg, i * seg->params[STEP], &id, err));
		if (id != vsx_get64(told))
			VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
					 "step %u begins with id %llu, "
					 "expected %llu",
					 i, (unsigned long long)id,
					 (unsigned long long)vsx_get64(told)));
	}
	return VSX_OK;
}

extern const struct vsx_kind vsx_kind_falling;
const struct vsx_kind vsx_kind_falling = {
	.code = MADE_UP,
	.effort_name = "",
	.hops_name = "steps",
	.n_params = N_PARAMS,
	.params = {[STEP] = {"step", "# a step"}},
	.state_bytes = sizeof(struct falling),
	.open = open_falling,
	.search = search,
	.check = check,
};

static uint32_t size(const struct vsx_spec_need *need, char *reason, size_t n)
{
	snprintf(reason, n, "of %llu rows, whatever their number",
		 (unsigned long long)need->n_rows);
	return 16;
}

static uint32_t fit(uint32_t step, uint64_t n_rows, char *note, size_t n)
{
	(void)note;
	(void)n;
	return step < n_rows ? step : (uint32_t)n_rows;
}

static void plan(const struct vsx_plan_need *need, struct vsx_plan *out)
{
	made_up_calls.planned++;
	out->renumbers = true;
	out->section[out->n_sections++] =
		(uint64_t)steps_of((uint32_t)need->n_rows, need->size) * 8;
}

static enum vsx_status put_steps(const struct vsx_rows *rows, uint32_t step,
				 struct vsx_built *out, struct vsx_error *err)
{
	uint32_t n = steps_of(rows->n, step);
	vsx_le64 *greatest;

	VSX_TRY(vsx_alloc_to(&greatest, n, sizeof(*greatest), err));
	vsx_built_add(out, VSX_SEC_LEVL, greatest,
		      (uint64_t)n * sizeof(*greatest));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t row = out->order[i * step];

		vsx_put64(&greatest[i], rows->ids ? rows->ids[row] : row);
	}
	return VSX_OK;
}

static enum vsx_status build(struct vsx_job *job, const struct vsx_rows *rows,
			     const struct vsx_spec *spec, struct vsx_built *out,
			     struct vsx_error *err)
{
	made_up_calls.built++;
	memset(out, 0, sizeof(*out));
	out->arrays = job->arrays;
	out->kind = MADE_UP;
	out->params[STEP] = spec->size;
	out->params[UNTOLD] = 7;
	VSX_TRY(vsx_rows_by_id(job->arrays, rows, &out->order, err));
	for (uint32_t i = 0; i < rows->n / 2; i++) {
		uint32_t row = out->order[i];

		out->order[i] = out->order[rows->n - 1 - i];
		out->order[rows->n - 1 - i] = row;
	}
	return put_steps(rows, spec->size, out, err);
}

extern const struct vsx_kind_build vsx_kind_build_falling;
const struct vsx_kind_build vsx_kind_build_falling = {
	.code = MADE_UP,
	.size_name = "step",
	.least_size = 1,
	.most_size = 1000,
	.size_param = STEP,
	.ending = "",
	.scans = true,
	.size = size,
	.fit = fit,
	.plan = plan,
	.build = build,
};
