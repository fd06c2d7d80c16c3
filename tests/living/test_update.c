/* The rules of an update, one by one: ids, refusals, results. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "living/change.h"
#include "living/opened.h"
#include "write/scratch_folder.h"

TestSuite(update, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 300, DIM = 8 };

static const char *const specs[] = {"Flat",	   "IVF4,Flat",
				    "HNSW8",	   "IVF4,SQ4",
				    "IVF4,RaBitQ", "IVF4,SQ8,NoRefine"};
static struct support_index what;

static const char *build(const char *spec, bool ids)
{
	const char *path = scratch_path("index");

	what = support_defaults((struct support_index){
		.spec = spec, .dim = DIM, .n = N, .ids = ids});
	support_build(path, what);
	return path;
}

static bool is_there(const struct vsx *index, uint64_t id)
{
	float row[DIM];
	enum vsx_status status = vsx_get(index, id, row, &err);

	cr_expect(status == VSX_OK || status == VSX_ENOTFOUND, "%s", err.text);
	return status == VSX_OK;
}

static void expect_row(const char *path, uint64_t id, size_t i)
{
	struct vsx *index = change_open(path);

	cr_expect(change_has(index, &what, id, i), "id %llu is not row %zu: %s",
		  (unsigned long long)id, i, err.text);
	vsx_close(index);
}

/* ---- ids ------------------------------------------------------------- */

Test(update, numbers_rows_on_from_the_greatest_id)
{
	const char *path = build("HNSW8", true);
	uint64_t greatest = 0, gone;
	struct vsx_update *u;

	for (size_t i = 0; i < N; i++)
		if (support_id(&what, i) > greatest)
			greatest = support_id(&what, i);
	u = change_begin(path, NULL);
	change_add(u, &what, N, 2, NULL);
	change_add(u, &what, N + 2, 1, NULL);
	change_commit(u, path);
	for (size_t i = 0; i < 3; i++)
		expect_row(path, greatest + 1 + i, N + i);

	/* A number that was given is not given again. */
	gone = greatest + 3;
	change(path, &what, 0, 0, 0, &gone, 1);
	u = change_begin(path, NULL);
	change_add(u, &what, N + 3, 1, NULL);
	change_commit(u, path);
	expect_row(path, greatest + 4, N + 3);
	change_sound(path);
}

/* Not even when nothing is left of the row: it was merged away, compacted. */
Test(update, gives_no_number_twice)
{
	for (int s = 0; s < 5; s++) {
		const char *path = build(specs[s], false);
		uint64_t gone[5];

		for (int round = 0; round < 4; round++) {
			uint64_t first = N + 5 * (uint64_t)round;
			struct vsx_update *u = change_begin(path, NULL);

			change_add(u, &what, N + 1, 5, NULL);
			change_commit(u, path);
			for (uint64_t i = 0; i < 5; i++) {
				expect_row(path, first + i, N + 1 + i);
				gone[i] = first + i;
			}
			change(path, &what, 0, 0, 0, gone, 5);
			if (round == 2)
				MUST(vsx_compact(&path, 1, NULL, NULL, NULL,
						 NULL, &err));
		}
		change_sound(path);
	}
}

Test(update, numbers_on_behind_a_deleted_row_of_the_first_segment)
{
	const char *path = build("Flat", false);
	struct vsx_update *u;
	uint64_t gone = N - 1;

	change(path, &what, 0, 0, 0, &gone, 1);
	u = change_begin(path, NULL);
	change_add(u, &what, 7, 1, NULL);
	change_commit(u, path);
	expect_row(path, N, 7);
}

