#include <criterion/criterion.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "faulty_files.h"
#include "scratch_folder.h"
#include "write/beside.h"
#include "write/output.h"

TestSuite(output, .init = scratch_make, .fini = scratch_drop);

static struct vsx_error err;

static char note[VSX_ACCESS_NOTE_TEXT];
static unsigned int temp_mode;

static enum vsx_status nobody_waits(void *context, struct vsx_error *e)
{
	(void)context;
	(void)e;
	abort();
}

static const struct vsx_claim_wait at_once = {.waiting = nobody_waits};

static unsigned int mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0, "%s", path);
	return st.st_mode & 07777;
}

/* Put `text` at the path. */
static enum vsx_status put(const char *path, bool force, const char *text,
			   const struct vsx_file_ops *ops)
{
	struct vsx_output o;
	enum vsx_status status = vsx_output_init(&o, path, force, ops, &err);

	if (status == VSX_OK)
		status = vsx_output_claim(&o, &at_once, &err);
	if (status == VSX_OK)
		status = vsx_output_open(&o, &err);
	if (status == VSX_OK)
		temp_mode = mode_of(o.temp);
	if (status == VSX_OK)
		status = vsx_file_write(&o.file, text, strlen(text), 0, &err);
	if (status == VSX_OK)
		status = vsx_output_publish(&o, &err);
	memcpy(note, o.note, sizeof(note));
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

Test(output, with_force_replaces_what_appears_meanwhile)
{
	const char *path = scratch_path("x");
	struct vsx_output o;

	cr_assert_eq(vsx_output_init(&o, path, true, &vsx_system_files, &err),
		     VSX_OK);
	cr_assert_eq(vsx_output_claim(&o, &at_once, &err), VSX_OK);
	cr_assert_eq(vsx_output_open(&o, &err), VSX_OK);
	cr_assert_eq(vsx_file_write(&o.file, "new", 3, 0, &err), VSX_OK);
	scratch_write(path, "old", 3);
	chmod(path, 0600);
	cr_assert_eq(vsx_output_publish(&o, &err), VSX_OK, "%s", err.text);
	vsx_output_release(&o);
	holds(path, "new");
	cr_expect_eq(mode_of(path), 0600);
	cr_expect_eq(scratch_count(0), 1);
}

/* ---- owner, group, mode, access list ---------------------------------- */

/* But for the bits that lend the owner's rights to others. */
Test(output, hands_on_the_mode)
{
	static const unsigned int modes[] = {0600, 0604, 0640, 0664,
					     0777, 0400, 06755};
	const char *path = scratch_path("x");

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		scratch_write(path, "old", 3);
		cr_assert_eq(chmod(path, modes[i]), 0);
		cr_assert_eq(put(path, true, "new", &vsx_system_files), VSX_OK,
			     "%s", err.text);
		holds(path, "new");
		cr_expect_eq(mode_of(path), modes[i] & 0777, "%o: %o", modes[i],
			     mode_of(path));
		cr_expect_eq(temp_mode, 0600);
		cr_expect_str_empty(note);
		unlink(path);
	}
	cr_expect_eq(scratch_count(0), 0);
}

