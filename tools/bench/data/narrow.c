#include "bench/data/narrow.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define F16_MAX 65504.0f

/* NaN stays NaN; what is too large becomes an infinity. */
static uint16_t to_bf16(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	if (isnan(value))
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* Of a number that rounds to no more than F16_MAX. */
static uint16_t to_f16(float value)
{
	uint16_t sign = signbit(value) ? 0x8000 : 0;
	int exponent;
	float steps;

	value = fabsf(value);
	frexpf(value, &exponent); /* value < 2^exponent */
	if (value < 0x1p-14f)
		exponent = -13;
	/*
	 * In steps of the last bit: 1024 to 2048 of them, or fewer below the
	 * least normal number. That 2048 is carried over is as it should be.
	 */
	steps = rintf(ldexpf(value, 11 - exponent));
	return (uint16_t)(sign + (exponent + 13) * 1024 + (int)steps);
}

static bool one(void *to, size_t i, float value, enum vsx_elem elem)
{
	uint16_t bits;

	switch (elem) {
	case VSX_F32:
		((float *)to)[i] = value;
		return true;
	case VSX_F16:
		/* Half a step above the greatest rounds to it no more. */
		if (!(fabsf(value) < F16_MAX + 16))
			return false;
		((uint16_t *)to)[i] = to_f16(value);
		return true;
	case VSX_BF16:
		bits = to_bf16(value);
		((uint16_t *)to)[i] = bits;
		return (bits & 0x7f80) != 0x7f80;
	case VSX_I8:
		if (!(value >= -128 && value <= 127) || value != rintf(value))
			return false;
		((int8_t *)to)[i] = (int8_t)value;
		return true;
	case VSX_U8:
		if (!(value >= 0 && value <= 255) || value != rintf(value))
			return false;
		((uint8_t *)to)[i] = (uint8_t)value;
		return true;
	}
	return false;
}

size_t narrow(void *to, const float *from, enum vsx_elem elem, size_t n)
{
	size_t i = 0;

	while (i < n && one(to, i, from[i], elem))
		i++;
	return i;
}
