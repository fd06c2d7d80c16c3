/* What the writing library reports of long work, for its options. */
#ifndef VSX_CLI_REPORT_H
#define VSX_CLI_REPORT_H

#include "vsx_write.h"

/*
 * Draws progress and says notes; stops the work when somebody has asked to.
 * quiet: const bool *, true = notes are not said.
 */
int report_work(void *quiet, const struct vsx_build_event *event);

/* For progress_begin(): a build from rows, and adding rows. */
extern const char *const report_build_steps[];
extern const char *const report_add_steps[];

#endif
