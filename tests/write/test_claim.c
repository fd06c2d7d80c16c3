/* One writer at a time: the lock beside a file. SPEC.md 7.2. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "scratch_folder.h"
#include "write/claim.h"

TestSuite(claim, .init = scratch_make, .fini = scratch_drop);

static struct vsx_error err;

static enum vsx_status go_on(void *context, struct vsx_error *e)
{
	(void)context;
	(void)e;
	return VSX_OK;
}

static struct vsx_place place(const char *path)
{
	return (struct vsx_place){&vsx_system_files, path, scratch_folder};
}

static enum vsx_status take(struct vsx_claim *c, const char *path, uint32_t ms)
{
	const struct vsx_claim_wait wait = {ms, go_on, NULL};
	struct vsx_place at = place(path);

	return vsx_claim_take(c, &at, &wait, &err);
}

static const char *file(void)
{
	const char *path = scratch_path("x");

	scratch_write(path, "index", 5);
	return path;
}

static void refused(const char *path, enum vsx_status due, const char *words)
{
	struct vsx_claim c;

	cr_expect_eq(take(&c, path, 0), due, "%s", err.text);
	cr_expect(strstr(err.text, words), "%s", err.text);
	cr_expect_not(strchr(err.text, '\n'));
	vsx_claim_release(&c);
}

Test(claim, is_there_while_it_is_held_and_gone_afterwards)
{
	const char *path = file();
	struct vsx_claim c;
	char due[80], text[80] = "";
	FILE *f;

	cr_assert_eq(take(&c, path, 0), VSX_OK, "%s", err.text);
	cr_expect_str_eq(c.lock_path, scratch_path(".x.lock"));
	f = fopen(c.lock_path, "re");
	cr_assert(f && fgets(text, sizeof(text), f));
	fclose(f);
	snprintf(due, sizeof(due), "%ld %s\n", (long)getpid(),
		 program_invocation_short_name);
	cr_expect_str_eq(text, due);
	snprintf(due, sizeof(due), "is being changed by %s (process %ld)",
		 program_invocation_short_name, (long)getpid());
	refused(path, VSX_EBUSY, due);
	vsx_claim_release(&c);
	cr_expect_eq(scratch_count(0), 1);
	cr_assert_eq(take(&c, path, 0), VSX_OK);
	vsx_claim_release(&c);
}

/* Who may read the file, and no more, can hold up nobody. */
Test(claim, is_not_a_matter_of_the_file_itself)
{
	const char *path = file();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct vsx_claim c;

	cr_assert_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	cr_assert_eq(take(&c, path, 0), VSX_OK, "%s", err.text);
	vsx_claim_release(&c);
	close(fd);
}

/* The lock is for those who may write, whatever the umask is. */
Test(claim, can_be_opened_by_writers_alone)
{
	static const struct {
		unsigned int file, lock;
	} modes[] = {{0644, 0600}, {0664, 0660}, {0666, 0666},
		     {0600, 0600}, {0444, 0600}, {0640, 0600},
		     {0622, 0666}, {0660, 0660}, {0755, 0600}};
	static const mode_t masks[] = {0, 022, 077};
	const char *path = file();
	struct vsx_claim c;
	struct stat st;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		mode_t was = umask(masks[i % 3]);

		chmod(path, modes[i].file);
		cr_assert_eq(take(&c, path, 0), VSX_OK, "%s", err.text);
		umask(was);
		cr_assert_eq(stat(c.lock_path, &st), 0);
		cr_expect_eq(st.st_mode & 07777, modes[i].lock, "%o: %o",
			     modes[i].file, st.st_mode & 07777);
		vsx_claim_release(&c);
	}
	if (geteuid() != 0)
		return;
	cr_assert_eq(chown(path, 12345, 23456), 0);
	cr_assert_eq(take(&c, path, 0), VSX_OK, "%s", err.text);
	cr_assert_eq(stat(c.lock_path, &st), 0);
	cr_expect(st.st_uid == 12345 && st.st_gid == 23456);
	vsx_claim_release(&c);
}

/* Of an access list, too: user 12345 may write, user 12346 and the group may
   only read. */
Test(claim, nor_does_an_access_list_let_readers_in)
{
	static const unsigned char acl[] = {
		2,    0,    0,	  0,	1,    0,    6,	  0,	0xff,
		0xff, 0xff, 0xff, 2,	0,    6,    0,	  0x39, 0x30,
		0,    0,    2,	  0,	4,    0,    0x3a, 0x30, 0,
		0,    4,    0,	  4,	0,    0xff, 0xff, 0xff, 0xff,
		0x10, 0,    6,	  0,	0xff, 0xff, 0xff, 0xff, 0x20,
		0,    0,    0,	  0xff, 0xff, 0xff, 0xff};
	unsigned char due[sizeof(acl)], got[sizeof(acl)];
	const char *path = file();
	struct vsx_claim c;

	memcpy(due, acl, sizeof(due));
	due[22] = due[30] = 0;
	if (setxattr(path, VSX_ACL_NAME, acl, sizeof(acl), 0) < 0)
		return; /* a file system without them */
	cr_assert_eq(take(&c, path, 0), VSX_OK, "%s", err.text);
	cr_assert_eq(getxattr(c.lock_path, VSX_ACL_NAME, got, sizeof(got)),
		     sizeof(due));
	cr_expect_eq(memcmp(got, due, sizeof(due)), 0);
	vsx_claim_release(&c);
}

