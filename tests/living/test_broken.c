/*
 * The rules of SPEC.md 5.3, 5.4 and 5.6 for files that were changed, broken by
 * hand with every checksum right: what is marked (open) keeps the file from
 * being opened, what is marked (full) is found by vsx_verify() and by those who
 * do not trust the file.
 */
#include <stdio.h>
#include <unistd.h>

#include "living/change.h"
#include "living/opened.h"
#include "read/heard.h"
#include "write/scratch_folder.h"

TestSuite(broken, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 300, DIM = 8 };

static const char *const specs[] = {
	"Flat",	       "IVF4,Flat",	    "HNSW8",
	"IVF4,SQ4",    "IVF4,SQ8,NoRefine", "HNSW8,SQ8",
	"PQ3x4",       "IVF4,PQ2",	    "IVF4,PQ4x4fs",
	"PCA3,Flat",   "OPQ2_4,IVF4,PQ2",   "HNSW8,SQ8,G4",
	"IVF4,RaBitQ", "IVF4,RaBitQ3",	    "IVF4,RaBitQ4,NoRefine"};
#define N_SPECS (sizeof(specs) / sizeof(specs[0]))

static struct support_index what;
static struct heard heard;
static struct vsx_verify_result result;

static void verify(const struct opened *o)
{
	int fd = support_memory_file(o->bytes, o->n);

	heard_reset(&heard);
	MUST(vsx_verify(support_fd_path(fd), NULL, hear, &heard, &result,
			&err));
	close(fd);
}

static enum vsx_status try_open(const struct opened *o, uint32_t untrusted)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	int fd = support_memory_file(o->bytes, o->n);
	struct vsx *index;
	enum vsx_status status;

	opts.untrusted = untrusted;
	status = vsx_open(&index, support_fd_path(fd), &opts, &err);
	cr_expect_eq(!index, status != VSX_OK);
	vsx_close(index);
	close(fd);
	return status;
}

/* Seals and frees. */
static void expect_found_by_open(struct opened *o, const char *words)
{
	support_reseal(o->bytes, o->n);
	EXPECT_REFUSED(try_open(o, 0), VSX_ECORRUPT, words);
	verify(o);
	cr_expect_geq(result.n_findings, 1);
	cr_expect(heard_has(&heard, words), "%s", heard.findings);
	free(o->bytes);
}

static void expect_found_by_verify(struct opened *o, const char *words)
{
	support_reseal(o->bytes, o->n);
	MUST(try_open(o, 0));
	EXPECT_REFUSED(try_open(o, 1), VSX_ECORRUPT, words);
	verify(o);
	cr_expect_eq(result.n_findings, 1, "%s", heard.findings);
	cr_expect(heard_has(&heard, words), "%s", heard.findings);
	free(o->bytes);
}

/* The test of an index is no matter of those who only search it. */
static void expect_found_by_test(struct opened *o, const char *words)
{
	support_reseal(o->bytes, o->n);
	MUST(try_open(o, 0));
	MUST(try_open(o, 1));
	verify(o);
	cr_expect_eq(result.n_findings, 1, "%s", heard.findings);
	cr_expect(heard_has(&heard, words), "%s", heard.findings);
	free(o->bytes);
}

static void expect_sound(struct opened *o)
{
	support_reseal(o->bytes, o->n);
	MUST(try_open(o, 0));
	MUST(try_open(o, 1));
	verify(o);
	cr_expect_eq(result.n_findings, 0, "%s", heard.findings);
	free(o->bytes);
}

/*
 * Generation 3: a base with n_gone deleted rows, 3, 5, 7, 9 and so on, of which
 * 5 and 7 are added anew in segment 2, behind a segment 1 of the rows 1000 to
 * 1019. Nine of 300 are listed in GONE, more are bits of DEAD.
 */
