/*
 * What may end a search before it is done: a deadline, or a flag that somebody
 * else sets. Both are looked at each time that so many bytes of rows have been
 * compared, so that the time between two looks does not go by how long a row
 * is, and the clock costs little beside the work.
 */
#ifndef VSX_HALT_H
#define VSX_HALT_H

#include <stdint.h>

#include "error.h"

/* Of one thread. Zeroed but for the first two: it looks at once. */
struct vsx_halt {
	uint64_t deadline_ns; /* of CLOCK_MONOTONIC; 0: none */
	const int *flag;      /* nonzero ends it; NULL: none */
	uint64_t left;	      /* bytes until the next look */
};

/* Bytes between two looks. */
#define VSX_HALT_BYTES (16u << 10)

/* What a row costs beside its bytes: its place, its mark, its cache misses. */
#define VSX_HALT_ROW 256u

/* Look now: VSX_ESTOPPED when it is time. */
enum vsx_status vsx_halt_look(struct vsx_halt *halt, struct vsx_error *err);

/* About to compare n rows of `stride` bytes. halt may be NULL. */
static inline enum vsx_status vsx_halt_before(struct vsx_halt *halt, uint64_t n,
					      uint32_t stride,
					      struct vsx_error *err)
{
	uint64_t bytes;

	if (__builtin_expect(!halt, 1))
		return VSX_OK;
	bytes = n * ((uint64_t)stride + VSX_HALT_ROW);
	if (bytes < halt->left) {
		halt->left -= bytes;
		return VSX_OK;
	}
	return vsx_halt_look(halt, err);
}

#endif
