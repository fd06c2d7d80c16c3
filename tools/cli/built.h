/* What the commands that write a whole index share. */
#ifndef VSX_CLI_BUILT_H
#define VSX_CLI_BUILT_H

#include "cli/json.h"
#include "vsx_write.h"

/* To the text of VSX_EEXIST, adds the way out. Returns the status. */
enum vsx_status built_name_force(enum vsx_status status, struct vsx_error *err);

/*
 * The line "recall@10  0.9520 at ef 24, the default", and behind it `more`.
 * Nothing when it was not measured.
 */
void built_print_recall(const struct vsx_build_result *result,
			const char *more);

/* The same as members of an open object. */
void built_json_recall(struct json *j, const struct vsx_build_result *result);

#endif
