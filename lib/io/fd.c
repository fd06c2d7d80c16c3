#include "io/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FIRST (STDERR_FILENO + 1)

/* Close and keep what errno said before. */
static void let_go(int fd)
{
	int reason = errno;

	close(fd);
	errno = reason;
}

/* The same file at 3 or more. */
static int lift(int fd)
{
	int high;

	if (fd < 0 || fd >= FIRST)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST);
	let_go(fd);
	return high;
}

int vsx_fd_open_at(int folder, const char *path, int flags, unsigned int mode)
{
	int held[FIRST], n = 0, fd;

	/*
	 * Hold those that are free with what can be neither read nor written:
	 * a file must not stand there even until it is lifted, for another
	 * thread may print at this moment.
	 */
	for (int i = 0; i < FIRST; i++)
		if (fcntl(i, F_GETFD) < 0)
			held[n++] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = lift(openat(folder, path, flags | O_CLOEXEC, (mode_t)mode));
	while (n > 0)
		let_go(held[--n]);
	return fd;
}

int vsx_fd_open(const char *path, int flags, unsigned int mode)
{
	return vsx_fd_open_at(AT_FDCWD, path, flags, mode);
}

FILE *vsx_fd_stream(const char *path)
{
	int fd = vsx_fd_open(path, O_RDONLY, 0);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !stream)
		let_go(fd);
	return stream;
}

static DIR *open_folder(const char *path, int flags)
{
	int fd = vsx_fd_open(path, O_RDONLY | O_DIRECTORY | flags, 0);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !folder)
		let_go(fd);
	return folder;
}

DIR *vsx_fd_folder(const char *path)
{
	return open_folder(path, 0);
}

DIR *vsx_fd_folder_nofollow(const char *path)
{
	return open_folder(path, O_NOFOLLOW);
}
