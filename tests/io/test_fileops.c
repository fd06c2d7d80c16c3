/* What the writer makes of what the system answers, call by call. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "io/fileops.h"

/* ---- a system that answers as it is told ------------------------------- */

/* What each call answers: a result, or an errno below 0. */
static const int *answers;
static int n_calls;
static char written[64];
static struct vsx_error err;

static int next(void)
{
	int answer = answers[n_calls++];

	if (answer >= 0)
		return answer;
	errno = -answer;
	return -1;
}

static ssize_t told_write(void *context, int fd, const void *p, size_t n,
			  uint64_t at)
{
	int done = next();

	(void)context;
	cr_assert_eq(fd, 7);
	cr_assert_leq(done, (int)n);
	if (done > 0)
		memcpy(written + at, p, (size_t)done);
	return done;
}

static int told_reserve(void *context, int fd, uint64_t bytes)
{
	(void)context;
	cr_assert(fd == 7 && bytes == 100);
	return next();
}

static int told_sync(void *context, int fd)
{
	(void)context;
	(void)fd;
	return next();
}

static int told_open(void *context, const char *path, int flags,
		     unsigned int mode)
{
	(void)context;
	(void)path;
	cr_assert_eq(flags, O_RDWR | O_CLOEXEC);
	cr_assert_eq(mode, 0600);
	return next();
}

static const struct vsx_file_ops ops = {
	.open = told_open,
	.close = told_sync,
	.write = told_write,
	.reserve = told_reserve,
	.resize = told_reserve,
	.sync = told_sync,
};

static struct vsx_file file = {&ops, 7, "x.vsx"};

#define ANSWERS(...)                                                           \
	(answers = (const int[]){__VA_ARGS__}, n_calls = 0, errno = 0,         \
	 memset(&err, 0, sizeof(err)))

static void fails(enum vsx_status status, int calls, const char *text,
		  int reason)
{
	cr_expect_eq(status, VSX_EIO, "'%s'", text);
	cr_expect_eq(n_calls, calls, "'%s': %d calls", text, n_calls);
	cr_expect_eq(err.sys_errno, reason);
	cr_expect_eq(strncmp(err.text, text, strlen(text)), 0, "'%s'",
		     err.text);
}

static void does(enum vsx_status status, int calls)
{
	cr_expect_eq(status, VSX_OK, "%s", err.text);
	cr_expect_eq(n_calls, calls, "%d calls", n_calls);
}

TestSuite(fileops, .timeout = 60);

/* ---- calls ------------------------------------------------------------ */

Test(fileops, a_write_goes_on_until_all_is_written)
{
	ANSWERS(8);
	does(vsx_file_write(&file, "abcdefgh", 8, 0, &err), 1);
	ANSWERS(3, -EINTR, 1, -EINTR, -EINTR, 4);
	does(vsx_file_write(&file, "ABCDEFGH", 8, 5, &err), 6);
	cr_expect_eq(memcmp(written, "abcdeABCDEFGH", 13), 0);
	ANSWERS(-EIO);
	does(vsx_file_write(&file, "", 0, 0, &err), 0);
}

Test(fileops, a_write_that_fails_says_why)
{
	ANSWERS(3, -EIO);
	fails(vsx_file_write(&file, "abcdefgh", 8, 0, &err), 2,
	      "cannot write 'x.vsx'", EIO);
	ANSWERS(3, 0, -EIO);
	fails(vsx_file_write(&file, "abcdefgh", 8, 0, &err), 2,
	      "cannot write 'x.vsx'", ENOSPC);
	ANSWERS(-EINTR, 0, -EIO);
	fails(vsx_file_write(&file, "abcdefgh", 8, 0, &err), 2,
	      "cannot write 'x.vsx'", ENOSPC);
}

Test(fileops, blocks_may_be_refused_only_by_a_system_that_has_no_such_call)
{
	bool done = true;

	ANSWERS(-EOPNOTSUPP);
	does(vsx_file_reserve(&file, 100, &done, &err), 1);
	cr_expect(!done);
	ANSWERS(-EINTR, -EINTR, 0);
	does(vsx_file_reserve(&file, 100, &done, &err), 3);
	cr_expect(done);
	ANSWERS(-ENOSYS);
	does(vsx_file_reserve(&file, 100, &done, &err), 1);
	cr_expect(!done);
	ANSWERS(0, -EIO);
	errno = EINTR; /* of another call, long ago */
	does(vsx_file_reserve(&file, 100, &done, &err), 1);
	cr_expect(done);
	ANSWERS(0, -EIO);
	errno = ENOSYS;
	does(vsx_file_reserve(&file, 100, &done, &err), 1);
	cr_expect(done);
	ANSWERS(-ENOSPC, 0);
	fails(vsx_file_reserve(&file, 100, &done, &err), 1,
	      "cannot reserve 100 bytes for 'x.vsx'", ENOSPC);
	cr_expect(!done);
}

Test(fileops, a_length_is_set_in_spite_of_signals)
{
	ANSWERS(-EINTR, 0);
	does(vsx_file_resize(&file, 100, &err), 2);
	ANSWERS(0, -EIO);
	errno = EINTR;
	does(vsx_file_resize(&file, 100, &err), 1);
	ANSWERS(-EFBIG, 0);
	fails(vsx_file_resize(&file, 100, &err), 1,
	      "cannot make 'x.vsx' 100 bytes long", EFBIG);
}

Test(fileops, a_sync_is_tried_once)
{
	ANSWERS(0, -EIO);
	does(vsx_file_sync(&file, &err), 1);
	ANSWERS(-EIO, 0);
	fails(vsx_file_sync(&file, &err), 1, "cannot sync 'x.vsx' to the disk",
	      EIO);
	ANSWERS(-EINTR, 0);
	fails(vsx_file_sync(&file, &err), 1, "cannot sync 'x.vsx' to the disk",
	      EINTR);
}

Test(fileops, a_descriptor_is_closed_once)
{
	struct vsx_file it = {&ops, 0, "x.vsx"};

	ANSWERS(0, -EIO);
	does(vsx_file_close(&it, &err), 1);
	cr_expect_eq(it.fd, -1);
	does(vsx_file_close(&it, &err), 1);
	it.fd = 0;
	ANSWERS(-EIO, 0);
	fails(vsx_file_close(&it, &err), 1, "cannot close 'x.vsx'", EIO);
	cr_expect_eq(it.fd, -1);
	it.fd = 7;
	ANSWERS(-EINTR, 0);
	does(vsx_file_close(&it, &err), 1);
	cr_expect_eq(it.fd, -1);
	ANSWERS(0, -EIO);
	errno = EIO;
	it.fd = 7;
	does(vsx_file_close(&it, &err), 1);
}

Test(fileops, an_open_waits_for_a_slow_folder)
{
	ANSWERS(-EINTR, -EINTR, 0, -EIO);
	cr_expect_eq(vsx_file_open(&ops, "x", O_RDWR, 0600), 0);
	cr_expect_eq(n_calls, 3);
	ANSWERS(5, -EIO);
	errno = EINTR;
	cr_expect_eq(vsx_file_open(&ops, "x", O_RDWR, 0600), 5);
	cr_expect_eq(n_calls, 1);
	ANSWERS(-ENOENT, 0);
	cr_expect_lt(vsx_file_open(&ops, "x", O_RDWR, 0600), 0);
	cr_expect_eq(n_calls, 1);
	cr_expect_eq(errno, ENOENT);
}
