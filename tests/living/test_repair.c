/* From a damaged index comes a new one with every row that is sound. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "living/opened.h"
#include "read/heard.h"
#include "support/build.h"
#include "write/repair.h"
#include "write/scratch_folder.h"

TestSuite(repair, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 300, DIM = 8, PAGE = 4096 };

static struct vsx_error err;
static struct vsx_repair_result result;
static struct vsx_build_result built;
static struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
static char notes[1 << 16];

static int hear_note(void *context, const struct vsx_build_event *event)
{
	(void)context;
	if (event->what == VSX_BUILD_NOTE) {
		strncat(notes, event->text, sizeof(notes) - strlen(notes) - 2);
		strcat(notes, "\n");
	}
	return 0;
}

static void take_text(void *context, const char *text)
{
	struct vsx_build_event event = {.what = VSX_BUILD_NOTE, .text = text};

	hear_note(context, &event);
}

static enum vsx_status repair(const char *from, const char *to)
{
	notes[0] = '\0';
	opts.report = hear_note;
	opts.force = 1;
	return vsx_repair(from, to, &opts, &result, &built, &err);
}

static void put(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	cr_assert(f && fwrite(bytes, 1, n, f) == n);
	fclose(f);
}

/* Every row of the saved index is that of the model, and it is sound. */
static uint64_t check(const char *path, const struct support_index *what)
{
	struct vsx_verify_opts verify = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result verified;
	struct heard heard = {0};
	uint64_t n = 0;
	struct vsx *index;

	cr_assert_eq(vsx_verify(path, &verify, hear, &heard, &verified, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(verified.n_findings, 0, "%s", heard.findings);
	heard_reset(&heard);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	for (size_t i = 0; i < what->n; i++) {
		float row[DIM], due[DIM];

		if (vsx_get(index, support_id(what, i), row, &err) != VSX_OK)
			continue;
		n++;
		support_row(what, i, due);
		cr_expect(memcmp(row, due, sizeof(row)) == 0, "row %zu", i);
	}
	vsx_close(index);
	return n;
}

static const char *const specs[] = {
	"Flat",	    "IVF4,Flat", "HNSW8",	    "IVF4,SQ8",	   "HNSW8,SQ8",
	"IVF4,PQ2", "PCA3,Flat", "OPQ2_4,IVF4,PQ2", "HNSW8,SQ8,G4"};
#define N_SPECS (sizeof(specs) / sizeof(specs[0]))

Test(repair, saves_everything_from_a_sound_index)
{
	for (size_t s = 0; s < N_SPECS; s++) {
		struct support_index what = support_defaults(
			(struct support_index){.spec = specs[s], .ids = true});

		support_build(scratch_path("x"), what);
		cr_assert_eq(repair(scratch_path("x"), scratch_path("y")),
			     VSX_OK, "%s", err.text);
		cr_expect_eq(result.n_lost, 0);
		cr_expect_eq(result.fell_back, 0);
		cr_expect_str_empty(notes);
		cr_expect_eq(check(scratch_path("y"), &what), N);
	}
}

/* One page after the other: only rows of that page are lost, and named. */
Test(repair, loses_the_rows_of_a_damaged_page_and_no_more)
{
	for (size_t s = 0; s < N_SPECS; s++) {
		struct support_index what =
			support_defaults((struct support_index){
				.spec = specs[s], .ids = true, .half = true});
		uint64_t at, length, lost = 0;
		uint8_t *bytes;
		size_t n;

		support_build(scratch_path("x"), what);
		bytes = support_read(scratch_path("x"), &n);
		cr_assert(support_section(bytes, n, "VECS", &at, &length));
		for (uint64_t page = at; page < at + length; page += PAGE) {
			bytes[page + 100] ^= 4;
			put(scratch_path("z"), bytes, n);
			bytes[page + 100] ^= 4;
			cr_assert_eq(
				repair(scratch_path("z"), scratch_path("y")),
				VSX_OK, "%s", err.text);
			cr_expect_gt(result.n_lost, 0);
			cr_expect_leq(result.n_lost,
				      PAGE / (DIM * sizeof(float)));
			cr_expect(strstr(notes, "checksum"), "%s", notes);
			cr_expect(strstr(notes, "ids "), "%s", notes);
			cr_expect_eq(check(scratch_path("y"), &what),
				     N - result.n_lost);
			lost += result.n_lost;
		}
		cr_expect_eq(lost, N, "%s: %llu", specs[s],
			     (unsigned long long)lost);
		free(bytes);
	}
}

/* Ids of many digits in many ranges: none is cut, and none is invented. */
Test(repair, names_all_ids_of_many_ranges)
{
	struct {
		struct vsx_lost lost;
		uint8_t fence[64];
	} x = {.lost = {.note = take_text}};
	const uint64_t first = UINT64_C(18446744073709000000);
	char due[64];

	memset(x.fence, 0x5a, sizeof(x.fence));
	notes[0] = '\0';
	for (uint64_t i = 0; i < 60; i++) {
		uint64_t id = first + i / 3 * 100 + i % 3;

		vsx_lost_row(&x.lost, i, &id, "they are damaged");
	}
	vsx_lost_flush(&x.lost);
	cr_expect_eq(x.lost.n, 60);
	for (size_t i = 0; i < sizeof(x.fence); i++)
		cr_expect_eq(x.fence[i], 0x5a);
	for (uint64_t i = 0; i < 20; i++) {
		for (uint64_t end = 0; end <= 2; end += 2) {
			snprintf(due, sizeof(due), "%llu",
				 (unsigned long long)(first + i * 100 + end));
			cr_expect(strstr(notes, due), "%s is not in %s", due,
				  notes);
		}
	}
}

Test(repair, does_without_what_can_be_made_anew)
{
	static const char *const sections[] = {"LNK0", "LEVL", "IDRO", "QSRC"};
	struct support_index what = support_defaults(
		(struct support_index){.spec = "HNSW8", .ids = true});
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	support_build(scratch_path("x"), what);
	for (int i = 0; i < 4; i++) {
		bytes = support_read(scratch_path("x"), &n);
		cr_assert(support_section(bytes, n, sections[i], &at, &length));
		memset(bytes + at, 0xff, length);
		put(scratch_path("z"), bytes, n);
		free(bytes);
		cr_assert_eq(repair(scratch_path("z"), scratch_path("y")),
			     VSX_OK, "%s", err.text);
		cr_expect_eq(result.n_lost, 0, "%s: %s", sections[i], notes);
		cr_expect_eq(check(scratch_path("y"), &what), N);
	}
}

Test(repair, says_when_not_even_the_ids_are_known)
{
	struct support_index what = support_defaults(
		(struct support_index){.spec = "Flat", .ids = true});

	support_build(scratch_path("x"), what);
	support_damage(scratch_path("x"), scratch_path("z"), "ROID");
	cr_expect_eq(repair(scratch_path("z"), scratch_path("y")),
		     VSX_ECORRUPT);
	cr_expect(strstr(notes, "lost 300 rows, ids not known"), "%s", notes);
	cr_expect(strstr(err.text, "none of 300 rows can be recovered"), "%s",
		  err.text);
}

/* Add row N, and delete row 7. */
static void change(const char *path, const struct support_index *what)
{
	uint64_t added = support_id(what, N), gone = support_id(what, 7);
	struct vsx_update *u;
	float row[DIM];

	support_row(what, N, row);
	cr_assert(!vsx_update_begin(&u, path, NULL, &err) &&
			  !vsx_update_delete(u, &gone, 1, &err) &&
			  !vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &added),
					  &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
}

Test(repair, saves_the_older_generation_of_a_file_that_was_cut)
{
	struct support_index what = support_defaults(
		(struct support_index){.spec = "HNSW8", .ids = true});
	uint8_t *bytes;
	size_t n, n_before;

	support_build(scratch_path("x"), what);
	free(support_read(scratch_path("x"), &n_before));
	change(scratch_path("x"), &what);
	bytes = support_read(scratch_path("x"), &n);
	put(scratch_path("z"), bytes, n - 1);
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.generation, 2); /* only zeros were cut off */
	put(scratch_path("z"), bytes, n_before + 1);
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.generation, 1);
	cr_expect_eq(check(scratch_path("y"), &what), N);
	/* A manifest is at the end: without it there is nothing. */
	put(scratch_path("z"), bytes, n_before - PAGE);
	cr_expect_eq(repair(scratch_path("z"), scratch_path("y")),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "manifest of generation 1"), "%s", err.text);
	free(bytes);
}

