#include "io/fileops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/muted.h"

static int system_open(void *context, const char *path, int flags,
		       unsigned int mode)
{
	(void)context;
	return vsx_fd_open(path, flags, mode);
}

static int system_close(void *context, int fd)
{
	(void)context;
	return close(fd);
}

static ssize_t system_write(void *context, int fd, const void *p, size_t n,
			    uint64_t at)
{
	struct vsx_muted muted;
	ssize_t done;

	(void)context;
	vsx_mute(&muted);
	done = pwrite(fd, p, n, (off_t)at);
	vsx_unmute(&muted, done < 0);
	return done;
}

static int system_reserve(void *context, int fd, uint64_t bytes)
{
	struct vsx_muted muted;
	int r;

	(void)context;
	vsx_mute(&muted);
	r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes);
	vsx_unmute(&muted, r < 0);
	return r;
}

static int system_resize(void *context, int fd, uint64_t bytes)
{
	struct vsx_muted muted;
	int r;

	(void)context;
	vsx_mute(&muted);
	r = ftruncate(fd, (off_t)bytes);
	vsx_unmute(&muted, r < 0);
	return r;
}

static int system_sync(void *context, int fd)
{
	(void)context;
	return fsync(fd);
}

static int system_set_mode(void *context, int fd, unsigned int mode)
{
	(void)context;
	return fchmod(fd, (mode_t)mode);
}

static int system_set_owner(void *context, int fd, uid_t owner, gid_t group)
{
	(void)context;
	return fchown(fd, owner, group);
}

static int system_set_acl(void *context, int fd, const void *acl, size_t n)
{
	(void)context;
	return fsetxattr(fd, VSX_ACL_NAME, acl, n, 0);
}

static int system_rename(void *context, const char *from, const char *to)
{
	(void)context;
	return rename(from, to);
}

static int system_rename_new(void *context, const char *from, const char *to)
{
	(void)context;
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static int system_link(void *context, const char *from, const char *to)
{
	(void)context;
	return link(from, to);
}

static int system_unlink(void *context, const char *path)
{
	(void)context;
	return unlink(path);
}

static int system_lock(void *context, int fd)
{
	(void)context;
	return flock(fd, LOCK_EX | LOCK_NB);
}

static void *system_map(void *context, int fd, uint64_t bytes, bool writable)
{
	void *p = mmap(NULL, (size_t)bytes,
		       writable ? PROT_READ | PROT_WRITE : PROT_READ,
		       MAP_SHARED, fd, 0);

	(void)context;
	return p == MAP_FAILED ? NULL : p;
}

static int system_mkdir(void *context, const char *path, unsigned int mode)
{
	(void)context;
	return mkdir(path, (mode_t)mode);
}

static int system_lock_shared(void *context, int fd)
{
	(void)context;
	return flock(fd, LOCK_SH | LOCK_NB);
}

static ssize_t system_put(void *context, int fd, const void *p, size_t n)
{
	struct vsx_muted muted;
	ssize_t done;

	(void)context;
	vsx_mute(&muted);
	done = write(fd, p, n);
	vsx_unmute(&muted, done < 0);
	return done;
}

const struct vsx_file_ops vsx_system_files = {
	.open = system_open,
	.close = system_close,
	.write = system_write,
	.reserve = system_reserve,
	.resize = system_resize,
	.sync = system_sync,
	.set_mode = system_set_mode,
	.set_owner = system_set_owner,
	.set_acl = system_set_acl,
	.rename = system_rename,
	.rename_new = system_rename_new,
	.link = system_link,
	.unlink = system_unlink,
	.lock = system_lock,
	.map = system_map,
	.mkdir = system_mkdir,
	.lock_shared = system_lock_shared,
	.put = system_put,
};

/* A signal ends the wait for a slow folder, not the work. */
int vsx_file_open(const struct vsx_file_ops *ops, const char *path, int flags,
		  unsigned int mode)
{
	int fd;

	do
		fd = ops->open(ops->context, path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

enum vsx_status vsx_file_write(const struct vsx_file *f, const void *p,
			       size_t n, uint64_t at, struct vsx_error *err)
{
	const uint8_t *from = p;

	while (n > 0) {
		ssize_t done =
			f->ops->write(f->ops->context, f->fd, from, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = ENOSPC; /* no progress and no reason */
		if (done <= 0)
			return vsx_fail_errno(err, "cannot write '%s'",
					      f->name);
		from += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return VSX_OK;
}

enum vsx_status vsx_file_reserve(const struct vsx_file *f, uint64_t bytes,
				 bool *done, struct vsx_error *err)
{
	int r;

	*done = false;
	do
		r = f->ops->reserve(f->ops->context, f->fd, bytes);
	while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
		return VSX_OK;
	if (r < 0)
		return vsx_fail_errno(err, "cannot reserve %llu bytes for '%s'",
				      (unsigned long long)bytes, f->name);
	*done = true;
	return VSX_OK;
}

enum vsx_status vsx_file_resize(const struct vsx_file *f, uint64_t bytes,
				struct vsx_error *err)
{
	int r;

	do
		r = f->ops->resize(f->ops->context, f->fd, bytes);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return vsx_fail_errno(err, "cannot make '%s' %llu bytes long",
				      f->name, (unsigned long long)bytes);
	return VSX_OK;
}

enum vsx_status vsx_file_sync(const struct vsx_file *f, struct vsx_error *err)
{
	if (f->ops->sync(f->ops->context, f->fd) < 0)
		return vsx_fail_errno(err, "cannot sync '%s' to the disk",
				      f->name);
	return VSX_OK;
}

enum vsx_status vsx_file_open_regular(struct vsx_file *f, struct vsx_error *err)
{
	struct stat st;

	f->fd = vsx_file_open(f->ops, f->name, O_RDWR | O_NONBLOCK, 0);
	if (f->fd < 0)
		return vsx_fail_errno(err, "cannot open '%s' for writing",
				      f->name);
	if (fstat(f->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return vsx_fail(err, VSX_EINVAL, "'%s' is not a regular file",
				f->name);
	return VSX_OK;
}

enum vsx_status vsx_file_close(struct vsx_file *f, struct vsx_error *err)
{
	int fd = f->fd;

	f->fd = -1;
	/* Linux has closed the descriptor when it says EINTR. */
	if (fd >= 0 && f->ops->close(f->ops->context, fd) < 0 && errno != EINTR)
		return vsx_fail_errno(err, "cannot close '%s'", f->name);
	return VSX_OK;
}
