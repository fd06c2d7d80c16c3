/*
 * What a call can answer. Installed; part of the public interface.
 *
 * One list makes the enum and its texts, so that neither can lack an entry.
 */
#ifndef VSX_STATUS_H
#define VSX_STATUS_H

#include <stdint.h>

#define VSX_STATUS_LIST(X)                                                     \
	X(VSX_OK, 0, "done")                                                   \
	X(VSX_EINVAL, 1, "an argument breaks its rule")                        \
	X(VSX_ENOTFOUND, 2, "no such row")                                     \
	X(VSX_ENUMERIC, 3, "a vector holds a value that has no distance")      \
	X(VSX_EEXIST, 4, "the output already exists")                          \
	X(VSX_ECORRUPT, 5, "the file is damaged")                              \
	X(VSX_ETRUNCATED, 6, "the file is shorter than it was when written")   \
	X(VSX_EFORMAT, 7, "not a VSX file")                                    \
	X(VSX_EVERSION, 8, "the file needs a newer version")                   \
	X(VSX_EIO, 9, "the system refused an operation")                       \
	X(VSX_ENOMEM, 10, "out of memory")                                     \
	X(VSX_ESTOPPED, 11, "stopped by the caller")                           \
	X(VSX_EBUSY, 12, "another writer has the file")

enum vsx_status {
#define VSX_STATUS_ENUM(name, value, text) name = value,
	VSX_STATUS_LIST(VSX_STATUS_ENUM)
#undef VSX_STATUS_ENUM
};

#define VSX_ERROR_TEXT 512

/*
 * Where something is wrong, for programs: what a text says of it, as numbers.
 * -1 (and "" for the section) where the story has no such place, or where it is
 * not known. reserved holds -1, so that a place that a later version adds is
 * not known to this one.
 */
struct vsx_where {
	int64_t row;	 /* of the vectors that a call was given, counted as its
			    text counts them; or of `segment` in a file */
	int64_t query;	 /* counted likewise */
	int64_t page;	 /* of the file, from 0 */
	int64_t segment; /* from 0 */
	char section[8]; /* four letters */
	int64_t other;	 /* a second row that the text speaks of, as `row` */
	int64_t reserved[2];
};

/*
 * The story of a failure: one line without a line feed that says what, where
 * and both values. Owned by the caller, who need not initialise it: a call that
 * fails sets all of it, a call that succeeds leaves it alone.
 */
struct vsx_error {
	enum vsx_status status;
	int sys_errno; /* the system's own number, or 0 */
	char text[VSX_ERROR_TEXT];
	struct vsx_where at;
	uint32_t why; /* text + why: without the row or query that begins it,
			 for callers who count in their own way; 0: all of it */
	uint32_t reserved;
};

#endif
