/* Floats that are whole numbers which a byte holds. */
#ifndef VSX_WHOLE_H
#define VSX_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "vsx_types.h"

/* Types that hold some numbers, VSX_I8 and VSX_U8 alone. */
#define VSX_WHOLE_TYPE(elem) (1u << (elem))
#define VSX_WHOLE_TYPES	     (VSX_WHOLE_TYPE(VSX_I8) | VSX_WHOLE_TYPE(VSX_U8))

/*
 * Those that hold each of n components. -0 is 0 to them, whose sign they lose:
 * then *signs is true, else it stays as it is.
 */
uint32_t vsx_whole_types(const float *x, uint32_t n, bool *signs);

/* The n components as a type that holds each of them. */
void vsx_whole_put(uint8_t *out, const float *x, uint32_t n);

#endif