static const char *make_with(const char *spec, size_t n_gone)
{
	uint64_t gone[N];
	const char *path = scratch_path("index");
	struct vsx_update *u;
	uint64_t ids[2] = {5, 7};

	what = support_defaults(
		(struct support_index){.spec = spec, .dim = DIM, .n = N});
	support_build(path, what);
	change(path, &what, N, 20, 1000, NULL, 0);
	u = change_begin(path, NULL);
	for (size_t i = 0; i < n_gone; i++)
		gone[i] = 3 + 2 * i;
	MUST(vsx_update_delete(u, gone, n_gone, &err));
	change_add(u, &what, N + 20, 2, ids);
	cr_assert_eq(change_commit(u, path).n_segments, 3);
	return path;
}

enum { LISTED = 9, GONE = 10 };

static const char *make(const char *spec)
{
	return make_with(spec, GONE);
}

Test(broken, nothing_is_before_it_is_broken)
{
	for (size_t i = 0; i < N_SPECS; i++) {
		struct opened o = opened_read(make_with(specs[i], LISTED));

		expect_sound(&o);
		o = opened_read(make(specs[i]));
		cr_assert_eq(vsx_get64(o.segments[0].n_dead), GONE);
		cr_assert_not_null(opened_section(&o, "DEAD", 0));
		cr_assert_null(opened_section(&o, "DEAD", 1));
		expect_sound(&o);
	}
}

/* ---- 5.3: DEAD and GONE ---------------------------------------------- */

Test(broken, marks_are_missing)
{
	const char *path = make("Flat");
	struct opened o = opened_read(path);

	/* Under a name that nobody knows. */
	memcpy(&opened_section(&o, "DEAD", 0)->id, "XEAD", 4);
	expect_found_by_open(&o, "section DEAD has 0 bytes, expected 40");

	/* Of another segment, which has no use for them. */
	o = opened_read(path);
	vsx_put32(&opened_section(&o, "DEAD", 0)->segment, 1);
	expect_found_by_open(&o, "section DEAD has 0 bytes, expected 40");
}

Test(broken, marks_are_there_without_a_deleted_row)
{
	struct opened o = opened_read(make("HNSW8"));

	vsx_put64(&o.segments[0].n_dead, 0);
	opened_add64(&o.manifest->n_live, GONE);
	expect_found_by_open(&o, "section DEAD has 40 bytes, expected 0");
}

Test(broken, marks_have_a_wrong_length)
{
	const char *path = make("IVF4,Flat");
	static const uint64_t lengths[] = {1, 32, 36, 39, 41, 48};

	for (int i = 0; i < 6; i++) {
		struct opened o = opened_read(path);
		struct vsx_disk_section *s = opened_section(&o, "DEAD", 0);
		char due[120];

		vsx_put64(&s->bytes, lengths[i]);
		vsx_put64(&s->raw_bytes, lengths[i]);
		snprintf(due, sizeof(due),
			 "section DEAD has %llu byte%s, expected 40 for 10 "
			 "deleted rows of 300, 0 of them in section GONE",
			 (unsigned long long)lengths[i],
			 lengths[i] == 1 ? "" : "s");
		expect_found_by_open(&o, due);
	}
}

Test(broken, marks_are_packed)
{
	struct opened o = opened_read(make("Flat"));

	vsx_put32(&opened_section(&o, "DEAD", 0)->encoding, 1);
	support_reseal(o.bytes, o.n);
	EXPECT_REFUSED(try_open(&o, 0), VSX_EVERSION,
		       "section DEAD: encoding 1 is not known");
	free(o.bytes);
}

Test(broken, marks_are_more_or_less_than_counted)
{
	for (size_t i = 0; i < N_SPECS; i++) {
		const char *path = make(specs[i]);
		struct opened o = opened_read(path);
		uint8_t *bits = opened_data(&o, "DEAD", 0);
		int row = 0;

		while (bits[row >> 3] >> (row & 7) & 1)
			row++;
		bits[row >> 3] |= (uint8_t)(1 << (row & 7));
		/* The test knows of one neighbour less: no finding of its own.
		 */
		expect_found_by_verify(
			&o, "section DEAD marks 11 rows, expected 10");

		o = opened_read(path);
		bits = opened_data(&o, "DEAD", 0);
		for (row = 0; !(bits[row >> 3] >> (row & 7) & 1);)
			row++;
		bits[row >> 3] &= (uint8_t) ~(1 << (row & 7));
		support_reseal(o.bytes, o.n);
		MUST(try_open(&o, 0));
		EXPECT_REFUSED(try_open(&o, 1), VSX_ECORRUPT,
			       "section DEAD marks 9 rows, expected 10");
		verify(&o);
		cr_expect_geq(result.n_findings, 1);
		free(o.bytes);
	}
}