Test(output, hands_on_owner_and_group)
{
	const char *path = scratch_path("x");
	struct stat st;

	if (geteuid() != 0)
		return;
	scratch_write(path, "old", 3);
	chmod(path, 0640);
	cr_assert_eq(chown(path, 12345, 23456), 0);
	cr_assert_eq(put(path, true, "new", &vsx_system_files), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect(st.st_uid == 12345 && st.st_gid == 23456);
	cr_expect_eq(mode_of(path), 0640);
	cr_expect_str_empty(note);
}

/* As somebody who may write the folder, but not give files away. */
static void put_as_stranger(const char *path)
{
	cr_assert_eq(chmod(scratch_folder, 0777), 0);
	if (fork() == 0) {
		if (setgroups(0, NULL) || setgid(34567) || setuid(34567) ||
		    put(path, true, "new", &vsx_system_files) != VSX_OK)
			_exit(1);
		_exit(strstr(note, "owner 12345") &&
				      strstr(note, "group 23456") &&
				      strstr(note, "Operation not permitted") &&
				      !strchr(note, '\n')
			      ? 0
			      : 2);
	}
}

/* Then others get less, never more: the group is another one. */
Test(output, says_what_it_could_not_hand_on)
{
	const char *path = scratch_path("x");
	struct stat st;
	int code;

	if (geteuid() != 0)
		return;
	scratch_write(path, "old", 3);
	cr_assert_eq(chmod(path, 0664), 0);
	cr_assert_eq(chown(path, 12345, 23456), 0);
	put_as_stranger(path);
	wait(&code);
	cr_expect_eq(code, 0, "%x", (unsigned int)code);
	holds(path, "new");
	cr_assert_eq(stat(path, &st), 0);
	cr_expect(st.st_uid == 34567 && st.st_gid == 34567);
	cr_expect_eq(mode_of(path), 0644, "%o", mode_of(path));
}

/* Of the owner, user 12345, the group, the mask and others: rw-, rw-, r--,
   rw-, ---. */
static const unsigned char acl[] = {
	2,    0,    0,	  0,	1,    0,    6,	  0,	0xff, 0xff, 0xff,
	0xff, 2,    0,	  6,	0,    0x39, 0x30, 0,	0,    4,    0,
	4,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,	6,    0,    0xff,
	0xff, 0xff, 0xff, 0x20, 0,    0,    0,	  0xff, 0xff, 0xff, 0xff};

Test(output, hands_on_the_access_list)
{
	struct faulty f = {.at = -1};
	struct vsx_file_ops ops = faulty_ops(&f);
	const char *path = scratch_path("x");
	unsigned char got[sizeof(acl)];

	scratch_write(path, "old", 3);
	if (setxattr(path, VSX_ACL_NAME, acl, sizeof(acl), 0) < 0)
		return; /* a file system without them */
	cr_assert_eq(put(path, true, "new", &ops), VSX_OK, "%s", err.text);
	cr_expect_eq(getxattr(path, VSX_ACL_NAME, got, sizeof(got)),
		     sizeof(acl));
	cr_expect_eq(memcmp(got, acl, sizeof(acl)), 0);
	cr_expect_eq(mode_of(path), 0660);
	/* Without it the bits of the mask are not for the group. */
	for (f.at = 0; !f.hit || strcmp(f.hit, "set_acl") != 0 || !*note;
	     f.at++) {
		cr_assert_lt(f.at, 40);
		f.n = 0;
		f.hit = NULL;
		f.reason = EPERM;
		scratch_write(path, "old", 3);
		cr_assert_eq(setxattr(path, VSX_ACL_NAME, acl, sizeof(acl), 0),
			     0);
		put(path, true, "new", &ops);
	}
	cr_expect(strstr(note, "access list"), "%s", note);
	cr_expect_eq(mode_of(path), 0600, "%o", mode_of(path));
}

/* ---- links ------------------------------------------------------------ */

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

/* ---- what killed writers left ----------------------------------------- */

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(scratch_path(name), &st) == 0;
}

