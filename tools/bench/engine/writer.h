/* A process that writes to an index file while others search it. */
#ifndef VSX_BENCH_WRITER_H
#define VSX_BENCH_WRITER_H

#include "bench/engine/subject.h"

#include <sys/types.h>

struct writer {
	pid_t pid;
	struct writer_shared *shared; /* with the process */
};

/* Start writing to the file of an index that this run has built. */
enum vsx_status writer_start(struct writer *w, const struct subject *s,
			     struct vsx_error *err);

/*
 * Stop it and wait for its end. *writes is how many times it has changed the
 * file.
 */
enum vsx_status writer_stop(struct writer *w, uint64_t *writes,
			    struct vsx_error *err);

#endif
