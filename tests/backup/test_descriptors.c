/* What vsx_backup_send() and vsx_backup_receive() make of descriptors. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scene.h"

/* A call that waits for what never comes fails by the time. */
TestSuite(descriptors, .init = scene_make, .fini = scene_drop, .timeout = 60);

static struct vsx_error err;

static const char *index_path, *out;

static void prepare(void)
{
	index_path = scene_index("i.vsx", "Flat");
	out = scene_path("o.vsx");
}

static void refused(int fd, bool sends, bool receives, const char *why)
{
	if (!sends) {
		cr_expect_eq(vsx_backup_send(index_path, fd, NULL, NULL, &err),
			     VSX_EIO, "send: %s", why);
		cr_expect(strstr(err.text, why), "%s", err.text);
	}
	if (!receives) {
		cr_expect_eq(vsx_backup_receive(fd, out, NULL, NULL, &err),
			     VSX_EIO, "receive: %s", why);
		cr_expect(strstr(err.text, why), "%s", err.text);
		cr_expect_neq(access(out, F_OK), 0);
	}
	close(fd);
}

Test(descriptors, one_that_cannot_be_used_is_refused_at_once)
{
	int ends[2], fd;

	prepare();
	refused(-1, false, false, "descriptor -1 cannot be used");
	refused(INT32_MIN, false, false, "cannot be used");
	refused(INT32_MAX, false, false, "cannot be used");
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	close(fd);
	refused(fd, false, false, "cannot be used");
	refused(open("/dev/null", O_RDONLY | O_CLOEXEC), false, true,
		"is not open for writing");
	refused(open("/dev/null", O_WRONLY | O_CLOEXEC), true, false,
		"is not open for reading");
	refused(open(index_path, O_PATH | O_CLOEXEC), false, false,
		"is not open for");
	refused(open("/tmp", O_RDONLY | O_CLOEXEC), false, false, "a folder");
	cr_assert_eq(pipe(ends), 0);
	refused(ends[0], false, true, "is not open for writing");
	refused(ends[1], true, false, "is not open for reading");
	refused(eventfd(0, EFD_CLOEXEC), false, false, "is not a file, pipe");
	refused(epoll_create1(EPOLL_CLOEXEC), false, false,
		"is not a file, pipe");
	refused(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), true, false,
		"cannot read the stream");
}

Test(descriptors, a_socket_that_listens_gives_nothing)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	prepare();
	if (fd < 0 || listen(fd, 1) != 0)
		cr_skip_test("no sockets here");
	refused(fd, false, false, "is a listening socket");
}

/* ---- a pipe that is slow on both sides --------------------------------- */

static void ignore(int signal)
{
	(void)signal;
}

struct receiving {
	int fd;
	enum vsx_status status;
	struct vsx_error err;
};

static void *receive(void *context)
{
	struct receiving *r = context;

	r->status = vsx_backup_receive(r->fd, out, NULL, NULL, &r->err);
	return NULL;
}

struct poking {
	pthread_t threads[2];
	atomic_bool over;
};

static void *poke(void *context)
{
	struct poking *p = context;

	while (!atomic_load(&p->over)) {
		for (int i = 0; i < 2; i++)
			pthread_kill(p->threads[i], SIGUSR1);
		usleep(100);
	}
	return NULL;
}

/* Neither end blocks, and signals come all the time: no byte is lost. */
Test(descriptors, a_pipe_that_does_not_block_under_signals)
{
	struct sigaction action = {.sa_handler = ignore};
	struct receiving r = {0};
	struct poking p = {0};
	enum vsx_status status;
	pthread_t poker;
	int ends[2];

	prepare();
	sigaction(SIGUSR1, &action, NULL);
	cr_assert_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	fcntl(ends[0], F_SETPIPE_SZ, 4096);
	r.fd = ends[0];
	p.threads[0] = pthread_self();
	cr_assert_eq(pthread_create(&p.threads[1], NULL, receive, &r), 0);
	cr_assert_eq(pthread_create(&poker, NULL, poke, &p), 0);
	status = vsx_backup_send(index_path, ends[1], NULL, NULL, &err);
	close(ends[1]);
	atomic_store(&p.over, true);
	pthread_join(poker, NULL);
	pthread_join(p.threads[1], NULL);
	cr_expect_eq(status, VSX_OK, "%s", err.text);
	cr_expect_eq(r.status, VSX_OK, "%s", r.err.text);
	cr_expect(scene_same(index_path, out));
	close(ends[0]);
}

/* ---- signals ------------------------------------------------------------ */

static void without_a_reader(const char *what)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	close(ends[0]);
	cr_expect_eq(vsx_backup_send(index_path, ends[1], NULL, NULL, &err),
		     VSX_EIO, "%s", what);
	cr_expect_eq(err.sys_errno, EPIPE, "%s: %s", what, err.text);
	close(ends[1]);
}

static bool is_pending(int number)
{
	sigset_t pending;

	sigpending(&pending);
	return sigismember(&pending, number);
}

/* Its default is the end of the process, which is the host's. */
Test(descriptors, a_pipe_without_a_reader_is_an_error_and_no_signal)
{
	sigset_t set, now;

	prepare();
	signal(SIGPIPE, SIG_DFL);
	without_a_reader("default");
	pthread_sigmask(SIG_BLOCK, NULL, &now);
	cr_expect(!sigismember(&now, SIGPIPE), "it stays blocked");
	/* The host's own ways are left alone. */
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	without_a_reader("blocked");
	cr_expect(!is_pending(SIGPIPE));
	raise(SIGPIPE);
	without_a_reader("pending");
	cr_expect(is_pending(SIGPIPE), "the host's own is taken away");
}

/* The index would be written over while it is read, or be lost for a stream. */
Test(descriptors, the_index_itself_is_no_stream)
{
	int fd;

	prepare();
	fd = open(index_path, O_RDWR | O_CLOEXEC);
	cr_expect_eq(vsx_backup_send(index_path, fd, NULL, NULL, &err),
		     VSX_EINVAL);
	cr_expect(strstr(err.text, "an input and the output"), "%s", err.text);
	cr_expect_eq(vsx_backup_receive(fd, index_path, NULL, NULL, &err),
		     VSX_EINVAL);
	cr_expect(strstr(err.text, "an input and the output"), "%s", err.text);
	close(fd);
	cr_expect_eq(vsx_verify(index_path, NULL, NULL, NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
}
