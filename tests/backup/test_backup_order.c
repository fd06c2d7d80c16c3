/* Snapshots are in the order in which they were made, whatever clocks say. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup/sequence.h"
#include "scene.h"

TestSuite(backup_order, .init = scene_make, .fini = scene_drop, .timeout = 120);

static struct vsx_error err;

#define HOUR INT64_C(3600)
#define YEAR (365 * 24 * HOUR)

/* Make a snapshot by a clock that is so many seconds ahead. */
static void create_at(const char *path, const char *name, int64_t ahead)
{
	struct vsx_snapshot_record s;

	scene_create(path, scene_path("repo"), name);
	s = scene_load(name);
	s.created = (uint64_t)((int64_t)time(NULL) + ahead) * 1000000000u;
	scene_store(name, &s);
	free(s.chunks);
}

static int add_name(void *context, const struct vsx_snapshot *s)
{
	char *to = context;

	snprintf(to + strlen(to), 1000 - strlen(to), "%s%s=%llu",
		 *to ? " " : "", s->name, (unsigned long long)s->sequence);
	return 0;
}

static const char *list(void)
{
	static char names[1000];

	names[0] = '\0';
	cr_assert_eq(vsx_backup_list(scene_path("repo"), NULL, add_name, names,
				     &err),
		     VSX_OK, "%s", err.text);
	return names;
}

static void prune(uint64_t keep, uint64_t older)
{
	struct vsx_prune_opts opts = VSX_PRUNE_OPTS_INIT;

	opts.keep = keep;
	opts.older_seconds = older;
	cr_assert_eq(vsx_backup_prune(scene_path("repo"), &opts, NULL, &err),
		     VSX_OK, "%s", err.text);
}

/* A restored index that is changed again: two files of generation 2. */
Test(backup_order, the_newest_is_the_one_that_was_made_last)
{
	const char *path = scene_index("i.vsx", "Flat");

	scene_copy(path, scene_path("g1"));
	scene_add(path, 20);
	create_at(path, "ahead", 9 * YEAR);
	scene_copy(scene_path("g1"), path);
	create_at(path, "older", -9 * YEAR);
	scene_add(path, 10);
	create_at(path, "a-newer", -9 * YEAR);
	cr_expect_str_eq(list(), "ahead=1 older=2 a-newer=3");
	scene_check(scene_path("repo"), "latest", path);
	prune(2, 0);
	cr_expect_str_eq(list(), "older=2 a-newer=3");
	prune(1, 0);
	cr_expect_str_eq(list(), "a-newer=3");
	scene_check(scene_path("repo"), "latest", path);
}

/* Whatever becomes of the newest snapshot, of the record, or of both. */
Test(backup_order, a_number_is_given_once)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	const char *file = scene_path("repo/sequence");
	char all[8192];

	scene_create(path, repo, "a");
	scene_create(path, repo, "b");
	unlink(scene_path("repo/snapshots/b"));
	scene_create(path, repo, "c");
	cr_expect_str_eq(list(), "a=1 c=3");
	scene_flip(scene_path("repo/snapshots/c"), 100);
	scene_create(path, repo, "d");
	unlink(scene_path("repo/snapshots/c"));
	cr_expect_str_eq(list(), "a=1 d=4");
	/* Snapshots tell what a record that is lost has told. */
	unlink(file);
	scene_create(path, repo, "e");
	for (long at = 0; at < VSX_HEAD_BYTES; at += 9) {
		scene_flip(file, at);
		cr_expect_eq(scene_verify(repo, NULL, all), 1);
		cr_expect(strstr(all, "'sequence'"), "%s", all);
		scene_create(path, repo, NULL);
		cr_expect_eq(scene_verify(repo, NULL, all), 0, "%s", all);
	}
	unlink(file);
	cr_assert_eq(mkfifo(file, 0666), 0);
	scene_create(path, repo, "f");
	cr_expect(strstr(list(), "a=1 d=4 e=5 "), "%s", list());
	cr_expect(strstr(list(), " f=14"), "%s", list());
}

Test(backup_order, a_number_that_cannot_be_is_refused)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_snapshot_record s;
	char all[8192];

	scene_create(path, repo, "a");
	s = scene_load("a");
	s.sequence = 0;
	scene_store("a", &s);
	cr_expect_gt(scene_verify(repo, NULL, all), 0);
	cr_expect(strstr(all, "number 0"), "%s", all);
	s.sequence = VSX_MAX_SEQUENCE + 1;
	scene_store("a", &s);
	cr_expect_gt(scene_verify(repo, NULL, all), 0);
	s.sequence = VSX_MAX_SEQUENCE;
	scene_store("a", &s);
	cr_expect_eq(scene_verify(repo, NULL, all), 0, "%s", all);
	cr_expect_eq(vsx_backup_create(path, repo, NULL, NULL, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "used its last number"), "%s", err.text);
	free(s.chunks);
}