Test(broken, marks_are_of_rows_that_are_not_there)
{
	const char *path = make("Flat");

	for (int row = N; row < 320; row++) {
		struct opened o = opened_read(path);

		opened_data(&o, "DEAD", 0)[row >> 3] |=
			(uint8_t)(1 << (row & 7));
		expect_found_by_verify(&o, "section DEAD marks 1 row beyond "
					   "the last of 300");
	}
}

/* Entries of the list rise, and are rows. */
Test(broken, listed_marks_do_not_rise)
{
	const char *path = make_with("HNSW8", LISTED);
	struct opened o = opened_read(path);
	uint8_t *rows = opened_data(&o, "GONE", 0);

	memcpy(rows + 4, rows, 4);
	expect_found_by_open(&o, "section GONE: entry 1 is row");
	o = opened_read(path);
	rows = opened_data(&o, "GONE", 0);
	memset(rows + 4, 0, 4);
	expect_found_by_open(&o, "section GONE: entry 1 is row 0, expected");
}

Test(broken, listed_marks_are_of_rows_that_are_not_there)
{
	const char *path = make_with("Flat", LISTED);
	static const uint32_t rows[] = {N, N + 1, UINT32_MAX};

	for (int i = 0; i < 3; i++) {
		struct opened o = opened_read(path);

		vsx_put32((vsx_le32 *)(void *)(opened_data(&o, "GONE", 0) +
					       4 * (LISTED - 1)),
			  rows[i]);
		expect_found_by_open(&o, "section GONE: entry 8 is row");
	}
	/* The last one is one. */
	{
		struct opened o = opened_read(path);

		vsx_put32((vsx_le32 *)(void *)(opened_data(&o, "GONE", 0) +
					       4 * (LISTED - 1)),
			  N - 1);
		expect_sound(&o);
	}
}

Test(broken, listed_marks_have_a_wrong_length)
{
	const char *path = make_with("IVF4,Flat", LISTED);
	static const uint64_t lengths[] = {35, 37, 38, 40, 44};
	struct opened o;

	for (int i = 0; i < 5; i++) {
		struct vsx_disk_section *s;
		char due[80];

		o = opened_read(path);
		s = opened_section(&o, "GONE", 0);
		vsx_put64(&s->bytes, lengths[i]);
		vsx_put64(&s->raw_bytes, lengths[i]);
		snprintf(due, sizeof(due),
			 "section GONE has %llu bytes, expected 4 for each of "
			 "at most 9 rows",
			 (unsigned long long)lengths[i]);
		expect_found_by_open(&o, due);
	}
	/* Who is not listed must be marked. */
	o = opened_read(path);
	vsx_put64(&opened_section(&o, "GONE", 0)->bytes, 32);
	vsx_put64(&opened_section(&o, "GONE", 0)->raw_bytes, 32);
	expect_found_by_open(&o, "section DEAD has 0 bytes, expected 40 for 9 "
				 "deleted rows of 300, 8 of them in section "
				 "GONE");
	/* Nor are more listed than deleted. */
	o = opened_read(path);
	vsx_put64(&o.segments[0].n_dead, LISTED - 1);
	opened_add64(&o.manifest->n_live, 1);
	expect_found_by_open(&o, "section GONE has 36 bytes, expected 4 for "
				 "each of at most 8 rows");
}

/* Bits of ten, and a list of one more. */
static const char *make_both(const char *spec)
{
	const char *path = make(spec);
	struct vsx_update *u = change_begin(path, NULL);
	uint64_t id = 100;

	MUST(vsx_update_delete(u, &id, 1, &err));
	change_commit(u, path);
	return path;
}

