/* What is said of an export on standard error. */
#ifndef VSX_TOOLS_EXPORT_HINTS_H
#define VSX_TOOLS_EXPORT_HINTS_H

#include "export/export.h"

/* What of the rows is not in it, or not as it was given. */
void hints_before(const struct export *e, bool of_vectors);

/* How vsx-build makes the same index of it. The file is written. */
void hints_after(const struct export *e, bool of_vectors);

#endif
