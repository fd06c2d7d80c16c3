/*
 * Rows that were deleted lately are listed in GONE, so that a commit writes
 * little; when they are many, DEAD takes them. SPEC.md 5.3 and 8.
 */
#include <stdlib.h>
#include <string.h>

#include "living/change.h"
#include "living/opened.h"
#include "write/scratch_folder.h"

TestSuite(gone, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct support_index what;

static const char *build(const char *spec, size_t n)
{
	const char *path = scratch_path("index");

	what = support_defaults(
		(struct support_index){.spec = spec, .dim = 2, .n = n});
	support_build(path, what);
	return path;
}

/* The ids first .. first+n-1, in one commit. */
static void delete_rows(const char *path, uint64_t first, uint64_t n)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;

	opts.keep_segments = 1;
	u = change_begin(path, &opts);
	for (uint64_t id = first; id < first + n; id++)
		MUST(vsx_update_delete(u, &id, 1, &err));
	change_commit(u, path);
}

/* Bytes of both sections of segment 0; 0: it has none. */
static void expect_bytes(const char *path, uint64_t dead, uint64_t gone)
{
	struct vsx *index = change_open(path);
	struct vsx_section_facts s;
	uint64_t has_dead = 0, has_gone = 0;

	for (uint32_t i = 0; vsx_get_section(index, i, &s, &err) == VSX_OK;
	     i++) {
		if (s.segment == 0 && strcmp(s.name, "DEAD") == 0)
			has_dead = s.bytes;
		if (s.segment == 0 && strcmp(s.name, "GONE") == 0)
			has_gone = s.bytes;
	}
	vsx_close(index);
	cr_expect_eq(has_dead, dead, "DEAD has %llu bytes, expected %llu",
		     (unsigned long long)has_dead, (unsigned long long)dead);
	cr_expect_eq(has_gone, gone, "GONE has %llu bytes, expected %llu",
		     (unsigned long long)has_gone, (unsigned long long)gone);
}

/* The live rows are those from id `first` on. */
static void expect_live_from(const char *path, uint64_t first)
{
	struct vsx_hit *hits = calloc(what.n, sizeof(*hits));
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	float query[2] = {1, 2}, row[2];
	size_t n;

	for (uint64_t id = 0; id < what.n; id += first / 8 + 1)
		cr_expect_eq(vsx_get(index, id, row, &err),
			     id < first ? VSX_ENOTFOUND : VSX_OK);
	for (exact.exact = 0; exact.exact < 2; exact.exact++) {
		exact.effort = (uint32_t)what.n;
		MUST(vsx_search_batch(index, query, VSX_F32, 1, what.n, &exact,
				      1, hits, &n, NULL, &err));
		cr_expect_eq(n, what.n - first);
		for (size_t i = 0; i < n; i++)
			cr_expect(hits[i].id >= first);
	}
	vsx_close(index);
	free(hits);
}

/* One by one, until none is left: every form that both may have together. */
Test(gone, every_row_of_a_segment)
{
	static const char *const specs[] = {
		"Flat",	    "IVF4,Flat",	 "HNSW8",
		"IVF4,SQ8", "IVF4,SQ8,NoRefine", "HNSW8,SQ8",
		"IVF4,PQ2"};
	enum { N = 100, LISTED = N / 32, BITS = 16 };

	for (int s = 0; s < 7; s++) {
		const char *path = build(specs[s], N);

		for (uint64_t n = 1; n <= N; n++) {
			uint64_t listed = n % (LISTED + 1);

			delete_rows(path, n - 1, 1);
			expect_bytes(path, n > LISTED ? BITS : 0, 4 * listed);
			expect_live_from(path, n);
			change_sound(path);
		}
	}
}

/* A list that would be longer than the bits is not begun. */
Test(gone, of_few_rows_are_bits_at_once)
{
	const char *path = build("Flat", 31);

	delete_rows(path, 0, 1);
	expect_bytes(path, 8, 0);
	path = build("Flat", 32);
	delete_rows(path, 0, 1);
	expect_bytes(path, 0, 4);
	delete_rows(path, 1, 1);
	expect_bytes(path, 8, 0);
	expect_live_from(path, 2);
}

/* However many rows there are, a page of the list is the most. */
Test(gone, of_many_rows_at_most_1024_are_listed)
{
	enum { N = 40000, BITS = N / 8 };
	const char *path = build("Flat", N);

	delete_rows(path, 0, 1024);
	expect_bytes(path, 0, 4096);
	expect_live_from(path, 1024);
	delete_rows(path, 1024, 1);
	expect_bytes(path, BITS, 0);
	delete_rows(path, 1025, 1023);
	expect_bytes(path, BITS, 4092);
	delete_rows(path, 2048, 1);
	expect_bytes(path, BITS, 4096);
	expect_live_from(path, 2049);
	change_sound(path);
	/* At once more than are listed. */
	delete_rows(path, 2049, 1025);
	expect_bytes(path, BITS, 0);
	expect_live_from(path, 2049 + 1025);
	change_sound(path);
}

/* [5.3-6]: one more than may be, with the length of a list. */
Test(gone, more_are_not_read)
{
	struct opened o;
	struct vsx_disk_section *s;
	struct vsx *index;
	const char *path = build("Flat", 40000);

	delete_rows(path, 0, 1025);
	o = opened_read(path);
	s = opened_section(&o, "DEAD", 0);
	memcpy(&s->id, "GONE", 4);
	vsx_put64(&s->bytes, 4100);
	vsx_put64(&s->raw_bytes, 4100);
	support_reseal(o.bytes, o.n);
	scratch_write(path, o.bytes, o.n);
	EXPECT_REFUSED(vsx_open(&index, path, NULL, &err), VSX_ECORRUPT,
		       "section GONE has 4100 bytes, expected 4 for each of "
		       "at most 1024 rows");
	free(o.bytes);
}
