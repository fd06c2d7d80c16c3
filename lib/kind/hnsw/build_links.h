/*
 * Links of the base level for all rows at once: chosen from candidates of each
 * row, then turned round and chosen once more.
 */
#ifndef VSX_HNSW_LINKS_H
#define VSX_HNSW_LINKS_H

#include "kind/hnsw/build_choose.h"
#include "kind/hnsw/build_graph.h"
#include "kind/hnsw/build_linking.h"
#include "kind/hnsw/build_near.h"

struct vsx_links_worker {
	struct vsx_query query; /* of the comparisons */
	struct vsx_scratch scratch;
	uint64_t *candidates; /* [degree + most] key << 32 | row */
	uint64_t *others;     /* likewise */
	struct vsx_kept_links kept;
};

struct vsx_links {
	struct vsx_graph *graph;
	struct vsx_graph_level *level;
	struct vsx_near near;
	uint32_t *squares;		  /* [n] of rows of bytes; else NULL */
	struct vsx_links_worker *workers; /* [n_threads] */
	unsigned int n_threads;
	struct vsx_linking *told;
};

/* most: candidates of a row beside its links, vsx_near_room() or more. Release
   it also where this fails. */
enum vsx_status vsx_links_init(struct vsx_links *l, struct vsx_graph *g,
			       uint32_t most, unsigned int n_threads,
			       struct vsx_linking *told, struct vsx_error *err);
void vsx_links_release(struct vsx_links *l);

/* Of rows of u8 that are compared by l2: their squared lengths, with which a
   distance is a product. Without, too, the same links are chosen. */
enum vsx_status vsx_links_square(struct vsx_links *l, struct vsx_error *err);

/* w->candidates = the links of a row and n entries more, which rise; equal ones
   once. Returns how many. */
uint32_t vsx_links_unite(const struct vsx_links *l, struct vsx_links_worker *w,
			 uint32_t row, const uint64_t *more, uint32_t n);

/* Keep those of n candidates that pass, w->candidates[returned], which rise;
   the rest are w->others[*n_others], the nearest first. */
uint32_t vsx_links_choose(const struct vsx_links *l, struct vsx_links_worker *w,
			  uint32_t n, uint32_t *n_others);

/* Steps of a row in each. */
#define VSX_LINKS_STEPS	     2u
#define VSX_LINKS_TURN_STEPS 3u

/* Sort the near ones of each row, which codes have found, by what rows are
   compared by. */
enum vsx_status vsx_links_rate_near(struct vsx_links *l, struct vsx_error *err);

/* Links of each row from those that it has and its near ones; where there is
   room, also what did not pass. */
enum vsx_status vsx_links_from_near(struct vsx_links *l, struct vsx_error *err);

/* The near ones of each row become its links. */
void vsx_links_take_near(struct vsx_links *l);

/* Links of each row from those that it has and the rows that chose it. */
enum vsx_status vsx_links_turn(struct vsx_links *l, struct vsx_error *err);

#endif
