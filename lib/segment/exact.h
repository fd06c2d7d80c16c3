/* Exact search of several queries at once. One query: vsx_exact_search(). */
#ifndef VSX_EXACT_H
#define VSX_EXACT_H

#include "segment/exact_tile.h"

/* Queries of a call: more would make it no faster. */
#define VSX_EXACT_TOGETHER 512u

/*
 * How many of n queries of k neighbours each call gets when n_threads share
 * them: as many for each thread, and fewer the more memory they take.
 *
 * memory  bytes that all threads may take; 0: some 25 MiB each
 */
uint32_t vsx_exact_share(size_t n, unsigned int n_threads, uint32_t dim,
			 size_t k, uint64_t memory);

/* Scratch of one thread for such calls: zeroed at first, it only grows. */
struct vsx_exact_room {
	struct vsx_sieve *sieves;
	size_t sieves_cap;
	struct vsx_sieve **order;
	size_t order_cap;
	struct vsx_exact_tiles tiles;
};

void vsx_exact_room_release(struct vsx_exact_room *room);

/*
 * The same as vsx_exact_search() for each of n queries, but the rows come from
 * memory once for all of them, and their keys in tiles where these are
 * integers. Every find has a scratch and a heap of its own.
 */
enum vsx_status vsx_exact_batch(struct vsx_exact_room *room,
				const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err);

#endif
