/*
 * 16-bit floats, one at a time: IEEE 754 binary16 (f16) and bfloat16, the
 * upper half of an f32. Values travel as their bits in a uint16_t.
 *
 * To f32 is exact. From f32 rounds to nearest, ties to even, whatever the
 * rounding mode; what is too large becomes infinity. A NaN stays a NaN, made
 * quiet, with its sign and the upper bits of its payload, as the processors'
 * own instructions do it. Only integers are used, so flush-to-zero modes
 * change nothing.
 */
#ifndef VSX_HALF_H
#define VSX_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t vsx_f32_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static inline float vsx_f32_from_bits(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static inline float vsx_bf16_to_f32(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;

	if ((bits & 0x7fffffff) > 0x7f800000)
		bits |= 0x00400000; /* quiet */
	return vsx_f32_from_bits(bits);
}

static inline uint16_t vsx_f32_to_bf16(float x)
{
	uint32_t bits = vsx_f32_bits(x);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x0040);

	/* Just under half, or half when the kept part is odd: the carry runs
	 * into the exponent and, for the largest, on to infinity. */
	bits += 0x7fff + (bits >> 16 & 1);
	return (uint16_t)(bits >> 16);
}

static inline float vsx_f16_to_f32(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16;
	uint32_t exponent = h >> 10 & 0x1f;
	uint32_t fraction = h & 0x03ff;

	if (exponent == 0x1f) { /* infinity or NaN */
		if (fraction != 0)
			fraction |= 0x0200;
		return vsx_f32_from_bits(sign | 0x7f800000 | fraction << 13);
	}
	if (exponent == 0) {
		if (fraction == 0)
			return vsx_f32_from_bits(sign);
		/* Subnormal, fraction * 2^-24: shift until its leading bit is
		 * the implied one. */
		for (exponent = 1; !(fraction & 0x0400); exponent--)
			fraction <<= 1;
		fraction &= 0x03ff;
	}
	/* The biases are 15 and 127; exponent may have wrapped below 0. */
	return vsx_f32_from_bits(sign | (exponent + 112) << 23 |
				 fraction << 13);
}

static inline uint16_t vsx_f32_to_f16(float x)
{
	uint32_t bits = vsx_f32_bits(x);
	uint32_t sign = bits >> 16 & 0x8000;
	uint32_t size = bits & 0x7fffffff;
	uint32_t kept, rest, half;

	if (size > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | (size >> 13 & 0x03ff));
	if (size >= 0x47800000) /* 2^16 and more */
		return (uint16_t)(sign | 0x7c00);

	if (size >= 0x38800000) {
		/* 2^-14 and more: a normal number; drop 13 bits. */
		kept = (size - (112u << 23)) >> 13;
		rest = size & 0x1fff;
		half = 0x1000;
	} else if (size >= 0x33000000) {
		/* 2^-25 and more: count units of 2^-24. */
		uint32_t drop = 126 - (size >> 23);
		uint32_t full = (size & 0x007fffff) | 0x00800000;

		kept = full >> drop;
		rest = full & ((1u << drop) - 1);
		half = 1u << (drop - 1);
	} else {
		return (uint16_t)sign;
	}
	/* A carry into the exponent is right, up to infinity. */
	if (rest > half || (rest == half && (kept & 1)))
		kept++;
	return (uint16_t)(sign | kept);
}

#endif
