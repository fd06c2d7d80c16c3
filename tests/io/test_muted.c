/* A limit of the file's length is an error to the host, and no signal. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/muted.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(muted, .init = scratch_make, .fini = scratch_drop, .timeout = 60);

static struct vsx_error err;

static enum vsx_status build(uint64_t limit)
{
	struct rlimit r = {limit, RLIM_INFINITY};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	static float rows[4096][8];
	enum vsx_status status;

	for (size_t i = 0; i < 4096; i++)
		rows[i][i % 8] = (float)i + 1;
	opts.dim = 8;
	opts.spec = "Flat";
	opts.force = 1;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &r), 0);
	status = vsx_builder_new(&b, scratch_path("x"), &opts, &err);
	if (status == VSX_OK)
		status = vsx_builder_add(
			b, VSX_BATCH(rows, VSX_F32, 4096, NULL), &err);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, NULL, &err);
	vsx_builder_free(b);
	return status;
}

Test(muted, a_limit_of_the_length_is_an_error_and_no_signal)
{
	signal(SIGXFSZ, SIG_DFL);
	for (uint64_t limit = 1; limit < 100000; limit += 9999) {
		cr_expect_eq(build(limit), VSX_EIO, "%s", err.text);
		cr_expect_eq(err.sys_errno, EFBIG, "%s", err.text);
	}
	cr_expect_eq(build(RLIM_INFINITY), VSX_OK, "%s", err.text);
}

/* ---- what was there before -------------------------------------------- */

static bool is_pending(int signal)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, signal) == 1;
}

static bool is_blocked(int signal)
{
	sigset_t set;

	pthread_sigmask(SIG_SETMASK, NULL, &set);
	return sigismember(&set, signal) == 1;
}

static void block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Between the two, a signal comes and errno says `reason`. */
static void hold_back(int signal, int reason, bool failed)
{
	struct vsx_muted muted;

	vsx_mute(&muted);
	cr_expect(is_blocked(SIGPIPE) && is_blocked(SIGXFSZ));
	raise(signal);
	errno = reason;
	vsx_unmute(&muted, failed);
	cr_expect_eq(errno, reason);
}

Test(muted, takes_away_the_signal_of_its_own_call)
{
	hold_back(SIGPIPE, EPIPE, true);
	hold_back(SIGXFSZ, EFBIG, true);
	cr_expect(!is_blocked(SIGPIPE) && !is_blocked(SIGXFSZ));
	block(SIGPIPE);
	block(SIGXFSZ);
	hold_back(SIGPIPE, EPIPE, true);
	cr_expect(!is_pending(SIGPIPE));
	hold_back(SIGXFSZ, EFBIG, true);
	cr_expect(!is_pending(SIGXFSZ));
	cr_expect(is_blocked(SIGPIPE) && is_blocked(SIGXFSZ));
}

Test(muted, leaves_the_signals_of_others)
{
	block(SIGPIPE);
	block(SIGXFSZ);
	raise(SIGPIPE);
	hold_back(SIGXFSZ, EFBIG, true);
	cr_expect(is_pending(SIGPIPE) && !is_pending(SIGXFSZ));
	hold_back(SIGPIPE, EPIPE, true);
	cr_expect(is_pending(SIGPIPE));
	/* A call that did not fail, or for another reason, raised none. */
	hold_back(SIGXFSZ, EFBIG, false);
	cr_expect(is_pending(SIGXFSZ));
}

Test(muted, leaves_signals_where_something_else_failed)
{
	block(SIGXFSZ);
	hold_back(SIGXFSZ, EIO, true);
	cr_expect(is_pending(SIGXFSZ));
}
