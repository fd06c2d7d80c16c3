/*
 * Where arrays come from that grow with the rows of a build: the heap, or
 * whatever keeps within a limit. The writer has one that turns to files
 * (write/areas.h).
 */
#ifndef VSX_ARRAYS_H
#define VSX_ARRAYS_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Any thread may call both. */
struct vsx_arrays {
	/* *out = an array of zeros, aligned to 64 bytes. */
	enum vsx_status (*take)(struct vsx_arrays *a, void **out,
				uint64_t bytes, struct vsx_error *err);
	void (*leave)(struct vsx_arrays *a, void *array);
};

/* n items of `size` bytes, all 0; a NULL: as vsx_alloc_to(). What is small
   comes from the heap anyway. */
enum vsx_status vsx_arrays_take(struct vsx_arrays *a, void *out, uint64_t n,
				size_t size, struct vsx_error *err);

/* Accepts NULL, and whatever else free() does. */
void vsx_arrays_leave(struct vsx_arrays *a, void *array);

#endif
