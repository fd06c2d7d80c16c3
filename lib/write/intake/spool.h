/*
 * The rows of a build as they come in, already of the stored type, in one
 * contiguous range whether they fit in memory or not.
 */
#ifndef VSX_SPOOL_H
#define VSX_SPOOL_H

#include "vsx_write.h"
#include "write/area.h"
#include "kind/build.h"

struct vsx_spool {
	const struct vsx_space *space;
	const struct vsx_output *output; /* scratch files go beside it */
	uint64_t memory;		 /* bytes, of rows and ids together */
	unsigned int n_threads;
	bool normalize;
	vsx_reject_report *rejected; /* told of bad rows, which are left out;
					NULL: they are an error */
	void *rejected_context;
	uint64_t n;	      /* rows */
	uint64_t n_seen;      /* the same, with those that were left out */
	bool given_ids;	      /* by the caller, with every row */
	bool has_ids;	      /* else rows are numbered from 0 without a gap */
	struct vsx_area rows; /* [n][stride] */
	struct vsx_area ids;  /* uint64[n], when has_ids */
};

void vsx_spool_init(struct vsx_spool *s);
void vsx_spool_release(struct vsx_spool *s);

/* As vsx_builder_add(). Of a call that fails no row is kept. */
enum vsx_status vsx_spool_add(struct vsx_spool *s, const struct vsx_batch *rows,
			      struct vsx_error *err);

/* Of rows that have one id keep the last; *dropped: how many are gone. */
enum vsx_status vsx_spool_keep_last(struct vsx_spool *s, uint64_t *dropped,
				    struct vsx_error *err);

/* What reading the rows came to: `status`, or VSX_EIO if some were lost. */
enum vsx_status vsx_spool_settle(const struct vsx_spool *s,
				 enum vsx_status status, struct vsx_error *err);

#endif
