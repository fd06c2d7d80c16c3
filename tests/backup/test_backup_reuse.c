/* A new snapshot refers to chunks that are sound: those that are there are read
 * when that is due, and replaced when they are not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup/checked.h"
#include "scene.h"

TestSuite(backup_reuse, .init = scene_make, .fini = scene_drop, .timeout = 120);

static struct vsx_error err;

#define DAY 86400

static struct vsx_backup_result create(const char *path, const char *repo,
				       const char *name,
				       enum vsx_backup_reuse reuse)
{
	struct vsx_backup_opts opts = scene_opts;
	struct vsx_backup_result result = {0};
	struct shaky steady = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&steady);

	opts.name = name;
	opts.reuse = reuse;
	cr_assert_eq(
		vsx_backup_create_on(path, repo, &opts, &ops, &result, &err),
		VSX_OK, "%s", err.text);
	return result;
}

/* Write down that all chunks of a snapshot, as they are, were checked so many
 * seconds ago: a chunk that is damaged now has decayed unseen. */
static void believe(const char *name, int64_t ago)
{
	struct vsx_snapshot_record s = scene_load(name);
	struct vsx_chunk_check *all = calloc(s.n_chunks, sizeof(*all));
	uint64_t n = 0, bytes;
	uint8_t *record;

	for (uint64_t i = 0; i < s.n_chunks; i++) {
		all[n].hash = s.chunks[i].hash;
		all[n].at = (uint64_t)((int64_t)time(NULL) - ago);
		all[n].stamp = vsx_repo_stamp(scene_chunk(&s, i));
		n += all[n].stamp != VSX_NO_STAMP;
	}
	qsort(all, n, sizeof(*all), vsx_hash_order);
	record = vsx_checked_encode(&bytes, all, n);
	scene_write(scene_path("repo/checked"), record, bytes);
	free(record);
	free(all);
	free(s.chunks);
}

Test(backup_reuse, a_damaged_chunk_is_replaced_whatever_is_wrong_with_it)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");

	for (int w = 0; w < SCENE_WAYS; w++) {
		const char *way = scene_ways[w];
		struct vsx_backup_result r;
		struct vsx_snapshot_record s;

		scene_remove(repo);
		scene_create(path, repo, "a");
		s = scene_load("a");
		for (uint64_t i = 1; i <= 3; i++)
			scene_break(&s, i, way);
		r = create(path, repo, "b", VSX_REUSE_CHECKED);
		cr_expect_eq(r.new_chunks, 3, "%s", way);
		cr_expect_eq(r.replaced_chunks, strcmp(way, "gone") ? 3 : 0,
			     "%s", way);
		/* Of the older one as well: it is the same chunk. */
		scene_check(repo, "a", path);
		scene_check(repo, "b", path);
		cr_expect_eq(create(path, repo, "c", VSX_REUSE_NONE).new_chunks,
			     0);
		free(s.chunks);
	}
}

/* Bytes that decay leave no trace in the folder. */
Test(backup_reuse, a_chunk_is_read_when_its_check_is_older_than_30_days)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	static const struct {
		int64_t ago;
		bool is_read;
	} cases[] = {{60, false},      {29 * DAY, false},
		     {30 * DAY, true}, {4000 * DAY, true},
		     {-3600, true},    {-4000 * DAY, true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vsx_backup_result r;
		struct vsx_snapshot_record s;

		scene_remove(repo);
		scene_create(path, repo, "a");
		s = scene_load("a");
		scene_break(&s, 2, "last");
		believe("a", cases[i].ago);
		r = create(path, repo, "b", VSX_REUSE_CHECKED);
		cr_expect_eq(r.read_chunks, cases[i].is_read ? s.n_chunks : 0,
			     "%zu", i);
		cr_expect_eq(r.replaced_chunks, cases[i].is_read, "%zu", i);
		cr_expect_eq(scene_verify(repo, NULL, NULL) == 0,
			     cases[i].is_read, "%zu", i);
		/* What was read is written down. */
		r = create(path, repo, "c", VSX_REUSE_CHECKED);
		cr_expect_eq(r.read_chunks, !cases[i].is_read, "%zu", i);
		scene_check(repo, "c", path);
		free(s.chunks);
	}
}

