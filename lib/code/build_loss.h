/* How far rows are from what their codes say: SPEC.md 5.9. */
#ifndef VSX_CODE_BUILD_LOSS_H
#define VSX_CODE_BUILD_LOSS_H

#include "code/build.h"

/* Of a sample of rows; all 0 where there is none. */
struct vsx_code_loss {
	uint32_t n;    /* in it */
	double mean;   /* distance of a row from what its code decodes to */
	double spread; /* and from the middle of the sample */
};

/* Whose code is not there already, of which nothing would be lost again. The
 * same for any number of threads. */
enum vsx_status vsx_code_loss(struct vsx_job *job,
			      const struct vsx_code_source *from,
			      const struct vsx_code_params *p,
			      struct vsx_code_loss *loss,
			      struct vsx_error *err);

#endif