Test(broken, marks_of_a_row_that_is_listed)
{
	for (size_t i = 0; i < N_SPECS; i++) {
		const char *path = make_both(specs[i]);
		struct opened o = opened_read(path);
		uint8_t *bits = opened_data(&o, "DEAD", 0);
		uint32_t row = vsx_load32(opened_data(&o, "GONE", 0)), other;
		char due[80];

		expect_sound(&o);
		o = opened_read(path);
		bits = opened_data(&o, "DEAD", 0);
		cr_assert(!(bits[row >> 3] >> (row & 7) & 1));
		bits[row >> 3] |= (uint8_t)(1u << (row & 7));
		for (other = 0;
		     other == row || !(bits[other >> 3] >> (other & 7) & 1);)
			other++;
		bits[other >> 3] &= (uint8_t) ~(1u << (other & 7));
		snprintf(due, sizeof(due),
			 "section GONE lists row %u, which section DEAD marks",
			 row);
		support_reseal(o.bytes, o.n);
		MUST(try_open(&o, 0));
		EXPECT_REFUSED(try_open(&o, 1), VSX_ECORRUPT, due);
		verify(&o);
		cr_expect(heard_has(&heard, due), "%s", heard.findings);
		free(o.bytes);
	}
}

Test(broken, the_list_beside_marks_is_missing)
{
	struct opened o = opened_read(make_both("Flat"));

	memcpy(&opened_section(&o, "GONE", 0)->id, "XONE", 4);
	expect_found_by_verify(&o, "section DEAD marks 10 rows, expected 11");
}

Test(broken, counts_of_deleted_rows)
{
	const char *path = make("Flat");
	struct opened o = opened_read(path);

	vsx_put64(&o.segments[0].n_dead, N + 1);
	vsx_put64(&o.manifest->n_live, 0);
	expect_found_by_open(&o, "segment 0: 301 of 300 rows are deleted");
	o = opened_read(path);
	vsx_put64(&o.segments[0].n_dead, UINT64_MAX);
	expect_found_by_open(&o, "segment 0: 18446744073709551615 of 300 rows "
				 "are deleted");
	o = opened_read(path);
	opened_add64(&o.manifest->n_live, 1);
	expect_found_by_open(&o, "live");
	o = opened_read(path);
	opened_add64(&o.manifest->n_live, UINT64_MAX);
	expect_found_by_open(&o, "live");
	/* Both are wrong together: the marks tell. */
	o = opened_read(path);
	opened_add64(&o.manifest->n_live, UINT64_MAX);
	opened_add64(&o.segments[0].n_dead, 1);
	expect_found_by_verify(&o, "section DEAD marks 10 rows, expected 11");
}

Test(broken, all_rows_are_said_to_be_deleted)
{
	struct opened o = opened_read(make("HNSW8"));
	uint8_t *bits = opened_data(&o, "DEAD", 0);

	/* Which is allowed, when the marks say so. */
	memset(bits, 0xff, N / 8);
	bits[N / 8] = 0x0f;
	opened_add64(&o.segments[0].n_dead, N - GONE);
	opened_add64(&o.manifest->n_live, (uint64_t)0 - (N - GONE));
	expect_sound(&o);
}

Test(broken, segments_of_a_generation_to_come)
{
	struct opened o = opened_read(make("Flat"));

	cr_assert_eq(vsx_get64(o.segments[2].generation), 3);
	vsx_put64(&o.segments[2].generation, 4);
	expect_found_by_open(&o, "segment 2");
}

/* ---- 5.2: ids of several segments ------------------------------------ */

