/* Rows by rising id, and what comes back of the fields that they were given. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/build.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(values, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

static struct vsx_error err;

#define OK(call) cr_assert_eq(call, VSX_OK, "%s: %s", #call, err.text)

/* What was given of each type, with the least and the greatest of it. */
static const int64_t ints[] = {INT64_MIN, -1, 0, INT64_MAX};
static const double reals[] = {-1e308, -0.0, 5e-324, 0.1};
static const char *const strings[] = {"", "a", "K\303\266nig\n\"", "zz"};

static void put_row(struct vsx_fields *f, size_t i, bool later)
{
	struct vsx_value v[4], one;

	vsx_fields_clear(f);
	if (i == 2) /* has nothing */
		return;
	one = (struct vsx_value){.truth = i == 1};
	OK(vsx_fields_put(f, "bool", VSX_BOOL, 0, &one, 1, &err));
	one = (struct vsx_value){.number = ints[i]};
	OK(vsx_fields_put(f, "int", VSX_INT, 0, &one, 1, &err));
	OK(vsx_fields_put(f, "time", VSX_TIME, 0, &one, 1, &err));
	one = (struct vsx_value){.real = reals[i]};
	OK(vsx_fields_put(f, "float", VSX_FLOAT, 0, &one, 1, &err));
	one = (struct vsx_value){.string = {strings[i], strlen(strings[i])}};
	OK(vsx_fields_put(f, "string", VSX_STRING, 0, &one, 1, &err));
	for (size_t k = 0; k < i; k++)
		v[k] = (struct vsx_value){
			.truth = k % 2,
			.string = {strings[k], strlen(strings[k])}};
	OK(vsx_fields_put(f, "strings", VSX_STRING, 1, v, i, &err));
	OK(vsx_fields_put(f, "bools", VSX_BOOL, 1, v, i, &err));
	if (later)
		OK(vsx_fields_put(f, "later", VSX_INT, 0, &v[0], 1, &err));
}

/* Four rows of ids 10, 20, 30 and 40, and a segment more of 15, with `later`,
 * in which 20 is gone. */
