/* Growing arrays that keep their count and no capacity beside it. */
#ifndef VSX_BENCH_ARRAY_H
#define VSX_BENCH_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

/*
 * The array with room for one more than the n that it holds, or NULL. Its room
 * is the power of two that holds n, so it grows whenever n is one.
 */
static inline void *array_one_more(void *array, uint32_t n, size_t bytes)
{
	size_t room = n ? 2 * (size_t)n : 1;

	if ((n & (n - 1)) != 0)
		return array;
	if (n > UINT32_MAX / 2 || room > SIZE_MAX / bytes)
		return NULL;
	return realloc(array, room * bytes);
}

#endif
