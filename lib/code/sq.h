/*
 * Scalar quantisation: 8 or 4 bits for each dimension. SPEC.md 5.9.1.
 *
 * Component i is near lo[i] + step[i] * code[i]. A row's code is followed by
 * its term, the squared length of the steps alone, so that a squared distance
 * is one integer product of code and query:
 *
 *     |q - lo - t|^2 = |q - lo|^2 - 2 * (q - lo) * t + |t|^2,  t = step * code
 */
#ifndef VSX_CODE_SQ_H
#define VSX_CODE_SQ_H

#include "code/codec.h"

/* The codec's own parameters: f32 lo[coded], then f32 step[coded]. */
struct vsx_sq_scale {
	const float *lo, *step;
};

struct vsx_sq_scale vsx_sq_scale(const struct vsx_code_form *f,
				 const uint8_t *params);

/* The greatest code: 255 or 15. */
static inline uint32_t vsx_sq_most(const struct vsx_codec *codec)
{
	return codec->id == VSX_CODEC_SQ4 ? 15 : 255;
}

#endif
