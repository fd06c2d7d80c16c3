/*
 * The rows of a build as they come in, already of the stored type, in one
 * contiguous range whether they fit in memory or not.
 */
#ifndef VSX_SPOOL_H
#define VSX_SPOOL_H

#include "write/area.h"
#include "train/kind_build.h"

struct vsx_spool {
	const struct vsx_space *space;
	const struct vsx_output *output; /* scratch files go beside it */
	uint64_t memory;		 /* bytes, of rows and ids together */
	unsigned int n_threads;
	bool normalize;
	uint64_t n; /* rows */
	bool has_ids;
	struct vsx_area rows; /* [n][stride] */
	struct vsx_area ids;  /* uint64[n], when has_ids */
};

void vsx_spool_init(struct vsx_spool *s);
void vsx_spool_release(struct vsx_spool *s);

/* As vsx_builder_add(). Of a call that fails no row is kept. */
enum vsx_status vsx_spool_add(struct vsx_spool *s, const void *rows,
			      enum vsx_elem elem, size_t n, const uint64_t *ids,
			      struct vsx_error *err);

/* What reading the rows came to: `status`, or VSX_EIO if some were lost. */
enum vsx_status vsx_spool_settle(const struct vsx_spool *s,
				 enum vsx_status status, struct vsx_error *err);

#endif
