/* Indexes of other libraries from the files that they have written. */
#ifndef VSX_BENCH_PEER_OPEN_H
#define VSX_BENCH_PEER_OPEN_H

#include "bench/engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The file at plan->path, which was built by a plan like this one. */
enum vsx_status peer_hnswlib_open(struct engine **out,
				  const struct engine_plan *plan,
				  struct vsx_error *err);

#ifdef __cplusplus
}
#endif

#endif
