#include "bench/data/widen.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static float from_bf16(uint16_t bits)
{
	uint32_t wide = (uint32_t)bits << 16;
	float value;

	memcpy(&value, &wide, sizeof(value));
	return value;
}

/* IEEE 754 binary16; data is finite. */
static float from_f16(uint16_t bits)
{
	int exponent = bits >> 10 & 31;
	float value = (float)(bits & 1023);

	value = exponent ? ldexpf(value + 1024.0f, exponent - 25)
			 : ldexpf(value, -24);
	return bits >> 15 ? -value : value;
}

void widen(float *to, const void *from, enum vsx_elem elem, size_t n)
{
	const uint16_t *half = from;

	switch (elem) {
	case VSX_F32:
		memcpy(to, from, n * sizeof(*to));
		return;
	case VSX_F16:
		for (size_t i = 0; i < n; i++)
			to[i] = from_f16(half[i]);
		return;
	case VSX_BF16:
		for (size_t i = 0; i < n; i++)
			to[i] = from_bf16(half[i]);
		return;
	case VSX_I8:
		for (size_t i = 0; i < n; i++)
			to[i] = ((const int8_t *)from)[i];
		return;
	case VSX_U8:
		for (size_t i = 0; i < n; i++)
			to[i] = ((const uint8_t *)from)[i];
		return;
	}
}
