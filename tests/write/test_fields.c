/*
 * Fields go wherever their rows go, and searches among the rows of a filter
 * find the nearest of these and no others. SPEC.md 5.11.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scratch_folder.h"
#include "vsx_write.h"

enum { DIM = 16, N = 3000, MORE = 400, K = 10 };

static struct vsx_error err;

static void enter(void)
{
	scratch_make();
	cr_assert_eq(chdir(scratch_folder), 0);
}

TestSuite(fields, .init = enter, .fini = scratch_drop, .timeout = 120);

/* ---- rows --------------------------------------------------------------- */

static float component(uint32_t i, uint32_t d)
{
	uint32_t h = (i * 97u + d * 31u + 7u) * 2654435761u;

	return (float)(h >> 16 & 1023) / 64.0f;
}

static const char *lang(uint32_t i)
{
	static const char *const langs[] = {"en", "de", "fr"};

	return i % 11 == 5 ? NULL : langs[i * 7 % 3];
}

static int64_t year(uint32_t i)
{
	return 1990 + (int64_t)(i * 13 % 40);
}

/* Few rows have "rare", and those with an id from N on a field of their own. */
static bool is_rare(uint32_t i)
{
	return i % 500 == 3;
}

static void put(struct vsx_fields *f, const char *name,
		enum vsx_field_type type, uint32_t list,
		const struct vsx_value *v, size_t n)
{
	cr_assert_eq(vsx_fields_put(f, name, type, list, v, n, &err), VSX_OK,
		     "%s", err.text);
}

static struct vsx_value string(const char *s)
{
	return (struct vsx_value){.string = {s, strlen(s)}};
}

static void put_row(struct vsx_fields *f, uint32_t i)
{
	struct vsx_value v = {.number = year(i)}, tags[2];

	vsx_fields_clear(f);
	put(f, "year", VSX_INT, 0, &v, 1);
	if (lang(i)) {
		v = string(lang(i));
		put(f, "lang", VSX_STRING, 0, &v, 1);
	} else {
		cr_assert_eq(
			vsx_fields_put_null(f, "lang", VSX_STRING, 0, &err),
			VSX_OK);
	}
	tags[0] = string(i % 2 ? "odd" : "even");
	tags[1] = string("rare");
	put(f, "tags", VSX_STRING, 1, tags, 1 + is_rare(i));
	if (i >= N) {
		v = string("2026-01-31T12:00:00Z");
		put(f, "added", VSX_TIME, 0, &v, 1);
	}
}

struct rows {
	size_t n;
	float (*vectors)[DIM];
	uint64_t *ids;
	struct vsx_bytes *fields;
};

/* Rows first .. end - 1, whose ids are 10 times their number. */
static struct rows make_rows(uint32_t first, uint32_t end)
{
	struct rows r = {.n = end - first};
	struct vsx_fields *f;

	r.vectors = malloc(r.n * sizeof(*r.vectors));
	r.ids = malloc(r.n * sizeof(*r.ids));
	r.fields = malloc(r.n * sizeof(*r.fields));
	cr_assert_eq(vsx_fields_new(&f, &err), VSX_OK);
	for (uint32_t i = first; i < end; i++) {
		struct vsx_bytes b;
		void *copy;

		for (uint32_t d = 0; d < DIM; d++)
			r.vectors[i - first][d] = component(i, d);
		r.ids[i - first] = 10 * (uint64_t)i;
		put_row(f, i);
		b = vsx_fields_bytes(f);
		copy = malloc(b.n);
		memcpy(copy, b.at, b.n);
		r.fields[i - first] = (struct vsx_bytes){copy, b.n};
	}
	vsx_fields_free(f);
	return r;
}

static void drop_rows(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		free((void *)(uintptr_t)r->fields[i].at);
	free(r->vectors);
	free(r->ids);
	free(r->fields);
}

static struct vsx_batch batch_of(const struct rows *r)
{
	struct vsx_batch b = VSX_BATCH_INIT;

	b.n = r->n;
	b.vectors = r->vectors;
	b.ids = r->ids;
	b.fields = r->fields;
	return b;
}

static void build(const char *path, const char *spec, uint32_t first,
		  uint32_t end)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct rows r = make_rows(first, end);
	struct vsx_batch batch = batch_of(&r);
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_builder_add(b, &batch, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	drop_rows(&r);
}

/* ---- what is found ------------------------------------------------------ */

static bool live[N + MORE];