Test(output, removes_what_killed_writers_of_the_name_left)
{
	static const char *const dead[] = {".x.tmp.77.0", ".x.tmp.1.12",
					   ".x.tmp.4194304.9999"};
	static const char *const others[] = {
		".x.tmp.77",	 ".x.tmp.77.",	       ".x.tmp..0",
		".x.tmp.77.0a",	 ".x.tmp.a.0",	       ".x.tmp.-7.0",
		".x.tmp.7.0.0",	 ".x.tmp.5.0.tmp.7.0", ".xy.tmp.77.0",
		".x.y.tmp.77.0", "x.tmp.77.0",	       ".x.lock",
		".X.tmp.77.0",	 ".x.tmpx77.0"};
	size_t n_dead = sizeof(dead) / sizeof(dead[0]);
	size_t n_others = sizeof(others) / sizeof(others[0]);
	int fd;

	for (size_t i = 0; i < n_dead; i++)
		scratch_write(scratch_path(dead[i]), "debris", 6);
	for (size_t i = 0; i < n_others; i++)
		scratch_write(scratch_path(others[i]), "other", 5);
	cr_assert_eq(symlink("x.tmp.77.0", scratch_path(".x.tmp.9.9")), 0);
	cr_assert_eq(mkdir(scratch_path(".x.tmp.8.8"), 0700), 0);
	cr_assert_eq(mkfifo(scratch_path(".x.tmp.7.7"), 0600), 0);
	/* One that is at work. */
	scratch_write(scratch_path(".x.tmp.77.1"), "alive", 5);
	fd = open(scratch_path(".x.tmp.77.1"), O_RDONLY | O_CLOEXEC);
	cr_assert_eq(flock(fd, LOCK_EX), 0);

	cr_assert_eq(put(scratch_path("x"), false, "one", &vsx_system_files),
		     VSX_OK);
	for (size_t i = 0; i < n_dead; i++)
		cr_expect_not(is_there(dead[i]), "%s", dead[i]);
	for (size_t i = 0; i < n_others; i++)
		cr_expect(is_there(others[i]), "%s", others[i]);
	cr_expect(is_there(".x.tmp.9.9") && is_there(".x.tmp.8.8") &&
		  is_there(".x.tmp.7.7") && is_there(".x.tmp.77.1"));
	/* Then it was killed, too. A name may hold what others end with. */
	close(fd);
	cr_assert_eq(put(scratch_path("x"), true, "two", &vsx_system_files),
		     VSX_OK);
	cr_expect_not(is_there(".x.tmp.77.1"));
	cr_assert_eq(put(scratch_path("x.tmp.5.0"), false, "three",
			 &vsx_system_files),
		     VSX_OK);
	cr_expect_not(is_there(".x.tmp.5.0.tmp.7.0"));
	rmdir(scratch_path(".x.tmp.8.8"));
}

/* A temporary file is locked from its first moment to its last. */
Test(output, leaves_those_of_writers_at_work)
{
	struct vsx_output a, b;
	const char *path = scratch_path("x");

	cr_assert_eq(vsx_output_init(&a, path, true, &vsx_system_files, &err),
		     VSX_OK);
	cr_assert_eq(vsx_output_open(&a, &err), VSX_OK);
	cr_assert_eq(vsx_output_init(&b, path, true, &vsx_system_files, &err),
		     VSX_OK);
	cr_assert_eq(vsx_output_open(&b, &err), VSX_OK);
	cr_expect_str_neq(a.temp, b.temp);
	cr_expect_eq(scratch_count(0), 2);
	cr_assert_eq(vsx_output_publish(&b, &err), VSX_OK);
	vsx_output_release(&b);
	cr_assert_eq(vsx_output_publish(&a, &err), VSX_OK, "%s", err.text);
	vsx_output_release(&a);
	cr_expect_eq(scratch_count(0), 1);
}

/* Names that are cut short for their hidden files are told apart. */
Test(output, tells_long_names_apart)
{
	char one[256], two[256], *temp;
	int fd;

	memset(one, 'n', 255);
	one[250] = '\0';
	memcpy(two, one, sizeof(two));
	two[249] = 'm';
	temp = vsx_beside_temp(&vsx_system_files, scratch_folder, one, 0600,
			       &fd);
	cr_assert(temp && fd >= 0);
	close(fd);
	cr_assert_eq(put(scratch_path(two), false, "two", &vsx_system_files),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(access(temp, F_OK), 0);
	cr_assert_eq(put(scratch_path(one), false, "one", &vsx_system_files),
		     VSX_OK, "%s", err.text);
	cr_expect_lt(access(temp, F_OK), 0);
	free(temp);
	cr_expect_eq(scratch_count(0), 2);
}
