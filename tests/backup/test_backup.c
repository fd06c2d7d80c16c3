/* Snapshots: the same bytes again, stored once. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

TestSuite(backup, .init = scene_make, .fini = scene_drop, .timeout = 120);

static struct vsx_error err;

Test(backup, gives_the_same_bytes_of_every_kind)
{
	static const struct support_index kinds[] = {
		{.spec = "Flat", .n = 3000, .dim = 24},
		{.spec = "Flat", .n = 3000, .elem = VSX_U8, .ids = true},
		{.spec = "Flat", .n = 2000, .elem = VSX_F16, .dim = 33},
		{.spec = "IVF8,Flat", .n = 3000, .ids = true},
		{.spec = "HNSW8", .n = 2000, .metric = VSX_COSINE},
		{.spec = "Flat", .n = 1, .n_test_queries = UINT32_MAX},
		{.spec = "HNSW4", .n = 300, .page_bytes = 65536},
	};
	const char *repo = scene_path("repo");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *path = scene_path("i.vsx");
		char name[16];

		snprintf(name, sizeof(name), "kind%zu", i);
		support_build(path, kinds[i]);
		scene_create(path, repo, name);
		scene_check(repo, name, path);
		scene_check(repo, "latest", path);
	}
	cr_assert_eq(scene_snapshots(repo), 7);
}

Test(backup, gives_each_generation_again)
{
	const char *path = scene_index("i.vsx", "HNSW8");
	const char *repo = scene_path("repo");

	scene_copy(path, scene_path("g1"));
	scene_create(path, repo, "g1");
	scene_add(path, 50);
	scene_copy(path, scene_path("g2"));
	scene_create(path, repo, "g2");
	scene_delete(path, 7);
	scene_create(path, repo, "g3");
	scene_check(repo, "g1", scene_path("g1"));
	scene_check(repo, "g2", scene_path("g2"));
	scene_check(repo, "g3", path);
}

Test(backup, stores_what_was_added_alone)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_backup_result first, again, more;
	uint64_t grown;
	struct stat st;

	first = scene_create(path, repo, "first");
	cr_assert_eq(first.new_chunks, first.n_chunks);
	again = scene_create(path, repo, "again");
	cr_assert_eq(again.new_chunks, 0);
	cr_assert_eq(again.new_bytes, 0);
	for (int i = 0; i < 5; i++) {
		uint64_t before = scene_bytes(scene_path("repo/chunks"));

		grown = again.index_bytes;
		scene_add(path, 10);
		more = scene_create(path, repo, NULL);
		cr_assert_eq(more.generation, (uint64_t)i + 2);
		cr_assert_eq(stat(path, &st), 0);
		cr_assert_eq(more.index_bytes, (uint64_t)st.st_size);
		grown = more.index_bytes - grown;
		/* The superblocks, and heads of chunks. */
		cr_assert_leq(more.new_bytes, grown + 1024, "%llu of %llu",
			      (unsigned long long)more.new_bytes,
			      (unsigned long long)grown);
		cr_assert_eq(scene_bytes(scene_path("repo/chunks")),
			     before + more.new_bytes);
		again = more;
	}
	scene_check(repo, "latest", path);
}

Test(backup, of_an_index_with_debris_behind_it_has_none)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	FILE *f;

	scene_copy(path, scene_path("clean"));
	f = fopen(path, "ab");
	fputs("left by a writer that was killed", f);
	fclose(f);
	scene_create(path, repo, "one");
	scene_check(repo, "one", scene_path("clean"));
}

/* In the middle of the copy somebody commits: twice, so that both slots are
 * other ones. */
struct busy {
	const char *path;
	int n;
};

static int commit_meanwhile(void *context, const struct vsx_build_event *event)
{
	struct busy *b = context;

	cr_assert(*event->text);
	if (b->n++ < 3)
		scene_add(b->path, 10);
	return 0;
}

