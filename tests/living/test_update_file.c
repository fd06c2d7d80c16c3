/*
 * What an update does to the file: segments that are merged, debris that is
 * cut off, damage that is refused, one writer at a time, and the same bytes at
 * any number of threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(update_file, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 120);

enum { N = 300, DIM = 8 };

static const char *const specs[] = {
	"Flat",	     "IVF4,Flat",	  "HNSW8",	 "IVF4,SQ8",
	"HNSW8,SQ8", "IVF4,SQ8,NoRefine", "HNSW8,SQ8,G4"};
enum { N_SPECS = sizeof(specs) / sizeof(specs[0]) };
static struct support_index what;

static void build_at(const char *path, const char *spec)
{
	what = support_defaults((struct support_index){
		.spec = spec, .dim = DIM, .n = N, .ids = true});
	support_build(path, what);
}

static const char *build(const char *spec)
{
	const char *path = scratch_path("index");

	build_at(path, spec);
	return path;
}

/* ---- segments -------------------------------------------------------- */

/* What SPEC.md 8 says of merges, of the rows of each segment. */
struct tiers {
	uint32_t n, sizes[1 + 40];
	uint32_t merged;  /* into the newest */
	uint64_t written; /* rows, with those that were added */
};

static void tiers_add(struct tiers *t, uint32_t rows)
{
	t->merged = 0;
	while (t->n > 1 && t->sizes[t->n - 1] <= 2 * rows) {
		rows += t->sizes[--t->n];
		t->merged++;
	}
	t->sizes[t->n++] = rows;
	t->written += rows;
}

static void add_batches(const char *spec, uint32_t (*rows_of)(uint32_t i))
{
	const char *path = build(spec);
	struct tiers t = {.n = 1, .sizes = {N}};
	uint64_t id = 1;
	double n;

	for (uint32_t i = 0; i < 40; i++) {
		uint32_t rows = rows_of(i);
		struct vsx_update_result r =
			change(path, &what, N + id, rows, id, NULL, 0);

		tiers_add(&t, rows);
		id += rows;
		n = (double)id - 1;
		cr_expect_eq(r.n_segments, t.n, "%s, %u: %u segments, not %u",
			     spec, i, r.n_segments, t.n);
		cr_expect_eq(r.n_merged, t.merged);
		cr_expect_eq(r.n_added, rows);
		cr_expect_eq(r.n_live, N + id - 1);
		cr_expect_eq(r.n_dead, 0);
		cr_expect_leq(t.n, log2(n) + 2);
		cr_expect_leq((double)t.written, n * (log(n) / log(1.5) + 1));
	}
	for (uint64_t i = 1; i < id; i++) {
		struct vsx *index = change_open(path);

		cr_expect(change_has(index, &what, i, N + i));
		vsx_close(index);
	}
	change_sound(path);
}

static uint32_t one(uint32_t i)
{
	(void)i;
	return 1;
}

static uint32_t fewer(uint32_t i)
{
	return 40 - i;
}

static uint32_t mixed(uint32_t i)
{
	return 1 + i * 2654435761u % 64 / (1 + i % 5);
}

Test(update_file, merges_small_segments)
{
	for (size_t s = 0; s < N_SPECS; s++)
		add_batches(specs[s], one);
}

/* However rows come: batches each smaller than the one before, too. */
Test(update_file, has_few_segments_whatever_comes)
{
	add_batches("Flat", fewer);
	add_batches("Flat", mixed);
	add_batches("HNSW8", fewer);
}

Test(update_file, keeps_segments_when_told_to)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	const char *path = build("IVF4,Flat");
	struct vsx_update_result r = {0};

	opts.flat_below = 1;
	opts.keep_segments = 1;
	for (uint64_t i = 1; i <= 30; i++) {
		struct vsx_update *u = change_begin(path, &opts);

		change_add(u, &what, N + i, 1, &i);
		r = change_commit(u, path);
		cr_expect_eq(r.n_merged, 0);
		cr_expect_eq(r.n_segments, 1 + i);
	}
	change_sound(path);
	/* The next that may, merges all that are not much larger than it grows.
	 */
	r = change(path, &what, N + 31, 1, 31, NULL, 0);
	cr_expect_eq(r.n_merged, 30);
	cr_expect_eq(r.n_segments, 2);
	change_sound(path);
}

