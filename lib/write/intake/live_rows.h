/* The live rows of a segment, for whoever writes them anew. */
#ifndef VSX_LIVE_ROWS_H
#define VSX_LIVE_ROWS_H

#include "segment/segment.h"
#include "vsx_write.h"

/* Takes rows, of the element type of the index and with their ids. */
typedef enum vsx_status vsx_live_take(void *context,
				      const struct vsx_batch *rows,
				      struct vsx_error *err);

/*
 * By rising id, some at a time. Touches what it reads: VSX_ECORRUPT for a page
 * that is damaged.
 */
enum vsx_status vsx_live_rows(const struct vsx_segment *seg,
			      vsx_live_take *take, void *context,
			      struct vsx_error *err);

#endif
