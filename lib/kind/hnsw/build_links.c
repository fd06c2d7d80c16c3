#include "kind/hnsw/build_links.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/select.h"

#define CHUNK 256

enum vsx_status vsx_links_init(struct vsx_links *l, struct vsx_graph *g,
			       uint32_t most, unsigned int n_threads,
			       struct vsx_linking *told, struct vsx_error *err)
{
	uint32_t dim = g->rows->space->dim, degree = g->level[0].degree;
	size_t room = (size_t)degree + most;

	*l = (struct vsx_links){.graph = g,
				.level = &g->level[0],
				.n_threads = n_threads,
				.told = told};
	VSX_TRY(vsx_alloc_to(&l->workers, n_threads, sizeof(*l->workers), err));
	for (unsigned int i = 0; i < n_threads; i++) {
		struct vsx_links_worker *w = &l->workers[i];

		VSX_TRY(vsx_query_alloc(&w->query, dim, err));
		VSX_TRY(vsx_scratch_init(&w->scratch, dim, err));
		VSX_TRY(vsx_alloc_to(&w->candidates, room,
				     sizeof(*w->candidates), err));
		VSX_TRY(vsx_alloc_to(&w->others, room, sizeof(*w->others),
				     err));
		VSX_TRY(vsx_kept_links_init(&w->kept, g->rows->space, degree,
					    room, err));
	}
	return vsx_near_init(&l->near, g->arrays, g->rows->n,
			     vsx_near_room(degree), err);
}

void vsx_links_release(struct vsx_links *l)
{
	for (unsigned int i = 0; l->workers && i < l->n_threads; i++) {
		struct vsx_links_worker *w = &l->workers[i];

		vsx_query_release(&w->query);
		vsx_scratch_release(&w->scratch);
		free(w->candidates);
		free(w->others);
		vsx_kept_links_release(&w->kept);
	}
	free(l->workers);
	vsx_arrays_leave(l->graph->arrays, l->squares);
	vsx_near_release(&l->near);
	memset(l, 0, sizeof(*l));
}

/* ---- candidates ------------------------------------------------------ */

static int by_entry(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

uint32_t vsx_links_unite(const struct vsx_links *l, struct vsx_links_worker *w,
			 uint32_t row, const uint64_t *more, uint32_t n)
{
	const struct vsx_graph_level *level = l->level;
	uint32_t have = level->count[row], found = 0, i = 0, j = 0;
	size_t at = (size_t)row * level->degree;

	for (uint32_t k = 0; k < have; k++)
		w->others[k] = (uint64_t)level->keys[at + k] << 32 |
			       level->links[at + k];
	qsort(w->others, have, sizeof(*w->others), by_entry);
	while (i < have || j < n) {
		bool ours = j == n || (i < have && w->others[i] <= more[j]);
		uint64_t next = ours ? w->others[i++] : more[j++];

		if (found == 0 || w->candidates[found - 1] != next)
			w->candidates[found++] = next;
	}
	return found;
}

static void put_links(struct vsx_links *l, uint32_t row,
		      const uint64_t *entries, uint32_t n, uint32_t tidy,
		      const uint64_t *others, uint32_t n_others)
{
	struct vsx_graph_level *level = l->level;
	uint32_t *links = level->links + (size_t)row * level->degree;
	uint32_t *keys = level->keys + (size_t)row * level->degree;
	uint32_t total = n + n_others;

	if (total > level->degree)
		total = level->degree;
	for (uint32_t i = 0; i < level->degree; i++) {
		uint64_t e = i < n	 ? entries[i]
			     : i < total ? others[i - n]
					 : UINT64_MAX;

		links[i] = (uint32_t)e; /* VSX_HNSW_NO_LINK behind the last */
		keys[i] = (uint32_t)(e >> 32);
	}
	level->count[row] = (uint16_t)total;
	level->tidy[row] = (uint16_t)tidy;
}

/* ---- passes over all rows -------------------------------------------- */

static enum vsx_status square_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct vsx_links *l = context;
	const struct vsx_rows *rows = l->graph->rows;

	for (uint64_t row = first; row < last; row++) {
		const uint8_t *at = rows->base + row * rows->space->stride;

		rows->space->kernels->ip_int[VSX_U8](
			at, at, 0, NULL, 1, rows->space->dim, &l->squares[row]);
	}
	return vsx_linking_add(l->told, thread, 0, err);
}

enum vsx_status vsx_links_square(struct vsx_links *l, struct vsx_error *err)
{
	const struct vsx_rows *rows = l->graph->rows;

	VSX_TRY(vsx_arrays_take(l->graph->arrays, &l->squares, rows->n,
				sizeof(*l->squares), err));
	return vsx_parallel(l->n_threads, rows->n, CHUNK, square_some, l, err);
}

static enum vsx_status rate_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct vsx_links *l = context;
	struct vsx_links_worker *w = &l->workers[thread];
	const struct vsx_rows *rows = l->graph->rows;
	size_t stride = rows->space->stride;

	for (uint64_t row = first; row < last; row++) {
		uint64_t *list = l->near.entries + row * l->near.room;
		uint32_t n = l->near.count[row];

		vsx_space_row_query(rows->space, &w->query,
				    rows->base + row * stride);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t other = (uint32_t)list[i], key;

			vsx_space_keys(rows->space, &w->query, rows->base,
				       &other, 1, &key);
			list[i] = (uint64_t)key << 32 | other;
		}
		vsx_least(list, n, n, true);
	}
	return vsx_linking_add(l->told, thread, 0, err);
}

enum vsx_status vsx_links_rate_near(struct vsx_links *l, struct vsx_error *err)
{
	return vsx_parallel(l->n_threads, l->near.n, CHUNK, rate_some, l, err);
}

static enum vsx_status link_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct vsx_links *l = context;
	struct vsx_links_worker *w = &l->workers[thread];

	for (uint32_t row = (uint32_t)first; row < last; row++) {
		uint32_t n_others, n;

		n = vsx_links_unite(l, w, row, vsx_near_list(&l->near, row),
				    l->near.count[row]);
		n = vsx_links_choose(l, w, n, &n_others);
		put_links(l, row, w->candidates, n, n, w->others, n_others);
	}
	return vsx_linking_add(l->told, thread,
			       VSX_LINKS_STEPS * (last - first), err);
}

enum vsx_status vsx_links_from_near(struct vsx_links *l, struct vsx_error *err)
{
	return vsx_parallel(l->n_threads, l->near.n, CHUNK, link_some, l, err);
}

void vsx_links_take_near(struct vsx_links *l)
{
	for (uint32_t row = 0; row < l->near.n; row++)
		put_links(l, row, vsx_near_list(&l->near, row),
			  l->near.count[row], l->near.count[row], NULL, 0);
}

/* Offer rows to those that they chose. */
static enum vsx_status turn_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct vsx_links *l = context;
	const struct vsx_graph_level *level = l->level;

	for (uint64_t row = first; row < last; row++) {
		size_t at = row * level->degree;

		for (uint32_t i = 0; i < level->tidy[row]; i++) {
			uint64_t back =
				(uint64_t)level->keys[at + i] << 32 | row;

			vsx_near_offer(&l->near, level->links[at + i], &back,
				       1);
		}
	}
	return vsx_linking_add(l->told, thread, last - first, err);
}

enum vsx_status vsx_links_turn(struct vsx_links *l, struct vsx_error *err)
{
	vsx_near_clear(&l->near);
	VSX_TRY(vsx_parallel(l->n_threads, l->near.n, CHUNK, turn_some, l,
			     err));
	return vsx_links_from_near(l, err);
}