Test(backup_reuse, what_was_written_or_verified_is_not_read_again)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_backup_result r;

	r = create(path, repo, "a", VSX_REUSE_CHECKED);
	cr_expect_eq(r.read_chunks, 0);
	r = create(path, repo, "b", VSX_REUSE_CHECKED);
	cr_expect_eq(r.read_chunks + r.new_chunks, 0);
	unlink(scene_path("repo/checked"));
	cr_expect_eq(scene_verify(repo, NULL, NULL), 0);
	r = create(path, repo, "c", VSX_REUSE_CHECKED);
	cr_expect_eq(r.read_chunks, 0);
	/* Without the record, or the file that it is of, it is. */
	unlink(scene_path("repo/checked"));
	r = create(path, repo, "d", VSX_REUSE_CHECKED);
	cr_expect_eq(r.read_chunks, r.n_chunks);
	cr_expect_gt(r.read_bytes, 0);
	r = create(path, repo, "e", VSX_REUSE_NONE);
	cr_expect_eq(r.read_chunks, r.n_chunks);
	cr_expect_eq(create(path, repo, "f", VSX_REUSE_CHECKED).read_chunks, 0);
}

/* Also by a time of writing that was set back. */
Test(backup_reuse, a_file_that_was_written_to_is_read)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct timespec times[2];
	struct vsx_backup_result r;
	struct vsx_snapshot_record s;
	struct stat st;

	scene_create(path, repo, "a");
	s = scene_load("a");
	cr_assert_eq(stat(scene_chunk(&s, 1), &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	scene_break(&s, 1, "last");
	cr_assert_eq(utimensat(0, scene_chunk(&s, 1), times, 0), 0);
	r = create(path, repo, "b", VSX_REUSE_CHECKED);
	cr_expect_eq(r.read_chunks, 1);
	cr_expect_eq(r.replaced_chunks, 1);
	scene_check(repo, "a", path);
	free(s.chunks);
}

Test(backup_reuse, trusted_chunks_are_not_read_and_their_heads_are)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_backup_result r;
	struct vsx_snapshot_record s;

	scene_create(path, repo, "a");
	unlink(scene_path("repo/checked"));
	s = scene_load("a");
	scene_break(&s, 1, "head");
	scene_break(&s, 2, "cut");
	scene_break(&s, 3, "last");
	r = create(path, repo, "b", VSX_REUSE_ALL);
	cr_expect_eq(r.read_chunks, 0);
	cr_expect_eq(r.replaced_chunks, 2);
	cr_expect_gt(scene_verify(repo, NULL, NULL), 0);
	/* What was trusted is not taken down as checked. */
	r = create(path, repo, "c", VSX_REUSE_CHECKED);
	cr_expect_eq(r.replaced_chunks, 1);
	scene_check(repo, "b", path);
	free(s.chunks);
}

Test(backup_reuse, damage_that_was_found_is_not_believed_away)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");

	for (int i = 0; i < 3; i++) {
		struct vsx_snapshot_record s;

		scene_remove(repo);
		scene_create(path, repo, "a");
		s = scene_load("a");
		scene_break(&s, 2, "last");
		believe("a", 60);
		if (i == 0)
			cr_assert_gt(scene_verify(repo, NULL, NULL), 0);
		if (i == 1)
			cr_assert_gt(scene_verify(repo, "a", NULL), 0);
		if (i == 2)
			cr_assert_eq(vsx_backup_restore(repo, "a",
							scene_path("out.vsx"),
							NULL, NULL, &err),
				     VSX_ECORRUPT);
		cr_expect_eq(create(path, repo, "b", VSX_REUSE_CHECKED)
				     .replaced_chunks,
			     1, "%d", i);
		scene_check(repo, "a", path);
		free(s.chunks);
	}
}