Test(backup, takes_one_generation_while_a_writer_commits)
{
	const char *path = scene_index("i.vsx", "IVF4,Flat");
	struct vsx_backup_opts opts = scene_opts;
	const char *repo = scene_path("repo");
	struct vsx_backup_result result;
	struct busy busy = {path, 0};

	scene_add(path, 20);
	scene_copy(path, scene_path("before"));
	opts.name = "one";
	opts.report = commit_meanwhile;
	opts.context = &busy;
	cr_assert_eq(vsx_backup_create(path, repo, &opts, &result, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_geq(busy.n, 3);
	cr_assert_eq(result.generation, 2);
	scene_check(repo, "one", scene_path("before"));
	scene_create(path, repo, "two");
	scene_check(repo, "two", path);
}

Test(backup, compresses_what_can_be_compressed)
{
	const char *path = scene_path("i.vsx"), *repo = scene_path("repo");
	/* Small whole numbers as f32: in planes most of it is zero. */
	struct support_index what = {.spec = "Flat", .n = 8000, .dim = 32};
	struct vsx_backup_result result;

	support_build(path, what);
	result = scene_create(path, repo, "one");
	cr_assert_lt(result.new_bytes, result.index_bytes * 2 / 3);
	scene_check(repo, "one", path);
}

/* ---- names and folders ----------------------------------------------------
 */

static enum vsx_status create_named(const char *path, const char *repo,
				    const char *name)
{
	struct vsx_backup_opts opts = scene_opts;

	opts.name = name;
	return vsx_backup_create(path, repo, &opts, NULL, &err);
}

Test(backup, refuses_names_that_could_be_paths)
{
	static const char *const bad[] = {"",	  ".",	"..",	    ".x",
					  "a/b",  "-o", "a b",	    "latest",
					  "a\nb", "a*", "\xc3\xa4", "../evil"};
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	char longest[VSX_SNAPSHOT_NAME_MAX + 2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(create_named(path, repo, bad[i]), VSX_EINVAL, "%s",
			     bad[i]);
		cr_assert_eq(vsx_backup_restore(repo, bad[i], "x", NULL, NULL,
						&err) == VSX_OK,
			     0);
	}
	cr_assert(access(repo, F_OK) != 0);
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	cr_assert_eq(create_named(path, repo, longest), VSX_EINVAL);
	longest[sizeof(longest) - 2] = '\0';
	cr_assert_eq(create_named(path, repo, longest), VSX_OK, "%s", err.text);
	cr_assert_eq(create_named(path, repo, longest), VSX_EEXIST);
	cr_assert_eq(create_named(path, repo, "a.B_-+=@:,9"), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(create_named(path, repo, NULL), VSX_OK);
	cr_assert_eq(create_named(path, repo, NULL), VSX_OK);
	cr_assert_eq(scene_snapshots(repo), 4);
}

Test(backup, refuses_folders_that_are_something_else)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("other");
	struct vsx_prune_opts prune = VSX_PRUNE_OPTS_INIT;

	prune.keep = 1;
	cr_assert_eq(
		vsx_backup_verify(repo, NULL, NULL, NULL, NULL, NULL, &err),
		VSX_EIO);
	mkdir(repo, 0777);
	cr_assert_eq(vsx_backup_restore(repo, "a", scene_path("o"), NULL, NULL,
					&err),
		     VSX_EFORMAT);
	cr_assert_eq(vsx_backup_prune(repo, &prune, NULL, &err), VSX_EFORMAT);
	scene_write(scene_path("other/notes.txt"), "x", 1);
	cr_assert_eq(create_named(path, repo, NULL), VSX_EFORMAT);
	cr_assert(strstr(err.text, "notes.txt"), "%s", err.text);
	cr_assert_eq(scene_count(repo), 1);
	cr_assert_eq(create_named(path, path, NULL), VSX_EINVAL, "%s",
		     err.text);
	cr_assert_eq(create_named(path, scene_path("no/where"), NULL), VSX_EIO);
	/* An empty one becomes a repository. */
	unlink(scene_path("other/notes.txt"));
	cr_assert_eq(create_named(path, repo, "one"), VSX_OK, "%s", err.text);
	scene_check(repo, "one", path);
}

Test(backup, refuses_repositories_of_another_version)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	uint8_t head[VSX_HEAD_BYTES];
	uint64_t sum;

	scene_create(path, repo, "one");
	vsx_repo_head_encode(head);
	head[8] = 2;
	scene_write(scene_path("repo/vsx-backup"), head, sizeof(head));
	cr_assert_eq(create_named(path, repo, NULL), VSX_ECORRUPT);
	sum = vsx_sum64(head, 56);
	memcpy(head + 56, &sum, 8);
	scene_write(scene_path("repo/vsx-backup"), head, sizeof(head));
	cr_assert_eq(create_named(path, repo, NULL), VSX_EVERSION, "%s",
		     err.text);
	cr_assert_eq(
		vsx_backup_verify(repo, NULL, NULL, NULL, NULL, NULL, &err),
		VSX_EVERSION);
	scene_write(scene_path("repo/vsx-backup"), head, 63);
	cr_assert_eq(create_named(path, repo, NULL), VSX_ECORRUPT);
}

Test(backup, restores_over_nothing_without_force)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;

	scene_create(path, repo, "one");
	scene_copy(path, scene_path("kept"));
	scene_add(path, 3);
	scene_copy(path, scene_path("newer"));
	cr_assert_eq(vsx_backup_restore(repo, "one", path, &opts, NULL, &err),
		     VSX_EEXIST);
	cr_assert(scene_same(path, scene_path("newer")));
	cr_assert_eq(vsx_backup_restore(repo, "two", path, &opts, NULL, &err),
		     VSX_ENOTFOUND);
	opts.force = 1;
	cr_assert_eq(vsx_backup_restore(repo, "one", path, &opts, NULL, &err),
		     VSX_OK, "%s", err.text);
	cr_assert(scene_same(path, scene_path("kept")));
}

