/* The caller's queries of the acceptance test. */
#ifndef VSX_TOOLS_BUILD_QUERIES_H
#define VSX_TOOLS_BUILD_QUERIES_H

#include "vsx_write.h"

/* Pass all vectors of a file, of the dimension of the rows, on as queries. */
enum vsx_status queries_pass(const char *path, uint32_t dim,
			     struct vsx_builder *builder,
			     struct vsx_error *err);

#endif
