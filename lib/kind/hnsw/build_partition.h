/* The graph of rows whose near ones a partition finds, for all at once. */
#ifndef VSX_HNSW_PARTITION_H
#define VSX_HNSW_PARTITION_H

#include "kind/hnsw/build_coded.h"
#include "kind/hnsw/build_graph.h"
#include "kind/hnsw/build_leaves.h"
#include "kind/hnsw/build_near.h"

/*
 * Link the rows of a graph, which are the coded ones or those that codes do not
 * stand in for: those of the upper levels by insertion, the base level from
 * leaves. The same rows and seed give the
 * same links for any number of threads.
 *
 * *coarse: codes say too little of which rows are near, and the graph is left
 * unfinished.
 */
enum vsx_status vsx_graph_from_partition(struct vsx_graph *g,
					 struct vsx_job *job,
					 const struct vsx_coded *coded,
					 bool *coarse, struct vsx_error *err);

/* Bytes that a row takes while its links, 2*m of them, are found: for plans. */
static inline uint64_t vsx_partition_row_bytes(uint32_t m)
{
	return vsx_leaves_row_bytes() + vsx_near_row_bytes(2 * m) +
	       4; /* the square */
}

#endif
