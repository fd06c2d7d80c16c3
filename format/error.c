#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct vsx_error *err, enum vsx_status status, int sys_errno,
		 const char *fmt, va_list args)
{
	int len;
	char why[128];

	if (!err)
		return;
	err->status = status;
	err->sys_errno = sys_errno;
	len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	if (len < 0)
		len = 0;
	if (sys_errno && (size_t)len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - (size_t)len,
			 ": %s", strerror_r(sys_errno, why, sizeof(why)));
}

enum vsx_status vsx_fail(struct vsx_error *err, enum vsx_status status,
			 const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, status, 0, fmt, args);
	va_end(args);
	return status;
}

enum vsx_status vsx_fail_errno(struct vsx_error *err, const char *fmt, ...)
{
	int saved = errno;
	enum vsx_status status = saved == ENOMEM ? VSX_ENOMEM : VSX_EIO;
	va_list args;

	va_start(args, fmt);
	fill(err, status, saved, fmt, args);
	va_end(args);
	return status;
}

enum vsx_status vsx_fail_memory(struct vsx_error *err, unsigned long long bytes)
{
	return vsx_fail(err, VSX_ENOMEM, "cannot allocate %llu bytes", bytes);
}
