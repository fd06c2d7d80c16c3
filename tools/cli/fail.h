/*
 * Filling a struct vsx_error from a tool. The library has its own such
 * functions, but they are private to it. Every function accepts err == NULL.
 *
 * The text becomes one printable line: control characters, which a hostile
 * file name may hold, are replaced by '?'.
 */
#ifndef VSX_CLI_FAIL_H
#define VSX_CLI_FAIL_H

#include "vsx_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set status and text; returns the status. */
enum vsx_status tool_fail(struct vsx_error *err, enum vsx_status status,
			  const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: appends the text of errno. The status is
 * VSX_ENOMEM for ENOMEM, VSX_EINVAL where the caller named a path that is not
 * there (a mistake of use, not of the system), VSX_EIO otherwise.
 */
enum vsx_status tool_fail_errno(struct vsx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether a system call failed because of the path that it was given. */
bool tool_is_wrong_path(int sys_errno);

enum vsx_status tool_fail_memory(struct vsx_error *err,
				 unsigned long long bytes);

/*
 * Turn what the library says of a row of its own counting ("row 12: why",
 * "query 12: why") into what is true of the file: "NAME: row 12 + shift: why".
 */
void tool_name_row(struct vsx_error *err, const char *name, int64_t shift);

/*
 * A path for use in messages. A long one loses its front, not its end, so
 * that the story behind it still fits into the text. Returns `to`.
 */
#define TOOL_NAME_BYTES 160
char *tool_name(char to[TOOL_NAME_BYTES], const char *path);

#endif
