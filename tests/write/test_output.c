#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "faulty_files.h"
#include "scratch_folder.h"
#include "write/output.h"

TestSuite(output, .init = scratch_make, .fini = scratch_drop);

static struct vsx_error err;

/* Put `text` at the path. */
static enum vsx_status put(const char *path, bool force, const char *text,
			   const struct vsx_file_ops *ops)
{
	struct vsx_output o;
	enum vsx_status status = vsx_output_init(&o, path, force, ops, &err);

	if (status == VSX_OK)
		status = vsx_output_open(&o, &err);
	if (status == VSX_OK)
		status = vsx_file_write(&o.file, text, strlen(text), 0, &err);
	if (status == VSX_OK)
		status = vsx_output_publish(&o, &err);
	vsx_output_release(&o);
	return status;
}

static void holds(const char *path, const char *text)
{
	size_t n = 0;
	uint8_t *bytes = scratch_read(path, &n);

	cr_assert(bytes && n == strlen(text) && !memcmp(bytes, text, n));
	free(bytes);
}

Test(output, makes_a_new_file)
{
	const char *path = scratch_path("new");
	struct stat st;
	mode_t mask = umask(027);

	cr_assert_eq(put(path, false, "one", &vsx_system_files), VSX_OK, "%s",
		     err.text);
	holds(path, "one");
	cr_expect_eq(scratch_count(0), 1);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0640);
	umask(mask);
}

Test(output, never_replaces_without_force)
{
	const char *path = scratch_path("x");

	scratch_write(path, "old", 3);
	cr_assert_eq(put(path, false, "new", &vsx_system_files), VSX_EEXIST);
	cr_expect(strstr(err.text, "x' exists already"), "%s", err.text);
	holds(path, "old");
	cr_expect_eq(scratch_count(0), 1);
}

static void appears_meanwhile(bool no_rename_new)
{
	struct faulty f = {.at = -1, .no_rename_new = no_rename_new};
	struct vsx_file_ops ops = faulty_ops(&f);
	const char *path = scratch_path("x");
	struct vsx_output o;

	cr_assert_eq(vsx_output_init(&o, path, false, &ops, &err), VSX_OK);
	cr_assert_eq(vsx_output_open(&o, &err), VSX_OK);
	scratch_write(path, "old", 3);
	cr_assert_eq(vsx_output_publish(&o, &err), VSX_EEXIST);
	vsx_output_release(&o);
	holds(path, "old");
	cr_expect_eq(scratch_count(0), 1);
}

Test(output, does_not_replace_what_appears_meanwhile)
{
	appears_meanwhile(false);
}

Test(output, nor_where_only_links_can_be_had)
{
	appears_meanwhile(true);
}

Test(output, uses_links_where_there_is_no_exclusive_rename)
{
	struct faulty f = {.at = -1, .no_rename_new = true};
	struct vsx_file_ops ops = faulty_ops(&f);

	cr_assert_eq(put(scratch_path("x"), false, "one", &ops), VSX_OK);
	holds(scratch_path("x"), "one");
	cr_expect_eq(scratch_count(0), 1);
}

Test(output, hands_on_the_mode)
{
	const char *path = scratch_path("x");
	struct stat st;

	scratch_write(path, "old", 3);
	chmod(path, 0604);
	cr_assert_eq(put(path, true, "new", &vsx_system_files), VSX_OK, "%s",
		     err.text);
	holds(path, "new");
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0604);
}

Test(output, replaces_the_file_behind_a_link)
{
	const char *path = scratch_path("file"), *link = scratch_path("link");
	struct stat st;

	scratch_write(path, "old", 3);
	cr_assert_eq(symlink("file", link), 0);
	cr_assert_eq(put(link, false, "new", &vsx_system_files), VSX_EEXIST);
	cr_assert_eq(put(link, true, "new", &vsx_system_files), VSX_OK, "%s",
		     err.text);
	holds(path, "new");
	cr_assert_eq(lstat(link, &st), 0);
	cr_expect(S_ISLNK(st.st_mode));
	cr_expect_eq(scratch_count(0), 2);
}

static void refused(const char *path, bool force, enum vsx_status due,
		    const char *text)
{
	cr_expect_eq(put(path, force, "x", &vsx_system_files), due, "%s", path);
	cr_expect(strstr(err.text, text), "%s: %s", path, err.text);
}

Test(output, says_why_a_path_cannot_be)
{
	refused(scratch_path("no/such"), false, VSX_EIO,
		"no/such': No such file or directory");
	refused(scratch_path(""), true, VSX_EINVAL, "is a folder");
	refused(scratch_folder, true, VSX_EINVAL, "is a folder");
	refused("", true, VSX_EINVAL, "no name");
	refused("/dev/null", true, VSX_EINVAL, "not a regular file");
	refused("/dev/null", false, VSX_EEXIST, "exists already");
	scratch_write(scratch_path("file"), "x", 1);
	refused(scratch_path("file/x"), false, VSX_EIO, "Not a directory");
	cr_assert_eq(symlink("nowhere", scratch_path("dangling")), 0);
	refused(scratch_path("dangling"), false, VSX_EEXIST, "exists already");
	refused(scratch_path("dangling"), true, VSX_EIO, "No such file");
	cr_expect_eq(scratch_count(0), 2);
}

Test(output, takes_the_longest_names)
{
	char name[256];

	memset(name, 'n', 255);
	name[255] = '\0';
	cr_assert_eq(put(scratch_path(name), false, "x", &vsx_system_files),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(scratch_count(0), 1);
}

Test(output, steps_aside_for_the_debris_of_others)
{
	char name[64];

	snprintf(name, sizeof(name), ".x.tmp.%ld.0", (long)getpid());
	scratch_write(scratch_path(name), "debris", 6);
	cr_assert_eq(put(scratch_path("x"), false, "one", &vsx_system_files),
		     VSX_OK);
	holds(scratch_path("x"), "one");
	holds(scratch_path(name), "debris");
}
