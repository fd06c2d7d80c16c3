/* Backups over file operations of which one, or all from one on, fail, or do
 * not happen any more. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"

TestSuite(backup_faults, .init = scene_make, .fini = scene_drop,
	  .timeout = 300);

static struct vsx_error err;

static const struct {
	enum shaky_how how;
	int reason;
} modes[] = {{SHAKY_ONCE, ENOSPC}, {SHAKY_FROM, EIO}, {SHAKY_KILL, EIO}};

enum { N_MODES = sizeof(modes) / sizeof(modes[0]) };

static void check_text(const struct shaky *s, enum vsx_status status)
{
	cr_assert_neq(status, VSX_OK);
	cr_assert_eq(err.status, status);
	cr_assert(*err.text && !strchr(err.text, '\n'));
	cr_assert_eq(s->after_sync && s->how == SHAKY_ONCE, 0,
		     "%ld: synced after a sync that failed", s->at);
}

/* ---- create ----------------------------------------------------------- */

struct scene {
	const char *old, *index, *repo;
	bool had_one; /* there is a snapshot "old" before */
};

static enum vsx_status create(const struct scene *c, struct shaky *s)
{
	struct vsx_backup_opts opts = scene_opts;
	struct vsx_file_ops ops = shaky_ops(s);

	opts.name = "new";
	err = (struct vsx_error){.text = ""};
	return vsx_backup_create_on(c->index, c->repo, &opts, &ops, NULL, &err);
}

static void prepare(const struct scene *c)
{
	scene_remove(c->repo);
	if (c->had_one)
		scene_create(c->old, c->repo, "old");
}

/* Nothing in tmp, and nothing that begins with a dot. */
static bool is_swept(void)
{
	return access(scene_path("repo/tmp"), F_OK) != 0 ||
	       scene_count(scene_path("repo/tmp")) == 0;
}

/* Whatever was left: it can be used, and the next one comes to its end. */
static void check_left(const struct scene *c, const struct shaky *s)
{
	const char *new = scene_path("repo/snapshots/new");
	bool there = access(new, F_OK) == 0;
	char all[8192];

	if (access(scene_path("repo/vsx-backup"), F_OK) == 0) {
		cr_assert_eq(scene_verify(c->repo, NULL, all), 0, "%ld %s: %s",
			     s->at, s->hit, all);
		cr_assert_eq(scene_snapshots(c->repo),
			     (size_t)c->had_one + there);
	}
	if (there)
		scene_check_restore(c->repo, "new", c->index);
	else
		scene_create(c->index, c->repo, "new");
	if (c->had_one)
		scene_check_restore(c->repo, "old", c->old);
	scene_check(c->repo, "new", c->index);
	cr_assert(is_swept());
	cr_assert_eq(scene_snapshots(c->repo), 1u + c->had_one);
}

static void fail_everywhere(const struct scene *c, int step)
{
	struct shaky clean = {.at = -1};
	unsigned int before;

	prepare(c);
	cr_assert_eq(create(c, &clean), VSX_OK, "%s", err.text);
	cr_assert_gt(clean.n, 30);
	before = scene_descriptors();
	for (long at = 0; at < clean.n; at += step) {
		for (int i = 0; i < N_MODES; i++) {
			struct shaky s = {.at = at,
					  .how = modes[i].how,
					  .reason = modes[i].reason};
			enum vsx_status status;

			prepare(c);
			status = create(c, &s);
			cr_assert_eq(scene_descriptors(), before, "%ld: %s", at,
				     s.hit);
			/* Closing what was only read, unlinking debris. */
			if (status != VSX_OK)
				check_text(&s, status);
			if (s.how != SHAKY_KILL)
				cr_assert(is_swept(), "%ld: %s", at, s.hit);
			check_left(c, &s);
		}
	}
}

Test(backup_faults, a_first_backup)
{
	struct scene c = {NULL, scene_index("i.vsx", "Flat"),
			  scene_path("repo"), false};

	fail_everywhere(&c, 1);
}

Test(backup_faults, a_second_backup)
{
	struct scene c = {scene_path("old.vsx"), scene_index("i.vsx", "HNSW4"),
			  scene_path("repo"), true};

	scene_copy(c.index, c.old);
	scene_add(c.index, 300);
	fail_everywhere(&c, 3);
}

