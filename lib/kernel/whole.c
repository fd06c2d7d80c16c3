#include "kernel/whole.h"

#include <string.h>

/* What is none is found out so many components at a time. */
#define PIECE 64u

struct range {
	float low, high;
	uint32_t unlike; /* not 0: some are no whole numbers, or far off */
	uint32_t signs;	 /* not 0: some are -0 */
};

/* Loops without branches, which the compiler makes vectors of. */
static void look(struct range *r, const float *x, uint32_t n)
{
	float low = r->low, high = r->high;
	uint32_t unlike = 0, signs = 0;

	for (uint32_t i = 0; i < n; i++) {
		float c = x[i] > -128.0f ? x[i] : -128.0f;
		uint32_t bits;

		c = c < 255.0f ? c : 255.0f;
		memcpy(&bits, &x[i], 4);
		unlike |= (float)(int32_t)c != x[i];
		signs |= bits == 0x80000000u;
		low = c < low ? c : low;
		high = c > high ? c : high;
	}
	r->low = low;
	r->high = high;
	r->unlike = unlike;
	r->signs |= signs;
}

uint32_t vsx_whole_types(const float *x, uint32_t n, bool *signs)
{
	struct range r = {0};
	uint32_t types = 0;

	for (uint32_t i = 0; i < n; i += PIECE) {
		look(&r, x + i, n - i < PIECE ? n - i : PIECE);
		if (r.unlike)
			return 0;
	}
	if (r.low >= 0.0f)
		types |= VSX_WHOLE_TYPE(VSX_U8);
	if (r.high <= 127.0f)
		types |= VSX_WHOLE_TYPE(VSX_I8);
	*signs = *signs || r.signs;
	return types;
}

void vsx_whole_put(uint8_t *out, const float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		out[i] = (uint8_t)(int32_t)x[i];
}