Test(repair, keeps_deleted_rows_deleted)
{
	struct support_index what = support_defaults(
		(struct support_index){.spec = "HNSW8", .ids = true});

	support_build(scratch_path("x"), what);
	change(scratch_path("x"), &what);
	cr_assert_eq(repair(scratch_path("x"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.generation, 2);
	what.n = N + 1;
	cr_expect_eq(check(scratch_path("y"), &what), N);
}

Test(repair, is_not_sure_of_rows_whose_marks_are_damaged)
{
	struct vsx_update *u;
	uint64_t gone[12];
	struct support_index what = support_defaults(
		(struct support_index){.spec = "Flat", .ids = true});
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	support_build(scratch_path("x"), what);
	change(scratch_path("x"), &what);
	support_damage(scratch_path("x"), scratch_path("z"), "GONE");
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	/* The list is all or nothing: better a row that is back than none. */
	cr_expect_eq(result.n_unsure, 0);
	cr_expect_eq(result.n_lost, 0);
	cr_expect_eq(result.n_revived, 1);
	cr_expect_eq(result.n_rows, N + 1);
	cr_expect(strstr(notes, "segment 0: 1 deleted row is live again"), "%s",
		  notes);

	/* Bits are lost page by page, and the rows with them. */
	for (size_t i = 0; i < 12; i++)
		gone[i] = support_id(&what, 20 + i);
	cr_assert(!vsx_update_begin(&u, scratch_path("x"), NULL, &err) &&
			  !vsx_update_delete(u, gone, 12, &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
	bytes = support_read(scratch_path("x"), &n);
	cr_assert(support_section(bytes, n, "DEAD", &at, &length));
	cr_assert_eq(length, 40);
	bytes[at] ^= 1;
	put(scratch_path("z"), bytes, n);
	free(bytes);
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.n_unsure, N);
	cr_expect_eq(result.n_revived, 0);
	cr_expect_eq(result.n_rows, 1);

	/* Of the list those alone are back that are in it. */
	gone[0] = support_id(&what, 50);
	cr_assert(!vsx_update_begin(&u, scratch_path("x"), NULL, &err) &&
			  !vsx_update_delete(u, gone, 1, &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
	support_damage(scratch_path("x"), scratch_path("z"), "GONE");
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.n_unsure, 0);
	cr_expect_eq(result.n_revived, 1);
	cr_expect_eq(result.n_rows, N + 1 - 13);
}

/* What replaced them is newer, and the only row with that id. */
Test(repair, does_not_bring_rows_back_that_were_replaced)
{
	struct vsx_update_opts replace = VSX_UPDATE_OPTS_INIT;
	uint64_t id, gone, ids[3];
	struct support_index what = support_defaults(
		(struct support_index){.spec = "Flat", .ids = true});
	float rows[3][DIM], row[DIM];
	struct vsx_update *u;
	struct vsx *index;

	support_build(scratch_path("x"), what);
	for (size_t i = 0; i < 3; i++) {
		ids[i] = support_id(&what, 10 * i);
		support_row(&what, N + i, rows[i]);
	}
	gone = support_id(&what, 77);
	replace.replace = 1;
	cr_assert(!vsx_update_begin(&u, scratch_path("x"), &replace, &err) &&
			  !vsx_update_delete(u, &gone, 1, &err) &&
			  !vsx_update_add(u, VSX_BATCH(rows, VSX_F32, 3, ids),
					  &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
	support_damage(scratch_path("x"), scratch_path("z"), "GONE");
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.n_rows, N);
	cr_expect_eq(result.n_revived, 1);
	cr_expect_eq(result.n_lost, 0);
	cr_expect_eq(built.n_rejected, 0);
	cr_assert_eq(vsx_open(&index, scratch_path("y"), NULL, &err), VSX_OK);
	for (size_t i = 0; i < 3; i++) {
		cr_assert_eq(vsx_get(index, ids[i], row, &err), VSX_OK);
		cr_expect_eq(memcmp(row, rows[i], sizeof(row)), 0);
	}
	id = support_id(&what, 77);
	cr_expect_eq(vsx_get(index, id, row, &err), VSX_OK);
	vsx_close(index);
}

/* With its slots at odds, say: there is nothing to save, and that is saved. */
Test(repair, writes_an_index_of_no_rows_for_one)
{
	const char *path = scratch_path("x");
	uint64_t ids[N];
	struct support_index what =
		support_defaults((struct support_index){.spec = "HNSW8"});
	struct vsx_update *u;

	support_build(path, what);
	for (size_t i = 0; i < N; i++)
		ids[i] = i;
	cr_assert(!vsx_update_begin(&u, path, NULL, &err) &&
			  !vsx_update_delete(u, ids, N, &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
	for (int i = 0; i < 2;
	     i++) { /* one segment, all of it dead; then none */
		cr_assert_eq(repair(path, scratch_path("y")), VSX_OK, "%s",
			     err.text);
		cr_expect_eq(result.n_rows, 0);
		cr_expect_str_eq(built.spec, "HNSW8");
		cr_expect_eq(check(scratch_path("y"), &what), 0);
		cr_assert_eq(
			vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err),
			VSX_OK, "%s", err.text);
	}
}

Test(repair, falls_back_to_the_other_generation)
{
	struct support_index what = support_defaults(
		(struct support_index){.spec = "Flat", .ids = true});
	uint8_t *bytes, *before;
	uint64_t place;
	vsx_le64 raw;
	size_t n, n_before;

	support_build(scratch_path("x"), what);
	before = support_read(scratch_path("x"), &n_before);
	change(scratch_path("x"), &what);
	bytes = support_read(scratch_path("x"), &n);
	/* The manifest of generation 2, whose superblock is in slot 0. */
	memcpy(&raw, bytes + 48, 8);
	place = vsx_get64(raw);
	cr_assert_geq(place, n_before);
	bytes[place + 9] ^= 1;
	put(scratch_path("z"), bytes, n);
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.generation, 1);
	cr_expect_eq(result.fell_back, 1);
	cr_expect_eq(check(scratch_path("y"), &what), N);
	/* And when the superblock itself is gone. */
	bytes[place + 9] ^= 1;
	bytes[40] ^= 1;
	put(scratch_path("z"), bytes, n);
	cr_assert_eq(repair(scratch_path("z"), scratch_path("y")), VSX_OK, "%s",
		     err.text);
	cr_expect_eq(result.generation, 1);
	cr_expect_eq(result.fell_back, 1);
	free(bytes);
	free(before);
}

/* Rows that are claimed, and that no byte bears out. */
Test(repair, believes_no_count_that_the_file_does_not_hold)
{
	static const uint64_t more[] = {1, 63, 4096, 1 << 20, INT32_MAX - N};

	for (size_t i = 0; i < 5 * N_SPECS; i++) {
		struct support_index what =
			support_defaults((struct support_index){
				.spec = specs[i / 5], .ids = true});
		struct opened o;

		support_build(scratch_path("x"), what);
		o = opened_read(scratch_path("x"));
		opened_add64(&o.segments[0].n_rows, more[i % 5]);
		opened_add64(&o.manifest->n_rows, more[i % 5]);
		opened_add64(&o.manifest->n_live, more[i % 5]);
		support_reseal(o.bytes, o.n);
		put(scratch_path("z"), o.bytes, o.n);
		free(o.bytes);
		cr_expect_eq(repair(scratch_path("z"), scratch_path("y")),
			     VSX_ECORRUPT, "%s: %s", specs[i / 5], err.text);
	}
}

/* A segment that does not open is lost as a whole; nothing of it is used. */
Test(repair, leaves_a_segment_alone_that_does_not_open)
{
	for (size_t s = 0; s < N_SPECS; s++) {
		struct support_index what = support_defaults(
			(struct support_index){.spec = specs[s], .ids = true});
		struct vsx_disk_section *ids;
		struct opened o;

		support_build(scratch_path("x"), what);
		change(scratch_path("x"), &what);
		o = opened_read(scratch_path("x"));
		ids = opened_section(&o, "ROID", 0);
		opened_add64(&ids->bytes, 4);
		opened_add64(&ids->raw_bytes, 4);
		support_reseal(o.bytes, o.n);
		put(scratch_path("z"), o.bytes, o.n);
		free(o.bytes);
		cr_assert_eq(repair(scratch_path("z"), scratch_path("y")),
			     VSX_OK, "%s", err.text);
		cr_expect_eq(result.n_rows, 1);
		cr_expect_eq(result.n_lost, N - 1);
		cr_expect(strstr(notes, "lost 299 rows, ids not known: section "
					"ROID has"),
			  "%s", notes);
	}
}

static int stop_reading(void *context, const struct vsx_build_event *event)
{
	(void)context;
	return event->what == VSX_BUILD_PROGRESS &&
	       strcmp(event->text, "reading") == 0;
}

Test(repair, stops_when_it_is_told_to)
{
	support_build(scratch_path("x"),
		      support_defaults((struct support_index){.n = N}));
	opts.report = stop_reading;
	cr_expect_eq(vsx_repair(scratch_path("x"), scratch_path("y"), &opts,
				&result, NULL, &err),
		     VSX_ESTOPPED);
}

/* The input is read until the end, and all that there is of it is in there. */
Test(repair, refuses_to_write_over_its_input)
{
	const char *in = scratch_path("x"), *out = scratch_path("y");
	uint8_t *before, *after;
	size_t n, m;

	support_build(in, (struct support_index){.dim = DIM, .n = N});
	before = support_read(in, &n);
	cr_assert_eq(link(in, scratch_path("hard")), 0);
	cr_assert_eq(symlink("hard", scratch_path("soft")), 0);
	cr_expect_eq(repair(in, in), VSX_EINVAL);
	cr_expect(strstr(err.text, "is both an input and the output"), "%s",
		  err.text);
	cr_expect_eq(repair(in, scratch_path("hard")), VSX_EINVAL);
	cr_expect_eq(repair(in, scratch_path("soft")), VSX_EINVAL);
	cr_expect_eq(repair(scratch_path("soft"), in), VSX_EINVAL);
	after = support_read(in, &m);
	cr_expect(m == n && memcmp(before, after, n) == 0);
	cr_expect_eq(repair(in, out), VSX_OK, "%s", err.text);
	free(before);
	free(after);
}
