/* An estimate of the time of a build, for vsx_build_plan(). */
#ifndef VSX_PLAN_TIME_H
#define VSX_PLAN_TIME_H

#include "kind/build.h"
#include "vsx_write.h"

/* opts as vsx_options_check() leaves them, spec as it is built. */
double vsx_plan_seconds(const struct vsx_build_opts *opts,
			const struct vsx_spec *spec, uint64_t n_rows,
			uint32_t stride, uint64_t file_bytes);

#endif
