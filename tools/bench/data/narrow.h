/* From f32 to the other element types: the way back from widen.h. */
#ifndef VSX_BENCH_NARROW_H
#define VSX_BENCH_NARROW_H

#include "vsx_types.h"

#include <stddef.h>

/*
 * n components to elem: f16 and bf16 round to the nearest, halves to even; i8
 * and u8 must be exact. Stops at the first that the type cannot hold; returns
 * how many were converted.
 */
size_t narrow(void *to, const float *from, enum vsx_elem elem, size_t n);

#endif
