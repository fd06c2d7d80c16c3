/*
 * Damage to keys, payload or fields costs no row: each is saved with what is
 * sound of them, and the rest is named and counted.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "living/opened.h"
#include "read/handle.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(repair_attached, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 300);

enum { N = 2100, DIM = 8, PAGE = 4096 };

static struct vsx_error err;
static struct vsx_repair_result result;
static char notes[1 << 16];

/* ---- what rows have ------------------------------------------------------ */

/* Long ones, so that their directory has several pages. */
static size_t key_of(char *to, uint32_t i)
{
	return (size_t)sprintf(to, "%0*u", (int)VSX_MAX_KEY, i);
}

/* So long that most have a block of their own, and easily compressed. */
static size_t payload_of(char *to, uint32_t i)
{
	return (size_t)sprintf(to, "%040000u", i);
}

static const char *lang_of(uint32_t i)
{
	static const char *const langs[] = {"en", "de", "fr", NULL};

	return langs[i % 4];
}

enum { LANG = 1, NUMBER = 2, TAGS = 4, ALL = 7 };

/* Some of the fields of a row, by rising name. */
static struct vsx_bytes fields_of(struct vsx_fields *f, uint32_t i, int which)
{
	struct vsx_value v = {.number = i}, tags[2];
	bool ok = true;

	tags[0].string =
		(struct vsx_bytes){i % 2 ? "odd" : "even", i % 2 ? 3 : 4};
	tags[1].string = (struct vsx_bytes){"all", 3};
	vsx_fields_clear(f);
	if (which & LANG && lang_of(i)) {
		v.string = (struct vsx_bytes){lang_of(i), 2};
		ok = !vsx_fields_put(f, "lang", VSX_STRING, 0, &v, 1, &err);
	} else if (which & LANG) {
		ok = !vsx_fields_put_null(f, "lang", VSX_STRING, 0, &err);
	}
	if (ok && which & NUMBER)
		ok = !vsx_fields_put(f, "number", VSX_INT, 0, &v, 1, &err);
	if (ok && which & TAGS)
		ok = !vsx_fields_put(f, "tags", VSX_STRING, 1, tags, 2, &err);
	cr_assert(ok, "%s", err.text);
	return vsx_fields_bytes(f);
}

static void row_of(float row[DIM], uint32_t i)
{
	struct support_index what = support_defaults((struct support_index){0});

	support_row(&what, i, row);
}

/* One row after the other; each batch has one. */
static void build(const char *path, const char *spec, uint32_t n)
{
	static char key[VSX_MAX_KEY + 1], payload[40001];
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_bytes keys, payloads, fields;
	struct vsx_builder *b;
	struct vsx_fields *f;
	float row[DIM];

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	cr_assert(!vsx_builder_new(&b, path, &opts, &err) &&
		  !vsx_fields_new(&f, &err));
	batch.n = 1;
	batch.vectors = row;
	batch.keys = &keys;
	batch.payloads = &payloads;
	batch.fields = &fields;
	for (uint32_t i = 0; i < n; i++) {
		row_of(row, i);
		keys = (struct vsx_bytes){key, key_of(key, i)};
		/* Most are empty, and some blocks have many of these. */
		payloads = (struct vsx_bytes){payload, payload_of(payload, i)};
		if (i % 8)
			payloads.n = 0;
		fields = fields_of(f, i, ALL);
		cr_assert_eq(vsx_builder_add(b, &batch, &err), VSX_OK, "%s",
			     err.text);
	}
	vsx_fields_free(f);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
}

/* ---- what is left of it -------------------------------------------------- */

static int hear_note(void *context, const struct vsx_build_event *event)
{
	(void)context;
	if (event->what == VSX_BUILD_NOTE) {
		strncat(notes, event->text, sizeof(notes) - strlen(notes) - 2);
		strcat(notes, "\n");
	}
	return 0;
}

static enum vsx_status repair(const uint8_t *bytes, size_t n)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	FILE *f = fopen(scratch_path("z"), "wb");

	cr_assert(f && fwrite(bytes, 1, n, f) == n);
	fclose(f);
	notes[0] = '\0';
	opts.report = hear_note;
	opts.force = 1;
	return vsx_repair(scratch_path("z"), scratch_path("y"), &opts, &result,
			  NULL, &err);
}

/* Rows that are without something that they had. */
struct without {
	uint64_t key, payload, fields;
};

static void expect_vector(const struct vsx *index, uint32_t i)
{
	float row[DIM], due[DIM];

	cr_assert_eq(vsx_get(index, i, row, &err), VSX_OK, "%s", err.text);
	row_of(due, i);
	cr_expect_eq(memcmp(row, due, sizeof(row)), 0, "row %u", i);
}

