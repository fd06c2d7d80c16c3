/* The new segment of an update, built as what was asked for. */
#include "kind/build_spec.h"
#include "write/narrow.h"
#include "write/options.h"
#include "write/update_run.h"

/*
 * The segment whose trained state rows of a kind are to share: learned from
 * most rows; NULL: there is none.
 */
static const struct vsx_segment *find_trained(const struct vsx_update_run *r,
					      const struct vsx_kind_build *kind)
{
	const struct vsx_segment *best = NULL;

	for (uint32_t i = 0; kind->extend && i < r->n_kept; i++) {
		const struct vsx_segment *seg = &r->segments[i];

		if (seg->kind->code == kind->code && vsx_segment_lends(seg) &&
		    (!best || seg->n_rows > best->n_rows))
			best = seg;
	}
	return best;
}

static enum vsx_status build_kind(struct vsx_update_run *r,
				  const struct vsx_choice *choice, bool anew,
				  struct vsx_error *err)
{
	const struct vsx_kind_build *kind =
		vsx_kind_build_find(choice->spec.kind);
	const struct vsx_segment *trained = find_trained(r, kind);
	struct vsx_new_segment *n = &r->added;

	if (trained && !anew)
		return kind->extend(n->job, &n->rows, trained, &n->built,
				    &r->result->shift, err);
	if (*choice->note)
		vsx_report_note(&r->u->report, "%s", choice->note);
	return kind->build(n->job, &n->rows, &choice->spec, &n->built, err);
}

/* Codes that were learned are shared where they suit the rows; others are
 * learned, and lists with them where codes are of what centroids leave. */
static enum vsx_status make_codes(struct vsx_update_run *r,
				  const struct vsx_choice *choice,
				  struct vsx_error *err)
{
	struct vsx_new_segment *n = &r->added;
	bool lists_too;

	VSX_TRY(vsx_new_segment_share(n, &choice->spec, r->segments, &lists_too,
				      err));
	r->result->code_shift = n->drift.times;
	if (lists_too) {
		vsx_built_release(&n->built);
		VSX_TRY(build_kind(r, choice, true, err));
	}
	return vsx_new_segment_codes(n, &choice->spec, r->segments, err);
}

/* What was asked for, of rows enough. Few rows are scanned, as they are. */
enum vsx_status vsx_update_build(struct vsx_update_run *r,
				 struct vsx_error *err)
{
	struct vsx_update *u = r->u;
	/* Codes stay codes: what they decode to may be no row. */
	bool few = r->added.rows.n < u->opts.flat_below && !r->added.rows.from;
	struct vsx_choice choice;

	/* Few or many: rows are added to what this library knows. */
	VSX_TRY(vsx_options_choose(&choice, &u->build, r->added.rows.n, false,
				   err));
	vsx_options_follow(&choice, &u->build, r->added.rows.n, r->segments,
			   r->n_kept);
	VSX_TRY(vsx_narrow(&r->added, &u->intake.spool, &choice.spec, err));
	if (few)
		choice = (struct vsx_choice){.spec = vsx_spec_of_few()};
	vsx_spec_lay(&choice.spec, r->added.rows.space->dim, &u->job);
	u->job.sources = r->segments;
	VSX_TRY(vsx_new_segment_room(&r->added, &u->intake.spool, &u->areas,
				     &u->build, &choice.spec, err));
	VSX_TRY(build_kind(r, &choice, false, err));
	return few ? VSX_OK : make_codes(r, &choice, err);
}