Test(broken, one_id_is_live_in_two_segments)
{
	for (size_t i = 0; i < N_SPECS; i++) {
		const char *path = make(specs[i]);
		struct opened o = opened_read(path);
		uint8_t *bits = opened_data(&o, "DEAD", 0);
		uint8_t *ids = NULL;
		uint32_t row = 5;
		vsx_le32 id = {{5, 0, 0, 0}};

		if (opened_section(&o, "ROID", 0)) {
			ids = opened_data(&o, "ROID", 0);
			for (row = 0; memcmp(ids + row * 4, &id, 4) != 0;)
				row++;
		}
		cr_assert(bits[row >> 3] >> (row & 7) & 1);
		bits[row >> 3] &= (uint8_t) ~(1u << (row & 7));
		/* As many marks as before: another row is deleted. */
		for (row = 100; bits[row >> 3] >> (row & 7) & 1;)
			row++;
		bits[row >> 3] |= (uint8_t)(1u << (row & 7));
		support_reseal(o.bytes, o.n);
		MUST(try_open(&o, 0));
		EXPECT_REFUSED(try_open(&o, 1), VSX_ECORRUPT,
			       "id 5 is also in segment");
		verify(&o);
		cr_expect(heard_has(&heard, "id 5 is also in segment"), "%s",
			  heard.findings);
		free(o.bytes);
	}
}

/* ---- 5.4: shared centroids ------------------------------------------- */

static void share(struct opened *o, uint32_t segment, uint32_t from)
{
	vsx_put32(&o->segments[segment].params[2], from);
}

Test(broken, centroids_are_shared_by_those_who_cannot)
{
	const char *path = make("IVF4,Flat");
	struct opened o = opened_read(path);

	cr_assert_eq(vsx_get32(o.segments[1].params[2]), 1);
	cr_assert_eq(vsx_get32(o.segments[2].params[2]), 1);
	cr_assert_null(opened_section(&o, "CENT", 1));
	share(&o, 1, 2);
	expect_found_by_open(&o, "segment 1 cannot share section CENT of "
				 "segment 1");
	o = opened_read(path);
	share(&o, 1, 3);
	expect_found_by_open(&o, "segment 1 cannot share section CENT of "
				 "segment 2");
	o = opened_read(path);
	share(&o, 2, 2);
	expect_found_by_open(&o, "segment 2 cannot share section CENT of "
				 "segment 1");
	o = opened_read(path);
	share(&o, 1, 4);
	expect_found_by_open(&o, "segment 1 cannot share section CENT of "
				 "segment 3");
	o = opened_read(path);
	share(&o, 1, UINT32_MAX);
	expect_found_by_open(&o, "segment 1 cannot share section CENT of "
				 "segment 4294967294");
	o = opened_read(path);
	share(&o, 0, 1);
	expect_found_by_open(&o, "segment 0 cannot share section CENT of "
				 "segment 0");
	/* Nobody to share with, and none of its own. */
	o = opened_read(path);
	share(&o, 1, 0);
	expect_found_by_open(&o, "section CENT has 0 bytes");
	/* Other numbers than those of the lender. */
	o = opened_read(path);
	opened_add32(&o.segments[1].params[0], 1);
	expect_found_by_open(&o, "segment 1 cannot share section CENT of "
				 "segment 0");
	o = opened_read(path);
	opened_add32(&o.segments[1].params[1], 64);
	expect_found_by_open(&o, "centroids of");
}

/* The centroids of a lender go under a name that nobody knows. */
Test(broken, the_lender_has_no_centroids)
{
	struct opened o = opened_read(make("IVF4,Flat"));

	memcpy(&opened_section(&o, "CENT", 0)->id, "XENT", 4);
	expect_found_by_open(&o, "section CENT has 0 bytes");
}

static const char *join(const char *first, const char *second)
{
	const char *parts[2] = {scratch_path("a"), scratch_path("b")};
	const char *path = scratch_path("joined");

	for (int i = 0; i < 2; i++) {
		struct support_index part = {.spec = i ? second : first,
					     .n_test_queries = UINT32_MAX};

		part.dim = DIM;
		part.n = i ? 40 : 30;
		support_build(parts[i], part);
	}
	support_join(path, parts, 2);
	return path;
}

Test(broken, centroids_are_shared_and_there)
{
	struct opened o = opened_read(join("IVF3,Flat", "IVF3,Flat"));

	share(&o, 1, 1);
	expect_found_by_open(&o, "segment 1 has a section CENT and shares that "
				 "of segment 0");
}

