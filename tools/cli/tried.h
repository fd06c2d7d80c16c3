/* What "auto" tried, as a table for people, and for programs. */
#ifndef VSX_CLI_TRIED_H
#define VSX_CLI_TRIED_H

#include "cli/json.h"
#include "vsx_write.h"

/* Say what an event of VSX_BUILD_TRIED holds, on standard error. */
void tried_say(const struct vsx_build_event *event);

/* Keep it, for tried_json(); the last one counts. */
void tried_keep(const struct vsx_build_event *event);

/* An array "tried" of what was kept; empty when nothing was tried. */
void tried_json(struct json *j);

#endif
