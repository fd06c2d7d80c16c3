#include "cli/standard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Of the null device the end that is of no use; a chroot may lack it. */
static int open_nothing(int as)
{
	int fd = open("/dev/null", as == STDIN_FILENO ? O_WRONLY : O_RDONLY);

	return fd < 0 ? open("/", O_PATH | O_DIRECTORY) : fd;
}

void standard_hold(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open_nothing(fd) != fd)
			abort(); /* nothing can be said, and nothing is safe */
}

void standard_drop(int fd)
{
	int nothing = open_nothing(fd);

	if (nothing < 0 || dup2(nothing, fd) < 0)
		abort();
	close(nothing);
}
