/* Some of many, at random. */
#ifndef VSX_SAMPLE_H
#define VSX_SAMPLE_H

#include <stdint.h>

#include "base/rng.h"

/*
 * m different numbers below n by rising value, each set of them as likely as
 * any other; m <= n. From `stream` of a seed.
 */
void vsx_sample(uint32_t *out, uint32_t m, uint32_t n, uint64_t seed,
		enum vsx_random_stream stream);

/* Put m of the n items first, each order of any m as likely; m <= n. */
void vsx_shuffle_some(uint32_t *items, uint32_t n, uint32_t m,
		      struct vsx_rng *rng);

#endif
