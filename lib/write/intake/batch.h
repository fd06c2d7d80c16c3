/* Rows as a caller of any version hands them over. */
#ifndef VSX_WRITE_BATCH_H
#define VSX_WRITE_BATCH_H

#include "error.h"
#include "vsx_write.h"

/*
 * *out is the batch with every member in its meaning: VSX_EINVAL for vectors
 * without an address or of a type that is not known. The arrays are still the
 * caller's.
 */
enum vsx_status vsx_batch_take(struct vsx_batch *out,
			       const struct vsx_batch *in,
			       struct vsx_error *err);

/* The same of vectors without anything beside them: queries. */
enum vsx_status vsx_batch_check(const struct vsx_batch *batch,
				struct vsx_error *err);

#endif
