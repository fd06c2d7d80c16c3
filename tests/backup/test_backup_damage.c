/* What is damaged is not backed up, and what was damaged later is named. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "backup/source.h"
#include "scene.h"

TestSuite(backup_damage, .init = scene_make, .fini = scene_drop,
	  .timeout = 120);

static struct vsx_error err;

/* ---- of an index ----------------------------------------------------------
 */

static enum vsx_status try_create(const char *path, const char *repo)
{
	struct shaky steady = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&steady);

	err.text[0] = '\0';
	return vsx_backup_create_on(path, repo, &scene_opts, &ops, NULL, &err);
}

static void refuses_byte(const char *path, const char *repo, size_t at)
{
	char page[32];

	scene_flip(path, (long)at);
	cr_assert_eq(try_create(path, repo), VSX_ECORRUPT, "byte %zu: %s", at,
		     err.text);
	snprintf(page, sizeof(page), "page %zu:", at / 4096);
	cr_assert(strstr(err.text, page), "byte %zu: %s", at, err.text);
	cr_assert(strstr(err.text, path), "%s", err.text);
	scene_flip(path, (long)at);
}

/* Every byte of a new file is under a sum, or must be zero. */
Test(backup_damage, an_index_with_a_changed_byte_is_refused_naming_the_page)
{
	struct support_index what = {
		.spec = "IVF4,Flat", .n = 600, .ids = true};
	const char *path = scene_path("i.vsx"), *repo = scene_path("repo");
	size_t n;

	support_build(path, what);
	free(scene_read(path, &n));
	for (size_t at = 512; at < n; at += 97)
		if (at < 4096 || at >= 4096 + 512)
			refuses_byte(path, repo, at);
	refuses_byte(path, repo, n - 1);
	cr_assert_eq(scene_snapshots(repo), 0);
	cr_assert_eq(try_create(path, repo), VSX_OK, "%s", err.text);
	scene_check(repo, "latest", path);
}

/* Two tables of sums, one above the other. */
Test(backup_damage, an_index_with_a_changed_sum_is_refused)
{
	struct support_index what = {.spec = "Flat", .n = 9000, .dim = 64};
	const char *path = scene_path("i.vsx"), *repo = scene_path("repo");
	const uint8_t *manifest;
	struct vsx_super sb;
	struct vsx_manifest m;
	struct vsx_section_entry e;
	uint8_t *bytes;
	size_t n;

	support_build(path, what);
	bytes = scene_read(path, &n);
	cr_assert_eq(vsx_super_decode(&sb, bytes, n, &err), VSX_OK);
	manifest = bytes + sb.manifest_offset;
	cr_assert_eq(
		vsx_manifest_decode(&m, manifest, sb.manifest_bytes, &sb, &err),
		VSX_OK);
	e = vsx_manifest_section(&m, 0);
	cr_assert_gt(e.sums_bytes, 4096);
	for (size_t at = 0; at < e.sums_bytes; at += 509)
		refuses_byte(path, repo, e.sums_offset + at);
	refuses_byte(path, repo, e.sums_offset + e.sums_bytes - 1);
	free(bytes);
	cr_assert_eq(scene_snapshots(repo), 0);
}

Test(backup_damage, an_index_with_a_bad_slot_is_refused)
{
	static const struct {
		long at;
		const char *says;
	} cases[] = {
		{0, "superblock slot 0"},
		{40, "superblock slot 0"},
		{511, "superblock slot 0"},
		{4096 + 8, "superblock slot 1"},
		{4096 + 70, "superblock slot 1"},
	};
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_flip(path, cases[i].at);
		cr_assert_eq(try_create(path, repo), VSX_ECORRUPT, "%s",
			     err.text);
		cr_assert(strstr(err.text, cases[i].says), "%s", err.text);
		scene_flip(path, cases[i].at);
	}
	/* Two that are valid and do not belong together. */
	scene_copy(path, scene_path("old"));
	scene_add(path, 5);
	scene_add(path, 5);
	{
		size_t n, m;
		uint8_t *old = scene_read(scene_path("old"), &n);
		uint8_t *now = scene_read(path, &m);

		memcpy(now, old, 512);
		scene_write(path, now, m);
		free(old);
		free(now);
	}
	cr_assert_eq(try_create(path, repo), VSX_ECORRUPT);
	cr_assert(strstr(err.text, "generation 3, slot 0 1"), "%s", err.text);
	cr_assert(access(repo, F_OK) != 0);
}

