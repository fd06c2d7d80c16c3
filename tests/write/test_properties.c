/* Properties of the caller's own, by the calls of the library. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(properties, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 120);

static struct vsx_error err;

static enum vsx_status build(const char *path, const char *const *items,
			     size_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	enum vsx_status status;
	float rows[3][2] = {{1, 2}, {3, 4}, {5, 6}};

	opts.dim = 2;
	opts.force = 1;
	opts.properties = items;
	opts.n_properties = n;
	status = vsx_builder_new(&b, path, &opts, &err);
	if (status == VSX_OK)
		status = vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 3, NULL),
					 &err);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, NULL, &err);
	vsx_builder_free(b);
	return status;
}

static enum vsx_status update(const char *path, const char *const *items,
			      size_t n)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;
	enum vsx_status status;

	opts.properties = items;
	opts.n_properties = n;
	status = vsx_update_begin(&u, path, &opts, &err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, &err);
	vsx_update_free(u);
	return status;
}

static void is(const char *path, const char *key, const char *due)
{
	struct vsx *index;
	const char *found;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	found = vsx_property(index, key);
	cr_expect(due ? found && strcmp(found, due) == 0 : !found,
		  "%s is '%s', expected '%s'", key, found ? found : "nothing",
		  due ? due : "nothing");
	vsx_close(index);
}

/* The array and its texts are the caller's again when the call is over. */
Test(properties, are_copied)
{
	char text[] = "x_key=value";
	const char *item = text;
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path("x.vsx");
	struct vsx_builder *b;

	opts.dim = 2;
	opts.properties = &item;
	opts.n_properties = 1;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK);
	memset(text, '!', sizeof(text) - 1);
	item = NULL;
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	is(path, "x_key", "value");
}

Test(properties, alone_are_a_commit)
{
	static const char *const first[] = {"x_b=1", "x_a=2", "x_c=3"};
	static const char *const then[] = {"x_c=", "x_bb=x=y", "x_a=4"};
	const char *path = scratch_path("x.vsx");
	struct vsx_facts facts;
	struct vsx *index;

	cr_assert_eq(build(path, first, 3), VSX_OK, "%s", err.text);
	cr_assert_eq(update(path, then, 3), VSX_OK, "%s", err.text);
	is(path, "x_a", "4");
	is(path, "x_b", "1");
	is(path, "x_bb", "x=y");
	is(path, "x_c", NULL);
	is(path, "library", "vsx " VSX_VERSION);
	cr_assert_eq(update(path, NULL, 0), VSX_OK);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.generation, 2, "of nothing there is no commit");
	cr_expect_eq(facts.n_live, 3);
	vsx_close(index);
	cr_expect_eq(vsx_verify(path, NULL, NULL, NULL, NULL, &err), VSX_OK);
}

Test(properties, of_other_kinds_are_refused)
{
	static const char *const bad[][2] = {
		{"x_a=1", "x_a=1"},
		{"x_a", "x_b=1"},
		{"a=1", "x_b=1"},
		{"x_=1", "spec=1"},
		{"x_a=\xff", "x_b=1"},
		{"x_a=\n", "x_b=1"},
		{"", "x_b=1"},
		{"x_b=1", NULL},
		{"greatest_id=9", "x_b=1"},
	};
	const char *path = scratch_path("x.vsx");

	cr_assert_eq(build(path, NULL, 0), VSX_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_expect_eq(build(path, bad[i], 2), VSX_EINVAL, "%zu", i);
		cr_expect_eq(update(path, bad[i], 2), VSX_EINVAL, "%zu", i);
	}
	cr_expect_eq(build(path, NULL, 1), VSX_EINVAL);
	is(path, "x_b", NULL);
}
