/* What --stats says of a run. */
#ifndef VSX_TOOLS_QUERY_TOLD_H
#define VSX_TOOLS_QUERY_TOLD_H

#include "vsx.h"

#include <stdbool.h>

struct told {
	const struct vsx *index;
	const struct vsx_facts *facts;
	const struct vsx_search_stats *stats;
	uint64_t k;
	double recall; /* asked for; 0: none was */
	bool among;    /* some rows only */
	double seconds_open, seconds_search;
};

/* On standard error; nothing where there was no query. */
void tell_stats(const struct told *t);

#endif
