/* --id-offset: what is added to the ids of each index. */
#ifndef VSX_COMPACT_OFFSETS_H
#define VSX_COMPACT_OFFSETS_H

#include "vsx_write.h"

/*
 * Read "N,N,...", a number for each of n indexes, or one N for 0, N, 2 N, ...
 * *out is uint64_t[n], to be freed; NULL for text NULL.
 */
enum vsx_status offsets_read(uint64_t **out, const char *text, size_t n,
			     struct vsx_error *err);

#endif
