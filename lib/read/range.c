/* Rows within a distance of a query. */
#include <math.h>

#include "read/searcher.h"

static bool is_within(const struct vsx_space *space, double radius,
		      double value)
{
	double distance = vsx_space_distance(space, value);

	return space->metric == VSX_L2 ? distance <= radius
				       : distance >= radius;
}

/*
 * Distances are rounded values. So the values of those that reach the radius
 * end somewhere between it and the next f32 behind it, and values up to that
 * one are looked at; those that do not reach it are the last of the answer.
 */
static double limit_of(enum vsx_metric metric, double radius)
{
	float f = (float)radius;

	if (metric == VSX_L2)
		return nextafterf(f, INFINITY);
	return -(double)nextafterf(f, -INFINITY);
}

static enum vsx_status check_radius(enum vsx_metric metric, double radius,
				    struct vsx_error *err)
{
	if (metric == VSX_L2 && !(radius >= 0.0))
		return vsx_fail(err, VSX_EINVAL,
				"radius is %g, expected 0 or more", radius);
	if (metric == VSX_COSINE && !(radius >= -1.0 && radius <= 1.0))
		return vsx_fail(err, VSX_EINVAL,
				"radius is %g, expected -1 to 1", radius);
	if (isnan(radius))
		return vsx_fail(err, VSX_EINVAL, "radius is not a number");
	return VSX_OK;
}

static enum vsx_status make_plan(struct vsx_search_plan *plan,
				 const struct vsx *index, double radius,
				 size_t max, const struct vsx_search_opts *opts,
				 struct vsx_error *err)
{
	enum vsx_metric metric = index->manifest.metric;

	VSX_TRY(check_radius(metric, radius, err));
	VSX_TRY(vsx_plan_make(plan, index, max ? max : SIZE_MAX, opts, err));
	if (plan->group_by)
		return vsx_fail(err, VSX_EINVAL,
				"a search within a radius has no groups");
	plan->within = true;
	plan->limit = limit_of(metric, radius);
	return VSX_OK;
}

static enum vsx_status give(const struct vsx *index,
			    const struct vsx_find *find, double radius,
			    vsx_range_report *report, void *context,
			    struct vsx_error *err)
{
	const struct vsx_best *best = find->top.heap;

	for (size_t i = 0; i < find->top.n; i++) {
		const struct vsx_hit hit = {
			best[i].id,
			vsx_space_distance(&index->space, best[i].value)};

		if (!is_within(&index->space, radius, best[i].value))
			break;
		if (report(context, &hit) != 0)
			return vsx_fail(err, VSX_ESTOPPED,
					"stopped after %zu hits", i + 1);
	}
	return VSX_OK;
}

enum vsx_status vsx_search_range(struct vsx_searcher *s, const void *query,
				 enum vsx_elem elem, double radius, size_t max,
				 const struct vsx_search_opts *opts,
				 vsx_range_report *report, void *context,
				 struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;
	struct vsx_search_plan plan;
	struct vsx_find find;

	if (!vsx_elem_name(elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)elem);
	VSX_TRY(make_plan(&plan, s->index, radius, max, opts, err));
	status = vsx_search_one(s, &plan, query, elem, NULL, &find, &why);
	if (status != VSX_OK)
		vsx_search_tell(s->index, status, &why, err);
	VSX_TRY(vsx_settle(s->index, status, err));
	return give(s->index, &find, radius, report, context, err);
}

enum vsx_status vsx_search_range_id(struct vsx_searcher *s, uint64_t id,
				    double radius, size_t max,
				    const struct vsx_search_opts *opts,
				    vsx_range_report *report, void *context,
				    struct vsx_error *err)
{
	struct vsx_search_plan plan;
	struct vsx_find find;

	VSX_TRY(make_plan(&plan, s->index, radius, max, opts, err));
	VSX_TRY(vsx_search_stored(s, &plan, id, &find, err));
	return give(s->index, &find, radius, report, context, err);
}