/* ---- prune ------------------------------------------------------------------
 */

static struct vsx_prune_result prune(const char *repo, uint64_t keep,
				     uint64_t older, bool dry)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	struct vsx_prune_result result = {0};

	opts.keep = keep;
	opts.older_seconds = older;
	opts.dry_run = dry;
	cr_assert_eq(vsx_backup_prune(repo, &opts, &result, &err), VSX_OK, "%s",
		     err.text);
	return result;
}

Test(backup, prune_keeps_what_is_needed)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *other = scene_index("other.vsx", "HNSW4");
	const char *repo = scene_path("repo");
	struct vsx_prune_result dry, r;
	uint64_t before;

	scene_create(other, repo, "other");
	for (int i = 0; i < 4; i++) {
		char name[8];

		snprintf(name, sizeof(name), "g%d", i);
		scene_create(path, repo, name);
		scene_copy(path, scene_path(name));
		scene_add(path, 10);
	}
	before = scene_bytes(scene_path("repo/chunks"));
	dry = prune(repo, 2, 0, true);
	cr_assert_eq(scene_snapshots(repo), 5);
	cr_assert_eq(scene_bytes(scene_path("repo/chunks")), before);
	r = prune(repo, 2, 0, false);
	cr_assert_eq(memcmp(&dry, &r, sizeof(r)), 0);
	cr_assert_eq(r.n_removed, 2);
	/* The only one of the other index is one of its two newest. */
	cr_assert_eq(r.n_kept, 3);
	cr_assert_gt(r.n_chunks, 0);
	cr_assert_eq(scene_bytes(scene_path("repo/chunks")),
		     before - r.freed_bytes);
	scene_check(repo, "g2", scene_path("g2"));
	scene_check(repo, "g3", scene_path("g3"));
	scene_check(repo, "other", other);
	cr_assert_eq(vsx_backup_restore(repo, "g1", scene_path("o"), NULL, NULL,
					&err),
		     VSX_ENOTFOUND);
	/* Nothing is old. */
	r = prune(repo, 0, 3600, false);
	cr_assert_eq(r.n_removed + r.n_chunks, 0);
}