Test(update, has_no_number_behind_the_last)
{
	const char *path = build("Flat", false);
	uint64_t id = UINT64_MAX - 2;
	struct vsx_update *u;
	struct kept before;
	float row[2 * DIM];

	support_row(&what, 1, row);
	support_row(&what, 2, row + DIM);
	change(path, &what, 0, 1, id, NULL, 0);
	u = change_begin(path, NULL);
	EXPECT_REFUSED(
		vsx_update_add(u, VSX_BATCH(row, VSX_F32, 2, NULL), &err),
		VSX_EINVAL,
		"no ids are left after 18446744073709551613"
		" for 2 rows");
	/* One is, and the failure did not take it. */
	MUST(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL), &err));
	change_commit(u, path);
	expect_row(path, UINT64_MAX - 1, 1);

	/* The last of all can be given by hand, and is found. */
	change(path, &what, 2, 1, UINT64_MAX, NULL, 0);
	expect_row(path, UINT64_MAX, 2);
	before = keep(path);
	u = change_begin(path, NULL);
	EXPECT_REFUSED(
		vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
		VSX_EINVAL,
		"no ids are left after 18446744073709551615"
		" for 1 row ");
	vsx_update_free(u);
	expect_unchanged(&before);
	change_sound(path);
}

/* The numbers behind "already: ". */
static size_t count_named(const char *text)
{
	const char *at = strstr(text, "already: ");
	size_t n = 1;

	for (at = at ? at + 9 : ""; *at; at++)
		n += *at == ',';
	return n;
}

Test(update, refuses_ids_that_are_live)
{
	static const size_t clashes[] = {1, 2, 10, 11, 200};

	for (size_t s = 0; s < 5; s++) {
		const char *path = build(specs[s], true);

		for (size_t c = 0; c < 5; c++) {
			struct vsx_update *u = change_begin(path, NULL);
			struct kept before = keep(path);
			size_t n = clashes[c];
			uint64_t ids[N + 1];
			char due[64];

			ids[n] = 12345;
			for (size_t i = 0; i < n; i++)
				ids[i] = support_id(&what, i + 3);
			change_add(u, &what, 0, n + 1, ids);
			snprintf(due, sizeof(due),
				 n == 1 ? "a live row with id %llu already"
					: "already: %llu, ",
				 (unsigned long long)ids[0]);
			EXPECT_REFUSED(vsx_update_commit(u, NULL, &err),
				       VSX_EEXIST, due);
			if (n > 1) {
				snprintf(due, sizeof(due),
					 "with %zu of the ids", n);
				cr_expect(strstr(err.text, due), "%s",
					  err.text);
				/* The dots count as one. */
				cr_expect_eq(count_named(err.text),
					     n > 10 ? 11 : n, "%s", err.text);
				cr_expect_eq(!!strstr(err.text, "..."), n > 10);
			}
			vsx_update_free(u);
			expect_unchanged(&before);
		}
	}
}

Test(update, refuses_two_added_rows_with_one_id)
{
	for (uint32_t replace = 0; replace < 2; replace++) {
		struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
		const char *path = build("Flat", false);
		struct kept before = keep(path);
		uint64_t ids[3] = {900, 7000, 900};
		struct vsx_update *u;

		opts.flat_below = 1;
		opts.replace = replace;
		u = change_begin(path, &opts);
		change_add(u, &what, 0, 3, ids);
		EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EINVAL,
			       "row 2: id 900 is also that of row 0");
		vsx_update_free(u);
		expect_unchanged(&before);
	}
}

Test(update, gives_a_number_that_was_given_by_hand_to_nobody_else)
{
	const char *path = build("Flat", false);
	struct vsx_update *u = change_begin(path, NULL);
	struct kept before = keep(path);
	uint64_t id = N;

	change_add(u, &what, 0, 1, &id);
	change_add(u, &what, 1, 1, NULL);
	EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EINVAL, "id 300");
	vsx_update_free(u);
	expect_unchanged(&before);
}

