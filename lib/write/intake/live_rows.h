/* The live rows of a segment, for whoever writes them anew. */
#ifndef VSX_LIVE_ROWS_H
#define VSX_LIVE_ROWS_H

#include "segment/segment.h"

/* Takes n rows, [n][dim] of the element type of the index, and their ids. */
typedef enum vsx_status vsx_live_take(void *context, const void *rows,
				      const uint64_t *ids, size_t n,
				      struct vsx_error *err);

/*
 * By rising id, some at a time. Touches what it reads: VSX_ECORRUPT for a page
 * that is damaged.
 */
enum vsx_status vsx_live_rows(const struct vsx_segment *seg,
			      vsx_live_take *take, void *context,
			      struct vsx_error *err);

#endif