Test(broken, centroids_are_shared_with_another_kind)
{
	static const char *const kinds[] = {"Flat", "HNSW8"};

	for (int i = 0; i < 2; i++) {
		struct opened o = opened_read(join(kinds[i], "IVF4,Flat"));

		memcpy(&opened_section(&o, "CENT", 1)->id, "XENT", 4);
		share(&o, 1, 1);
		expect_found_by_open(&o, "segment 1 cannot share section CENT "
					 "of segment 0");
		/* And a kind that has nothing to share. */
		o = opened_read(join("IVF4,Flat", kinds[i]));
		opened_add32(&o.segments[1].params[2], 1);
		support_reseal(o.bytes, o.n);
		cr_expect_eq(try_open(&o, 0), VSX_ECORRUPT);
		free(o.bytes);
	}
}

/* ---- 5.6: the test of a later generation ----------------------------- */

static const char *make_tested(void)
{
	const char *path = scratch_path("index");
	uint64_t gone = 0;

	what = support_defaults((struct support_index){.spec = "Flat",
						       .dim = DIM,
						       .n = 12,
						       .n_test_queries = 2,
						       .keeps_truth = true});
	support_build(path, what);
	change(path, &what, 12, 2, 12, &gone, 1);
	return path;
}

static vsx_le32 *words_of(const struct opened *o, const char *name)
{
	return (vsx_le32 *)(void *)opened_data(o, name, VSX_WHOLE_INDEX);
}

/* They are those of segment 0, whatever was deleted and added since. */
Test(broken, neighbours_are_not_the_nearest)
{
	const char *path = make_tested();
	struct opened o = opened_read(path);
	vsx_le32 *truth = words_of(&o, "QTRU"), row = truth[0];
	uint32_t k = vsx_get32(o.manifest->truth_k);

	cr_assert_eq(k, 11);
	expect_sound(&o);
	o = opened_read(path);
	truth = words_of(&o, "QTRU");
	truth[0] = truth[1];
	truth[1] = row;
	expect_found_by_test(&o, "test query 0: neighbour 1 is row");

	/* One that is left out, at the end. */
	o = opened_read(path);
	truth = words_of(&o, "QTRU");
	truth[2 * k - 1] = truth[2 * k - 2];
	expect_found_by_test(&o, "test query 1: neighbour 11 is row");

	/* The query itself. */
	o = opened_read(path);
	truth = words_of(&o, "QTRU");
	truth[0] = words_of(&o, "QSRC")[0];
	expect_found_by_test(&o, "test query 0: neighbour 1 is row");
}

Test(broken, rows_of_the_test_are_not_there)
{
	static const char *const names[] = {"QTRU", "QSRC"};
	const char *path = make_tested();

	for (int i = 0; i < 2; i++) {
		char due[64];
		struct opened o = opened_read(path);

		snprintf(due, sizeof(due),
			 "section %s: entry 1 is row 12 of 12", names[i]);
		vsx_put32(&words_of(&o, names[i])[1], 12);
		expect_found_by_test(&o, due);
		o = opened_read(path);
		vsx_put32(&words_of(&o, names[i])[1], UINT32_MAX);
		snprintf(due, sizeof(due), "section %s: entry 1 is row %u",
			 names[i], UINT32_MAX);
		expect_found_by_test(&o, due);
	}
}

Test(broken, more_neighbours_than_segment_0_has)
{
	struct opened o = opened_read(make_tested());

	vsx_put32(&o.manifest->truth_k, 12);
	expect_found_by_open(&o, "2 queries with 12 neighbours each");
}

Test(broken, sections_of_the_test_have_a_wrong_length)
{
	struct opened o = opened_read(make_tested());

	vsx_put32(&o.manifest->truth_k, 10);
	expect_found_by_open(&o, "section QTRU has 88 bytes, expected 80");
}

