/*
 * Rows in clusters of many sizes, inside of which they differ in a few
 * directions more than in others: something that a graph finds hard enough to
 * have a recall.
 */
#ifndef LIVING_CLOUD_H
#define LIVING_CLOUD_H

#include <stdint.h>

#include "base/rng.h"

/* Row i of `dim` components; the same for the same seed and i. */
static inline void cloud_row(float *row, uint32_t dim, uint64_t seed,
			     uint64_t i)
{
	struct vsx_rng rng = {vsx_random_at(seed, 1, i)};
	uint64_t a = vsx_rng_below(&rng, 40), b = vsx_rng_below(&rng, 40);
	uint64_t centre = a < b ? a : b; /* more in the first ones */
	float latent[8];

	for (uint32_t l = 0; l < 8; l++)
		latent[l] = (float)vsx_to_unit(vsx_rng_next(&rng)) +
			    (float)vsx_to_unit(vsx_rng_next(&rng)) - 1.0f;
	for (uint32_t d = 0; d < dim; d++) {
		float x = (float)(vsx_random_at(91, centre, d) % 1000) / 1000;

		for (uint32_t l = 0; l < 8; l++)
			x += latent[l] *
			     ((float)(vsx_random_at(92, l, d) % 1000) / 1000 -
			      0.5f);
		row[d] = x + 0.1f * (float)vsx_to_unit(vsx_rng_next(&rng));
	}
}

#endif
