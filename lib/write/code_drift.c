#include "write/code_drift.h"

#include <math.h>

#include "code/build_loss.h"

/* Of the spread of rows: what SQ8 loses is ten times as much. */
#define NOTHING 0x1p-10

enum vsx_status vsx_code_drift(struct vsx_job *job,
			       const struct vsx_code_source *from,
			       const struct vsx_code_params *p,
			       struct vsx_code_drift *drift,
			       struct vsx_error *err)
{
	struct vsx_code_loss loss;

	VSX_TRY(vsx_code_loss(job, from, p, &loss, err));
	*drift = (struct vsx_code_drift){
		.n = loss.n,
		.now = loss.mean,
		.trained = (double)vsx_code_head_loss(p->bytes),
	};
	if (loss.mean <= NOTHING * loss.spread)
		drift->times = 1.0;
	else
		drift->times = drift->trained > 0.0 ? loss.mean / drift->trained
						    : INFINITY;
	return VSX_OK;
}
