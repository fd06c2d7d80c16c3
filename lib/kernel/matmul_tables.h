/* The tables of matmul.h that this build holds. Only matmul.c chooses. */
#ifndef VSX_MATMUL_TABLES_H
#define VSX_MATMUL_TABLES_H

#include "kernel/matmul.h"

extern const struct vsx_matmuls vsx_matmuls_scalar;
#if defined(__x86_64__)
extern const struct vsx_matmuls vsx_matmuls_avx2;
extern const struct vsx_matmuls vsx_matmuls_avx512;
#endif

#endif