Test(update_file, drops_segments_without_a_live_row)
{
	static const uint64_t gone[] = {1, 2, 3, 4};
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	const char *path = build("HNSW8");
	struct vsx_update_result r;
	struct vsx_update *u;

	opts.flat_below = 1;
	change(path, &what, N, 3, 1, NULL, 0);
	r = change(path, &what, N + 3, 1, 4, NULL, 0);
	cr_expect_eq(r.n_segments, 3);
	r = change(path, &what, 0, 0, 0, gone, 3);
	cr_expect_eq(r.n_dead, 3);
	cr_expect_eq(r.n_segments, 3); /* the last one is alive */
	/* The new one takes the place of both, whatever was asked for. */
	opts.keep_segments = 1;
	u = change_begin(path, &opts);
	MUST(vsx_update_delete(u, gone, 4, &err));
	change_add(u, &what, N + 4, 1, gone);
	r = change_commit(u, path);
	cr_expect_eq(r.n_segments, 2);
	cr_expect_eq(r.n_merged, 0);
	cr_expect_eq(r.n_dead, 0);
	cr_expect_eq(r.n_unknown, 3);
	change_sound(path);
}

/* Rows that are merged are the same bytes as ever, in every type. */
Test(update_file, merges_rows_as_they_are)
{
	for (int mix = 0; mix < 15; mix++) {
		const char *path = scratch_path("index");
		struct vsx *index;

		what = support_defaults((struct support_index){
			.spec = specs[mix % 5],
			.metric = (enum vsx_metric)(1 + mix % 3),
			.elem = (enum vsx_elem)(1 + (mix + mix / 5) % 5),
			.n = N,
			.dim = 9});
		support_build(path, what);
		for (uint64_t i = 0; i < 9; i++) {
			uint64_t gone = i * 30;

			change(path, &what, N + i * 3, 3, N + i * 3, &gone, 1);
		}
		index = change_open(path);
		for (uint64_t i = 0; i < N + 27; i++)
			cr_expect_eq(change_has(index, &what, i, i),
				     i % 30 != 0 || i >= 270);
		vsx_close(index);
		change_sound(path);
	}
}

/* ---- bytes ----------------------------------------------------------- */

Test(update_file, is_the_same_bytes_at_any_number_of_threads)
{
	static const unsigned int threads[] = {1, 2, 8};
	static const char *const names[] = {"one", "two", "eight"};

	for (size_t s = 0; s < N_SPECS; s++) {
		for (size_t t = 0; t < 3; t++) {
			struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
			const char *path = scratch_path(names[t]);

			opts.flat_below = 1;
			build_at(path, specs[s]);
			opts.n_threads = threads[t];
			for (uint64_t round = 0; round < 4; round++) {
				struct vsx_update *u =
					change_begin(path, &opts);
				uint64_t gone = support_id(&what, round * 20);

				MUST(vsx_update_delete(u, &gone, 1, &err));
				change_add(u, &what, N + round * 500,
					   500 >> round, NULL);
				change_commit(u, path);
			}
		}
		cr_expect(
			scratch_same(scratch_path("one"), scratch_path("two")));
		cr_expect(scratch_same(scratch_path("one"),
				       scratch_path("eight")));
	}
}

Test(update_file, cuts_debris_off)
{
	const char *path = build("HNSW8");
	struct vsx_update_result r;
	struct vsx_facts facts;
	struct vsx *index;
	char junk[10000];
	uint8_t *bytes;
	size_t n;
	FILE *f = fopen(path, "ab");

	memset(junk, 0xa5, sizeof(junk));
	cr_assert(f && fwrite(junk, 1, sizeof(junk), f) == sizeof(junk));
	fclose(f);
	index = change_open(path);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.extra_bytes, sizeof(junk));
	vsx_close(index);
	/* A commit that is shorter than the debris leaves none of it. */
	r = change(path, &what, N, 1, 1, NULL, 0);
	cr_expect_lt(r.appended_bytes, 100000);
	bytes = support_read(path, &n);
	cr_expect_eq(n, r.file_bytes);
	cr_expect_null(memmem(bytes, n, junk, 64));
	free(bytes);
	change_sound(path);
}

