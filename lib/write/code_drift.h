/* Whether codes that were trained before still suit rows that are added. */
#ifndef VSX_CODE_DRIFT_H
#define VSX_CODE_DRIFT_H

#include "code/build.h"

/* Of drift: so many times, and what was learned suits the rows no more. */
#define VSX_FAR_OFF 1.25

/* Mean distances of rows from what their codes say (code/build_loss.h). */
struct vsx_code_drift {
	double now;	/* of the rows that are added */
	double trained; /* of those that the codes were learned from */
	double times;	/* now over trained; 0: not compared. Infinite where
			   codes were exact. 1 where what is lost matters to no
			   search: next to nothing of how far the rows lie from
			   each other */
	uint32_t n;	/* rows that `now` is the mean of */
	bool of_kept;	/* the codes are all that is kept of the rows */
};

/* Of the rows of `from` that are new, and parameters that were learned from
 * others. */
enum vsx_status vsx_code_drift(struct vsx_job *job,
			       const struct vsx_code_source *from,
			       const struct vsx_code_params *p,
			       struct vsx_code_drift *drift,
			       struct vsx_error *err);

#endif