static const char *make(void)
{
	const char *path = scratch_path("i");
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_bytes fields;
	struct vsx_builder *b;
	struct vsx_update *u;
	struct vsx_fields *f;
	float row[2] = {0};
	uint64_t id;

	opts.dim = 2;
	opts.spec = "Flat";
	OK(vsx_fields_new(&f, &err));
	OK(vsx_builder_new(&b, path, &opts, &err));
	batch.n = 1;
	batch.vectors = row;
	batch.ids = &id;
	batch.fields = &fields;
	for (size_t i = 0; i < 4; i++) {
		row[0] = (float)i;
		id = 40 - 10 * i; /* not in the order of the file */
		put_row(f, 3 - i, false);
		fields = vsx_fields_bytes(f);
		OK(vsx_builder_add(b, &batch, &err));
	}
	OK(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	OK(vsx_update_begin(&u, path, NULL, &err));
	id = 15;
	put_row(f, 3, true);
	fields = vsx_fields_bytes(f);
	OK(vsx_update_add(u, &batch, &err));
	id = 20;
	OK(vsx_update_delete(u, &id, 1, &err));
	OK(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
	vsx_fields_free(f);
	return path;
}

/* ---- values -------------------------------------------------------------- */

static const char *const names[] = {"time",  "bool",	"string",
				    "int",   "strings", "float",
				    "bools", "later",	"int"};
static const size_t of_rows[] = {0, 3, 3}; /* of the ids 10, 15 and 40 */
static const uint64_t ids[] = {10, 15, 40};

static int compare(void *context, size_t i, size_t field,
		   const struct vsx_value *v, size_t n)
{
	size_t row = of_rows[i], *calls = context;
	double real = reals[row] + 0.0;

	cr_expect_eq(*calls, i * 9 + field);
	(*calls)++;
	if (field == 7) { /* a segment lacks it */
		cr_expect_eq(v != NULL, ids[i] == 15);
		return 0;
	}
	cr_assert(v != NULL, "%zu: %s", i, names[field]);
	if (field == 4 || field == 6) {
		cr_assert_eq(n, row);
		for (size_t k = 0; k < n; k++)
			cr_expect(
				field == 6
					? v[k].truth == k % 2
					: v[k].string.n == strlen(strings[k]) &&
						  memcmp(v[k].string.at,
							 strings[k],
							 v[k].string.n) == 0);
		return 0;
	}
	cr_assert_eq(n, 1);
	switch (field) {
	case 0:
	case 3:
	case 8:
		cr_expect_eq(v->number, ints[row]);
		break;
	case 1:
		cr_expect_eq(v->truth, row == 1);
		break;
	case 2:
		cr_expect_eq(v->string.n, strlen(strings[row]));
		cr_expect_eq(memcmp(v->string.at, strings[row], v->string.n),
			     0);
		break;
	default:
		cr_expect_eq(memcmp(&v->real, &real, sizeof(real)), 0);
	}
	return 0;
}

Test(values, are_those_that_were_given)
{
	struct vsx *index;
	size_t calls = 0;

	OK(vsx_open(&index, make(), NULL, &err));
	OK(vsx_values(index, ids, 3, names, 9, compare, &calls, &err));
	cr_expect_eq(calls, 27);
	vsx_close(index);
}

struct seen {
	size_t n, n_null, stop_at;
};

static int count(void *context, size_t i, size_t field,
		 const struct vsx_value *v, size_t n)
{
	struct seen *s = context;

	(void)i;
	(void)field;
	s->n++;
	s->n_null += v == NULL;
	cr_expect(v || n == 0);
	return s->n == s->stop_at;
}

Test(values, of_all_fields_where_none_is_named)
{
	struct seen seen = {0};
	struct vsx *index;
	uint64_t id = 10;

	OK(vsx_open(&index, make(), NULL, &err));
	OK(vsx_values(index, &id, 1, NULL, 0, count, &seen, &err));
	cr_expect_eq(seen.n, 8);
	cr_expect_eq(seen.n_null, 1);
	id = 30; /* "2", which has nothing */
	seen = (struct seen){0};
	OK(vsx_values(index, &id, 1, NULL, 0, count, &seen, &err));
	cr_expect_eq(seen.n_null, 8);
	seen = (struct seen){0};
	OK(vsx_values(index, NULL, 0, NULL, 0, count, &seen, &err));
	OK(vsx_values(index, &id, 1, names, 0, count, &seen, &err));
	cr_expect_eq(seen.n, 0);
	vsx_close(index);
}

Test(values, that_cannot_be_had_are_refused_by_name)
{
	const char *wrong[] = {"int", "year"};
	uint64_t gone[] = {10, 20};
	struct seen seen = {.stop_at = 2};
	struct vsx *index;

	OK(vsx_open(&index, make(), NULL, &err));
	cr_expect_eq(vsx_values(index, ids, 1, wrong, 2, count, &seen, &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text,
			 "no field year, the index has 8: bool, bools, float, "
			 "int, later, string, strings, time");
	cr_expect_eq(vsx_values(index, gone, 2, wrong, 1, count, &seen, &err),
		     VSX_ENOTFOUND);
	cr_expect(strstr(err.text, "no row has the id 20"), "%s", err.text);
	cr_expect_eq(seen.n, 0);
	cr_expect_eq(vsx_values(index, ids, 3, wrong, 1, count, &seen, &err),
		     VSX_ESTOPPED);
	cr_expect_eq(seen.n, 2);
	vsx_close(index);
}

Test(values, of_a_damaged_section_are_not_reported)
{
	const char *path = make(), *to = scratch_path("damaged");
	struct seen seen = {0};
	struct vsx *index;

	support_damage(path, to, "COLS");
	if (vsx_open(&index, to, NULL, &err) == VSX_OK) {
		cr_expect_eq(
			vsx_values(index, ids, 3, NULL, 0, count, &seen, &err),
			VSX_ECORRUPT);
		vsx_close(index);
	}
	cr_expect_eq(err.status, VSX_ECORRUPT);
	cr_expect_eq(seen.n, 0);
}

Test(values, of_times_are_told_as_text)
{
	char text[VSX_TIME_TEXT];

	vsx_time_text(text, INT64_C(1769817600000000));
	cr_expect_str_eq(text, "2026-01-31");
	vsx_time_text(text, -500000);
	cr_expect_str_eq(text, "1969-12-31T23:59:59.5Z");
	vsx_time_text(text, INT64_MIN);
	cr_expect_str_eq(text, "-9223372036854775808");
}

/* ---- ids ----------------------------------------------------------------- */

Test(ids, come_by_rising_id_in_pages_of_any_size, .init = scratch_make,
     .fini = scratch_drop)
{
	static const uint64_t due[] = {10, 15, 30, 40};
	uint64_t found[5], from;
	struct vsx *index;
	size_t n, at;

	OK(vsx_open(&index, make(), NULL, &err));
	for (size_t room = 1; room <= 5; room++) {
		at = 0;
		from = 0;
		do {
			OK(vsx_ids(index, NULL, from, found, room, &n, &err));
			cr_assert_leq(at + n, 4);
			cr_expect_eq(
				memcmp(found, due + at, n * sizeof(*found)), 0);
			at += n;
			from = n ? found[n - 1] + 1 : 0;
		} while (n == room);
		cr_expect_eq(at, 4);
	}
	OK(vsx_ids(index, NULL, 16, found, SIZE_MAX, &n, &err));
	cr_expect(n == 2 && found[0] == 30 && found[1] == 40);
	OK(vsx_ids(index, NULL, 41, found, 5, &n, &err));
	cr_expect_eq(n, 0);
	OK(vsx_ids(index, NULL, UINT64_MAX, found, 5, &n, &err));
	cr_expect_eq(n, 0);
	OK(vsx_ids(index, NULL, 0, found, 0, &n, &err));
	cr_expect_eq(n, 0);
	vsx_close(index);
}

Test(ids, of_a_selection_are_those_of_its_rows, .init = scratch_make,
     .fini = scratch_drop)
{
	struct vsx_selection *s;
	struct vsx_filter *filter;
	struct vsx *index, *other;
	const char *path = make();
	uint64_t found[5];
	size_t n;

	OK(vsx_open(&index, path, NULL, &err));
	OK(vsx_open(&other, path, NULL, &err));
	OK(vsx_filter_parse(&filter, "int is not null", &err));
	OK(vsx_select(&s, index, filter, &err));
	OK(vsx_ids(index, s, 0, found, 5, &n, &err));
	cr_expect(n == 3 && found[0] == 10 && found[1] == 15 && found[2] == 40);
	OK(vsx_ids(index, s, 11, found, 1, &n, &err));
	cr_expect(n == 1 && found[0] == 15);
	cr_expect_eq(vsx_ids(other, s, 0, found, 5, &n, &err), VSX_EINVAL);
	vsx_selection_free(s);
	vsx_filter_free(filter);
	vsx_close(other);
	vsx_close(index);
}

/* Without sections of ids they are row numbers. */
Test(ids, without_ids_of_their_own_are_all_of_them, .init = scratch_make,
     .fini = scratch_drop)
{
	const char *path = scratch_path("plain");
	uint64_t found[300];
	struct vsx *index;
	size_t n;

	support_build(path, (struct support_index){.spec = "HNSW8"});
	OK(vsx_open(&index, path, NULL, &err));
	OK(vsx_ids(index, NULL, 0, found, 300, &n, &err));
	cr_expect_eq(n, 300);
	for (size_t i = 0; i < n; i++)
		cr_expect_eq(found[i], i);
	vsx_close(index);
}