/* Nothing but a slot is written over: what was committed stays as it was. */
Test(update_file, leaves_every_committed_byte_but_a_slot)
{
	const char *path = build("IVF4,Flat");

	for (uint64_t i = 1; i < 7; i++) {
		uint64_t gone = support_id(&what, i), generation;
		size_t n_before, n_after, slot;
		uint8_t *before = support_read(path, &n_before), *after;

		generation = change(path, &what, N + i, i % 3, i * 10, &gone, 1)
				     .generation;
		cr_expect_eq(generation, i + 1);
		after = support_read(path, &n_after);
		cr_assert_gt(n_after, n_before);
		slot = (generation & 1) * 4096;
		cr_expect_neq(memcmp(before + slot, after + slot, 512), 0);
		memcpy(before + slot, after + slot, 512);
		cr_expect_eq(memcmp(before, after, n_before), 0);
		free(before);
		free(after);
	}
}

Test(update_file, refuses_a_damaged_slot)
{
	struct vsx_update *u = NULL;

	for (int slot = 0; slot < 2; slot++) {
		const char *path = build("Flat");
		struct vsx_update_result r;
		char due[64];
		uint8_t *bytes;
		size_t n, n_after;

		r = change(path, &what, N, 1, 1, NULL, 0);
		cr_expect_eq(r.generation, 2);
		bytes = support_read(path, &n);
		bytes[slot * 4096 + 41] ^= 1;
		scratch_write(path, bytes, n);
		snprintf(due, sizeof(due), "superblock slot %d is damaged",
			 slot);
		EXPECT_REFUSED(vsx_update_begin(&u, path, NULL, &err),
			       VSX_ECORRUPT, due);
		cr_expect(strstr(err.text, "vsx-verify --repair"), "%s",
			  err.text);
		cr_expect_null(u);
		free(bytes);
		free(support_read(path, &n_after));
		cr_expect_eq(n, n_after);
	}
}

/* The newest generation must not be thrown away with its slot. */
Test(update_file, compacting_refuses_a_damaged_slot)
{
	for (int slot = 0; slot < 2; slot++) {
		const char *path = build("Flat");
		struct kept kept;

		change(path, &what, N, 1, 1, NULL, 0);
		kept = keep(path);
		kept.bytes[slot * 4096 + 41] ^= 1;
		scratch_write(path, kept.bytes, kept.n);
		EXPECT_REFUSED(
			vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err),
			VSX_ECORRUPT, "is damaged, and may be that of");
		expect_unchanged(&kept);
	}
}

/* Damage of what an update must read; deleting by id reads no rows. */
Test(update_file, refuses_damaged_rows_that_it_would_merge)
{
	const char *path = build("Flat");
	struct vsx_update_result r;
	struct vsx_update *u;
	size_t n, after;
	uint8_t *bytes = support_read(path, &n), *now;

	free(bytes);
	change(path, &what, N, 1, 1, NULL, 0);
	bytes = support_read(path, &after);
	/* The first page of generation 2 is that of its row. */
	bytes[n + 3] ^= 1;
	scratch_write(path, bytes, after);
	u = change_begin(path, NULL);
	change_add(u, &what, N + 1, 1, NULL);
	EXPECT_REFUSED(vsx_update_commit(u, &r, &err), VSX_ECORRUPT,
		       "(section VECS)");
	vsx_update_free(u);
	now = support_read(path, &n);
	cr_expect(n == after && memcmp(bytes, now, n) == 0);
	free(bytes);
	free(now);
}

/* ---- one writer at a time -------------------------------------------- */