Test(update, replaces_when_told_to)
{
	for (size_t s = 0; s < 5; s++) {
		struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
		const char *path = build(specs[s], true);
		struct vsx_update_result r;
		struct vsx_update *u;
		uint64_t ids[20];

		opts.flat_below = 1;
		opts.replace = 1;
		for (int round = 0; round < 3; round++) {
			for (size_t i = 0; i < 20; i++)
				ids[i] = i < 15 ? support_id(&what, i * 9)
						: 77 + i;
			u = change_begin(path, &opts);
			change_add(u, &what, N + (size_t)round * 20, 20, ids);
			r = change_commit(u, path);
			cr_expect_eq(r.n_added, 20);
			cr_expect_eq(r.n_replaced, round ? 20 : 15);
			cr_expect_eq(r.n_deleted, 0);
			cr_expect_eq(r.n_live, N + 5);
			for (size_t i = 0; i < 20; i++)
				expect_row(path, ids[i],
					   N + (size_t)round * 20 + i);
			change_sound(path);
		}
	}
}

/* ---- deleting -------------------------------------------------------- */

Test(update, tells_ids_to_delete_that_no_row_has)
{
	static const uint64_t ids[] = {5,   4000, 5,	      17,
				       301, 4000, UINT64_MAX, 17};
	static const uint64_t due[] = {301, 4000, UINT64_MAX};
	const char *path = build("IVF4,Flat", false);
	struct vsx_update_result r;
	struct vsx_update *u = change_begin(path, NULL);
	struct kept before;
	struct vsx *index;

	MUST(vsx_update_delete(u, ids, 3, &err));
	MUST(vsx_update_delete(u, ids + 3, 5, &err));
	MUST(vsx_update_commit(u, &r, &err));
	cr_expect_eq(r.n_deleted, 2);
	cr_expect_eq(r.n_live, N - 2);
	cr_expect_eq(r.n_dead, 2);
	cr_assert_eq(r.n_unknown, 3);
	cr_expect_eq(memcmp(r.unknown, due, sizeof(due)), 0);
	vsx_update_free(u);
	index = change_open(path);
	for (uint64_t id = 0; id < N; id++)
		cr_expect_eq(is_there(index, id), id != 5 && id != 17);
	vsx_close(index);
	change_sound(path);

	/* What is deleted is unknown from then on; nothing is to be done. */
	before = keep(path);
	u = change_begin(path, NULL);
	MUST(vsx_update_delete(u, ids, 8, &err));
	MUST(vsx_update_commit(u, &r, &err));
	cr_expect_eq(r.n_deleted, 0);
	cr_expect_eq(r.n_unknown, 5);
	cr_expect_eq(r.generation, 2);
	cr_expect_eq(r.n_live, N - 2);
	cr_expect_eq(r.n_dead, 2);
	cr_expect_eq(r.appended_bytes, 0);
	cr_expect_eq(r.file_bytes, before.n);
	vsx_update_free(u);
	expect_unchanged(&before);
}

Test(update, deletes_and_adds_one_id_in_one_update)
{
	for (int added_first = 0; added_first < 2; added_first++) {
		const char *path = build("HNSW8", false);
		struct vsx_update *u = change_begin(path, NULL);
		struct vsx_update_result r;
		uint64_t id = 5;

		if (added_first)
			change_add(u, &what, N + 1, 1, &id);
		MUST(vsx_update_delete(u, &id, 1, &err));
		if (!added_first)
			change_add(u, &what, N + 1, 1, &id);
		r = change_commit(u, path);
		cr_expect_eq(r.n_deleted, 1);
		cr_expect_eq(r.n_added, 1);
		cr_expect_eq(r.n_replaced, 0);
		cr_expect_eq(r.n_live, N);
		expect_row(path, 5, N + 1);
		change_sound(path);
	}
}

static void delete_all(const char *path)
{
	struct vsx_update *u = change_begin(path, NULL);
	struct vsx_update_result r;

	for (size_t i = 0; i < N; i++) {
		uint64_t id = support_id(&what, i);

		MUST(vsx_update_delete(u, &id, 1, &err));
	}
	r = change_commit(u, path);
	cr_expect_eq(r.n_deleted, N);
	cr_expect_eq(r.n_live, 0);
	cr_expect_eq(r.n_dead, N);
}

