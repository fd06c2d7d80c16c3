/* The rows that may be answers. */
#ifndef VSX_TOOLS_QUERY_AMONG_H
#define VSX_TOOLS_QUERY_AMONG_H

#include "vsx.h"

/* What they have to be, all of it; NULL: no matter. */
struct among {
	const char *filter; /* an expression */
	const char *ids;    /* a file, as input_ids() reads */
	const char *keys;   /* a file of one a line */
};

/* Those of an index that are; NULL if nothing is asked for. */
enum vsx_status among_select(struct vsx_selection **out,
			     const struct vsx *index, const struct among *what,
			     struct vsx_error *err);

#endif