static bool is_in(const struct vsx_bytes *all, struct vsx_bytes part)
{
	return all->n >= part.n && memmem(all->at, all->n, part.at, part.n);
}

/* Each field is as it was or null; whether one is null that was not. */
static bool lacks_fields(const struct vsx *index, uint32_t i,
			 struct vsx_fields *f)
{
	struct vsx_attached_reader r = {0};
	struct vsx_bytes found;
	const struct vsx_segment *seg;
	uint32_t row, n = 0;
	bool lacks = false;

	cr_assert(!vsx_find_row(index, i, &seg, &row, &err));
	vsx_attached_begin(&r, seg);
	cr_assert_eq(vsx_attached_get(&r, VSX_ATT_FIELDS, row, &found, &err),
		     VSX_OK, "%s", err.text);
	for (int which = LANG; which <= TAGS; which *= 2) {
		bool there = is_in(&found, fields_of(f, i, which));

		lacks = lacks || !there;
		n += there ? (uint32_t)fields_of(f, i, which).n : 0;
	}
	/* Nothing else is in it: a name, its length, a type, no values. */
	cr_expect_leq(found.n, n + 3 * (1 + strlen("number") + 1 + 4));
	vsx_attached_release(&r);
	return lacks;
}

static struct without look(const char *path, uint32_t n)
{
	static char text[40001], due[40001];
	struct without w = {0};
	struct vsx_fields *f;
	struct vsx *index;

	cr_assert(!vsx_fields_new(&f, &err));
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	for (uint32_t i = 0; i < n; i++) {
		size_t bytes, all = key_of(due, i);

		expect_vector(index, i);
		cr_assert(!vsx_key(index, i, text, &bytes, &err));
		cr_expect(bytes == 0 ||
			  (bytes == all && memcmp(text, due, all) == 0));
		w.key += bytes == 0;
		cr_assert(!vsx_payload(index, i, text, sizeof(text), &bytes,
				       &err));
		all = i % 8 ? 0 : payload_of(due, i);
		cr_expect(bytes == 0 ||
			  (bytes == all && memcmp(text, due, all) == 0));
		w.payload += bytes != all;
		w.fields += lacks_fields(index, i, f);
	}
	vsx_fields_free(f);
	vsx_close(index);
	return w;
}

/* ---- page after page ----------------------------------------------------- */

/* What is said to be lost is. A payload that was empty may be counted. */
static void expect_told(const char *section, uint64_t page, uint32_t n)
{
	struct without w = look(scratch_path("y"), n);

	cr_expect_eq(result.n_lost, 0);
	cr_expect_eq(result.n_rows, n);
	cr_expect_eq(w.key, result.n_without_key, "%s %llu: %llu, %llu",
		     section, (unsigned long long)page,
		     (unsigned long long)w.key,
		     (unsigned long long)result.n_without_key);
	cr_expect_leq(w.payload, result.n_without_payload);
	cr_expect_leq(result.n_without_payload,
		      8 * w.payload + VSX_STRINGS_ROWS);
	cr_expect_eq(w.fields, result.n_without_fields, "%s %llu: %llu, %llu",
		     section, (unsigned long long)page,
		     (unsigned long long)w.fields,
		     (unsigned long long)result.n_without_fields);
}

struct damage {
	const char *section;
	const char *note; /* what is said; NULL: nothing is lost */
	uint64_t most;	  /* pages that are tried, from the first on */
};

static void damage(const char *spec, const struct damage *d, uint32_t n)
{
	uint64_t at, length, end;
	uint8_t *bytes;
	size_t size;

	bytes = support_read(scratch_path("x"), &size);
	cr_assert(support_section(bytes, size, d->section, &at, &length));
	end = at + (length < d->most * PAGE ? length : d->most * PAGE);
	for (uint64_t page = at; page < end; page += PAGE) {
		bytes[page] ^= 4;
		cr_assert_eq(repair(bytes, size), VSX_OK, "%s, %s: %s", spec,
			     d->section, err.text);
		bytes[page] ^= 4;
		expect_told(d->section, (page - at) / PAGE, n);
		cr_expect_eq(*notes != '\0', d->note != NULL, "%s: %s",
			     d->section, notes);
		cr_expect(!d->note || strstr(notes, d->note), "%s: %s",
			  d->section, notes);
	}
	free(bytes);
}

static const struct damage damages[] = {
	{"KEYS", " without their key, ids ", 3},
	{"KDIR", " without their key, ids ", 99},
	{"KTAB", NULL, 2},
	{"PAYL", " without their payload, ids ", 3},
	{"PDIR", " without their payload, ids ", 99},
	{"COLS", " without their fields, or some of them, ids ", 99},
};
#define N_DAMAGES (sizeof(damages) / sizeof(damages[0]))

