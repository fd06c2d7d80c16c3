/* The one place that calls xxHash. Seed 0 everywhere; SPEC.md section 6. */
#ifndef VSX_CHECKSUM_H
#define VSX_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* XXH3-128 as the file holds it: the low 64 bits first, each little-endian. */
struct vsx_hash {
	uint8_t b[16];
};

uint64_t vsx_sum64(const void *p, size_t n);
struct vsx_hash vsx_hash128(const void *p, size_t n);
bool vsx_hash_equal(struct vsx_hash a, struct vsx_hash b);

#endif
