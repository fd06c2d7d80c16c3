/*
 * The tables of kernels for codes that this build holds, and what they share.
 * Only codes.c chooses among them.
 */
#ifndef VSX_CODES_TABLES_H
#define VSX_CODES_TABLES_H

#include "kernel/codes.h"

extern const struct vsx_code_kernels vsx_code_kernels_scalar;
#if defined(__x86_64__)
extern const struct vsx_code_kernels vsx_code_kernels_avx2;
extern const struct vsx_code_kernels vsx_code_kernels_avx512;
#elif defined(__aarch64__)
extern const struct vsx_code_kernels vsx_code_kernels_neon;
#endif

/* Loads of bytes and entries are all there is to it: no instruction set has
 * anything better. */
vsx_sum_kernel vsx_code_sums;

#endif
