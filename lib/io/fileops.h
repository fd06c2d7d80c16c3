/*
 * Every operation of the writer that changes a file goes through one table of
 * functions. The default calls the system; tests put a table in its place that
 * records, fails or kills, and so walk through every point where a disk can be
 * full or a machine can stop.
 */
#ifndef VSX_FILEOPS_H
#define VSX_FILEOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* The attribute that holds an access list. */
#define VSX_ACL_NAME "system.posix_acl_access"

/* Each answers as the system call does: -1 and errno. */
struct vsx_file_ops {
	void *context;
	int (*open)(void *context, const char *path, int flags,
		    unsigned int mode);
	int (*close)(void *context, int fd);
	ssize_t (*write)(void *context, int fd, const void *p, size_t n,
			 uint64_t at);
	/* Blocks for the first `bytes` bytes; the length stays. */
	int (*reserve)(void *context, int fd, uint64_t bytes);
	int (*resize)(void *context, int fd, uint64_t bytes);
	int (*sync)(void *context, int fd);
	int (*set_mode)(void *context, int fd, unsigned int mode);
	/* -1 leaves the one or the other. */
	int (*set_owner)(void *context, int fd, uid_t owner, gid_t group);
	/* An access list, as the kernel has it; it sets bits of the mode. */
	int (*set_acl)(void *context, int fd, const void *acl, size_t n);
	int (*rename)(void *context, const char *from, const char *to);
	/* EEXIST when there is a `to`; EINVAL or ENOSYS: cannot be had here. */
	int (*rename_new)(void *context, const char *from, const char *to);
	int (*link)(void *context, const char *from, const char *to);
	int (*unlink)(void *context, const char *path);
	/* Exclusively, for as long as the descriptor is open; EWOULDBLOCK:
	   another one has the file locked. */
	int (*lock)(void *context, int fd);
	/* MAP_SHARED from byte 0; NULL and errno on failure. */
	void *(*map)(void *context, int fd, uint64_t bytes, bool writable);
	int (*mkdir)(void *context, const char *path, unsigned int mode);
	/* As lock(), but beside others that share it. */
	int (*lock_shared)(void *context, int fd);
	/* Where the descriptor stands: into a pipe. */
	ssize_t (*put)(void *context, int fd, const void *p, size_t n);
};

extern const struct vsx_file_ops vsx_system_files;

/* An open file and the name that messages give it. */
struct vsx_file {
	const struct vsx_file_ops *ops;
	int fd; /* -1: closed */
	const char *name;
};

/* All n bytes, whatever the system writes in one go. */
enum vsx_status vsx_file_write(const struct vsx_file *f, const void *p,
			       size_t n, uint64_t at, struct vsx_error *err);

/*
 * Ask for the blocks early, so that a full disk shows before the work is done.
 * A file system that cannot do it is no failure: *done says.
 */
enum vsx_status vsx_file_reserve(const struct vsx_file *f, uint64_t bytes,
				 bool *done, struct vsx_error *err);

enum vsx_status vsx_file_resize(const struct vsx_file *f, uint64_t bytes,
				struct vsx_error *err);

/*
 * To the disk. Never call it again after a failure: the kernel has dropped the
 * pages that it could not write, and a second call would say that all is well.
 */
enum vsx_status vsx_file_sync(const struct vsx_file *f, struct vsx_error *err);

/* A descriptor that programs we start do not inherit; < 0: errno says why. */
int vsx_file_open(const struct vsx_file_ops *ops, const char *path, int flags,
		  unsigned int mode);

/* Open f->name for reading and writing: VSX_EINVAL for what is no regular file.
 */
enum vsx_status vsx_file_open_regular(struct vsx_file *f,
				      struct vsx_error *err);

/* Close, if open; the descriptor is gone whatever the answer is. */
enum vsx_status vsx_file_close(struct vsx_file *f, struct vsx_error *err);

#endif
