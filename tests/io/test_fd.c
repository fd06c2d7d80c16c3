/* Whichever of the standard descriptors are free: none of ours becomes one, and
 * they are as free afterwards. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "io/fd.h"

TestSuite(fd, .timeout = 60);

static int kept[3];
static bool was_open[3];

/* Close those of 0, 1 and 2 whose bits are set. */
static void free_some(int bits)
{
	for (int i = 0; i < 3; i++) {
		was_open[i] = fcntl(i, F_GETFD) >= 0;
		kept[i] = was_open[i] ? fcntl(i, F_DUPFD_CLOEXEC, 100) : -1;
		if (bits >> i & 1)
			close(i);
	}
}

static int n_free(void)
{
	int n = 0;

	for (int i = 0; i < 3; i++)
		n += fcntl(i, F_GETFD) < 0;
	return n;
}

static void restore(void)
{
	for (int i = 0; i < 3; i++)
		if (was_open[i]) {
			dup2(kept[i], i);
			close(kept[i]);
		}
}

Test(fd, is_no_standard_one_and_leaves_those_alone)
{
	for (int bits = 0; bits < 8; bits++) {
		int fd, before, after, missing;
		bool flags;
		FILE *stream;
		DIR *folder;
		int stream_fd, folder_fd;

		free_some(bits);
		before = n_free();
		fd = vsx_fd_open("/dev/null", O_RDONLY, 0);
		flags = fcntl(fd, F_GETFD) == FD_CLOEXEC;
		stream = vsx_fd_stream("/dev/null");
		stream_fd = stream ? fileno(stream) : -1;
		folder = vsx_fd_folder("/");
		folder_fd = folder ? dirfd(folder) : -1;
		missing = vsx_fd_open("/none/such", O_RDONLY, 0);
		after = n_free();
		close(fd);
		if (stream)
			fclose(stream);
		if (folder)
			closedir(folder);
		restore();
		cr_expect_geq(fd, 3, "%d", bits);
		cr_expect(flags);
		cr_expect_geq(stream_fd, 3, "%d", bits);
		cr_expect_geq(folder_fd, 3, "%d", bits);
		cr_expect_lt(missing, 0);
		cr_expect_eq(after, before, "%d: %d free, %d before", bits,
			     after, before);
	}
	cr_expect_null(vsx_fd_stream("/none/such"));
	cr_expect_null(vsx_fd_folder("/none/such"));
	cr_expect_null(vsx_fd_folder("/dev/null"));
}
