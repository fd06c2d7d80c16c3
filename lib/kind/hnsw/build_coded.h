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
