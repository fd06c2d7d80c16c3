#include "write/code_drift.h"

#include <math.h>
#include <stdio.h>

#include "code/build_loss.h"

/* Of the spread of rows: what SQ8 loses is ten times as much. */
#define NOTHING 0x1p-10

/* And what leaves nothing of it: of so many rows, for fewer may lie together.
 */
#define ALL  2.0
#define MANY 256

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
	if (loss.n >= MANY && loss.spread > 0.0 &&
	    loss.mean > ALL * loss.spread && drift->times <= VSX_FAR_OFF) {
		drift->times = loss.mean / loss.spread;
		drift->alike = true;
	}
	drift->spread = loss.spread;
	return VSX_OK;
}

void vsx_code_drift_text(const struct vsx_code_drift *d, const char *rows,
			 char *out, size_t n)
{
	snprintf(out, n,
		 "what %s of %s is %.3g off on average, %s %.3g: only an index "
		 "built anew from all rows%s mends that",
		 d->of_kept ? "is kept" : "codes say", rows, d->now,
		 d->alike ? "and they differ by"
			  : "of those that codes were trained on",
		 d->alike ? d->spread : d->trained,
		 d->alike ? ", with codes that say more," : "");
}