static size_t count_folders(void)
{
	size_t n = 0;

	for (unsigned int i = 0; i < 256; i++) {
		char name[32];

		snprintf(name, sizeof(name), "repo/chunks/%02x", i);
		n += access(scene_path(name), F_OK) == 0;
	}
	return n;
}

/* What a killed one stored is not stored again. */
Test(backup_faults, the_next_one_goes_on_where_one_was_killed)
{
	const char *path = scene_index("i.vsx", "Flat");
	struct scene c = {NULL, path, scene_path("repo"), false};
	struct shaky clean = {.at = -1};
	struct shaky s = {.how = SHAKY_KILL, .reason = EIO};
	struct shaky again = {.at = -1};
	struct vsx_file_ops ops;
	struct vsx_backup_result r;
	size_t chunks, n_syncs = 0;

	prepare(&c);
	cr_assert_eq(create(&c, &clean), VSX_OK);
	prepare(&c);
	s.at = clean.n - 8; /* the snapshot is being written */
	cr_assert_neq(create(&c, &s), VSX_OK);
	chunks = scene_count(scene_path("repo/chunks"));
	cr_assert_gt(chunks, 3);
	cr_assert_eq(scene_snapshots(c.repo), 0);
	ops = shaky_ops(&again);
	cr_assert_eq(
		vsx_backup_create_on(path, c.repo, &scene_opts, &ops, &r, &err),
		VSX_OK);
	cr_assert_eq(r.new_chunks, r.n_chunks - chunks);
	/* It cannot know that their names are on the disk. */
	for (const char *p = again.log; (p = strstr(p, "osc")); p += 3)
		n_syncs++;
	cr_assert_eq(n_syncs, 3 + count_folders(), "%s", again.log);
}

static int stop_at(void *context, const struct vsx_build_event *event)
{
	long *left = context;

	cr_assert(event->text && *event->text);
	return (*left)-- == 0;
}

Test(backup_faults, a_stop_at_any_report)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo"), *out = scene_path("out.vsx");
	struct vsx_backup_opts opts = scene_opts;
	long left, at;

	opts.report = stop_at;
	opts.context = &left;
	for (at = 0;; at++) {
		left = at;
		if (vsx_backup_create(path, repo, &opts, NULL, &err) == VSX_OK)
			break;
		cr_assert_eq(err.status, VSX_ESTOPPED, "%s", err.text);
		cr_assert_eq(scene_snapshots(repo), 0);
		cr_assert(is_swept());
	}
	cr_assert_gt(at, 4);
	for (at = 0;; at++) {
		left = at;
		if (vsx_backup_restore(repo, "latest", out, &opts, NULL,
				       &err) == VSX_OK)
			break;
		cr_assert_eq(err.status, VSX_ESTOPPED, "%s", err.text);
		cr_assert(access(out, F_OK) != 0);
	}
	cr_assert_gt(at, 6);
	cr_assert(scene_same(out, path));
}

/* ---- restore ---------------------------------------------------------- */

static void make_folder(const char *path)
{
	cr_assert_eq(vsx_system_files.mkdir(NULL, path, 0777), 0);
}

Test(backup_faults, a_restore)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo"), *out = scene_path("out/i.vsx");
	struct shaky clean = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&clean);
	unsigned int before;

	scene_create(path, repo, "a");
	make_folder(scene_path("out"));
	cr_assert_eq(
		vsx_backup_restore_on(repo, "a", out, NULL, &ops, NULL, &err),
		VSX_OK, "%s", err.text);
	before = scene_descriptors();
	for (long at = 0; at < clean.n; at++) {
		for (int i = 0; i < 2 * N_MODES; i++) {
			struct shaky s = {.at = at,
					  .how = modes[i / 2].how,
					  .reason = modes[i / 2].reason};
			struct vsx_backup_opts opts = scene_opts;
			enum vsx_status status;
			bool there;

			opts.force = i % 2 == 1;
			scene_remove(scene_path("out"));
			make_folder(scene_path("out"));
			if (opts.force)
				scene_write(out, "old", 3);
			ops = shaky_ops(&s);
			status = vsx_backup_restore_on(repo, "a", out, &opts,
						       &ops, NULL, &err);
			cr_assert_eq(scene_descriptors(), before);
			there = access(out, F_OK) == 0 && scene_bytes(out) > 3;
			cr_assert(status != VSX_OK || there);
			cr_assert(!there || scene_same(out, path));
			if (!there && s.how != SHAKY_KILL)
				cr_assert_eq(scene_count(scene_path("out")),
					     opts.force, "%ld: %s", at, s.hit);
			if (!there)
				check_text(&s, status);
			cr_assert_eq(scene_verify(repo, NULL, NULL), 0);
		}
	}
}

