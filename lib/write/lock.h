/* One writer at a time: a lock on the index file itself. */
#ifndef VSX_LOCK_H
#define VSX_LOCK_H

#include "io/fileops.h"

/* Asked now and then while waiting; VSX_ESTOPPED ends it. */
typedef enum vsx_status vsx_lock_waiting(void *context, struct vsx_error *err);

/*
 * Open `path` for writing and lock it; what is locked is what the path names at
 * that moment. The lock ends when the file is closed, and with the process.
 *
 * VSX_EBUSY  another writer has had it for wait_ms milliseconds (UINT32_MAX:
 *            waits for ever); the text names him
 */
enum vsx_status vsx_lock_open(struct vsx_file *file, const char *path,
			      const struct vsx_file_ops *ops, uint32_t wait_ms,
			      vsx_lock_waiting *waiting, void *context,
			      struct vsx_error *err);

/* Whether `path` still names the locked file: VSX_EIO when it was replaced. */
enum vsx_status vsx_lock_check(const struct vsx_file *file,
			       struct vsx_error *err);

#endif