static bool always(uint32_t i)
{
	return i < N + MORE;
}
static bool english_and_new(uint32_t i)
{
	return lang(i) && strcmp(lang(i), "en") == 0 && year(i) >= 2020;
}
static bool not_german(uint32_t i)
{
	return lang(i) && strcmp(lang(i), "de") != 0;
}
static bool without(uint32_t i)
{
	return !lang(i);
}
static bool never(uint32_t i)
{
	return i > N + MORE;
}
static bool added(uint32_t i)
{
	return i >= N;
}

static const struct {
	const char *text;
	bool (*passes)(uint32_t i);
	bool later; /* needs what rows from N on brought */
} cases[] = {
	{"year > 0", always, false},
	{"lang = \"en\" and year >= 2020", english_and_new, false},
	{"lang != 'de'", not_german, false},
	{"lang is null", without, false},
	{"tags contains 'rare'", is_rare, false},
	{"lang = 'xx'", never, false},
	{"added > '2026-01-31'", added, true},
};

/* How many of the exact k nearest were found; every hit must pass. */
static size_t search(const struct vsx *index, const struct vsx_selection *s,
		     bool (*passes)(uint32_t i), uint32_t query, bool exact,
		     size_t *due)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[K], truth[K];
	struct vsx_searcher *searcher;
	size_t n = 0, same = 0;
	float q[DIM];

	for (uint32_t d = 0; d < DIM; d++)
		q[d] = component(query, d) + 0.25f;
	opts.among = s;
	opts.exact = exact;
	cr_assert_eq(vsx_searcher_new(&searcher, index, &err), VSX_OK);
	cr_assert_eq(vsx_search(searcher, q, VSX_F32, K, &opts, hits, &n, &err),
		     VSX_OK, "%s", err.text);
	opts.exact = 1;
	cr_assert_eq(
		vsx_search(searcher, q, VSX_F32, K, &opts, truth, due, &err),
		VSX_OK, "%s", err.text);
	cr_assert_eq(n,
		     vsx_selection_count(s) < K ? vsx_selection_count(s) : K);
	for (size_t i = 0; i < n; i++) {
		uint32_t row = (uint32_t)(hits[i].id / 10);

		cr_assert(live[row] && passes(row), "row %u", row);
		for (size_t j = 0; j < n; j++)
			same += truth[j].id == hits[i].id;
	}
	vsx_searcher_free(searcher);
	return same;
}

