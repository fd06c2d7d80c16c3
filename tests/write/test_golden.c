/*
 * The bytes of a small file never change: tests/golden/flat-5.vsx, which
 * SPEC.md explains. After a change of the format that is meant, write it anew
 * with VSX_WRITE_GOLDEN=1 in the environment.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "scratch_folder.h"
#include "vsx_write.h"

#define GOLDEN VSX_TEST_SOURCE "/tests/golden/flat-5.vsx"

TestSuite(golden, .init = scratch_make, .fini = scratch_drop);

static struct vsx_error err;

static void build(const char *path)
{
	static const float rows[5][4] = {
		{1.0f, 0.0f, 0.0f, 0.0f},   {0.0f, 1.0f, 0.0f, 0.0f},
		{0.0f, 0.0f, 1.0f, 0.0f},   {0.5f, 0.5f, 0.0f, -1.0f},
		{2.0f, -3.0f, 0.25f, 8.0f},
	};
	static const uint64_t ids[5] = {10, 20, 30, 40, 50};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = 4;
	opts.spec = "Flat";
	opts.model = "golden";
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_builder_add(b, rows, VSX_F32, 5, ids, &err), VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
}

Test(golden, five_vectors)
{
	const char *path = scratch_path("x");
	size_t n = 0, n_due = 0;
	uint8_t *bytes, *due;

	if (getenv("VSX_WRITE_GOLDEN"))
		build(GOLDEN);
	build(path);
	bytes = scratch_read(path, &n);
	due = scratch_read(GOLDEN, &n_due);
	cr_assert(bytes);
	cr_assert(due, "there is no " GOLDEN);
	for (size_t i = 0; i < n && i < n_due; i++)
		cr_assert_eq(bytes[i], due[i],
			     "byte %zu is 0x%02x, expected 0x%02x", i, bytes[i],
			     due[i]);
	cr_assert_eq(n, n_due);
	free(bytes);
	free(due);
}
