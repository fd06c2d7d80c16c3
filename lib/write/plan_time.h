/* An estimate of the time of a build, for vsx_build_plan(). */
#ifndef VSX_PLAN_TIME_H
#define VSX_PLAN_TIME_H

#include "vsx_write.h"

/* opts as vsx_options_check() leaves them; kind_seconds: what building the kind
 * takes one thread. */
double vsx_plan_seconds(const struct vsx_build_opts *opts, uint64_t n_rows,
			double kind_seconds, uint64_t file_bytes);

#endif
