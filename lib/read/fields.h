/* The fields of an index. */
#ifndef VSX_READ_FIELDS_H
#define VSX_READ_FIELDS_H

#include "read/handle.h"

/*
 * Set index->fields, which vsx_close() frees, from its open segments.
 * VSX_ECORRUPT when they do not agree in what a field is.
 */
enum vsx_status vsx_index_fields(struct vsx *index, struct vsx_error *err);

/*
 * The number of the field of this name. VSX_EINVAL names those that the index
 * has.
 */
enum vsx_status vsx_index_field(const struct vsx *index, const char *name,
				size_t *number, struct vsx_error *err);

#endif
