/*
 * Rows of a segment one by one, in the form of seg->space, whatever VECS holds:
 * whoever reads a row asks here, so that none has to know whether it is kept as
 * it came or as a code.
 */
#ifndef VSX_KEPT_H
#define VSX_KEPT_H

#include "segment/segment.h"

/* One thread's place for it: zeroed at first, and then for any segments, one
 * after the other. */
struct vsx_kept {
	const struct vsx_segment *seg;
};

/* Rows of this segment come next. It must outlive that. */
enum vsx_status vsx_kept_begin(struct vsx_kept *k,
			       const struct vsx_segment *seg,
			       struct vsx_error *err);

/*
 * Row number `row`, which lies at `offset` in VECS. Touches what it reads. *at
 * is valid until the next row, and has seg->space.stride bytes.
 */
enum vsx_status vsx_kept_at(struct vsx_kept *k, uint32_t row, uint64_t offset,
			    const uint8_t **at, struct vsx_error *err);

/* The same of a row that has to be looked for. */
enum vsx_status vsx_kept_row(struct vsx_kept *k, uint32_t row,
			     const uint8_t **at, struct vsx_error *err);

/* Its components as f32[dim]. */
enum vsx_status vsx_kept_load(struct vsx_kept *k, uint32_t row, float *out,
			      struct vsx_error *err);

/* Its bytes in VECS, so that what reads it cannot fail for them. */
enum vsx_status vsx_kept_touch(const struct vsx_segment *seg, uint32_t row,
			       struct vsx_error *err);

void vsx_kept_release(struct vsx_kept *k);

#endif