/* [5.6-16] */
Test(broken, recall_is_above_1)
{
	const char *path = make_tested();
	struct vsx_recall recall;

	for (int share = 0; share < 3; share++) {
		struct opened o = opened_read(path);
		struct vsx_disk_recall *row =
			(void *)opened_data(&o, "RCLL", VSX_WHOLE_INDEX);
		struct vsx *index;
		int fd;

		vsx_put32(&row->recall[share], 1000001);
		support_reseal(o.bytes, o.n);
		verify(&o);
		cr_expect(heard_has(&heard, "row 0: 1000001 millionths"), "%s",
			  heard.findings);
		fd = support_memory_file(o.bytes, o.n);
		MUST(vsx_open(&index, support_fd_path(fd), NULL, &err));
		EXPECT_REFUSED(vsx_get_recall(index, 0, &recall, &err),
			       VSX_ECORRUPT, "row 0: 1000001 millionths");
		vsx_close(index);
		close(fd);
		free(o.bytes);
	}
}

/* [5.6-15] A row of the same effort once more is no other effort. */
Test(broken, efforts_of_the_recall_table_do_not_rise)
{
	const char *path = scratch_path("index");

	support_build(path, (struct support_index){.spec = "IVF16,Flat"});
	for (int less = 0; less < 2; less++) {
		struct opened o = opened_read(path);
		struct vsx_disk_recall *rows =
			(void *)opened_data(&o, "RCLL", VSX_WHOLE_INDEX);
		uint32_t first = vsx_get32(rows[0].effort);
		char due[80];

		cr_assert_geq(vsx_get32(o.manifest->n_recalls), 2);

		vsx_put32(&rows[1].effort, first - (uint32_t)less);
		snprintf(due, sizeof(due),
			 "row 1: effort %u after %u, expected rising",
			 first - (uint32_t)less, first);
		support_reseal(o.bytes, o.n);
		verify(&o);
		cr_expect(heard_has(&heard, due), "%s", heard.findings);
		free(o.bytes);
	}
}

/* ---- 5.4: lists that overlap -------------------------------------------- */

/* Each of them lies within the segment: only together they are too many. */
Test(broken, lists_have_more_rows_than_the_segment)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	const char *path = scratch_path("index");
	struct vsx_searcher *s;
	struct vsx_hit hits[3];
	struct vsx_disk_list *lists;
	struct vsx *index;
	struct opened o;
	float q[8] = {1};
	size_t n;
	int fd;

	support_build(path, (struct support_index){.spec = "IVF4,Flat"});
	o = opened_read(path);
	lists = (void *)opened_data(&o, "LIST", 0);
	lists[1] = lists[0];
	lists[2] = lists[0];
	vsx_put64(&lists[3].first_row, 0);
	vsx_put64(&lists[3].n_rows, 300);
	vsx_put64(&lists[3].offset, 0);
	support_reseal(o.bytes, o.n);
	fd = support_memory_file(o.bytes, o.n);
	MUST(vsx_open(&index, support_fd_path(fd), NULL, &err));
	MUST(vsx_searcher_new(&s, index, &err));
	for (opts.exact = 0; opts.exact < 2; opts.exact++) {
		opts.effort = 4;
		EXPECT_REFUSED(
			vsx_search(s, q, VSX_F32, 3, &opts, hits, &n, &err),
			VSX_ECORRUPT, "the lists hold more rows than the 300");
	}
	vsx_searcher_free(s);
	vsx_close(index);
	close(fd);
	free(o.bytes);
}

/* [5.6-14] Each beside the one before it. */
Test(broken, rows_of_the_test_do_not_rise)
{
	const char *path = scratch_path("index");

	support_build(path, (struct support_index){.n_test_queries = 4});
	for (uint32_t i = 1; i < 4; i++) {
		struct opened o = opened_read(path);
		vsx_le32 *rows = words_of(&o, "QSRC");
		uint32_t before = vsx_get32(rows[i - 1]);
		char due[80];

		vsx_put32(&rows[i], before);
		snprintf(due, sizeof(due),
			 "section QSRC: entry %u is row %u after %u, expected "
			 "rising",
			 i, before, before);
		support_reseal(o.bytes, o.n);
		verify(&o);
		cr_expect(heard_has(&heard, due), "no '%s': %s", due,
			  heard.findings);
		free(o.bytes);
	}
}
