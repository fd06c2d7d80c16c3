/*
 * The tile tables that this build holds, and what they share. Only tile.c
 * chooses among them.
 */
#ifndef VSX_TILE_TABLES_H
#define VSX_TILE_TABLES_H

#include "kernel/tile.h"

extern const struct vsx_tiles vsx_tiles_scalar;
#if defined(__x86_64__)
extern const struct vsx_tiles vsx_tiles_avx2;
extern const struct vsx_tiles vsx_tiles_avxvnni;
extern const struct vsx_tiles vsx_tiles_avx512;
extern const struct vsx_tiles vsx_tiles_amx;
#elif defined(__aarch64__)
extern const struct vsx_tiles vsx_tiles_neon;
extern const struct vsx_tiles vsx_tiles_neondot;
#endif

uint32_t vsx_up_to_scalar(const uint32_t *keys, uint32_t n, uint32_t cut,
			  uint32_t *at);
uint64_t vsx_least_scalar(const uint32_t *keys, uint32_t n, uint32_t first,
			  uint64_t best);

#define INLINE static inline __attribute__((always_inline))

#endif
