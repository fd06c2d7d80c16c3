/* Whether codes that were trained before still suit rows that are added. */
#ifndef VSX_CODE_DRIFT_H
#define VSX_CODE_DRIFT_H

#include "code/build.h"
#include "segment/segment.h"

/* Of drift: so much, and what was learned suits the rows no more. */
#define VSX_FAR_OFF 1.25

/*
 * *drift is the mean distance of the rows of `from` from what their codes say,
 * over that of the rows of `trained`, whose parameters p are: from samples.
 * Infinity where the latter are what their codes say, and the former are not.
 * trained NULL: over what such codes usually lose; 0 where that is not known.
 */
enum vsx_status vsx_code_drift(const struct vsx_code_source *from,
			       const struct vsx_code_params *p,
			       const struct vsx_segment *trained, double *drift,
			       struct vsx_error *err);

#endif
