#include "kernel/pool.h"

size_t vsx_pool_put(struct vsx_nearest *pool, const uint32_t *keys,
		    const uint32_t *rows, size_t n, uint64_t bound)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < n; i++) {
		uint64_t entry = vsx_pool_entry(keys[i], rows[i]);
		size_t place;

		if (entry >= bound)
			continue;
		place = vsx_pool_insert(pool->entries, &pool->n, pool->most,
					entry);
		least = place < least ? place : least;
	}
	return least < pool->most ? least : SIZE_MAX;
}
