/*
 * File operations that fail on demand: number `at` of them, counted from 0, or
 * that one and all after it.
 */
#ifndef FAULTY_FILES_H
#define FAULTY_FILES_H

#include <errno.h>
#include <stdbool.h>

#include "io/fileops.h"

struct faulty {
	long at;	 /* -1: none fails */
	bool sticky;	 /* all after it fail too */
	int reason;	 /* errno; 0: writes come up short instead */
	long n;		 /* operations so far */
	bool partial;	 /* a write at `at` does a part, the next call fails */
	const char *hit; /* the one that failed first */
	bool sync_failed;
	long after_sync; /* syncs after one that failed */
	bool renamed;
	bool no_rename_new;
	bool no_reserve;
};

static inline bool faulty_hit(struct faulty *f, const char *what)
{
	long i = f->n++, at = f->at + f->partial;

	if (f->at < 0 || (f->sticky ? i < at : i != at))
		return false;
	if (!f->hit)
		f->hit = what;
	errno = f->reason;
	return f->reason != 0;
}

static int faulty_open(void *c, const char *path, int flags, unsigned int mode)
{
	if (faulty_hit(c, "open"))
		return -1;
	return vsx_system_files.open(NULL, path, flags, mode);
}

/* The descriptor is gone also when close() fails. */
static int faulty_close(void *c, int fd)
{
	bool hit = faulty_hit(c, "close");
	int reason = errno, r = vsx_system_files.close(NULL, fd);

	if (!hit)
		return r;
	errno = reason;
	return -1;
}

static ssize_t faulty_write(void *c, int fd, const void *p, size_t n,
			    uint64_t at)
{
	struct faulty *f = c;
	bool here = f->at >= 0 &&
		    (f->sticky && !f->partial ? f->n >= f->at : f->n == f->at);

	if (faulty_hit(f, "write"))
		return -1;
	if (here && n > 1)
		n = n > 5000 || f->partial ? n / 2 : 1;
	return vsx_system_files.write(NULL, fd, p, n, at);
}

static int faulty_reserve(void *c, int fd, uint64_t bytes)
{
	struct faulty *f = c;

	if (faulty_hit(c, "reserve"))
		return -1;
	if (f->no_reserve) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return vsx_system_files.reserve(NULL, fd, bytes);
}

static int faulty_resize(void *c, int fd, uint64_t bytes)
{
	if (faulty_hit(c, "resize"))
		return -1;
	return vsx_system_files.resize(NULL, fd, bytes);
}

/* The real fsync() tells nothing that a test can see, and takes its time. */
static int faulty_sync(void *c, int fd)
{
	struct faulty *f = c;

	(void)fd;
	f->after_sync += f->sync_failed;
	if (!faulty_hit(c, "sync"))
		return 0;
	f->sync_failed = true;
	return -1;
}

static int faulty_set_mode(void *c, int fd, unsigned int mode)
{
	if (faulty_hit(c, "set_mode"))
		return -1;
	return vsx_system_files.set_mode(NULL, fd, mode);
}

static int faulty_set_owner(void *c, int fd, uid_t owner, gid_t group)
{
	if (faulty_hit(c, "set_owner"))
		return -1;
	return vsx_system_files.set_owner(NULL, fd, owner, group);
}

static int faulty_set_acl(void *c, int fd, const void *acl, size_t n)
{
	if (faulty_hit(c, "set_acl"))
		return -1;
	return vsx_system_files.set_acl(NULL, fd, acl, n);
}

static int faulty_rename(void *c, const char *from, const char *to)
{
	struct faulty *f = c;

	if (faulty_hit(c, "rename"))
		return -1;
	f->renamed = true;
	return vsx_system_files.rename(NULL, from, to);
}

static int faulty_rename_new(void *c, const char *from, const char *to)
{
	struct faulty *f = c;

	if (faulty_hit(c, "rename_new"))
		return -1;
	if (f->no_rename_new) {
		errno = EINVAL;
		return -1;
	}
	f->renamed = true;
	return vsx_system_files.rename_new(NULL, from, to);
}

static int faulty_link(void *c, const char *from, const char *to)
{
	struct faulty *f = c;

	if (faulty_hit(c, "link"))
		return -1;
	f->renamed = true;
	return vsx_system_files.link(NULL, from, to);
}

/* Never fails: what cannot be removed stays, and nobody can do better. */
static int faulty_unlink(void *c, const char *path)
{
	(void)c;
	return vsx_system_files.unlink(NULL, path);
}

static int faulty_lock(void *c, int fd)
{
	if (faulty_hit(c, "lock"))
		return -1;
	return vsx_system_files.lock(NULL, fd);
}

static int faulty_mkdir(void *c, const char *path, unsigned int mode)
{
	if (faulty_hit(c, "mkdir"))
		return -1;
	return vsx_system_files.mkdir(NULL, path, mode);
}

static int faulty_lock_shared(void *c, int fd)
{
	if (faulty_hit(c, "lock"))
		return -1;
	return vsx_system_files.lock_shared(NULL, fd);
}

static ssize_t faulty_put(void *c, int fd, const void *p, size_t n)
{
	if (faulty_hit(c, "put"))
		return -1;
	return vsx_system_files.put(NULL, fd, p, n);
}

static void *faulty_map(void *c, int fd, uint64_t bytes, bool writable)
{
	if (faulty_hit(c, "map"))
		return NULL;
	return vsx_system_files.map(NULL, fd, bytes, writable);
}

static inline struct vsx_file_ops faulty_ops(struct faulty *f)
{
	return (struct vsx_file_ops){
		.context = f,
		.open = faulty_open,
		.close = faulty_close,
		.write = faulty_write,
		.reserve = faulty_reserve,
		.resize = faulty_resize,
		.sync = faulty_sync,
		.set_mode = faulty_set_mode,
		.set_owner = faulty_set_owner,
		.set_acl = faulty_set_acl,
		.rename = faulty_rename,
		.rename_new = faulty_rename_new,
		.link = faulty_link,
		.unlink = faulty_unlink,
		.lock = faulty_lock,
		.map = faulty_map,
		.mkdir = faulty_mkdir,
		.lock_shared = faulty_lock_shared,
		.put = faulty_put,
	};
}

#endif
