/* Every rule of SPEC.md 5.11 that vsx_columns_open() does not see to. */
#ifndef VSX_COLUMNS_CHECK_H
#define VSX_COLUMNS_CHECK_H

#include "field/columns.h"

/* Receives findings; nonzero: no more are wanted. */
typedef int vsx_columns_finding(void *context, const struct vsx_error *what);

/* VSX_ESTOPPED when the receiver says so. Pages are checked already. */
enum vsx_status vsx_columns_check(const struct vsx_columns *c,
				  const struct vsx_row_lists *lists,
				  vsx_columns_finding *report, void *context);

#endif
