/*
 * "auto" by trial: layouts are built of a sample of the rows and searched, and
 * the one whose searches cost least at the recall that was asked for is taken.
 * What a search costs is counted, not timed (vsx_kind_build.cost), so that the
 * same rows, options and seed give the same file everywhere.
 */
#ifndef VSX_TRIAL_H
#define VSX_TRIAL_H

#include "write/builder.h"
#include "write/candidates.h"
#include "write/new_segment.h"

/* Whether no row of the builder has values that f16 cannot hold; asked where
   bytes are short. */
bool vsx_trial_fits_f16(const struct vsx_builder *b);

/*
 * Choose for the rows that the builder has; where there is no trial to be made
 * (vsx_candidates_tried()) the choice stays as it is. Tells of what was tried.
 * Rows may move to a file to make room, and become bytes (narrow.h), which
 * `rows` are told.
 */
enum vsx_status vsx_trial_choose(struct vsx_builder *b,
				 struct vsx_new_segment *rows,
				 struct vsx_choice *choice, bool f16,
				 struct vsx_error *err);

#endif
