/*
 * Filling a struct vsx_error. The lowest function that knows the story tells
 * it; its callers pass the status on. Every function accepts err == NULL.
 */
#ifndef VSX_FORMAT_ERROR_H
#define VSX_FORMAT_ERROR_H

#include <stdarg.h>

#include "vsx_status.h"

/* Set status and text; returns the status. */
enum vsx_status vsx_fail(struct vsx_error *err, enum vsx_status status,
			 const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

enum vsx_status vsx_vfail(struct vsx_error *err, enum vsx_status status,
			  const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

/*
 * The same for a failed system call: appends the text of errno and picks
 * VSX_ENOMEM for ENOMEM, VSX_EIO otherwise.
 */
enum vsx_status vsx_fail_errno(struct vsx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

enum vsx_status vsx_fail_memory(struct vsx_error *err,
				unsigned long long bytes);

/*
 * Tell a failure again in other words: its place and the system's number stay.
 * err may be where `why` is.
 */
enum vsx_status vsx_retell(struct vsx_error *err, enum vsx_status status,
			   const struct vsx_error *why, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* "row 12: why" and "query 12: why". */
enum vsx_status vsx_fail_row(struct vsx_error *err, enum vsx_status status,
			     uint64_t row, const struct vsx_error *why);
enum vsx_status vsx_fail_query(struct vsx_error *err, enum vsx_status status,
			       uint64_t query, const struct vsx_error *why);

/* No place that is known. */
struct vsx_where vsx_nowhere(void);

/* Add a place to what *err tells, unless status is VSX_OK. Returns status. */
enum vsx_status vsx_at_row(struct vsx_error *err, enum vsx_status status,
			   uint64_t row);
enum vsx_status vsx_at_other(struct vsx_error *err, enum vsx_status status,
			     uint64_t row);
enum vsx_status vsx_at_page(struct vsx_error *err, enum vsx_status status,
			    uint64_t page);
enum vsx_status vsx_at_segment(struct vsx_error *err, enum vsx_status status,
			       uint32_t segment);
enum vsx_status vsx_at_section(struct vsx_error *err, enum vsx_status status,
			       const char *letters);

/* Return on failure. Only in functions that own nothing at that point. */
#define VSX_TRY(call)                                                          \
	do {                                                                   \
		enum vsx_status vsx_try_ = (call);                             \
		if (vsx_try_ != VSX_OK)                                        \
			return vsx_try_;                                       \
	} while (0)

#endif
