#include "code/scan.h"

#include <float.h>
#include <string.h>

#include "kernel/codes.h"

struct vsx_scan_scale vsx_scan_quantise(const float *tables, uint32_t parts,
					uint8_t *out)
{
	const struct vsx_code_kernels *k = vsx_code_kernels();
	struct vsx_scan_scale s = {0.0f, 0.0f};
	float span = 0.0f, inverse;
	double bias = 0.0, spans = 0.0;

	for (uint32_t p = 0; p < parts; p++) {
		float low, high;

		k->range(tables + (size_t)p * 16, 16, &low, &high);
		bias += low;
		spans += high - low;
		span = high - low > span ? high - low : span;
	}
	/* An entry may be rounded up, by half a unit. */
	s.bias = (float)bias;
	s.unit = (float)(spans / (65535.0 - parts));
	if (s.unit < span / 255.0f)
		s.unit = span / 255.0f;
	inverse = 1.0f / s.unit;
	memset(out, 0, (size_t)parts * 16);
	if (!(s.unit > 0.0f && s.unit <= FLT_MAX && inverse <= FLT_MAX)) {
		s.unit = 0.0f;
		return s;
	}
	for (uint32_t p = 0; p < parts; p++) {
		const float *table = tables + (size_t)p * 16;
		uint16_t words[16];
		float low, high;

		k->range(table, 16, &low, &high);
		k->quantise(table, 16, low, inverse, words);
		for (uint32_t w = 0; w < 16; w++)
			out[(size_t)p * 16 + w] = (uint8_t)words[w];
	}
	return s;
}