Test(update_file, refuses_a_file_that_took_the_place)
{
	const char *path = build("Flat"), *other = scratch_path("other");
	struct vsx_update *u = change_begin(path, NULL);
	uint8_t *before, *after;
	uint64_t id = support_id(&what, 3);
	size_t n_before, n_after;

	build_at(other, "Flat"); /* even with the same bytes */
	before = support_read(other, &n_before);
	cr_assert_eq(rename(other, path), 0);
	MUST(vsx_update_delete(u, &id, 1, &err));
	EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EIO,
		       "was meanwhile replaced by another file");
	vsx_update_free(u);
	after = support_read(path, &n_after);
	cr_expect(n_before == n_after && !memcmp(before, after, n_after));
	free(before);
	free(after);
	/* And one that is gone. */
	u = change_begin(path, NULL);
	unlink(path);
	MUST(vsx_update_delete(u, &id, 1, &err));
	EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EIO,
		       "was meanwhile replaced by another file");
	vsx_update_free(u);
}

static int put_in_place(void *context, const struct vsx_build_event *event)
{
	const char *const *paths = context;

	(void)event;
	rename(paths[0], paths[1]); /* the first time */
	return 0;
}

/* Whoever put it there was told that it is there. */
Test(update_file, compacting_leaves_a_file_that_took_the_place)
{
	const char *paths[] = {scratch_path("other"), build("Flat")};
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct kept kept;

	change(paths[1], &what, N, 1, 1, NULL, 0);
	build_at(paths[0], "Flat");
	kept = keep(paths[0]);
	kept.path = paths[1];
	opts.report = put_in_place;
	opts.context = paths;
	EXPECT_REFUSED(vsx_compact(&paths[1], 1, NULL, &opts, NULL, NULL, &err),
		       VSX_EIO, "was meanwhile replaced by another file");
	expect_unchanged(&kept);
}

Test(update_file, names_the_writer_that_is_in_the_way)
{
	struct vsx_compact_opts compact = VSX_COMPACT_OPTS_INIT;
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	const char *path = build("Flat");
	struct vsx_update *u = change_begin(path, NULL), *second = NULL;
	char due[128];

	opts.flat_below = 1;
	snprintf(due, sizeof(due), "is being changed by %s (process %ld)",
		 program_invocation_short_name, (long)getpid());
	for (opts.wait_ms = 0; opts.wait_ms <= 50; opts.wait_ms += 50) {
		EXPECT_REFUSED(vsx_update_begin(&second, path, &opts, &err),
			       VSX_EBUSY, due);
		cr_expect_null(second);
	}
	EXPECT_REFUSED(vsx_compact(&path, 1, NULL, &compact, NULL, NULL, &err),
		       VSX_EBUSY, due);
	/* Reading, and a compaction into another file, need no lock. */
	change_sound(path);
	{
		const char *out = scratch_path("out");

		MUST(vsx_compact(&path, 1, out, &compact, NULL, NULL, &err));
	}
	vsx_update_free(u);
	vsx_update_free(change_begin(path, NULL));
}

/* A reader of the file can lock it, and nobody minds. */
Test(update_file, is_held_up_by_no_reader)
{
	const char *path = build("Flat");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	change(path, &what, N, 1, 1, NULL, 0);
	MUST(vsx_compact(&path, 1, NULL, &opts, NULL, NULL, &err));
	close(fd);
}

/* By whatever way to the file, the lock is the same one. */
Test(update_file, is_found_through_links)
{
	const char *path = build("Flat"), *link = scratch_path("link");
	const char *far = scratch_path("folder/far");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_update *u, *second = NULL;

	cr_assert_eq(symlink("index", link), 0);
	cr_assert_eq(mkdir(scratch_path("folder"), 0700), 0);
	cr_assert_eq(symlink("../link", far), 0);
	u = change_begin(far, NULL);
	cr_expect_eq(access(scratch_path(".index.lock"), F_OK), 0);
	EXPECT_REFUSED(vsx_update_begin(&second, path, NULL, &err), VSX_EBUSY,
		       "index' is being changed by");
	EXPECT_REFUSED(vsx_update_begin(&second, link, NULL, &err), VSX_EBUSY,
		       "index' is being changed by");
	EXPECT_REFUSED(vsx_compact(&far, 1, NULL, &opts, NULL, NULL, &err),
		       VSX_EBUSY, "index' is being changed by");
	vsx_update_free(u);
	MUST(vsx_compact(&far, 1, NULL, &opts, NULL, NULL, &err));
	cr_expect_eq(scratch_count(0), 3);
	unlink(far);
	rmdir(scratch_path("folder"));
}