static void expect_selects(const struct vsx *index, const char *text,
			   bool (*passes)(uint32_t i))
{
	struct vsx_selection *s;
	struct vsx_filter *f;
	struct vsx_facts facts;
	size_t n = 0, found = 0, sought = 0;
	uint64_t id;

	cr_assert_eq(vsx_filter_parse(&f, text, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_select(&s, index, f, &err), VSX_OK, "%s: %s", text,
		     err.text);
	vsx_filter_free(f);
	vsx_get_facts(index, &facts);
	for (uint32_t i = 0; i < N + MORE; i++)
		n += live[i] && passes(i);
	cr_assert_eq(vsx_selection_count(s), n, "%s: %llu rows, not %zu", text,
		     (unsigned long long)vsx_selection_count(s), n);
	for (uint64_t row = 0;
	     (row = vsx_selection_next(s, row)) < facts.n_rows; row++) {
		cr_assert_eq(vsx_id_at(index, row, &id, &err), VSX_OK);
		cr_assert(live[id / 10] && passes((uint32_t)(id / 10)));
		n--;
	}
	cr_assert_eq(n, 0);
	for (uint32_t query = 0; query < 40; query++) {
		size_t due;

		found += search(index, s, passes, query * 71, false, &due);
		sought += due;
		if (query < 5)
			cr_assert_eq(search(index, s, passes, query * 71, true,
					    &due),
				     due);
	}
	cr_expect(found * 20 >= sought * 19, "%s: %zu of %zu", text, found,
		  sought);
	vsx_selection_free(s);
}

/* The file is sound, and filters say what they should. */
static void expect_file(const char *path, bool later)
{
	struct vsx_verify_result result;
	struct vsx *index;

	cr_assert_eq(vsx_verify(path, NULL, NULL, NULL, &result, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(result.n_findings, 0);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (later || !cases[i].later)
			expect_selects(index, cases[i].text, cases[i].passes);
	vsx_close(index);
}

static void set_live(uint32_t first, uint32_t end, bool is)
{
	for (uint32_t i = first; i < end; i++)
		live[i] = is;
}

static void update(const char *path, uint32_t first, uint32_t end,
		   uint32_t keep)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct rows r = make_rows(first, end);
	struct vsx_batch batch = batch_of(&r);
	struct vsx_update *u;

	opts.replace = 1;
	opts.keep_segments = keep;
	cr_assert_eq(vsx_update_begin(&u, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	for (uint64_t i = 0; i < 300; i++)
		cr_assert_eq(vsx_update_delete(u, &(uint64_t){i * 90}, 1, &err),
			     VSX_OK);
	cr_assert_eq(vsx_update_add(u, &batch, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
	drop_rows(&r);
	for (uint32_t i = 0; i < 300; i++)
		live[i * 9] = false;
	set_live(first, end, true);
}

/* Built, added to, merged, compacted. */
static void expect_life(const char *spec)
{
	set_live(0, N + MORE, false);
	set_live(0, N, true);
	build("a.vsx", spec, 0, N);
	expect_file("a.vsx", false);
	update("a.vsx", N, N + MORE / 2, 1);
	expect_file("a.vsx", true);
	update("a.vsx", N + MORE / 2 - 50, N + MORE, 0);
	expect_file("a.vsx", true);
	cr_assert_eq(vsx_compact(&(const char *){"a.vsx"}, 1, NULL, NULL, NULL,
				 NULL, &err),
		     VSX_OK, "%s", err.text);
	expect_file("a.vsx", true);
	cr_assert_eq(vsx_repair("a.vsx", "b.vsx", NULL, NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
	expect_file("b.vsx", true);
}

Test(fields, live_with_their_rows_in_flat)
{
	expect_life("Flat");
}

Test(fields, live_with_their_rows_in_ivf)
{
	expect_life("IVF40,Flat");
}

Test(fields, live_with_their_rows_in_ivf_of_codes)
{
	expect_life("IVF40,SQ8,NoRefine");
}

Test(fields, live_with_their_rows_in_hnsw)
{
	expect_life("HNSW16");
}

Test(fields, two_indexes_are_joined)
{
	static const char *const inputs[] = {"a.vsx", "b.vsx"};

	set_live(0, N + MORE, true);
	build("a.vsx", "Flat", 0, 1700);
	build("b.vsx", "HNSW16", 1700, N + MORE);
	cr_assert_eq(vsx_compact(inputs, 2, "c.vsx", NULL, NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
	expect_file("c.vsx", true);
}

/* ---- what is told and refused ------------------------------------------- */

Test(fields, are_told_by_name_and_type)
{
	struct vsx_field_facts f;
	char all[200] = "";
	struct vsx *index;

	build("a.vsx", "Flat", N - 5, N + 5);
	cr_assert_eq(vsx_open(&index, "a.vsx", NULL, &err), VSX_OK);
	for (uint32_t i = 0; vsx_get_field(index, i, &f, &err) == VSX_OK; i++)
		sprintf(all + strlen(all), "%s:%s ", f.name,
			vsx_field_type_text(f.type, f.is_list));
	cr_expect_str_eq(all, "added:time lang:string tags:[string] year:int ");
	cr_expect_str_eq(err.text, "field 4 of 4");
	vsx_close(index);
}

static void expect_refused(struct vsx *index, const char *text, const char *why)
{
	struct vsx_selection *s;
	struct vsx_filter *f;

	cr_assert_eq(vsx_filter_parse(&f, text, &err), VSX_OK);
	cr_expect_eq(vsx_select(&s, index, f, &err), VSX_EINVAL);
	cr_expect_null(s);
	cr_expect_str_eq(err.text, why, "%s", err.text);
	vsx_filter_free(f);
}

Test(fields, a_filter_must_suit_the_index)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index, *other;
	struct vsx_searcher *s;
	struct vsx_filter *f;
	struct vsx_hit hit;
	float q[DIM] = {1};
	size_t n;

	build("a.vsx", "Flat", 0, 20);
	build("b.vsx", "Flat", 0, 20);
	cr_assert_eq(vsx_open(&index, "a.vsx", NULL, &err), VSX_OK);
	cr_assert_eq(vsx_open(&other, "b.vsx", NULL, &err), VSX_OK);
	expect_refused(index, "year = 1 or lnag = 'en'",
		       "filter, character 13: no field lnag, the index has 3: "
		       "lang, tags, year");
	expect_refused(index, "year = 'en'",
		       "filter, character 8: field year is int, expected a "
		       "number");
	cr_assert_eq(vsx_filter_parse(&f, "year > 0", &err), VSX_OK);
	cr_assert_eq(vsx_select((struct vsx_selection **)(void *)&opts.among,
				other, f, &err),
		     VSX_OK);
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_expect_eq(vsx_search(s, q, VSX_F32, 1, &opts, &hit, &n, &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "the selection is of another index");
	vsx_selection_free((struct vsx_selection *)(uintptr_t)opts.among);
	vsx_searcher_free(s);
	vsx_filter_free(f);
	vsx_close(index);
	vsx_close(other);
}

Test(fields, a_field_keeps_its_type)
{
	struct vsx_value v = {.real = 1.5};
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_fields *f;
	struct vsx_bytes record;
	struct vsx_update *u;
	float q[DIM] = {1};

	build("a.vsx", "Flat", 0, 20);
	cr_assert_eq(vsx_fields_new(&f, &err), VSX_OK);
	put(f, "year", VSX_FLOAT, 0, &v, 1);
	record = vsx_fields_bytes(f);
	batch.n = 1;
	batch.vectors = q;
	batch.fields = &record;
	cr_assert_eq(vsx_update_begin(&u, "a.vsx", NULL, &err), VSX_OK);
	cr_expect_eq(vsx_update_add(u, &batch, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text,
			 "row 0: field year is float, expected int as before");
	record.n--;
	cr_expect_eq(vsx_update_add(u, &batch, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "row 0: byte 0 of 17 of its fields is not "
				   "as vsx_fields_bytes() gives them");
	vsx_update_free(u);
	vsx_fields_free(f);
}

static void expect_bad_value(enum vsx_field_type type, struct vsx_value v,
			     const char *why)
{
	struct vsx_fields *f;

	cr_assert_eq(vsx_fields_new(&f, &err), VSX_OK);
	cr_expect_eq(vsx_fields_put(f, "x", type, 0, &v, 1, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, why, "%s", err.text);
	cr_expect_eq(vsx_fields_bytes(f).n, 0);
	cr_expect_eq(vsx_fields_put_null(f, "x", VSX_INT, 0, &err), VSX_OK);
	cr_expect_eq(vsx_fields_put_null(f, "x", VSX_INT, 0, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "field x is there twice");
	vsx_fields_free(f);
}

Test(fields, values_are_what_they_say)
{
	static char large[65537];

	memset(large, 'a', sizeof(large) - 1);
	expect_bad_value(VSX_FLOAT, (struct vsx_value){.real = 1e308 * 10},
			 "field x: inf, expected a finite number");
	expect_bad_value(
		VSX_STRING, string("\xff"),
		"field x: a string that is not UTF-8, or has a byte 0");
	expect_bad_value(VSX_STRING, string(large),
			 "field x: a string of 65536 bytes, expected at most "
			 "65535");
	expect_bad_value(VSX_TIME, string("tomorrow"),
			 "field x: 'tomorrow', expected a time such as "
			 "2026-01-31 or 2026-01-31T12:00:00Z");
}

Test(fields, a_subset_is_an_index_of_its_own)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_compact_result result;
	struct vsx_filter *f;
	struct vsx *index;
	uint64_t n;

	for (uint32_t i = 0; i < N + MORE; i++)
		live[i] = i < N && english_and_new(i);
	build("a.vsx", "IVF20,Flat", 0, N);
	cr_assert_eq(vsx_filter_parse(&f, "lang = 'en' and year >= 2020", &err),
		     VSX_OK);
	opts.where = f;
	cr_expect_eq(vsx_compact(&(const char *){"a.vsx"}, 1, NULL, &opts, NULL,
				 NULL, &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "a filter needs an output of its own: rows "
				   "that do not pass would be lost");
	cr_assert_eq(vsx_compact(&(const char *){"a.vsx"}, 1, "b.vsx", &opts,
				 &result, NULL, &err),
		     VSX_OK, "%s", err.text);
	expect_file("b.vsx", false);
	cr_assert_eq(vsx_open(&index, "b.vsx", NULL, &err), VSX_OK);
	for (n = 0; vsx_id_at(index, n, &(uint64_t){0}, &err) == VSX_OK; n++)
		;
	cr_expect_eq(result.n_rows, n);
	cr_expect_eq(result.n_left_out, N - n);
	vsx_close(index);
	vsx_filter_free(f);
}
