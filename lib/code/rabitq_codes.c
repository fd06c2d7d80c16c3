/* Codes of a row as bytes of a file, and back. */
#include <string.h>

#include "code/rabitq.h"

void vsx_rabitq_pack(const uint8_t *codes, uint32_t n, uint32_t bits,
		     uint8_t *out)
{
	uint32_t done = 0;

	for (uint32_t width = 8; width; width /= 2) {
		uint32_t bytes = n / 8 * width, mask = (1u << width) - 1;

		if (!(bits & width))
			continue;
		for (uint32_t shift = 0; shift < 8; shift += width)
			for (uint32_t i = 0; i < bytes; i++)
				out[i] |=
					(uint8_t)(((uint32_t)*codes++ >> done &
						   mask)
						  << shift);
		codes -= n;
		out += bytes;
		done += width;
	}
}

/* Some bits of some codes, as many as `in` has bytes; of the first bits the
 * codes are made, the others are put into these. */
static inline void spread(const uint8_t *restrict in, uint32_t n,
			  uint32_t shift, uint32_t mask, uint32_t to,
			  uint8_t *restrict codes)
{
	if (to == 0)
		for (uint32_t i = 0; i < n; i++)
			codes[i] = (uint8_t)((uint32_t)in[i] >> shift & mask);
	else
		for (uint32_t i = 0; i < n; i++)
			codes[i] |= (uint8_t)(((uint32_t)in[i] >> shift & mask)
					      << to);
}

void vsx_rabitq_unpack(const uint8_t *in, uint32_t n, uint32_t bits,
		       uint8_t *codes)
{
	uint32_t done = 0;

	if (bits == 0)
		memset(codes, 0, n);
	for (uint32_t width = 8; width; width /= 2) {
		uint32_t bytes = n / 8 * width, mask = (1u << width) - 1;

		if (!(bits & width))
			continue;
		for (uint32_t i = 0; i < 8 / width; i++)
			spread(in, bytes, i * width, mask, done,
			       codes + (size_t)i * bytes);
		in += bytes;
		done += width;
	}
}

void vsx_rabitq_gather(const struct vsx_code_form *f, const uint8_t *block,
		       uint32_t row, uint8_t *codes)
{
	uint32_t n = vsx_rabitq_dim(f), rest = vsx_rabitq_rest_bytes(f);
	uint32_t shift = row / 16 * 4, top = f->size - 1;
	const uint8_t *signs = block + row % 16;

	vsx_rabitq_unpack(vsx_rabitq_rest(f, block) + (size_t)row * rest, n,
			  top, codes);
	for (uint32_t i = 0; i < n; i += 4, signs += 16) {
		uint32_t four = (uint32_t)*signs >> shift & 15, all;

		/* Bit b of four to the lowest of byte b, on any machine. */
		uint8_t each[4] = {(uint8_t)((four & 1) << top),
				   (uint8_t)((four >> 1 & 1) << top),
				   (uint8_t)((four >> 2 & 1) << top),
				   (uint8_t)((four >> 3) << top)};
		uint32_t some;

		memcpy(&all, codes + i, 4);
		memcpy(&some, each, 4);
		all |= some;
		memcpy(codes + i, &all, 4);
	}
}