Test(backup_damage, an_index_that_was_cut_is_refused)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	size_t n;

	free(scene_read(path, &n));
	for (size_t left = 0; left < n; left += n / 16) {
		const char *cut = scene_path("cut");

		scene_copy(path, cut);
		cr_assert_eq(truncate(cut, (off_t)left), 0);
		cr_assert_eq(try_create(cut, repo),
			     left ? VSX_ETRUNCATED : VSX_EFORMAT, "%zu: %s",
			     left, err.text);
	}
	cr_assert_eq(try_create(scene_path("."), repo), VSX_EFORMAT);
	cr_assert_eq(try_create(scene_path("none"), repo), VSX_EIO);
	cr_assert(access(repo, F_OK) != 0);
}

/* Nobody can say of them what they should be. */
Test(backup_damage, bytes_of_older_generations_are_taken_as_they_are)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	size_t n;

	free(scene_read(path, &n));
	scene_add(path, 5);
	scene_flip(path, (long)n - 10); /* behind the first manifest */
	scene_create(path, repo, "one");
	scene_check(repo, "one", path);
}

/* ---- of a repository -------------------------------------------------- */

static void restore_fails(const char *name, const char *says)
{
	const char *out = scene_path("out.vsx");

	cr_assert_eq(vsx_backup_restore(scene_path("repo"), name, out, NULL,
					NULL, &err) == VSX_OK,
		     0);
	cr_assert(strstr(err.text, says), "%s", err.text);
	cr_assert(access(out, F_OK) != 0);
}

Test(backup_damage, a_damaged_chunk_is_named_with_its_snapshots)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_snapshot_record s;
	char hex[VSX_HEX_BYTES], all[8192];

	scene_create(path, repo, "a");
	scene_copy(path, scene_path("old"));
	scene_add(path, 300);
	scene_create(path, repo, "b");
	s = scene_load("a");
	cr_assert_gt(s.n_chunks, 4);
	for (uint64_t i = 0; i < s.n_chunks; i++) {
		const char *way = scene_ways[i % SCENE_WAYS],
			   *file = scene_chunk(&s, i);

		vsx_hash_hex(hex, s.chunks[i].hash);
		scene_copy(file, scene_path("kept"));
		scene_break(&s, i, way);
		cr_assert_gt(scene_verify(repo, NULL, all), 0, "%s", way);
		cr_assert(strstr(all, hex), "%s: %s", way, all);
		cr_assert(strstr(all, "snapshot 'a' cannot be restored: 1 of"),
			  "%s: %s", way, all);
		/* The first is of the superblocks, which each has its own. */
		cr_assert_eq(strstr(all, "snapshot 'b' cannot") != NULL, i > 0,
			     "%s", all);
		cr_assert(strstr(all,
				 i ? "(snapshots 'a', 'b')" : "(snapshot 'a')"),
			  "%s", all);
		cr_assert_eq(scene_verify(repo, "b", NULL) > 0, i > 0);
		restore_fails("a", hex);
		if (i == 0)
			scene_check_restore(repo, "b", path);
		rmdir(file);
		unlink(file);
		scene_copy(scene_path("kept"), file);
		cr_assert_eq(scene_verify(repo, NULL, all), 0, "%s", all);
	}
	free(s.chunks);
}

static int count_damaged(void *context, const struct vsx_snapshot *s)
{
	*(int *)context += s->damage != NULL;
	return 0;
}

Test(backup_damage, a_snapshot_with_a_changed_byte_is_named)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	const char *file = scene_path("repo/snapshots/a");
	char all[8192];
	size_t n;

	scene_create(path, repo, "a");
	scene_create(path, repo, "b");
	free(scene_read(file, &n));
	for (size_t at = 0; at < n; at += 7) {
		int n_damaged = 0;

		scene_flip(file, (long)at);
		cr_assert_eq(vsx_backup_list(repo, NULL, count_damaged,
					     &n_damaged, &err),
			     VSX_OK);
		cr_assert_eq(n_damaged, 1, "byte %zu", at);
		cr_assert_gt(scene_verify(repo, NULL, all), 0);
		cr_assert(strstr(all, "snapshot 'a'"), "%s", all);
		restore_fails("a", "'a'");
		scene_flip(file, (long)at);
	}
	for (size_t left = 0; left < n; left += 100) {
		scene_copy(scene_path("repo/snapshots/b"), file);
		cr_assert_eq(truncate(file, (off_t)left), 0);
		cr_assert_gt(scene_verify(repo, NULL, NULL), 0);
		restore_fails("a", "'a'");
	}
	scene_check_restore(repo, "b", path);
}

Test(backup_damage, a_chunk_that_nobody_needs_is_read_too)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo");
	struct vsx_snapshot_record s;
	char all[8192];

	scene_create(path, repo, "a");
	s = scene_load("a");
	unlink(scene_path("repo/snapshots/a"));
	cr_assert_eq(scene_verify(repo, NULL, NULL), 0);
	scene_break(&s, 1, "last");
	cr_assert_eq(scene_verify(repo, NULL, all), 1);
	cr_assert(strstr(all, "no snapshot needs it"), "%s", all);
	free(s.chunks);
}

