/* A limit of the file's length is an error to the host, and no signal. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

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
