/* Which candidates of a row become its links. */
#include "kind/hnsw/build_choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/hnsw/build_links.h"

/*
 * A candidate is left out when a link that was chosen before is nearer to it
 * than the row is: first at all, and where lists have room then, by so much of
 * the squared distance.
 */
struct occlusion {
	uint32_t num, den;
};

static const struct occlusion occlusions[] = {{1, 1}, {6, 5}};

/* Keys of products say which is greater alone. */
static size_t n_occlusions(const struct vsx_space *space)
{
	return space->metric == VSX_IP ? 1 : 2;
}

enum vsx_status vsx_kept_links_init(struct vsx_kept_links *k,
				    const struct vsx_space *space,
				    uint32_t degree, size_t room,
				    struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&k->rows, degree, space->stride, err));
	VSX_TRY(vsx_alloc_to(&k->squares, degree, sizeof(*k->squares), err));
	return vsx_alloc_to(&k->seen, room, sizeof(*k->seen), err);
}

void vsx_kept_links_release(struct vsx_kept_links *k)
{
	free(k->rows);
	free(k->squares);
	free(k->seen);
}

/* Chosen links that a candidate is compared with at a time: the first are the
   nearest and leave most out. */
#define AT_ONCE 4u

/* Keys of the chosen ones first .. first+n-1 for a candidate. */
static void compare(const struct vsx_links *l, struct vsx_links_worker *w,
		    uint32_t row, uint32_t first, uint32_t n,
		    uint32_t keys[AT_ONCE])
{
	const struct vsx_rows *rows = l->graph->rows;
	const struct vsx_space *space = rows->space;
	const uint8_t *at = rows->base + (size_t)row * space->stride;
	const uint8_t *kept = w->kept.rows + (size_t)first * space->stride;

	if (!l->squares) {
		vsx_space_row_query(space, &w->query, at);
		vsx_space_keys(space, &w->query, kept, NULL, n, keys);
		return;
	}
	space->kernels->ip_int[VSX_U8](at, kept, space->stride, NULL, n,
				       space->dim, keys);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = l->squares[row] + w->kept.squares[first + i] -
			  2 * keys[i];
}

/* Whether one of n_kept that were chosen is nearer to a candidate, by enough,
 * than the row is. */
static bool is_near_one(const struct vsx_links *l, struct vsx_links_worker *w,
			uint64_t candidate, uint32_t n_kept,
			const struct occlusion *by, struct vsx_kept_seen *seen)
{
	uint64_t away = (candidate >> 32) * by->den;
	uint32_t keys[AT_ONCE];

	while ((uint64_t)seen->least * by->num >= away && seen->n < n_kept) {
		uint32_t n =
			n_kept - seen->n < AT_ONCE ? n_kept - seen->n : AT_ONCE;

		compare(l, w, (uint32_t)candidate, seen->n, n, keys);
		for (uint32_t i = 0; i < n; i++)
			if (keys[i] < seen->least)
				seen->least = keys[i];
		seen->n += n;
	}
	return (uint64_t)seen->least * by->num < away;
}

/* As the n-th; the entries rise. */
static void keep(const struct vsx_links *l, struct vsx_links_worker *w,
		 uint64_t entry, uint32_t n)
{
	const struct vsx_rows *rows = l->graph->rows;
	size_t stride = rows->space->stride;
	uint32_t row = (uint32_t)entry;

	memcpy(w->kept.rows + n * stride, rows->base + row * stride, stride);
	if (l->squares)
		w->kept.squares[n] = l->squares[row];
	for (; n > 0 && w->candidates[n - 1] > entry; n--)
		w->candidates[n] = w->candidates[n - 1];
	w->candidates[n] = entry;
}

uint32_t vsx_links_choose(const struct vsx_links *l, struct vsx_links_worker *w,
			  uint32_t n, uint32_t *n_others)
{
	const uint64_t *from = w->candidates;
	uint32_t n_kept = 0;

	for (size_t o = 0; o < n_occlusions(l->graph->rows->space); o++) {
		uint32_t left = 0;

		for (uint32_t i = 0; i < n; i++) {
			struct vsx_kept_seen seen = {0, UINT32_MAX};
			uint64_t c = from[i];

			if (o > 0)
				seen = w->kept.seen[i];
			if (n_kept < l->level->degree &&
			    !is_near_one(l, w, c, n_kept, &occlusions[o],
					 &seen)) {
				keep(l, w, c, n_kept++);
				continue;
			}
			w->kept.seen[left] = seen;
			w->others[left++] = c;
		}
		from = w->others;
		n = left;
	}
	*n_others = n;
	return n_kept;
}