Test(repair_attached, costs_no_row_whatever_page_is_damaged)
{
	static const char *const specs[] = {"Flat", "IVF4,SQ8", "HNSW8"};

	for (size_t s = 0; s < sizeof(specs) / sizeof(*specs); s++) {
		uint32_t n = s ? 300 : N;

		build(scratch_path("x"), specs[s], n);
		for (size_t d = 0; d < N_DAMAGES; d++)
			damage(specs[s], &damages[d], n);
	}
}

/* The first page of a directory says where the others lead: without it the rest
 * is found all the same. */
Test(repair_attached, loses_what_a_page_of_a_directory_is_of_and_no_more)
{
	uint64_t at, length;
	uint8_t *bytes;
	size_t size;

	build(scratch_path("x"), "Flat", N);
	bytes = support_read(scratch_path("x"), &size);
	cr_assert(support_section(bytes, size, "KDIR", &at, &length));
	cr_assert_gt(length, 2 * PAGE);
	for (uint64_t page = at; page < at + length; page += PAGE) {
		bytes[page] ^= 4;
		cr_assert_eq(repair(bytes, size), VSX_OK, "%s", err.text);
		bytes[page] ^= 4;
		/* 171 blocks and the one before, each of 5 rows. */
		cr_expect_gt(result.n_without_key, 0);
		cr_expect_leq(result.n_without_key, 172 * 5);
	}
	free(bytes);
}

static void put_byte(uint64_t at, uint8_t byte)
{
	FILE *f = fopen(scratch_path("x"), "r+b");

	cr_assert(f && fseek(f, (long)at, SEEK_SET) == 0 &&
		  fputc(byte, f) == byte);
	fclose(f);
}

/* Rows are asked for one after the other: to try each page of a directory that
 * cannot be read once more for each of them would take the square of their
 * number. So what is mended meanwhile is not noticed. */
Test(repair_attached, tries_the_pages_of_a_gap_once)
{
	uint64_t at, length;
	struct vsx_attached_reader r = {0}, other = {0};
	const struct vsx_segment *seg;
	struct vsx_bytes key;
	struct vsx *index;
	uint8_t *bytes;
	uint32_t row;
	size_t size;

	build(scratch_path("x"), "Flat", N);
	bytes = support_read(scratch_path("x"), &size);
	cr_assert(support_section(bytes, size, "KDIR", &at, &length));
	cr_assert(!vsx_open(&index, scratch_path("x"), NULL, &err));
	cr_assert(!vsx_find_row(index, 7, &seg, &row, &err));
	vsx_attached_begin(&r, seg);
	put_byte(at, bytes[at] ^ 4);
	cr_expect_eq(vsx_attached_get(&r, VSX_ATT_KEY, 7, &key, &err),
		     VSX_ECORRUPT);
	put_byte(at, bytes[at]);
	cr_expect_eq(vsx_attached_get(&r, VSX_ATT_KEY, 8, &key, &err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "KDIR"), "%s", err.text);
	/* Behind the gap they can be read, and by others all of them. */
	cr_expect_eq(vsx_attached_get(&r, VSX_ATT_KEY, N - 1, &key, &err),
		     VSX_OK, "%s", err.text);
	vsx_attached_begin(&other, seg);
	cr_expect_eq(vsx_attached_get(&other, VSX_ATT_KEY, 8, &key, &err),
		     VSX_OK, "%s", err.text);
	vsx_attached_release(&r);
	vsx_attached_release(&other);
	vsx_close(index);
	free(bytes);
}

/* Lengths that cannot be, with checksums that hold. */
Test(repair_attached, does_without_sections_that_do_not_open)
{
	static const struct {
		const char *section;
		struct without due;
	} cases[] = {
		{"KDIR", {.key = 300}},
		{"KTAB", {.key = 0}},
		{"PDIR", {.payload = 300}},
		{"COLS", {.fields = 300}},
	};

	build(scratch_path("x"), "HNSW8", 300);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct opened o = opened_read(scratch_path("x"));
		struct vsx_disk_section *s =
			opened_section(&o, cases[i].section, 0);

		opened_add64(&s->bytes, (uint64_t)-1);
		opened_add64(&s->raw_bytes, (uint64_t)-1);
		support_reseal(o.bytes, o.n);
		cr_assert_eq(repair(o.bytes, o.n), VSX_OK, "%s", err.text);
		free(o.bytes);
		cr_expect_eq(result.n_rows, 300);
		cr_expect_eq(result.n_lost, 0);
		cr_expect_eq(result.n_without_key, cases[i].due.key);
		cr_expect_eq(result.n_without_payload, cases[i].due.payload);
		cr_expect_eq(result.n_without_fields, cases[i].due.fields);
		look(scratch_path("y"), 300);
	}
}
