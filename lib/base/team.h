/* Threads that wait for loops: vsx_parallel() without starting any. */
#ifndef VSX_TEAM_H
#define VSX_TEAM_H

#include "base/parallel.h"

struct vsx_team;

/*
 * Start n_threads - 1 threads: the caller of vsx_team_run() is the other. Fewer
 * if no more can be started. They take no signals but those of faults.
 */
enum vsx_status vsx_team_new(struct vsx_team **out, unsigned int n_threads,
			     struct vsx_error *err);

/*
 * As vsx_parallel(). One loop at a time. Allocates nothing. VSX_EINVAL in a
 * child of the process that made it, which has none of its threads.
 */
enum vsx_status vsx_team_run(struct vsx_team *team, uint64_t n, uint64_t chunk,
			     vsx_work *work, void *context,
			     struct vsx_error *err);

/* Join the threads; in a child just free the memory. Accepts NULL. */
void vsx_team_free(struct vsx_team *team);

#endif
