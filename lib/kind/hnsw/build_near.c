#include "kind/hnsw/build_near.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/hnsw/hnsw.h"

#define N_LOCKS	  256
#define MOST_ROOM (2 * VSX_HNSW_MAX_M + 64) /* that of vsx_near_room() */

enum vsx_status vsx_near_init(struct vsx_near *near, struct vsx_arrays *arrays,
			      uint32_t n, uint32_t room, struct vsx_error *err)
{
	memset(near, 0, sizeof(*near));
	near->arrays = arrays;
	near->n = n;
	near->room = room;
	VSX_TRY(vsx_alloc_to(&near->locks, N_LOCKS, sizeof(*near->locks), err));
	for (uint32_t i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&near->locks[i].mutex, NULL);
	VSX_TRY(vsx_arrays_take(arrays, &near->entries, n,
				room * sizeof(*near->entries), err));
	return vsx_arrays_take(arrays, &near->count, n, sizeof(*near->count),
			       err);
}

void vsx_near_release(struct vsx_near *near)
{
	for (uint32_t i = 0; near->locks && i < N_LOCKS; i++)
		pthread_mutex_destroy(&near->locks[i].mutex);
	free(near->locks);
	vsx_arrays_leave(near->arrays, near->entries);
	vsx_arrays_leave(near->arrays, near->count);
	memset(near, 0, sizeof(*near));
}

void vsx_near_clear(struct vsx_near *near)
{
	memset(near->count, 0, near->n * sizeof(*near->count));
}

static pthread_mutex_t *lock_of(struct vsx_near *near, uint32_t row)
{
	return &near->locks[row % N_LOCKS].mutex;
}

/* The least of both in `list`, up to its room; how many they are. */
static uint32_t merge(uint64_t *list, uint32_t room, uint32_t have,
		      const uint64_t *more, uint32_t n)
{
	uint64_t old[MOST_ROOM];
	uint32_t at = 0, i, j = 0;

	while (at < have && list[at] < more[0])
		at++;
	i = at;
	memcpy(old + i, list + i, (have - i) * sizeof(*old));
	while (at < room && (i < have || j < n)) {
		bool ours = j == n || (i < have && old[i] <= more[j]);

		if (ours && j < n && old[i] == more[j])
			j++;
		list[at++] = ours ? old[i++] : more[j++];
	}
	return at;
}

void vsx_near_offer(struct vsx_near *near, uint32_t row,
		    const uint64_t *entries, uint32_t n)
{
	uint64_t *list = near->entries + (size_t)row * near->room;

	if (n == 0)
		return;
	pthread_mutex_lock(lock_of(near, row));
	near->count[row] =
		(uint16_t)merge(list, near->room, near->count[row], entries, n);
	pthread_mutex_unlock(lock_of(near, row));
}

uint32_t vsx_near_cut(struct vsx_near *near, uint32_t row)
{
	const uint64_t *list = vsx_near_list(near, row);
	uint32_t cut = UINT32_MAX;

	pthread_mutex_lock(lock_of(near, row));
	if (near->count[row] == near->room)
		cut = (uint32_t)(list[near->room - 1] >> 32);
	pthread_mutex_unlock(lock_of(near, row));
	return cut;
}
