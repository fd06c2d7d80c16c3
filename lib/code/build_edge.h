/* Learning what code/edge.h needs of the edges of a graph. */
#ifndef VSX_CODE_BUILD_EDGE_H
#define VSX_CODE_BUILD_EDGE_H

#include "code/edge.h"
#include "train/job.h"

/* The rows that edges are between, and the edges to learn from. */
struct vsx_edge_source {
	uint32_t dim, n_rows;
	/* Row number `row` as f32[dim]. Any thread may call it. */
	void (*row)(const void *context, uint32_t row, float *out);
	/* A link of a row, the one that `random` draws; false: it has none. */
	bool (*link)(const void *context, uint32_t row, uint64_t random,
		     uint32_t *to);
	const void *context;
};

/*
 * Learn from some of the rows and edges, of which there may be none.
 *
 * mean    f32[dim], book f32[dim * VSX_EDGE_WORDS]: set, and what out has
 * parts   see struct vsx_edges
 * Repeat  the same rows, links and seed give the same bytes for any number of
 *         threads and on any machine
 */
enum vsx_status vsx_edges_learn(struct vsx_job *job,
				const struct vsx_edge_source *from,
				uint32_t parts, float *mean, float *book,
				struct vsx_edges *out, struct vsx_error *err);

/* What that takes beside mean and book. */
uint64_t vsx_edges_learn_bytes(uint32_t dim, uint32_t parts,
			       unsigned int threads);

#endif