static void expect_nothing_found(const char *path)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	float row[DIM];
	struct vsx_searcher *s;
	struct vsx_hit hits[4];
	size_t n;

	support_row(&what, 3, row);
	MUST(vsx_searcher_new(&s, index, &err));
	for (opts.exact = 0; opts.exact < 2; opts.exact++) {
		n = 9;
		MUST(vsx_search(s, row, VSX_F32, 4, &opts, hits, &n, &err));
		cr_expect_eq(n, 0);
		n = 9;
		MUST(vsx_search_batch(index, row, VSX_F32, 1, 4, &opts, 1, hits,
				      &n, NULL, &err));
		cr_expect_eq(n, 0);
	}
	cr_expect_eq(
		vsx_search_id(s, support_id(&what, 3), 4, NULL, hits, &n, &err),
		VSX_ENOTFOUND);
	vsx_searcher_free(s);
	vsx_close(index);
}

Test(update, deletes_all_rows_and_adds_them_again)
{
	for (size_t s = 0; s < 5; s++) {
		const char *path = build(specs[s], true);
		struct vsx_update_result r;
		struct vsx_update *u;
		uint64_t ids[N];

		delete_all(path);
		expect_nothing_found(path);
		change_sound(path);
		for (size_t i = 0; i < N; i++)
			ids[i] = support_id(&what, i);
		u = change_begin(path, NULL);
		change_add(u, &what, 0, N, ids);
		r = change_commit(u, path);
		cr_expect_eq(r.n_live, N);
		cr_expect_eq(r.n_dead, N);
		cr_expect_eq(r.n_segments, 2);
		for (size_t i = 0; i < N; i += 17)
			expect_row(path, ids[i], i);
		change_sound(path);
	}
}

/* ---- the life of an update ------------------------------------------- */

Test(update, commits_once)
{
	const char *path = build("Flat", false);
	struct vsx_update *u = change_begin(path, NULL);
	uint64_t id = 1;
	float row[DIM];

	support_row(&what, 1, row);
	MUST(vsx_update_delete(u, &id, 1, &err));
	MUST(vsx_update_commit(u, NULL, &err));
	EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EINVAL,
		       "the update is committed");
	EXPECT_REFUSED(vsx_update_delete(u, &id, 1, &err), VSX_EINVAL,
		       "the update is committed");
	EXPECT_REFUSED(
		vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
		VSX_EINVAL, "the update is committed");
	vsx_update_free(u);
	vsx_update_free(NULL);
}

Test(update, of_nothing_is_no_commit)
{
	const char *path = build("HNSW8", false);
	struct kept before = keep(path);
	struct vsx_update_result r =
		change_commit(change_begin(path, NULL), path);

	cr_expect_eq(r.generation, 1);
	cr_expect_eq(r.n_segments, 1);
	vsx_update_free(change_begin(path, NULL));
	expect_unchanged(&before);
}

Test(update, dropped_changes_nothing)
{
	const char *path = build("HNSW8", false);
	struct kept before = keep(path);
	struct vsx_update *u = change_begin(path, NULL);
	uint64_t id = 1;

	change_add(u, &what, N, 10, NULL);
	MUST(vsx_update_delete(u, &id, 1, &err));
	vsx_update_free(u);
	expect_unchanged(&before);
}

