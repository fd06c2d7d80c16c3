#include "cli/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static void fill(struct vsx_error *err, enum vsx_status status, int sys_errno,
		 const char *fmt, va_list args)
	__attribute__((format(printf, 4, 0)));

static void fill(struct vsx_error *err, enum vsx_status status, int sys_errno,
		 const char *fmt, va_list args)
{
	char why[128];
	int len;

	if (!err)
		return;
	memset(err, 0xff, sizeof(*err)); /* at no place that is known */
	memset(err->at.section, 0, sizeof(err->at.section));
	err->status = status;
	err->sys_errno = sys_errno;
	err->why = 0;
	err->reserved = 0;
	len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	if (len < 0)
		len = 0;
	if (sys_errno && (size_t)len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - (size_t)len,
			 ": %s", strerror_r(sys_errno, why, sizeof(why)));
	clean(err->text);
}

enum vsx_status tool_fail(struct vsx_error *err, enum vsx_status status,
			  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, status, 0, fmt, args);
	va_end(args);
	return status;
}

bool tool_is_wrong_path(int sys_errno)
{
	switch (sys_errno) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ENAMETOOLONG:
	case ELOOP:
		return true;
	default:
		return false;
	}
}

static enum vsx_status status_of(int sys_errno)
{
	if (sys_errno == ENOMEM)
		return VSX_ENOMEM;
	return tool_is_wrong_path(sys_errno) ? VSX_EINVAL : VSX_EIO;
}

enum vsx_status tool_fail_errno(struct vsx_error *err, const char *fmt, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, fmt);
	fill(err, status_of(saved), saved, fmt, args);
	va_end(args);
	return status_of(saved);
}

enum vsx_status tool_fail_memory(struct vsx_error *err,
				 unsigned long long bytes)
{
	return tool_fail(err, VSX_ENOMEM, "cannot allocate %llu bytes", bytes);
}

void tool_name_row(struct vsx_error *err, const char *name, int64_t shift)
{
	struct vsx_error told = *err;
	int64_t row = told.at.row >= 0 ? told.at.row : told.at.query;
	const char *why = told.text + told.why;

	if (row >= 0)
		tool_fail(err, err->status, "%s: row %lld: %s", name,
			  (long long)(row + shift), why);
	else
		tool_fail(err, err->status, "%s: %s", name, why);
}

char *tool_name(char to[TOOL_NAME_BYTES], const char *path)
{
	size_t len = strlen(path);

	if (len < TOOL_NAME_BYTES)
		memcpy(to, path, len + 1);
	else
		snprintf(to, TOOL_NAME_BYTES, "...%s",
			 path + len - (TOOL_NAME_BYTES - 4));
	return to;
}
