#include "base/sample.h"

/* Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S. */
void vsx_sample(uint32_t *out, uint32_t m, uint32_t n, uint64_t seed,
		enum vsx_random_stream stream)
{
	struct vsx_rng rng = {vsx_random_at(seed, stream, 0)};
	uint32_t taken = 0;

	for (uint32_t i = 0; taken < m; i++)
		if (vsx_rng_below(&rng, n - i) < m - taken)
			out[taken++] = i;
}

void vsx_shuffle_some(uint32_t *items, uint32_t n, uint32_t m,
		      struct vsx_rng *rng)
{
	for (uint32_t i = 0; i < m; i++) {
		uint32_t other = i + (uint32_t)vsx_rng_below(rng, n - i);
		uint32_t t = items[other];

		items[other] = items[i];
		items[i] = t;
	}
}
