/* The live rows of a segment, for whoever writes them anew. */
#ifndef VSX_LIVE_ROWS_H
#define VSX_LIVE_ROWS_H

#include "segment/segment.h"
#include "vsx_write.h"
#include "write/intake/intake.h"

/* Takes rows, of the element type of the index and with their ids: batch->n
 * rows of seg, rows[i] being the number of each. */
typedef enum vsx_status vsx_live_take(void *context,
				      const struct vsx_segment *seg,
				      const uint32_t *rows,
				      const struct vsx_batch *batch,
				      struct vsx_error *err);

/*
 * By rising id, some at a time; NULL, or those among them that are chosen.
 * Touches what it reads: VSX_ECORRUPT for a page that is damaged.
 */
enum vsx_status vsx_live_rows(const struct vsx_segment *seg,
			      const struct vsx_chosen *among,
			      vsx_live_take *take, void *context,
			      struct vsx_error *err);

/* What a vsx_live_take() was given, into an intake. */
enum vsx_status vsx_live_add(struct vsx_intake *in,
			     const struct vsx_segment *seg,
			     const uint32_t *rows,
			     const struct vsx_batch *batch,
			     struct vsx_error *err);

#endif
