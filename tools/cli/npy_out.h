/* Writing the header of a .npy file; rows follow, row-major. */
#ifndef VSX_CLI_NPY_OUT_H
#define VSX_CLI_NPY_OUT_H

#include <stdint.h>
#include <stdio.h>

/*
 * Always 128 bytes, so that it can be written again when the count is known.
 * type: "<f4" and the like. columns 0: n values, not rows.
 */
void npy_write_head(FILE *to, const char *type, uint64_t n, uint64_t columns);

#endif
