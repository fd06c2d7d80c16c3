/*
 * Arrays of a build (train/arrays.h) that are in memory up to a limit; each
 * that would go beyond it is an unnamed file, mapped. What is taken first has
 * the memory. The bytes that a build writes do not depend on it.
 */
#ifndef VSX_AREAS_H
#define VSX_AREAS_H

#include <pthread.h>

#include "train/arrays.h"
#include "write/area.h"

struct vsx_areas {
	struct vsx_arrays arrays; /* the first member: what builders see */
	const struct vsx_output *output; /* files are made beside it */
	uint64_t memory;		 /* that arrays may take */
	uint64_t held;			 /* bytes of it that they do */
	pthread_mutex_t lock;		 /* of what is here but for `memory` */
	struct vsx_area *areas;
	size_t n, cap;
	struct vsx_error lost; /* status VSX_OK: every file was whole */
};

/* memory: see the member, which may be set later. */
void vsx_areas_init(struct vsx_areas *a, const struct vsx_output *output,
		    uint64_t memory);

/* Bytes that are left of it. */
uint64_t vsx_areas_rest(struct vsx_areas *a);

/* With all arrays that are still there. Accepts a zeroed structure. */
void vsx_areas_release(struct vsx_areas *a);

/* What a build came to: `status`, or VSX_EIO if bytes of a file were lost. */
enum vsx_status vsx_areas_settle(const struct vsx_areas *a,
				 enum vsx_status status, struct vsx_error *err);

#endif