/* What others may have put in its place is neither followed nor written. */
Test(claim, takes_nothing_else_for_its_lock)
{
	const char *path = file(), *lock = scratch_path(".x.lock");
	const char *victim = scratch_path("victim");
	uint8_t *bytes;
	size_t n;

	scratch_write(victim, "precious", 8);
	cr_assert_eq(symlink("victim", lock), 0);
	refused(path, VSX_EIO, ".x.lock' cannot be opened");
	unlink(lock);
	cr_assert_eq(symlink("nowhere", lock), 0);
	refused(path, VSX_EIO, ".x.lock' cannot be opened");
	unlink(lock);
	cr_assert_eq(link(victim, lock), 0);
	refused(path, VSX_EINVAL, "where a lock should be");
	unlink(lock);
	cr_assert_eq(mkfifo(lock, 0600), 0);
	refused(path, VSX_EINVAL, "where a lock should be");
	unlink(lock);
	cr_assert_eq(mkdir(lock, 0700), 0);
	refused(path, VSX_EIO, ".x.lock' cannot be opened");
	rmdir(lock);
	bytes = scratch_read(victim, &n);
	cr_expect(n == 8 && !memcmp(bytes, "precious", 8));
	free(bytes);
}

/* Its text is said, but not trusted. */
Test(claim, says_no_more_of_the_holder_than_is_fit_to_print)
{
	static const struct {
		const char *text, *due;
	} cases[] = {
		{"77 vsx-add\n", "changed by vsx-add (process 77)"},
		{"77 a\033[2Jb\nmore", "changed by a?[2Jb (process 77)"},
		{"77 caf\xc3\xa9\n", "changed by caf?? (process 77)"},
		{"", "changed by another writer"},
		{"\n", "changed by another writer"},
		{"x\n", "changed by another writer"},
		{"-7 x\n", "changed by another writer"},
		{"77\n", "changed by another writer"},
		{"77 \n", "changed by another writer"},
		{"99999999999999999999 x\n", "changed by "},
	};
	const char *path = file(), *lock = scratch_path(".x.lock");
	int fd;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scratch_write(lock, cases[i].text, strlen(cases[i].text));
		fd = open(lock, O_RDONLY | O_CLOEXEC);
		cr_assert_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
		refused(path, VSX_EBUSY, cases[i].due);
		close(fd);
	}
}

/* The lock of a writer that was killed is nobody's. */
Test(claim, ends_with_its_process)
{
	const char *path = file();
	struct vsx_claim c;
	int code;

	if (fork() == 0) {
		if (take(&c, path, 0) == VSX_OK)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	wait(&code);
	cr_assert(WIFSIGNALED(code));
	cr_expect_eq(access(scratch_path(".x.lock"), F_OK), 0);
	cr_assert_eq(take(&c, path, 0), VSX_OK, "%s", err.text);
	vsx_claim_release(&c);
	cr_expect_eq(scratch_count(0), 1);
}

/* One more in a file, for whoever has the lock. */
static bool count_up(const char *path)
{
	struct vsx_claim c;
	size_t n = 0;
	uint8_t *text;
	char next[24];

	if (take(&c, path, UINT32_MAX) != VSX_OK)
		return false;
	text = scratch_read(path, &n);
	text[n] = '\0';
	snprintf(next, sizeof(next), "%ld", atol((char *)text) + 1);
	scratch_write(path, next, strlen(next));
	free(text);
	vsx_claim_release(&c);
	return true;
}

/* That it is removed whenever it is released lets no two in at a time. */
Test(claim, is_held_by_one_at_a_time)
{
	enum { PROCESSES = 4, TIMES = 60 };
	const char *path = scratch_path("x");
	uint8_t *text;
	size_t n = 0;
	int code;

	scratch_write(path, "0", 1);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < TIMES; k++)
			if (!count_up(path))
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		wait(&code);
		cr_expect_eq(code, 0);
	}
	text = scratch_read(path, &n);
	text[n] = '\0';
	cr_expect_eq(atol((char *)text), PROCESSES * TIMES, "%s", text);
	free(text);
	cr_expect_eq(scratch_count(0), 1);
}

/* As a user without rights: the exit code says what came of it. */
static int as_stranger(enum vsx_status due, const char *text)
{
	const struct vsx_claim_wait wait_not = {0, go_on, NULL};
	struct vsx_place at = place(scratch_path("x"));
	int code;

	if (fork() == 0) {
		struct vsx_claim c;

		if (setgroups(0, NULL) || setgid(34567) || setuid(34567))
			_exit(1);
		if (vsx_claim_open(&c, &at, &wait_not, &err) != due)
			_exit(2);
		if (due != VSX_OK && !strstr(err.text, text))
			_exit(3);
		vsx_claim_release(&c);
		_exit(0);
	}
	wait(&code);
	return code;
}

Test(claim, says_what_is_missing)
{
	const char *path = file();

	if (geteuid() != 0)
		return;
	chmod(scratch_folder, 0755);
	chmod(path, 0644);
	cr_expect_eq(as_stranger(VSX_EIO, "cannot open"), 0);
	/* The file may be written, the folder not: no lock can be made. */
	chmod(path, 0666);
	cr_expect_eq(as_stranger(VSX_EIO, ".x.lock' cannot be created: "
					  "Permission denied"),
		     0);
	/* But for one that is there already. */
	scratch_write(scratch_path(".x.lock"), "", 0);
	chmod(scratch_path(".x.lock"), 0666);
	cr_expect_eq(as_stranger(VSX_OK, ""), 0);
	chmod(scratch_path(".x.lock"), 0600);
	cr_expect_eq(as_stranger(VSX_EIO, ".x.lock' cannot be opened: "
					  "Permission denied"),
		     0);
}
