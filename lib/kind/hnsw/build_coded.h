/*
 * Rows as codes of 8 bits: the rows themselves where they are bytes, else codes
 * on a grid. They are compared by the squared distance. Where that is what rows
 * are compared by, too, codes take their place while a graph is built, and lie
 * in the order of leaves: what is near each other is mostly in the cache
 * together. Under the inner product they only show which rows are near.
 */
#ifndef VSX_HNSW_CODED_H
#define VSX_HNSW_CODED_H

#include "kind/hnsw/build_leaves.h"

struct vsx_coded {
	struct vsx_arrays *arrays; /* that codes and order are of */
	struct vsx_space space;	   /* of codes as rows */
	struct vsx_rows rows;
	uint8_t *codes;
	bool exact;	 /* they are the rows */
	bool stand_in;	 /* for the rows; else in their order */
	uint32_t *order; /* [n] row by coded row; NULL: the same */
};

/*
 * Codes round components, each to within half a step: that makes a squared
 * distance of 100 steps wrong by a tenth or so. Where neighbours are nearer
 * than that, as they are in small clusters that lie very far apart, they cannot
 * be told from others. The eighth neighbour is looked at; one row in sixteen
 * may be like that.
 */
static inline uint32_t vsx_telling(size_t n) /* of n > 0 neighbours */
{
	return n > 7 ? 7 : (uint32_t)n - 1;
}

static inline bool vsx_codes_blur(uint64_t entry) /* key << 32 | row */
{
	return entry >> 32 < 100;
}

static inline bool vsx_codes_are_coarse(uint32_t n_blurred, uint32_t n)
{
	return n_blurred > n / 16;
}

/* Whether codes tell too few of some rows, evenly spread, from their
   neighbours. */
bool vsx_coded_are_coarse(const struct vsx_coded *c);

/* Whether codes are compared where rows are inserted: not if they are the
   rows, and not under the inner product. */
bool vsx_coded_inserts(const struct vsx_space *space);

/* Bytes that a coded row takes, for plans. */
uint64_t vsx_coded_row_bytes(uint32_t dim);

enum vsx_status vsx_coded_make(struct vsx_coded *c, struct vsx_job *job,
			       const struct vsx_rows *rows,
			       struct vsx_error *err);
void vsx_coded_release(struct vsx_coded *c);

/* The same, as leaves see them. */
static inline struct vsx_code_rows vsx_coded_rows(const struct vsx_coded *c)
{
	return (struct vsx_code_rows){c->codes, c->space.stride, c->space.dim,
				      c->rows.n};
}

#endif
