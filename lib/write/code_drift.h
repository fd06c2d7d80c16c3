/* Whether codes that were trained before still suit rows that are added. */
#ifndef VSX_CODE_DRIFT_H
#define VSX_CODE_DRIFT_H

#include "code/build.h"
#include "segment/segment.h"

/*
 * *drift is the mean distance of the rows of `from` from what their codes say,
 * over that of the rows of `trained`, whose parameters p are: from samples. 0:
 * that has lost nothing.
 */
enum vsx_status vsx_code_drift(const struct vsx_code_source *from,
			       const struct vsx_code_params *p,
			       const struct vsx_segment *trained, double *drift,
			       struct vsx_error *err);

#endif
