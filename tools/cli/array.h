/* Growing arrays that keep their count and no capacity beside it. */
#ifndef VSX_CLI_ARRAY_H
#define VSX_CLI_ARRAY_H

#include <stdlib.h>

/*
 * The array with room for one more than the n that it holds, or NULL. Its room
 * is the power of two that holds n, so it grows whenever n is one.
 */
static inline void *array_one_more(void *array, size_t n, size_t bytes)
{
	return n & (n - 1) ? array : reallocarray(array, n ? 2 * n : 1, bytes);
}

#endif
