/* A rule that each row of a segment keeps or breaks, looked at by threads. */
#ifndef VSX_RULE_H
#define VSX_RULE_H

#include <stdbool.h>

#include "error.h"

struct vsx_row_rule {
	/* `thread` picks scratch, as in base/parallel.h. */
	bool (*is_broken)(void *context, unsigned int thread, uint32_t row);
	/* Called for these rows, by rising number, while no thread runs, which
	   may use the scratch of thread 0. */
	enum vsx_status (*tell)(void *context, uint32_t row);
	/* Called before every so many rows; NULL: it is not. */
	enum vsx_status (*reached)(void *context, uint32_t row);
};

/* Which of n_rows break it. What is told does not depend on the threads. */
enum vsx_status vsx_check_rows(const struct vsx_row_rule *rule, void *context,
			       unsigned int n_threads, uint32_t n_rows,
			       struct vsx_error *err);

#endif
