/* Components of any element type as f32, which holds all of them exactly. */
#ifndef VSX_BENCH_WIDEN_H
#define VSX_BENCH_WIDEN_H

#include "vsx_types.h"

#include <stddef.h>

void widen(float *to, const void *from, enum vsx_elem elem, size_t n);

#endif