Test(backup, prune_by_age_leaves_the_newest_of_each_index)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *other = scene_index("other.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_prune_result r;

	for (int i = 0; i < 3; i++)
		scene_create(path, repo, NULL);
	scene_add(other, 10);
	scene_create(other, repo, "other");
	sleep(2);
	scene_create(path, repo, "newest");
	r = prune(repo, 0, 1, false);
	cr_assert_eq(r.n_removed, 3);
	cr_assert_eq(r.n_kept, 2);
	scene_check(repo, "newest", path);
	scene_check(repo, "other", other);
}

Test(backup, prune_removes_nothing_when_a_snapshot_is_damaged)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	size_t before;

	scene_create(path, repo, "a");
	scene_add(path, 10);
	scene_create(path, repo, "b");
	scene_flip(scene_path("repo/snapshots/b"), 400);
	before = scene_count(repo);
	opts.keep = 1;
	cr_assert_eq(vsx_backup_prune(repo, &opts, NULL, &err), VSX_ECORRUPT);
	cr_assert(strstr(err.text, "'b'"), "%s", err.text);
	cr_assert_eq(scene_count(repo), before);
	cr_assert_eq(vsx_backup_restore(repo, "latest", scene_path("o"), NULL,
					NULL, &err),
		     VSX_ECORRUPT, "%s", err.text);
	/* A new one is not hindered. */
	scene_create(path, repo, "c");
}

/* ---- locks ------------------------------------------------------------ */

struct within {
	const char *path, *repo;
	int n;
	enum vsx_status create, restore, prune;
};

static int use_meanwhile(void *context, const struct vsx_build_event *event)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	struct vsx_backup_opts over = VSX_BACKUP_OPTS_INIT;
	struct within *w = context;

	opts.keep = 1;
	over.force = 1;
	if (event->done == 0 || w->n++ > 0)
		return 0;
	w->create = vsx_backup_create(w->path, w->repo, NULL, NULL, &err);
	w->prune = vsx_backup_prune(w->repo, &opts, NULL, &err);
	w->restore = vsx_backup_restore(w->repo, "one", scene_path("out"),
					&over, NULL, &err);
	return 0;
}

/* What the chunks are for cannot be told, and no folder is not an empty one. */
Test(backup, prune_and_verify_miss_the_folder_of_snapshots)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	uint64_t before;

	scene_create(path, repo, "one");
	before = scene_bytes(scene_path("repo/chunks"));
	cr_assert_eq(rename(scene_path("repo/snapshots"), scene_path("lost")),
		     0);
	opts.keep = 1;
	cr_expect_eq(vsx_backup_prune(repo, &opts, NULL, &err), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "no folder 'snapshots'"), "%s", err.text);
	cr_expect_eq(
		vsx_backup_verify(repo, NULL, NULL, NULL, NULL, NULL, &err),
		VSX_ECORRUPT);
	cr_expect_eq(scene_bytes(scene_path("repo/chunks")), before);
	cr_assert_eq(rename(scene_path("lost"), scene_path("repo/snapshots")),
		     0);
	scene_check(repo, "one", path);
}