/* Of a repository of a newer version. */
Test(backup_order, a_newer_record_of_the_number_is_refused)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	uint8_t head[VSX_HEAD_BYTES];
	uint64_t sum;

	scene_create(path, repo, "a");
	vsx_head_encode(head, VSX_HEAD_SEQUENCE, 7);
	head[8] = 2;
	sum = vsx_sum64(head, 56);
	memcpy(head + 56, &sum, 8);
	scene_write(scene_path("repo/sequence"), head, sizeof(head));
	cr_expect_eq(vsx_backup_create(path, repo, NULL, NULL, &err),
		     VSX_EVERSION);
	cr_expect_str_eq(list(), "a=1");
}

/* It is as old as the one that was made next. */
Test(backup_order, a_time_to_come_is_no_reason_to_keep_a_snapshot)
{
	const char *path = scene_index("i.vsx", "Flat");

	create_at(path, "a", -9 * HOUR);
	create_at(path, "b", 9 * YEAR);
	create_at(path, "c", -7 * HOUR);
	create_at(path, "d", 8 * YEAR);
	create_at(path, "e", -5 * HOUR);
	prune(0, (uint64_t)(10 * HOUR));
	cr_expect_str_eq(list(), "a=1 b=2 c=3 d=4 e=5");
	prune(0, (uint64_t)(8 * HOUR));
	cr_expect_str_eq(list(), "b=2 c=3 d=4 e=5");
	prune(0, (uint64_t)(6 * HOUR));
	cr_expect_str_eq(list(), "d=4 e=5");
	prune(0, 1);
	cr_expect_str_eq(list(), "e=5");
}

/* Not even when all clocks were ahead; nor by one that was behind. */
Test(backup_order, a_wrong_time_is_no_reason_to_remove_another_snapshot)
{
	const char *path = scene_index("i.vsx", "Flat");

	create_at(path, "a", -3 * HOUR);
	create_at(path, "b", -40 * YEAR);
	create_at(path, "c", -2 * HOUR);
	create_at(path, "d", 9 * YEAR);
	create_at(path, "e", 9 * YEAR);
	prune(0, (uint64_t)(4 * HOUR));
	cr_expect_str_eq(list(), "a=1 b=2 c=3 d=4 e=5");
	/* b is as old as a, d as what is made behind it: nothing yet. */
	prune(0, (uint64_t)(2 * HOUR + HOUR / 2));
	cr_expect_str_eq(list(), "c=3 d=4 e=5");
	/* Older than anything can be. */
	prune(0, UINT64_MAX);
	cr_expect_str_eq(list(), "c=3 d=4 e=5");
}

/* Two in a second, and names that somebody has put in the way. */
Test(backup_order, a_name_that_is_taken_gets_a_number)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	char name[100], first[100];
	time_t now = time(NULL);

	scene_create(path, repo, "a");
	for (int i = 0; i < 20; i++) {
		time_t at = now + i;

		strftime(name, sizeof(name), "repo/snapshots/%Y%m%dT%H%M%SZ-g1",
			 gmtime(&at));
		cr_assert_eq(symlink("nowhere", scene_path(name)), 0);
	}
	strcpy(first, scene_create(path, repo, NULL).name);
	cr_expect(strstr(first, "-g1-2"), "%s", first);
	cr_expect_str_neq(scene_create(path, repo, NULL).name, first);
}

/* Of a stream it would be that of a repository that nobody knows. */
Test(backup_order, a_stream_has_no_number)
{
	struct support_index what = {
		.spec = "Flat", .n = 40, .n_test_queries = UINT32_MAX};
	const char *path = scene_path("s.vsx"), *file = scene_path("stream");
	size_t n, at;
	uint8_t *bytes;
	struct vsx_hash hash;
	FILE *f = fopen(file, "wb");

	support_build(path, what);
	cr_assert_eq(vsx_backup_send(path, fileno(f), NULL, NULL, &err), VSX_OK,
		     "%s", err.text);
	fclose(f);
	bytes = scene_read(file, &n);
	for (at = n - 64; memcmp(bytes + at, "\x8eVSS\r\n\x1a\n", 8) != 0;)
		at--;
	bytes[at + 104] = 5;
	hash = vsx_hash128(bytes + at, n - at - 16);
	memcpy(bytes + n - 16, hash.b, 16);
	scene_write(file, bytes, n);
	f = fopen(file, "rb");
	cr_expect_eq(vsx_backup_receive(fileno(f), scene_path("o.vsx"), NULL,
					NULL, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "number 5"), "%s", err.text);
	fclose(f);
	free(bytes);
}
