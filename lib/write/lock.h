/* Files that one process has at a time, by flock(). SPEC.md 7.2 and 11.6. */
#ifndef VSX_LOCK_H
#define VSX_LOCK_H

#include "io/fileops.h"

/* Asked now and then while waiting; VSX_ESTOPPED ends it. */
typedef enum vsx_status vsx_lock_waiting(void *context, struct vsx_error *err);

/* How to come by a lock. */
struct vsx_lock_how {
	/* Open file->name for reading and writing, and make it if need be. */
	enum vsx_status (*open)(struct vsx_file *file, void *context,
				struct vsx_error *err);
	void *open_context;
	const char *subject; /* what is locked, for messages */
	uint32_t wait_ms;    /* UINT32_MAX: for ever */
	vsx_lock_waiting *waiting;
	void *context; /* of waiting */
};

/*
 * Open file->name and lock it; what is locked is what has the name at that
 * moment. The lock ends when the file is closed, and with the process.
 *
 * VSX_EBUSY  another one has had it for wait_ms milliseconds; the text says who
 *            if it has signed
 */
enum vsx_status vsx_lock_take(struct vsx_file *file,
			      const struct vsx_lock_how *how,
			      struct vsx_error *err);

/* The same for a file that is there. */
enum vsx_status vsx_lock_open(struct vsx_file *file, const char *path,
			      const struct vsx_file_ops *ops, uint32_t wait_ms,
			      vsx_lock_waiting *waiting, void *context,
			      struct vsx_error *err);

/*
 * Write who we are into a file that we have locked: "PID PROGRAM\n". On a full
 * disk others are not told, and that is all.
 */
void vsx_lock_sign(const struct vsx_file *file);

/* Take the signature off and close the file, if it is open. */
void vsx_lock_drop(struct vsx_file *file);

/* Without waiting; false: errno says why, EWOULDBLOCK if another one has it. */
bool vsx_lock_try(const struct vsx_file *file);

/* Whether file->name still is the open file. */
bool vsx_lock_named(const struct vsx_file *file);

#endif
