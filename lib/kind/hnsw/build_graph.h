/*
 * A graph under construction. Links name rows of the input; the upper levels
 * find a row's lists by its rank in the order of insertion, which is by falling
 * level.
 */
#ifndef VSX_HNSW_GRAPH_H
#define VSX_HNSW_GRAPH_H

#include "kind/hnsw/hnsw.h"
#include "kind/build.h"

struct vsx_graph_level {
	uint32_t degree;
	uint32_t n_slots;
	uint32_t *links; /* [n_slots][degree], unused ones last */
	uint32_t *keys;	 /* of the links, in the same places */
	uint16_t *count; /* [n_slots] links in use */
	uint16_t *tidy;	 /* [n_slots] of them the first so many rise by key and
			    passed the heuristic together */
};

struct vsx_graph {
	const struct vsx_rows *rows;
	struct vsx_arrays *arrays; /* that those here are of */
	uint32_t m;
	uint32_t ef_construction;
	uint32_t n_levels;
	uint32_t *order; /* [n] row by rank */
	uint32_t *rank;	 /* [n] rank by row */
	struct vsx_graph_level level[VSX_MAX_LEVELS];
};

static inline uint32_t vsx_graph_slot(const struct vsx_graph *g, uint32_t level,
				      uint32_t row)
{
	return level ? g->rank[row] : row;
}

/* Whether n rows are linked by a partition (build_partition.h), and not one
   after the other. */
bool vsx_hnsw_by_partition(const struct vsx_job *job, uint64_t n);

/* Whether codes of 8 bits are made of them for that (build_coded.h). */
bool vsx_hnsw_by_codes(const struct vsx_job *job, const struct vsx_space *space,
		       uint64_t n);

/* vsx_kind_build.build */
enum vsx_status vsx_hnsw_build(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_spec *spec,
			       struct vsx_built *out, struct vsx_error *err);

/* Draw levels, set the order, make room for the links. */
enum vsx_status vsx_graph_init(struct vsx_graph *g, const struct vsx_job *job,
			       const struct vsx_rows *rows, uint32_t m,
			       struct vsx_error *err);
void vsx_graph_release(struct vsx_graph *g);

/* Insert the rows of ranks 1 .. n-1, into a graph without links. */
enum vsx_status vsx_graph_insert(struct vsx_graph *g, struct vsx_job *job,
				 uint32_t n, struct vsx_error *err);

/* The level as a walk sees it. */
void vsx_graph_view(const struct vsx_graph *g, uint32_t level,
		    struct vsx_level *out);

/* A candidate neighbour. Sorted by key, then row: the order of pool entries. */
struct vsx_candidate {
	uint32_t key;
	uint32_t row;
};

/*
 * The paper's algorithm 4 without its two extensions: from n candidates by
 * rising key keep those that are nearer to the base than to any kept before
 * them, at most `most`. The first `tidy` have passed together before and need
 * not be compared with each other. Works in place; returns how many it kept.
 */
uint32_t vsx_graph_select(const struct vsx_space *space, const uint8_t *base,
			  struct vsx_query *query, struct vsx_candidate *c,
			  const uint8_t *was_tidy, uint32_t n, uint32_t most);

/* Add every row that cannot be reached from the entry point to the lists of
 * rows near it, until all can be. */
enum vsx_status vsx_graph_connect(struct vsx_graph *g, struct vsx_job *job,
				  struct vsx_error *err);

/*
 * Number the rows anew: by falling level, and on each level so that linked
 * rows are near each other. order[new] = row, of g->arrays.
 */
enum vsx_status vsx_graph_renumber(const struct vsx_graph *g, uint32_t **order,
				   struct vsx_error *err);

#endif
