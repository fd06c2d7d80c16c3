/* What vsx-add and vsx-delete both say of a new generation. */
#ifndef VSX_CLI_UPDATE_H
#define VSX_CLI_UPDATE_H

#include "cli/json.h"
#include "vsx_write.h"

/* The lines on rows, segments and size, for people. */
void update_print(const struct vsx_update_result *result);

/* The same as members of an open object. */
void update_json(struct json *j, const struct vsx_update_result *result);

/* Says on standard error when a compaction or a rebuild is due. */
void update_say_due(const char *path, const struct vsx_update_result *result);

#endif
