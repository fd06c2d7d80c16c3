/* Making a selection, whatever says which rows are in it. */
#ifndef VSX_SELECTION_H
#define VSX_SELECTION_H

#include "read/handle.h"

/*
 * Choose rows of s->chosen[i], of the segments of an index: of each the bits
 * are set, and n, which goes up with every bit that is cleared, is 0.
 */
typedef enum vsx_status vsx_selection_fill(struct vsx_selection *s,
					   const struct vsx *index,
					   const void *what,
					   struct vsx_error *err);

/* The frame of all calls that make one; `what` goes to fill(). */
enum vsx_status vsx_selection_make(struct vsx_selection **out,
				   const struct vsx *index,
				   vsx_selection_fill *fill, const void *what,
				   struct vsx_error *err);

#endif
