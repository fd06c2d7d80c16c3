/* Memory: sizes that cannot wrap, and cache-line alignment. */
#ifndef VSX_ALLOC_H
#define VSX_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * n items of `size` bytes, zeroed, aligned to 64 bytes. Free with free().
 * NULL when there is no memory or the product wraps. n == 0 gives a pointer
 * that may be freed.
 */
void *vsx_alloc(size_t n, size_t size);

/* The same into *out, telling the failure. */
enum vsx_status vsx_alloc_to(void *out, size_t n, size_t size,
			     struct vsx_error *err);

/*
 * Grow *array (from vsx_alloc, or NULL) to hold `want` items; *cap is how many
 * it holds now. Grows by half at least; the old items stay.
 */
enum vsx_status vsx_grow(void *array, size_t *cap, size_t want, size_t size,
			 struct vsx_error *err);

/*
 * The same of bytes at any alignment, which all are 0 after it has grown: the
 * old ones are lost. Memory that is never looked at costs next to nothing.
 */
enum vsx_status vsx_grow_zeros(uint8_t **bytes, size_t *cap, size_t want,
			       struct vsx_error *err);

#endif
