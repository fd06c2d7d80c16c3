/* What all pairs of the rows of leaves say: which rows are near each other. */
#ifndef VSX_HNSW_LEAVES_H
#define VSX_HNSW_LEAVES_H

#include "kind/hnsw/build_linking.h"
#include "kind/hnsw/build_near.h"
#include "kind/hnsw/build_split.h"
#include "train/tally.h"

/* Leaves that a row is in, about: what the work and its memory go by. */
#define VSX_LEAVES_FIRST_FAN 6u
#define VSX_LEAVES_LATER_FAN 2u

/*
 * Offer each row the nearest of every leaf that it is in. Steps of `linking`:
 * VSX_LEAVES_FIRST_FAN a row.
 */
enum vsx_status vsx_leaves_near(const struct vsx_job *job,
				const struct vsx_code_rows *codes,
				struct vsx_near *near,
				struct vsx_linking *linking,
				struct vsx_error *err);

/* Bytes that a row takes while leaves are made, for plans: of the two splits
   that there are at once, its number, its leaders and the parts it is in. */
static inline uint64_t vsx_leaves_row_bytes(void)
{
	return 4 + VSX_LEAVES_FIRST_FAN * (4 + 4);
}

/* order[n] = the rows, those of a small leaf one after the other. Tells
   `tally`, and adds nothing to it. */
enum vsx_status vsx_leaves_order(const struct vsx_job *job,
				 const struct vsx_code_rows *codes,
				 struct vsx_tally *tally, uint32_t *order,
				 struct vsx_error *err);

#endif
