#include "checksum.h"

#include <string.h>
#include <xxhash.h>

#include "bytes.h"

/*
 * The same sums by the widest instruction set of the machine, which is three
 * times as fast: in Debian's shared library, but not in every build of it.
 */
XXH64_hash_t XXH3_64bits_dispatch(const void *p, size_t n)
	__attribute__((weak));
XXH128_hash_t XXH3_128bits_dispatch(const void *p, size_t n)
	__attribute__((weak));

uint64_t vsx_sum64(const void *p, size_t n)
{
	return XXH3_64bits_dispatch ? XXH3_64bits_dispatch(p, n)
				    : XXH3_64bits(p, n);
}

struct vsx_hash vsx_hash128(const void *p, size_t n)
{
	XXH128_hash_t h = XXH3_128bits_dispatch ? XXH3_128bits_dispatch(p, n)
						: XXH3_128bits(p, n);
	struct vsx_hash out;
	vsx_le64 part;

	vsx_put64(&part, h.low64);
	memcpy(out.b, &part, 8);
	vsx_put64(&part, h.high64);
	memcpy(out.b + 8, &part, 8);
	return out;
}

bool vsx_hash_equal(struct vsx_hash a, struct vsx_hash b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}
