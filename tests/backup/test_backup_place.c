/* Where a repository is, who may read it, and what is not written into it. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

TestSuite(backup_place, .init = scene_make, .fini = scene_drop, .timeout = 120);

static struct vsx_error err;

/* ---- modes ------------------------------------------------------------ */

static unsigned int folder_mode, file_mode;
static size_t n_seen;

static int check_mode(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	unsigned int due = type == FTW_D ? folder_mode : file_mode;

	(void)at;
	n_seen++;
	cr_expect_eq(st->st_mode & 0777, due, "%s: %o, expected %o", path,
		     st->st_mode & 0777, due);
	return 0;
}

static void expect_modes(const char *path, unsigned int folders,
			 unsigned int files)
{
	folder_mode = folders;
	file_mode = files;
	n_seen = 0;
	nftw(path, check_mode, 16, FTW_PHYS);
	cr_assert_gt(n_seen, 8);
}

Test(backup_place, a_repository_is_for_those_that_the_index_is_for)
{
	static const struct {
		unsigned int index, umask, folders, files;
	} cases[] = {
		{0600, 022, 0700, 0600}, {0644, 022, 0755, 0644},
		{0640, 022, 0750, 0640}, {0664, 002, 0775, 0664},
		{0666, 077, 0700, 0600}, {0400, 022, 0700, 0600},
		{0700, 022, 0700, 0600}, {0606, 000, 0707, 0606},
	};
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		mode_t before = umask((mode_t)cases[i].umask);

		scene_remove(repo);
		chmod(path, cases[i].index);
		scene_create(path, repo, "a");
		scene_create(path, repo, "b");
		scene_verify(repo, NULL, NULL);
		expect_modes(repo, cases[i].folders, cases[i].files);
		umask(before);
	}
	chmod(path, 0644);
}

/* A secret one in a repository of others, and others in a secret one. */
Test(backup_place, an_index_is_not_shown_by_a_repository_of_others)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *secret = scene_index("secret.vsx", "Flat");
	const char *repo = scene_path("repo");
	mode_t before = umask(022);
	struct vsx_snapshot_record s;
	struct stat st;

	scene_add(secret, 600);
	chmod(path, 0644);
	chmod(secret, 0600);
	scene_create(path, repo, "a");
	scene_create(secret, repo, "s");
	s = scene_load("s");
	cr_assert_eq(stat(scene_path("repo/snapshots/s"), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(stat(scene_chunk(&s, s.n_chunks - 1), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	cr_assert_eq(stat(scene_path("repo/snapshots/a"), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0644);
	free(s.chunks);
	scene_remove(repo);
	scene_create(secret, repo, "s");
	scene_create(path, repo, "a");
	expect_modes(repo, 0700, 0600);
	/* A folder that is there already stays as it is; what is in it does
	 * not. */
	scene_remove(repo);
	cr_assert_eq(mkdir(repo, 0755), 0);
	scene_create(secret, repo, "s");
	chmod(repo, 0700);
	expect_modes(repo, 0700, 0600);
	umask(before);
}

/* ---- outputs ---------------------------------------------------------- */

static void refuses(const char *out)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	const char *repo = scene_path("repo");
	size_t before = scene_count(repo);
	uint64_t bytes = scene_bytes(repo);

	for (uint32_t force = 0; force < 2; force++) {
		opts.force = force;
		err.text[0] = '\0';
		cr_expect_neq(
			vsx_backup_restore(repo, "a", out, &opts, NULL, &err),
			VSX_OK, "%s", out);
		if (force)
			cr_expect(strstr(err.text,
					 "inside the backup repository"),
				  "%s: %s", out, err.text);
		cr_expect_eq(scene_count(repo), before, "%s", out);
		cr_expect_eq(scene_bytes(repo), bytes, "%s", out);
	}
}

Test(backup_place, nothing_is_restored_into_its_own_repository)
{
	static const char *const outs[] = {
		"repo/lock",	    "repo/new.vsx",	 "repo/snapshots/a",
		"repo/snapshots/z", "repo/chunks/i.vsx", "repo/tmp/../lock",
		"repo/vsx-backup",  "repo/sequence",	 "repo/checked",
		"repo/mine/i.vsx",  "other/../repo/x",	 "by/lock",
		"by/new.vsx",	    "inner/z",		 "lock.vsx",
		"snap.vsx",	    "deep/er",
	};
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	char cwd[4096];

	scene_create(path, repo, "a");
	cr_assert_eq(mkdir(scene_path("other"), 0777), 0);
	cr_assert_eq(mkdir(scene_path("repo/mine"), 0777), 0);
	cr_assert_eq(symlink("repo", scene_path("by")), 0);
	cr_assert_eq(symlink("by/snapshots", scene_path("inner")), 0);
	cr_assert_eq(symlink("repo/lock", scene_path("lock.vsx")), 0);
	cr_assert_eq(symlink("inner/a", scene_path("snap.vsx")), 0);
	cr_assert_eq(symlink(scene_path("repo/mine"), scene_path("deep")), 0);
	for (size_t i = 0; i < sizeof(outs) / sizeof(outs[0]); i++)
		refuses(scene_path(outs[i]));
	cr_assert_not_null(getcwd(cwd, sizeof(cwd)));
	cr_assert_eq(chdir(scene_path("repo/chunks")), 0);
	refuses("i.vsx");
	refuses("../lock");
	cr_assert_eq(chdir(cwd), 0);
	scene_check(repo, "a", path);
}

/* They are put in the place of the name; the file itself stays. */
Test(backup_place, hard_links_of_its_files_may_be_replaced)
{
	static const char *const files[] = {"lock", "vsx-backup",
					    "snapshots/a"};
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo"), *out = scene_path("out.vsx");
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;

	opts.force = 1;
	scene_create(path, repo, "a");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "repo/%s", files[i]);
		unlink(out);
		cr_assert_eq(link(scene_path(name), out), 0);
		cr_expect_eq(
			vsx_backup_restore(repo, "a", out, &opts, NULL, &err),
			VSX_OK, "%s", err.text);
		cr_expect(scene_same(out, path));
		scene_check(repo, "a", path);
	}
}

/* A folder beside it whose name begins alike, and the one that it is in. */
Test(backup_place, what_is_beside_a_repository_is_not_in_it)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");

	scene_create(path, repo, "a");
	cr_assert_eq(mkdir(scene_path("repo2"), 0777), 0);
	cr_expect_eq(vsx_backup_restore(repo, "a", scene_path("repo2/i.vsx"),
					NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(vsx_backup_restore(repo, "a", scene_path("repo.vsx"), NULL,
					NULL, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(vsx_backup_restore(repo, "a",
					scene_path("repo/../two.vsx"), NULL,
					NULL, &err),
		     VSX_OK, "%s", err.text);
}