Test(update, refuses_what_makes_no_sense)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	const char *path = build("Flat", false);
	struct vsx_update *u = NULL;
	float row[DIM] = {1};

	opts.flat_below = 1;
	opts.struct_size = 3;
	EXPECT_REFUSED(vsx_update_begin(&u, path, &opts, &err), VSX_EINVAL,
		       "vsx_update_opts");
	cr_expect_null(u);
	EXPECT_REFUSED(vsx_update_begin(&u, scratch_path("none"), NULL, &err),
		       VSX_EIO, "none");
	EXPECT_REFUSED(vsx_update_begin(&u, scratch_folder, NULL, &err),
		       VSX_EINVAL, "is a folder");
	u = change_begin(path, NULL);
	EXPECT_REFUSED(
		vsx_update_add(u, VSX_BATCH(NULL, VSX_F32, 1, NULL), &err),
		VSX_EINVAL, "no address");
	EXPECT_REFUSED(vsx_update_delete(u, NULL, 1, &err), VSX_EINVAL,
		       "no address");
	EXPECT_REFUSED(
		vsx_update_add(u, VSX_BATCH(row, (enum vsx_elem)77, 1, NULL),
			       &err),
		VSX_EINVAL, "element type 77");
	row[3] = (float)NAN;
	EXPECT_REFUSED(
		vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
		VSX_ENUMERIC, "row 0");
	MUST(vsx_update_add(u, VSX_BATCH(NULL, VSX_F32, 0, NULL), &err));
	vsx_update_free(u);
}

/* ---- what was asked for ----------------------------------------------- */

static void ask_for(const char *path, const char *text)
{
	struct opened o = opened_read(path);
	FILE *f;

	memset(o.manifest->asked, 0, sizeof(o.manifest->asked));
	memcpy(o.manifest->asked, text, strlen(text));
	support_reseal(o.bytes, o.n);
	f = fopen(path, "wb");
	cr_assert(f && fwrite(o.bytes, 1, o.n, f) == o.n);
	fclose(f);
	free(o.bytes);
}

/* A newer writer's: deleting needs it not, and is done when it is done. */
Test(update, adds_nothing_to_an_index_that_it_does_not_understand)
{
	const char *path = build("Flat", false);
	uint64_t id = 2 * N, gone[N - 1];
	struct vsx_update_result r;
	struct vsx_update *u;
	struct kept before;

	for (size_t i = 0; i < N - 1; i++)
		gone[i] = i;
	ask_for(path, "LSH8");
	before = keep(path);
	for (uint32_t few = 1; few < 3; few++) {
		struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;

		opts.flat_below = few;
		u = change_begin(path, &opts);
		change_add(u, &what, N, 1, &id);
		EXPECT_REFUSED(vsx_update_commit(u, NULL, &err), VSX_EINVAL,
			       "'LSH8' is not known");
		vsx_update_free(u);
	}
	EXPECT_REFUSED(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err),
		       VSX_EINVAL, "'LSH8' is not known");
	expect_unchanged(&before);
	r = change(path, &what, 0, 0, 0, gone, N - 1);
	cr_expect_eq(r.n_live, 1);
	change_sound(path);
}

/* Even where it could be said that it has outgrown what it was begun as. */
Test(update, a_commit_that_is_done_is_told_as_done)
{
	const char *path = scratch_path("index");
	uint64_t id = 3;

	what = support_defaults((struct support_index){.dim = DIM, .n = 4});
	support_build(path, what);
	change(path, &what, 0, 40, 100, NULL, 0);
	ask_for(path, "LSH8");
	change(path, &what, 0, 0, 0, &id, 1);
	change_sound(path);
}

Test(update, counts_what_is_of_no_use_when_nothing_changes_too)
{
	const char *path = build("HNSW8", false);
	uint64_t gone[] = {1, 2, 3, 4, 5}, unknown = 12345;
	struct vsx_update_result done, none;
	struct vsx_update *u;

	done = change(path, &what, 0, 0, 0, gone, 5);
	cr_expect_gt(done.deleted_bytes, 0);
	cr_expect_gt(done.superseded_bytes, 0);
	u = change_begin(path, NULL);
	MUST(vsx_update_delete(u, &unknown, 1, &err));
	MUST(vsx_update_commit(u, &none, &err));
	cr_expect_eq(none.n_unknown, 1);
	cr_expect_eq(none.deleted_bytes, done.deleted_bytes);
	cr_expect_eq(none.superseded_bytes, done.superseded_bytes);
	vsx_update_free(u);
}
