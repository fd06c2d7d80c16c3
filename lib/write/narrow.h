/*
 * Rows of floats that are all whole numbers which a byte holds: as bytes they
 * are the same rows, a quarter as long, and as good as codes of 8 bits, which
 * would be the same bytes once more.
 */
#ifndef VSX_NARROW_H
#define VSX_NARROW_H

#include "write/new_segment.h"

/*
 * Make rows of a spool bytes, if each of them can be, where a spec keeps them
 * beside codes without a word on what is kept: that is up to the writer. Codes
 * that are not needed any more leave the spec. n->rows is the view of the
 * spool, before and after.
 */
enum vsx_status vsx_narrow(struct vsx_new_segment *n, struct vsx_spool *spool,
			   struct vsx_spec *spec, struct vsx_error *err);

#endif
