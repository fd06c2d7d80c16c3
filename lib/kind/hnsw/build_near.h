/*
 * The nearest of other rows to each row, as many as there is room for.
 *
 * Offers may come from any thread and in any order: what is kept are the least
 * of all that was ever offered, so that the lists are the same in the end.
 */
#ifndef VSX_HNSW_NEAR_H
#define VSX_HNSW_NEAR_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "train/arrays.h"

/* Places in the lists of rows that get so many links: half of what is found
   may be left out. */
static inline uint32_t vsx_near_room(uint32_t degree)
{
	return degree < 32 ? 64 : degree < 64 ? 2 * degree : degree + 64;
}

/* Bytes that a row takes, for plans. */
static inline uint32_t vsx_near_row_bytes(uint32_t degree)
{
	return vsx_near_room(degree) * 8 + 2;
}

struct vsx_near {
	struct vsx_arrays *arrays; /* that entries and count are of */
	uint32_t n, room;
	uint64_t *entries; /* [n][room] key << 32 | row, rising */
	uint16_t *count;   /* [n] */
	struct vsx_near_lock {
		_Alignas(64) pthread_mutex_t mutex;
	} * locks; /* of the rows, in turn */
};

enum vsx_status vsx_near_init(struct vsx_near *near, struct vsx_arrays *arrays,
			      uint32_t n, uint32_t room, struct vsx_error *err);
void vsx_near_release(struct vsx_near *near);

/* Make all lists empty. */
void vsx_near_clear(struct vsx_near *near);

/* Offer n entries, rising, to the list of a row. Equal ones are kept once. */
void vsx_near_offer(struct vsx_near *near, uint32_t row,
		    const uint64_t *entries, uint32_t n);

/* A key above which nothing comes into the list of a row any more. */
uint32_t vsx_near_cut(struct vsx_near *near, uint32_t row);

/* The list of a row, once nothing is offered any more. */
static inline const uint64_t *vsx_near_list(const struct vsx_near *near,
					    uint32_t row)
{
	return near->entries + (size_t)row * near->room;
}

#endif