/* All sums hold, and it is no index: it is not put in place. */
Test(backup_damage, chunks_that_make_no_index_are_not_restored)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo"), *out = scene_path("out.vsx");
	struct vsx_snapshot_record s;
	struct vsx_chunk_ref swapped;
	uint8_t *bytes;
	uint64_t n;

	scene_create(path, repo, "a");
	s = scene_load("a");
	swapped = s.chunks[1];
	s.chunks[1] = s.chunks[2];
	s.chunks[2] = swapped;
	cr_assert_eq(vsx_snapshot_encode(&bytes, &n, &s, &err), VSX_OK);
	scene_write(scene_path("repo/snapshots/b"), bytes, n);
	free(bytes);
	cr_assert_eq(vsx_backup_restore(repo, "b", out, NULL, NULL, &err),
		     VSX_ECORRUPT);
	cr_assert(strstr(err.text, "the restored index: page 2:"), "%s",
		  err.text);
	/* A chunk that is said to be longer than it is. */
	s.chunks[1].bytes += 4096;
	s.chunks[2].bytes -= 4096;
	cr_assert_eq(vsx_snapshot_encode(&bytes, &n, &s, &err), VSX_OK);
	scene_write(scene_path("repo/snapshots/b"), bytes, n);
	free(bytes);
	cr_assert_eq(vsx_backup_restore(repo, "b", out, NULL, NULL, &err),
		     VSX_ECORRUPT);
	cr_assert_gt(scene_verify(repo, "b", NULL), 0);
	cr_assert_eq(scene_verify(repo, "a", NULL), 0);
	cr_assert(access(out, F_OK) != 0);
	free(s.chunks);
}

/* What the snapshot tells of the index is so. */
Test(backup_damage, facts_of_another_index_are_not_restored)
{
	const char *path = scene_index("i.vsx", "Flat");
	const char *repo = scene_path("repo"), *out = scene_path("out.vsx");

	scene_create(path, repo, "a");
	for (int i = 0; i < 4; i++) {
		struct vsx_snapshot_record s = scene_load("a");
		uint8_t *bytes;
		uint64_t n;

		s.generation += i == 0;
		s.n_rows += i == 1;
		s.n_live -= i == 2;
		s.uuid[3] ^= i == 3;
		cr_assert_eq(vsx_snapshot_encode(&bytes, &n, &s, &err), VSX_OK);
		scene_write(scene_path("repo/snapshots/b"), bytes, n);
		free(bytes);
		free(s.chunks);
		cr_assert_eq(
			vsx_backup_restore(repo, "b", out, NULL, NULL, &err),
			VSX_ECORRUPT);
		cr_assert(strstr(err.text, "the index in it has"), "%s",
			  err.text);
		cr_assert(access(out, F_OK) != 0);
	}
}

/* What is stored is what was checked, also where it was read before. */
Test(backup_damage, bytes_that_read_differently_the_next_time_are_refused)
{
	static const struct support_index what = {
		.spec = "Flat", .n = 9000, .dim = 64, .page_bytes = 4096};
	const char *path = scene_path("i.vsx");
	struct vsx_backup_source source;
	uint8_t *bytes;
	uint64_t at;
	size_t n;

	support_build(path, what);
	bytes = scene_read(path, &n);
	cr_assert_eq(vsx_source_open(&source, path, &err), VSX_OK, "%s",
		     err.text);
	at = source.super.manifest_offset;
	for (uint32_t i = 0; i < source.manifest.n_sections; i++) {
		struct vsx_section_entry e =
			vsx_manifest_section(&source.manifest, i);

		for (uint64_t byte = e.sums_offset;
		     byte < e.sums_offset + e.sums_bytes; byte += 1009) {
			uint64_t from = byte & ~UINT64_C(4095);

			bytes[byte] ^= 4;
			cr_expect_eq(vsx_source_check(&source, bytes + from,
						      from, 4096, &err),
				     VSX_ECORRUPT, "byte %llu",
				     (unsigned long long)byte);
			bytes[byte] ^= 4;
			source.zeros_at = 0;
		}
	}
	bytes[at + 100] ^= 4;
	cr_expect_eq(vsx_source_check(&source, bytes + at, at, 4096, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "a moment ago (manifest)"), "%s", err.text);
	vsx_source_release(&source);
	free(bytes);
	scene_create(path, scene_path("repo"), "one");
	scene_check(scene_path("repo"), "one", path);
}
