#include "code/scan.h"

#include <float.h>
#include <stddef.h>
#include <string.h>

#define WORDS 16u

/* Parts that are looked through at once, to hide what each waits for. */
#define SOME 4u

static inline float lesser(float a, float b)
{
	return a < b ? a : b;
}

static inline float greater(float a, float b)
{
	return a > b ? a : b;
}

/* The least and the greatest entry of some parts, each. */
static inline void ends_of(const float *t, float low[SOME], float high[SOME])
{
	for (uint32_t p = 0; p < SOME; p++, t += WORDS) {
		float a[4], b[4];

		for (uint32_t i = 0; i < 4; i++) {
			a[i] = lesser(lesser(t[i], t[4 + i]),
				      lesser(t[8 + i], t[12 + i]));
			b[i] = greater(greater(t[i], t[4 + i]),
				       greater(t[8 + i], t[12 + i]));
		}
		low[p] = lesser(lesser(a[0], a[1]), lesser(a[2], a[3]));
		high[p] = greater(greater(b[0], b[1]), greater(b[2], b[3]));
	}
}

/* Adding 2^23 leaves whole numbers, which stand in the low bits. */
static inline void put_bytes(const float *t, float low, float inverse,
			     uint8_t *out)
{
	uint32_t bits[WORDS];
	float whole[WORDS];

	for (uint32_t w = 0; w < WORDS; w++)
		whole[w] = (t[w] - low) * inverse + 0x1p23f;
	memcpy(bits, whole, sizeof(bits));
	for (uint32_t w = 0; w < WORDS; w++)
		out[w] = (uint8_t)bits[w];
}

struct vsx_scan_scale vsx_scan_quantise(const float *tables, uint32_t parts,
					uint8_t *out)
{
	struct vsx_scan_scale s = {0.0f, 0.0f};
	float low[SOME], high[SOME], span = 0.0f, inverse;
	double bias = 0.0, spans = 0.0;

	for (uint32_t p = 0; p < parts; p += SOME) {
		ends_of(tables + (size_t)p * WORDS, low, high);
		for (uint32_t i = 0; i < SOME; i++) {
			bias += (double)low[i];
			spans += (double)(high[i] - low[i]);
			span = greater(high[i] - low[i], span);
		}
	}
	/* An entry may be rounded up, by half a unit. */
	s.bias = (float)bias;
	s.unit = (float)(spans / (65535.0 - parts));
	s.unit = greater(span / 255.0f, s.unit);
	inverse = 1.0f / s.unit;
	if (!(s.unit > 0.0f && s.unit <= FLT_MAX && inverse <= FLT_MAX)) {
		memset(out, 0, (size_t)parts * WORDS);
		s.unit = 0.0f;
		return s;
	}
	for (uint32_t p = 0; p < parts; p += SOME) {
		ends_of(tables + (size_t)p * WORDS, low, high);
		for (uint32_t i = 0; i < SOME; i++) {
			size_t at = (size_t)(p + i) * WORDS;

			put_bytes(tables + at, low[i], inverse, out + at);
		}
	}
	return s;
}
