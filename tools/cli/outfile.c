#include "cli/outfile.h"

#include "cli/fail.h"
#include "cli/files.h"
#include "cli/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the file's name in that of the temporary one, which is longer. */
#define MAX_NAME_KEPT 200
#define MAX_TRIES     10000

/* ---- opening ---------------------------------------------------------- */

static enum vsx_status cannot(const char *what, const char *path,
			      struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];

	return tool_fail_errno(err, "cannot %s '%s'", what,
			       tool_name(name, path));
}

/* Where the file's name begins in its path. */
static size_t name_at(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static FILE *stream_on(int fd)
{
	FILE *to = fd < 0 ? NULL : fdopen(fd, "wb");
	int reason = errno;

	if (fd >= 0 && !to)
		close(fd);
	errno = reason;
	return to;
}

/*
 * "/proc/self/fd/3", or a link to it as /dev/stdout is: the open file itself,
 * with the place where it stands. -1: it is none of ours.
 */
static int descriptor_of(const char *target, const struct stat *st)
{
	const char *number = target + name_at(target);
	struct stat own;
	char *end;
	long fd = strtol(number, &end, 10);

	if (end == number || *end || fd < 0 || fd > 1 << 20 ||
	    fstat((int)fd, &own) < 0 || own.st_dev != st->st_dev ||
	    own.st_ino != st->st_ino)
		return -1;
	return (int)fd;
}

/* In the folder of the target, so that it can be renamed. */
static int open_beside(struct outfile *o, mode_t mode)
{
	int at = (int)name_at(o->target), fd = -1;

	for (int n = 0; n < MAX_TRIES; n++) {
		if (asprintf(&o->temporary, "%.*s.%.*s.part.%ld.%d", at,
			     o->target, MAX_NAME_KEPT, o->target + at,
			     (long)getpid(), n) < 0) {
			o->temporary = NULL;
			errno = ENOMEM;
			return -1;
		}
		fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			  mode);
		if (fd >= 0) {
			o->leftover = leftover_add(o->temporary);
			return fd;
		}
		free(o->temporary);
		o->temporary = NULL;
		if (errno != EEXIST)
			break;
	}
	return -1;
}

/* Where that cannot be had it is our own, as a new one would be. */
static void keep_owner(int fd, const struct stat *st)
{
	if (st->st_uid == geteuid() && st->st_gid == getegid())
		return;
	if (fchown(fd, st->st_uid, st->st_gid) < 0)
		(void)!fchown(fd, (uid_t)-1, st->st_gid);
}

static int open_replacement(struct outfile *o, const struct stat *st)
{
	int fd = open_beside(o, 0600);

	if (fd < 0)
		return -1;
	keep_owner(fd, st);
	if (fchmod(fd, st->st_mode & 0777) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_target(struct outfile *o)
{
	struct stat st;
	int fd;

	if (stat(o->target, &st) < 0) {
		o->replaces = true;
		return open_beside(o, 0666);
	}
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	fd = descriptor_of(o->target, &st);
	if (fd >= 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	o->replaces = S_ISREG(st.st_mode);
	return o->replaces ? open_replacement(o, &st)
			   : open(o->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

enum vsx_status outfile_open(struct outfile *o, const char *path,
			     struct vsx_error *err)
{
	enum vsx_status status;

	*o = (struct outfile){.path = strdup(path)};
	if (!o->path)
		return tool_fail_memory(err, strlen(path));
	if (strcmp(path, "-") == 0) {
		o->to = stdout;
		return VSX_OK;
	}
	o->target = files_follow(path);
	if (o->target)
		o->to = stream_on(open_target(o));
	if (o->to)
		return VSX_OK;
	status = cannot("create", path, err);
	outfile_drop(o);
	return status;
}

/* ---- closing ---------------------------------------------------------- */

static void release(struct outfile *o)
{
	if (o->temporary)
		leftover_forget(o->leftover);
	free(o->temporary);
	free(o->target);
	free(o->path);
	*o = (struct outfile){.to = NULL};
}

enum vsx_status outfile_close(struct outfile *o, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	bool bad;

	if (o->to == stdout) { /* say_end() looks at it */
		release(o);
		return VSX_OK;
	}
	errno = EIO; /* of a write that failed before */
	bad = ferror(o->to) != 0;
	if (fflush(o->to) != 0)
		bad = true;
	if (!bad && o->replaces)
		bad = fsync(fileno(o->to)) != 0;
	if (!bad) {
		bad = fclose(o->to) != 0;
		o->to = NULL;
	}
	if (!bad && o->replaces)
		bad = rename(o->temporary, o->target) != 0;
	if (bad) {
		status = cannot("write", o->path, err);
		outfile_drop(o);
	} else {
		release(o);
	}
	return status;
}

void outfile_drop(struct outfile *o)
{
	if (o->to && o->to != stdout)
		fclose(o->to);
	if (o->temporary)
		unlink(o->temporary);
	release(o);
}

/* ---- asking before ---------------------------------------------------- */

static enum vsx_status check_target(const char *path, char *target,
				    struct vsx_error *err)
{
	size_t at = name_at(target);
	struct stat st;

	if (stat(target, &st) == 0 &&
	    (!S_ISREG(st.st_mode) || descriptor_of(target, &st) >= 0)) {
		errno = EISDIR;
		if (S_ISDIR(st.st_mode) || access(target, W_OK) != 0)
			return cannot("create", path, err);
		return VSX_OK;
	}
	if (!target[at]) {
		errno = EISDIR;
		return cannot("create", path, err);
	}
	target[at] = '\0';
	if (access(at ? target : ".", W_OK | X_OK) != 0)
		return cannot("create", path, err);
	return VSX_OK;
}

enum vsx_status outfile_check(const char *path, struct vsx_error *err)
{
	enum vsx_status status;
	char *target;

	if (strcmp(path, "-") == 0)
		return VSX_OK;
	target = files_follow(path);
	if (!target)
		return cannot("create", path, err);
	status = check_target(path, target, err);
	free(target);
	return status;
}
