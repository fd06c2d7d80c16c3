/*
 * Segments of a file that does not fit into memory. There every page that the
 * kernel reads beside those that were asked for pushes out one that was of use:
 * what is read here and there is taken page by page, what is scanned with the
 * kernel's read-ahead, and searches ask for what they will read next.
 */
#ifndef VSX_SCARCE_H
#define VSX_SCARCE_H

#include "kind/kind.h"

/* Whether a section of this opened segment is read here and there. */
bool vsx_is_read_at_random(const struct vsx_segment *seg,
			   enum vsx_section_slot slot);

/*
 * Advise the kernel of all sections of an opened segment, and let searches ask
 * ahead. Answers stay what they are.
 */
void vsx_segment_make_scarce(struct vsx_segment *seg);

#endif