/* A lock of one name does not hold off who comes by another. */
Test(update_file, refuses_a_file_with_other_names)
{
	const char *path = build("Flat"), *other = scratch_path("other");
	const char *out = scratch_path("out");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	uint64_t id = support_id(&what, 3);
	struct vsx_update *u = NULL;
	struct kept kept;

	cr_assert_eq(link(path, other), 0);
	kept = keep(path);
	EXPECT_REFUSED(vsx_update_begin(&u, path, NULL, &err), VSX_EINVAL,
		       "has 2 names (hard links)");
	EXPECT_REFUSED(vsx_compact(&other, 1, NULL, &opts, NULL, NULL, &err),
		       VSX_EINVAL, "has 2 names (hard links)");
	expect_unchanged(&kept);
	/* To read it, and to put another one in the place of one name, is
	   another matter. */
	MUST(vsx_compact(&path, 1, out, &opts, NULL, NULL, &err));
	kept = keep(other);
	build_at(path, "Flat");
	expect_unchanged(&kept);
	change(path, &what, N, 1, 1, NULL, 0);
	/* And one that is made when it is open. */
	u = change_begin(other, NULL);
	cr_assert_eq(link(other, scratch_path("third")), 0);
	kept = keep(other);
	MUST(vsx_update_delete(u, &id, 1, &err));
	EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EINVAL,
		       "has 2 names (hard links)");
	vsx_update_free(u);
	expect_unchanged(&kept);
}

/* A crash between the two steps of a publication by link(). */
Test(update_file, a_name_that_a_killed_build_left_is_no_other_name)
{
	const char *path = build("Flat"),
		   *left = scratch_path(".index.tmp.7.0");

	cr_assert_eq(link(path, left), 0);
	change(path, &what, N, 1, 1, NULL, 0);
	cr_expect_lt(access(left, F_OK), 0);
}

Test(update_file, removes_what_killed_writers_left)
{
	const char *path = build("Flat"),
		   *left = scratch_path(".index.tmp.7.0");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	scratch_write(left, "debris", 6);
	vsx_update_free(change_begin(path, NULL));
	cr_expect_lt(access(left, F_OK), 0);
	scratch_write(left, "debris", 6);
	opts.if_dead = 1; /* nothing to do, even so */
	MUST(vsx_compact(&path, 1, NULL, &opts, NULL, NULL, &err));
	cr_expect_lt(access(left, F_OK), 0);
}

Test(update_file, notices_that_its_lock_was_removed)
{
	const char *path = build("Flat");
	struct vsx_update *u = change_begin(path, NULL);
	uint64_t id = support_id(&what, 3);
	struct kept kept = keep(path);

	cr_assert_eq(unlink(scratch_path(".index.lock")), 0);
	MUST(vsx_update_delete(u, &id, 1, &err));
	EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EIO,
		       "another writer may be at work");
	vsx_update_free(u);
	expect_unchanged(&kept);
	change(path, &what, N, 1, 1, NULL, 0);
}

static struct vsx_builder *build_over(const char *path, uint32_t wait_ms,
				      enum vsx_status due)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;

	opts.dim = DIM;
	opts.force = 1;
	opts.wait_ms = wait_ms;
	cr_expect_eq(vsx_builder_new(&b, path, &opts, &err), due, "%s",
		     err.text);
	return b;
}