/* ---- prune ------------------------------------------------------------ */

static void make_three(const char *path, const char *repo)
{
	static const char *const of[] = {"g1", "g2", "g3"};

	scene_remove(repo);
	for (int i = 0; i < 3; i++) {
		scene_copy(scene_path(of[i]), path);
		scene_create(path, repo, i == 2 ? "c" : NULL);
	}
}

Test(backup_faults, a_prune)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	struct shaky clean = {.at = -1}, steady = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&clean);
	unsigned int before;
	size_t files;

	opts.keep = 1;
	scene_copy(path, scene_path("g1"));
	scene_add(path, 100);
	scene_copy(path, scene_path("g2"));
	scene_add(path, 100);
	scene_copy(path, scene_path("g3"));
	make_three(path, repo);
	cr_assert_eq(vsx_backup_prune_on(repo, &opts, &ops, NULL, &err),
		     VSX_OK);
	files = scene_count(repo);
	before = scene_descriptors();
	for (long at = 0; at < clean.n; at++) {
		for (int i = 0; i < N_MODES; i++) {
			struct shaky s = {.at = at,
					  .how = modes[i].how,
					  .reason = modes[i].reason};
			enum vsx_status status;

			make_three(path, repo);
			ops = shaky_ops(&s);
			status = vsx_backup_prune_on(repo, &opts, &ops, NULL,
						     &err);
			cr_assert_eq(scene_descriptors(), before);
			if (status != VSX_OK)
				check_text(&s, status);
			scene_check(repo, "c", path);
			ops = shaky_ops(&steady);
			cr_assert_eq(vsx_backup_prune_on(repo, &opts, &ops,
							 NULL, &err),
				     VSX_OK, "%s", err.text);
			cr_assert_eq(scene_count(repo), files);
		}
	}
	scene_check(repo, "c", path);
}

/* A snapshot that is gone must stay gone before the first chunk goes. */
Test(backup_faults, prune_syncs_the_snapshots_before_it_removes_chunks)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	struct shaky s = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&s);

	opts.keep = 1;
	scene_create(path, repo, "a");
	scene_add(path, 100);
	scene_create(path, repo, "b");
	cr_assert_eq(vsx_backup_prune_on(repo, &opts, &ops, NULL, &err),
		     VSX_OK);
	/* Unlink; open, sync and close the folder; unlink. */
	cr_assert(strstr(s.log, "uoscu"), "%s", s.log);
}

/* What a snapshot names is on the disk before the snapshot is. */
Test(backup_faults, create_syncs_chunks_and_folders_before_the_snapshot)
{
	const char *path = scene_index("i.vsx", "Flat");
	struct shaky s = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&s);

	cr_assert_eq(vsx_backup_create_on(path, scene_path("repo"), &scene_opts,
					  &ops, NULL, &err),
		     VSX_OK);
	/* chunks/; the checks are written and renamed; the number is written,
	 * synced and renamed, and the folder synced; then the snapshot is
	 * created, locked, written and synced, its folder opened, the file
	 * renamed and the folder synced. */
	cr_assert(strstr(s.log, "oscowcrowscroscolwsorsc"), "%s", s.log);
}

/* ---- streams ---------------------------------------------------------- */

Test(backup_faults, a_stream_that_cannot_be_written)
{
	const char *path = scene_index("i.vsx", "Flat");
	struct shaky clean = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&clean);
	int fd = open("/dev/null", O_WRONLY);

	cr_assert_eq(
		vsx_backup_send_on(path, fd, &scene_opts, &ops, NULL, &err),
		VSX_OK);
	cr_assert_gt(clean.n, 5);
	for (long at = 0; at < clean.n; at++) {
		struct shaky s = {.at = at, .reason = EPIPE};

		ops = shaky_ops(&s);
		cr_assert_eq(vsx_backup_send_on(path, fd, &scene_opts, &ops,
						NULL, &err),
			     VSX_EIO);
		cr_assert_eq(s.n, at + 1);
	}
	close(fd);
}
