/*
 * Codes of rows split into leaves that are small enough for all pairs: each row
 * goes to the nearest of some leaders, which are drawn from the rows; parts
 * that are too large are split again. Where a row goes to several leaders,
 * leaves overlap. (The idea: "PiPNN: Ultra-Scalable Graph-Based Nearest
 * Neighbor Indexing", arXiv 2602.21247.)
 *
 * The same codes and seed give the same leaves for any number of threads: the
 * distances of codes are whole numbers, and the first of equal leaders is
 * taken.
 */
#ifndef VSX_HNSW_SPLIT_H
#define VSX_HNSW_SPLIT_H

#include "base/rng.h"
#include "train/job.h"
#include "train/near_codes.h"

/* Codes, compared by squared distance. */
struct vsx_code_rows {
	const uint8_t *base; /* [n], u8[dim] each */
	size_t stride;
	uint32_t dim;
	uint32_t n;
};

static inline const uint8_t *vsx_code_row(const struct vsx_code_rows *c,
					  uint32_t row)
{
	return c->base + row * c->stride;
}

struct vsx_leaf {
	const uint32_t *rows; /* [n], rising */
	uint32_t n;
	/* Where every row goes to one leader alone: leaves one after the other,
	   in an order of their own, have this one's rows from here on. */
	uint32_t at;
};

/* Called for leaves by any thread, in any order. */
typedef enum vsx_status vsx_leaf_work(void *context, unsigned int thread,
				      const struct vsx_leaf *leaf,
				      struct vsx_error *err);

struct vsx_split {
	const struct vsx_code_rows *codes;
	struct vsx_arrays *arrays; /* for the work */
	uint64_t seed;
	enum vsx_random_stream stream;
	unsigned int n_threads;
	uint32_t leaf_most; /* rows of a leaf */
	uint32_t leaf_aim;  /* that leaders are so many for */
	uint32_t fans[2];   /* leaders of a row in the first split and in those
			       of its parts; after that one */
	vsx_leaf_work *work;
	/* Called now and then by any thread, as work is; may stop it all. */
	enum vsx_status (*tell)(void *context, unsigned int thread,
				struct vsx_error *err);
	void *context;
};

enum vsx_status vsx_split_run(const struct vsx_split *split,
			      struct vsx_error *err);

#endif
