#include "write/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Between two tries. */
#define NAP_MS 20

/* The process that locks an inode, by /proc/locks; 0 when it cannot be told. */
static long holder_of(ino_t inode)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256];
	long found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned long long ino;
		long pid;

		/* 1: FLOCK  ADVISORY  WRITE 4711 08:01:123456 0 EOF */
		if (sscanf(line, "%*s FLOCK %*s WRITE %ld %*x:%*x:%llu", &pid,
			   &ino) == 2 &&
		    ino == (unsigned long long)inode && pid > 0)
			found = pid;
	}
	if (f)
		fclose(f);
	return found;
}

/* The program that a process runs; "" when it cannot be told. */
static void program_of(long pid, char name[64])
{
	char path[48];
	FILE *f;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(name, 64, f))
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	fclose(f);
}

static enum vsx_status busy(const struct vsx_file *file, struct vsx_error *err)
{
	struct stat st;
	char name[64];
	long pid = 0;

	if (fstat(file->fd, &st) == 0)
		pid = holder_of(st.st_ino);
	if (!pid)
		return vsx_fail(err, VSX_EBUSY,
				"'%s' is being changed by another writer",
				file->name);
	program_of(pid, name);
	return vsx_fail(err, VSX_EBUSY,
			"'%s' is being changed by %s (process %ld)", file->name,
			name[0] ? name : "another writer", pid);
}

static bool same_file(const struct vsx_file *file)
{
	struct stat by_path, by_fd;

	return stat(file->name, &by_path) == 0 &&
	       fstat(file->fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
	       by_path.st_ino == by_fd.st_ino;
}

enum vsx_status vsx_lock_check(const struct vsx_file *file,
			       struct vsx_error *err)
{
	if (same_file(file))
		return VSX_OK;
	return vsx_fail(err, VSX_EIO,
			"'%s' was replaced by another file meanwhile",
			file->name);
}

static enum vsx_status open_file(struct vsx_file *file, struct vsx_error *err)
{
	struct stat st;

	file->fd = vsx_file_open(file->ops, file->name, O_RDWR | O_NONBLOCK, 0);
	if (file->fd < 0)
		return vsx_fail_errno(err, "cannot open '%s' for writing",
				      file->name);
	if (fstat(file->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return vsx_fail(err, VSX_EINVAL, "'%s' is not a regular file",
				file->name);
	return VSX_OK;
}

/* *taken: the lock is there, and the file has its name still. */
static enum vsx_status try_once(struct vsx_file *file, bool *taken,
				struct vsx_error *err)
{
	const struct vsx_file_ops *ops = file->ops;
	int r;

	*taken = false;
	do
		r = ops->lock(ops->context, file->fd);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno != EWOULDBLOCK)
		return vsx_fail_errno(err, "cannot lock '%s'", file->name);
	if (r < 0)
		return VSX_OK;
	if (same_file(file)) {
		*taken = true;
		return VSX_OK;
	}
	/* It was compacted while we waited: take the new one. */
	vsx_file_close(file, NULL);
	VSX_TRY(open_file(file, err));
	return VSX_OK;
}

enum vsx_status vsx_lock_open(struct vsx_file *file, const char *path,
			      const struct vsx_file_ops *ops, uint32_t wait_ms,
			      vsx_lock_waiting *waiting, void *context,
			      struct vsx_error *err)
{
	struct timespec nap = {0, NAP_MS * 1000000L};
	enum vsx_status status;
	uint32_t waited = 0;
	bool taken = false;

	*file = (struct vsx_file){ops, -1, path};
	status = open_file(file, err);
	while (status == VSX_OK && !taken) {
		status = try_once(file, &taken, err);
		if (status != VSX_OK || taken)
			break;
		if (waited >= wait_ms && wait_ms != UINT32_MAX) {
			status = busy(file, err);
			break;
		}
		status = waiting(context, err);
		nanosleep(&nap, NULL);
		if (waited < UINT32_MAX - NAP_MS)
			waited += NAP_MS;
	}
	if (status != VSX_OK)
		vsx_file_close(file, NULL);
	return status;
}
