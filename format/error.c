#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct vsx_where vsx_nowhere(void)
{
	return (struct vsx_where){-1, -1, -1, -1, "", -1, {-1, -1}};
}

static void fill(struct vsx_error *err, enum vsx_status status, int sys_errno,
		 const char *fmt, va_list args)
{
	int len;
	char why[128];

	if (!err)
		return;
	err->status = status;
	err->sys_errno = sys_errno;
	err->at = vsx_nowhere();
	err->why = 0;
	err->reserved = 0;
	len = vsnprintf(err->text, sizeof(err->text), fmt, args);
	if (len < 0)
		len = 0;
	if (sys_errno && (size_t)len < sizeof(err->text))
		snprintf(err->text + len, sizeof(err->text) - (size_t)len,
			 ": %s", strerror_r(sys_errno, why, sizeof(why)));
}

enum vsx_status vsx_vfail(struct vsx_error *err, enum vsx_status status,
			  const char *fmt, va_list args)
{
	fill(err, status, 0, fmt, args);
	return status;
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

enum vsx_status vsx_retell(struct vsx_error *err, enum vsx_status status,
			   const struct vsx_error *why, const char *fmt, ...)
{
	struct vsx_where at = why->at;
	bool told = why->status != VSX_OK;
	int sys_errno = why->sys_errno;
	char text[VSX_ERROR_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	vsx_fail(err, status, "%s", text);
	if (err)
		err->sys_errno = sys_errno;
	if (err && told) /* else it is as its owner zeroed it */
		err->at = at;
	return status;
}

/* What is counted comes first, so that a caller can count otherwise. */
static enum vsx_status counted(struct vsx_error *err, enum vsx_status status,
			       const char *what, uint64_t number,
			       const struct vsx_error *why)
{
	char before[32];
	int n = snprintf(before, sizeof(before), "%s %llu: ", what,
			 (unsigned long long)number);

	vsx_retell(err, status, why, "%s%.*s", before, VSX_ERROR_TEXT / 2,
		   why->text);
	if (err)
		err->why = (uint32_t)n;
	return status;
}

enum vsx_status vsx_fail_row(struct vsx_error *err, enum vsx_status status,
			     uint64_t row, const struct vsx_error *why)
{
	counted(err, status, "row", row, why);
	return vsx_at_row(err, status, row);
}

enum vsx_status vsx_fail_query(struct vsx_error *err, enum vsx_status status,
			       uint64_t query, const struct vsx_error *why)
{
	counted(err, status, "query", query, why);
	if (err)
		err->at.query = (int64_t)query;
	return status;
}

enum vsx_status vsx_at_row(struct vsx_error *err, enum vsx_status status,
			   uint64_t row)
{
	if (err && status != VSX_OK)
		err->at.row = (int64_t)row;
	return status;
}

enum vsx_status vsx_at_other(struct vsx_error *err, enum vsx_status status,
			     uint64_t row)
{
	if (err && status != VSX_OK)
		err->at.other = (int64_t)row;
	return status;
}

enum vsx_status vsx_at_page(struct vsx_error *err, enum vsx_status status,
			    uint64_t page)
{
	if (err && status != VSX_OK)
		err->at.page = (int64_t)page;
	return status;
}

enum vsx_status vsx_at_segment(struct vsx_error *err, enum vsx_status status,
			       uint32_t segment)
{
	if (err && status != VSX_OK)
		err->at.segment = segment;
	return status;
}

enum vsx_status vsx_at_section(struct vsx_error *err, enum vsx_status status,
			       const char *letters)
{
	if (err && status != VSX_OK)
		snprintf(err->at.section, sizeof(err->at.section), "%s",
			 letters);
	return status;
}
