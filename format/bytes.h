/*
 * Integers as the file holds them, and arithmetic that cannot wrap.
 *
 * A disk integer is a little-endian group of bytes wrapped in a struct: its
 * alignment is 1, so no padding can appear, and using it as a number without
 * vsx_get*() does not compile.
 */
#ifndef VSX_BYTES_H
#define VSX_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint8_t b[4];
} vsx_le32;
typedef struct {
	uint8_t b[8];
} vsx_le64;

/*
 * From bytes at any place. Without loops, of which compilers make one load.
 */
static inline uint32_t vsx_load32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t vsx_load64(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

static inline uint32_t vsx_get32(vsx_le32 v)
{
	return vsx_load32(v.b);
}

static inline uint64_t vsx_get64(vsx_le64 v)
{
	return vsx_load64(v.b);
}

static inline void vsx_put32(vsx_le32 *v, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		v->b[i] = (uint8_t)(x >> 8 * i);
}

static inline void vsx_put64(vsx_le64 *v, uint64_t x)
{
	for (int i = 0; i < 8; i++)
		v->b[i] = (uint8_t)(x >> 8 * i);
}

/* Each answers false, and leaves *out alone, when the result would wrap. */
static inline bool vsx_add(uint64_t *out, uint64_t a, uint64_t b)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

static inline bool vsx_mul(uint64_t *out, uint64_t a, uint64_t b)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

/* Round up to a multiple of `to`, a power of two. */
static inline bool vsx_round_up(uint64_t *out, uint64_t a, uint64_t to)
{
	uint64_t sum;

	if (!vsx_add(&sum, a, to - 1))
		return false;
	*out = sum & ~(to - 1);
	return true;
}

/* Does [offset, offset + len) lie within [0, end)? */
static inline bool vsx_within(uint64_t offset, uint64_t len, uint64_t end)
{
	return offset <= end && len <= end - offset;
}

static inline bool vsx_is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= b[i];
	return !any;
}

/* How many of n bytes are zero before the first that is not. */
static inline size_t vsx_zeros_before(const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i = 0;

	while (n - i >= 64 && vsx_is_zero(b + i, 64))
		i += 64;
	while (i < n && b[i] == 0)
		i++;
	return i;
}

#endif