/* Bytes that were changed, a record that was cut, and things that are none. */
Test(backup_reuse, a_damaged_record_of_checks_is_not_believed)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	const char *file = scene_path("repo/checked");
	struct vsx_backup_result r;
	uint8_t *record;
	size_t n;

	scene_create(path, repo, "a");
	believe("a", 60);
	record = scene_read(file, &n);
	for (size_t i = 0; i < n; i += 13) {
		record[i] ^= 0x20;
		scene_write(file, record, n);
		record[i] ^= 0x20;
		r = create(path, repo, NULL, VSX_REUSE_CHECKED);
		cr_assert_eq(r.read_chunks, r.n_chunks, "byte %zu", i);
	}
	for (size_t left = 0; left < n; left += 57) {
		scene_write(file, record, left);
		r = create(path, repo, NULL, VSX_REUSE_CHECKED);
		cr_assert_eq(r.read_chunks, r.n_chunks, "%zu", left);
	}
	unlink(file);
	cr_assert_eq(symlink("/dev/zero", file), 0);
	r = create(path, repo, NULL, VSX_REUSE_CHECKED);
	cr_assert_eq(r.read_chunks, r.n_chunks);
	unlink(file);
	cr_assert_eq(mkdir(file, 0777), 0);
	for (int i = 0; i < 2; i++) {
		r = create(path, repo, NULL, VSX_REUSE_CHECKED);
		cr_assert_eq(r.read_chunks, r.n_chunks);
		cr_assert_eq(scene_count(scene_path("repo/tmp")), 0);
	}
	free(record);
}

Test(backup_reuse, a_chunk_that_is_encoded_otherwise_is_as_good)
{
	struct support_index what = {.spec = "Flat", .n = 8000, .dim = 32};
	const char *path = scene_path("i.vsx"), *repo = scene_path("repo");
	struct vsx_snapshot_record s;
	struct vsx_backup_result r;
	uint64_t at = 0;
	uint8_t *bytes;
	size_t n;

	support_build(path, what);
	scene_create(path, repo, "a");
	bytes = scene_read(path, &n);
	s = scene_load("a");
	for (uint64_t i = 0; i < s.n_chunks; at += s.chunks[i++].bytes) {
		struct vsx_chunk_head head = {.encoding = VSX_CHUNK_PLAIN,
					      .raw_bytes = s.chunks[i].bytes,
					      .stored_bytes = s.chunks[i].bytes,
					      .hash = s.chunks[i].hash};
		uint8_t *file = malloc(VSX_HEAD_BYTES + head.raw_bytes);

		vsx_chunk_head_encode(file, &head);
		memcpy(file + VSX_HEAD_BYTES, bytes + at, head.raw_bytes);
		scene_write(scene_chunk(&s, i), file,
			    VSX_HEAD_BYTES + head.raw_bytes);
		free(file);
	}
	r = create(path, repo, "b", VSX_REUSE_CHECKED);
	cr_expect_gt(r.read_chunks, 2);
	cr_expect_eq(r.new_chunks, 0);
	scene_check(repo, "b", path);
	free(bytes);
	free(s.chunks);
}

/* The one that is to be kept cannot be had: the others are worth more. */
Test(backup_reuse, prune_removes_nothing_when_a_chunk_is_missing)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_snapshot_record s;
	size_t before;

	scene_create(path, repo, "a");
	scene_copy(path, scene_path("old"));
	scene_add(path, 300);
	scene_create(path, repo, "b");
	s = scene_load("b");
	scene_break(&s, s.n_chunks - 1, "gone");
	before = scene_count(repo);
	opts.keep = 1;
	cr_expect_eq(vsx_backup_prune(repo, &opts, NULL, &err), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "'b'"), "%s", err.text);
	cr_expect(strstr(err.text, "is missing"), "%s", err.text);
	cr_expect_eq(scene_count(repo), before);
	scene_check_restore(repo, "a", scene_path("old"));
	/* Of one that goes it does not matter. */
	scene_create(path, repo, "c");
	scene_break(&s, 0, "gone");
	scene_add(path, 10);
	scene_create(path, repo, "d");
	cr_expect_eq(vsx_backup_prune(repo, &opts, NULL, &err), VSX_OK, "%s",
		     err.text);
	scene_check(repo, "d", path);
	free(s.chunks);
}

Test(backup_reuse, an_unknown_kind_of_reuse_is_refused)
{
	struct vsx_backup_opts opts = scene_opts;

	opts.reuse = VSX_REUSE_NONE + 1;
	cr_expect_eq(vsx_backup_create(scene_index("i.vsx", "Flat"),
				       scene_path("repo"), &opts, NULL, &err),
		     VSX_EINVAL);
	cr_expect(access(scene_path("repo"), F_OK) != 0);
}