/* What is added to a file that is about to be replaced would be lost. */
Test(update_file, who_replaces_a_file_is_a_writer_of_it)
{
	struct vsx_compact_opts compact = VSX_COMPACT_OPTS_INIT;
	const char *path = build("Flat"), *input = scratch_path("input");
	struct vsx_update *u = change_begin(path, NULL);
	struct vsx_builder *b;
	struct kept kept = keep(path);

	cr_expect_null(build_over(path, 0, VSX_EBUSY));
	cr_expect_null(build_over(path, 30, VSX_EBUSY));
	build_at(input, "Flat");
	compact.force = 1;
	EXPECT_REFUSED(vsx_compact(&input, 1, path, &compact, NULL, NULL, &err),
		       VSX_EBUSY, "index' is being changed by");
	EXPECT_REFUSED(vsx_repair(input, path, &compact, NULL, NULL, &err),
		       VSX_EBUSY, "index' is being changed by");
	/* One that is there already is no matter of locks. */
	compact.force = 0;
	EXPECT_REFUSED(vsx_compact(&input, 1, path, &compact, NULL, NULL, &err),
		       VSX_EEXIST, "exists already");
	vsx_update_free(u);
	expect_unchanged(&kept);
	/* The other way round. */
	b = build_over(path, 0, VSX_OK);
	EXPECT_REFUSED(vsx_update_begin(&u, path, NULL, &err), VSX_EBUSY,
		       "index' is being changed by");
	vsx_builder_free(b);
	change(path, &what, N, 1, 1, NULL, 0);
}

/* What a waiting writer is told with, and what ends its waiting. */
struct wait {
	struct vsx_update *holder; /* freed at the third call */
	int n, stop_at;
};

static int waited(void *context, const struct vsx_build_event *event)
{
	struct wait *w = context;

	if (strcmp(event->text, "waiting for another process") != 0)
		return 0;
	if (++w->n == 3) {
		vsx_update_free(w->holder);
		w->holder = NULL;
	}
	return w->n == w->stop_at;
}

Test(update_file, waits_for_the_other_writer)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	const char *path = build("Flat");
	struct wait w = {.holder = change_begin(path, NULL), .stop_at = 2};
	struct vsx_update *u = NULL;

	opts.flat_below = 1;
	opts.wait_ms = VSX_WAIT_FOREVER;
	opts.report = waited;
	opts.context = &w;
	cr_expect_eq(vsx_update_begin(&u, path, &opts, &err), VSX_ESTOPPED);
	cr_expect_null(u);
	w.stop_at = 0;
	u = change_begin(path, &opts);
	cr_expect_geq(w.n, 3);
	cr_expect_null(w.holder);
	change_add(u, &what, N, 1, NULL);
	change_commit(u, path);
}

static int stop(void *context, const struct vsx_build_event *event)
{
	int *left = context;

	(void)event;
	return --*left == 0;
}

/* At whichever report it is stopped, nothing has changed. */
Test(update_file, stops_when_told_to)
{
	for (size_t s = 0; s < N_SPECS; s++) {
		const char *path = build(specs[s]);
		enum vsx_status status = VSX_ESTOPPED;
		size_t n_before, n_after;
		uint8_t *before, *after;
		int stopped = 0;

		change(path, &what, N, 5, 1, NULL, 0);
		before = support_read(path, &n_before);
		for (; status != VSX_OK; stopped++) {
			struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
			int left = stopped + 1;
			struct vsx_update *u;

			opts.flat_below = 1;
			opts.report = stop;
			opts.context = &left;
			opts.n_threads = 1;
			u = change_begin(path, &opts);
			change_add(u, &what, N + 5, 10, NULL);
			status = vsx_update_commit(u, NULL, &err);
			vsx_update_free(u);
			if (status == VSX_OK)
				break;
			cr_assert_eq(status, VSX_ESTOPPED, "%s", err.text);
			after = support_read(path, &n_after);
			cr_assert(n_before == n_after &&
				  !memcmp(before, after, n_after));
			free(after);
		}
		cr_expect_geq(stopped, 3, "%s: %d", specs[s], stopped);
		free(before);
		change_sound(path);
	}
}
