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
			   each other; where that is all, what is lost over how
			   far they lie from each other */
	double spread;	/* how far the added rows lie from their middle */
	bool alike;	/* codes lose all that the added rows differ by, if not
			   more than of others */
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

/* That these rows, such as "the added rows", are far off for good. */
void vsx_code_drift_text(const struct vsx_code_drift *d, const char *rows,
			 char *out, size_t n);

#endif