/* Nothing outside of the repository is swept, pruned or written. */
Test(backup, follows_no_links_out_of_the_repository)
{
	static const char *const folders[] = {"tmp", "snapshots", "chunks"};
	struct vsx_prune_opts prune = VSX_PRUNE_OPTS_INIT;
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");

	prune.keep = 1;
	cr_assert_eq(mkdir(scene_path("mine"), 0777), 0);
	for (int i = 0; i < 3; i++) {
		char name[32];

		scene_remove(repo);
		scene_write(scene_path("mine/letter"), "dear", 4);
		scene_write(scene_path("mine/.secret"), "dear", 4);
		scene_create(path, repo, "one");
		snprintf(name, sizeof(name), "repo/%s", folders[i]);
		scene_remove(scene_path(name));
		cr_assert_eq(symlink(scene_path("mine"), scene_path(name)), 0);
		cr_expect_eq(vsx_backup_create(path, repo, NULL, NULL, &err),
			     VSX_EFORMAT, "%s: %s", folders[i], err.text);
		cr_expect(strstr(err.text, folders[i]), "%s", err.text);
		cr_expect_eq(vsx_backup_prune(repo, &prune, NULL, &err),
			     VSX_EFORMAT, "%s: %s", folders[i], err.text);
		cr_expect_eq(scene_count(scene_path("mine")), 2);
		unlink(scene_path(name));
	}
}

/* Nor by the links that are in the place of its own files and folders. */
Test(backup, follows_no_links_inside_of_the_repository)
{
	static const char *const files[] = {"sequence", "checked",
					    "tmp/checked.1"};
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	const char *letter = scene_path("letter");
	struct vsx_snapshot_record s;
	char name[32];

	for (int i = 0; i < 3; i++) {
		scene_remove(repo);
		scene_create(path, repo, "one");
		scene_write(letter, "dear", 4);
		snprintf(name, sizeof(name), "repo/%s", files[i]);
		unlink(scene_path(name));
		cr_assert_eq(symlink(letter, scene_path(name)), 0);
		scene_create(path, repo, "two");
		scene_check(repo, "two", path);
		cr_expect_eq(scene_bytes(letter), 4, "%s", files[i]);
	}
	s = scene_load("one");
	snprintf(name, sizeof(name), "repo/chunks/%02x", s.chunks[1].hash.b[0]);
	free(s.chunks);
	cr_assert_eq(rename(scene_path(name), scene_path("moved")), 0);
	cr_assert_eq(symlink(scene_path("moved"), scene_path(name)), 0);
	cr_expect_eq(vsx_backup_create(path, repo, NULL, NULL, &err),
		     VSX_EFORMAT);
	cr_expect(strstr(err.text, name + 5), "%s", err.text);
	cr_expect_eq(scene_snapshots(repo), 2);
}

/* What is added to a file that a restore replaces would be lost. */
Test(backup, a_restore_is_a_writer_of_what_it_replaces)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	struct vsx_update *u;

	scene_create(path, repo, "one");
	opts.force = 1;
	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	for (opts.wait_ms = 0; opts.wait_ms <= 30; opts.wait_ms += 30) {
		cr_expect_eq(vsx_backup_restore(repo, "one", path, &opts, NULL,
						&err),
			     VSX_EBUSY);
		cr_expect(strstr(err.text, "i.vsx' is being changed by"), "%s",
			  err.text);
	}
	vsx_update_free(u);
	cr_expect_eq(vsx_backup_restore(repo, "one", path, &opts, NULL, &err),
		     VSX_OK, "%s", err.text);
}

Test(backup, one_writer_at_a_time_and_readers_beside_him)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct within w = {path, repo, 0, VSX_OK, VSX_OK, VSX_OK};
	struct vsx_backup_opts opts = scene_opts;

	scene_create(path, repo, "one");
	opts.report = use_meanwhile;
	opts.context = &w;
	cr_assert_eq(vsx_backup_create(path, repo, &opts, NULL, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(w.create, VSX_EBUSY);
	cr_assert_eq(w.prune, VSX_EBUSY);
	cr_assert_eq(w.restore, VSX_OK, "%s", err.text);
	/* Somebody reads: nobody prunes. */
	w.n = 0;
	unlink(scene_path("out"));
	opts.force = 1;
	cr_assert_eq(vsx_backup_restore(repo, "one", scene_path("back"), &opts,
					NULL, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(w.create, VSX_OK);
	cr_assert_eq(w.prune, VSX_EBUSY);
	cr_assert_eq(w.restore, VSX_OK);
	scene_check(repo, "latest", path);
}
