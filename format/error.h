/*
 * Filling a struct vsx_error. The lowest function that knows the story tells
 * it; its callers pass the status on. Every function accepts err == NULL.
 */
#ifndef VSX_FORMAT_ERROR_H
#define VSX_FORMAT_ERROR_H

#include "vsx_status.h"

/* Set status and text; returns the status. */
enum vsx_status vsx_fail(struct vsx_error *err, enum vsx_status status,
			 const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The same for a failed system call: appends the text of errno and picks
 * VSX_ENOMEM for ENOMEM, VSX_EIO otherwise.
 */
enum vsx_status vsx_fail_errno(struct vsx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

enum vsx_status vsx_fail_memory(struct vsx_error *err,
				unsigned long long bytes);

/* Return on failure. Only in functions that own nothing at that point. */
#define VSX_TRY(call)                                                          \
	do {                                                                   \
		enum vsx_status vsx_try_ = (call);                             \
		if (vsx_try_ != VSX_OK)                                        \
			return vsx_try_;                                       \
	} while (0)

#endif
