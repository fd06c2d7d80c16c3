/* An index row by row: ids, centroids, the queries of its test. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/build.h"
#include "vsx.h"
#include "write/scratch_folder.h"

TestSuite(rows, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

static struct vsx *build(struct support_index what)
{
	const char *path = scratch_path("x.vsx");
	struct vsx *index;

	support_build(path, what);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	return index;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* All ids of an index, rising. */
static uint64_t *all_ids(const struct vsx *index, size_t n)
{
	uint64_t *ids = calloc(n, sizeof(*ids));

	for (size_t i = 0; i < n; i++)
		cr_assert_eq(vsx_id_at(index, i, &ids[i], &err), VSX_OK, "%s",
			     err.text);
	qsort(ids, n, sizeof(*ids), by_id);
	return ids;
}

Test(rows, each_row_has_the_id_that_it_was_given)
{
	static const char *const specs[] = {"Flat", "IVF6,Flat", "HNSW8"};

	for (int s = 0; s < 3; s++)
		for (int given = 0; given < 2; given++) {
			struct support_index what =
				support_defaults((struct support_index){
					.spec = specs[s], .ids = given});
			struct vsx *index = build(what);
			uint64_t *found = all_ids(index, what.n);
			uint64_t *due = calloc(what.n, sizeof(*due));

			for (size_t i = 0; i < what.n; i++)
				due[i] = given ? support_id(&what, i) : i;
			qsort(due, what.n, sizeof(*due), by_id);
			cr_expect(memcmp(found, due, what.n * sizeof(*due)) ==
					  0,
				  "%s", specs[s]);
			free(found);
			free(due);
			vsx_close(index);
		}
}

Test(rows, goes_on_from_segment_to_segment)
{
	const char *parts[2] = {scratch_path("a"), scratch_path("b")};
	struct support_index what = {.n = 40};
	struct vsx *index;
	uint64_t *ids;

	support_build(parts[0], what);
	what.n = 25;
	what.spec = "IVF3,Flat";
	what.ids = true;
	support_build(parts[1], what);
	support_join(scratch_path("whole"), parts, 2);
	cr_assert_eq(vsx_open(&index, scratch_path("whole"), NULL, &err),
		     VSX_OK, "%s", err.text);
	ids = all_ids(index, 65);
	free(ids);
	cr_expect_eq(vsx_id_at(index, 65, &(uint64_t){0}, &err), VSX_ENOTFOUND);
	cr_expect(strstr(err.text, "row 65 of 65"), "%s", err.text);
	vsx_close(index);
}

Test(rows, there_is_none_behind_the_last)
{
	struct vsx *index = build((struct support_index){.n = 30});
	uint64_t id = 99;

	cr_expect_eq(vsx_id_at(index, 29, &id, &err), VSX_OK);
	cr_expect_eq(vsx_id_at(index, 30, &id, &err), VSX_ENOTFOUND);
	cr_expect_eq(vsx_id_at(index, UINT64_MAX, &id, &err), VSX_ENOTFOUND);
	vsx_close(index);
}

static double square(const float *x, const float *y, uint32_t dim)
{
	double sum = 0;

	for (uint32_t d = 0; d < dim; d++)
		sum += (x[d] - y[d]) * (x[d] - y[d]);
	return sum;
}

static uint32_t nearest(float c[6][8], const float *row)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < 6; i++)
		if (square(row, c[i], 8) < square(row, c[best], 8))
			best = i;
	return best;
}

/* The file has the lists one after the other: so they are in centroids. */
Test(rows, rows_are_in_the_list_of_their_centroid)
{
	struct vsx *index = build((struct support_index){.spec = "IVF6,Flat"});
	struct vsx_segment_facts facts;
	uint32_t list = 0, n_lists = 1;
	float c[6][8], row[8];

	cr_assert_eq(vsx_get_segment(index, 0, &facts, NULL), VSX_OK);
	cr_assert_eq(facts.n_centroids, 6);
	for (uint32_t i = 0; i < 6; i++)
		cr_assert_eq(vsx_get_centroid(index, 0, i, c[i], &err), VSX_OK);
	for (uint64_t i = 0; i < 300; i++) {
		uint32_t at;
		uint64_t id;

		cr_assert_eq(vsx_id_at(index, i, &id, &err), VSX_OK);
		cr_assert_eq(vsx_get(index, id, row, &err), VSX_OK);
		at = nearest(c, row);
		cr_assert_geq(at, list, "row %d", (int)i);
		n_lists += at > list;
		list = at;
	}
	cr_expect_eq(n_lists, 6);
	cr_expect_eq(vsx_get_centroid(index, 0, 6, row, &err), VSX_EINVAL);
	cr_expect_eq(vsx_get_centroid(index, 1, 0, row, &err), VSX_EINVAL);
	vsx_close(index);
}

Test(rows, only_lists_have_centroids)
{
	struct vsx *index = build((struct support_index){.spec = "HNSW8"});
	float c[8];

	cr_expect_eq(vsx_get_centroid(index, 0, 0, c, &err), VSX_EINVAL);
	cr_expect(strstr(err.text, "centroid 0 of 0"), "%s", err.text);
	vsx_close(index);
}

Test(rows, queries_that_were_drawn_are_the_rows_with_their_ids)
{
	struct vsx *index = build(
		(struct support_index){.n_test_queries = 20, .ids = true});
	struct vsx_facts facts;
	float queries[20][8], row[8];
	uint64_t own[20];

	vsx_get_facts(index, &facts);
	cr_assert_eq(facts.n_queries, 20);
	cr_assert_eq(facts.own_queries, 1);
	cr_assert_eq(vsx_get_test_queries(index, queries[0], own, &err), VSX_OK,
		     "%s", err.text);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(vsx_get(index, own[i], row, &err), VSX_OK, "%s",
			     err.text);
		cr_expect(memcmp(row, queries[i], sizeof(row)) == 0);
	}
	cr_expect_eq(vsx_get_test_queries(index, queries[0], NULL, &err),
		     VSX_OK);
	vsx_close(index);
}

Test(rows, an_index_without_a_test_gives_no_queries)
{
	struct vsx *index =
		build((struct support_index){.n_test_queries = UINT32_MAX});
	float untouched = 7;

	cr_expect_eq(vsx_get_test_queries(index, &untouched, NULL, &err),
		     VSX_OK);
	cr_expect_eq(untouched, 7);
	vsx_close(index);
}

/* Whatever a page of the test holds, its damage is told, with the file. */
Test(rows, damage_is_told)
{
	const char *path = scratch_path("x.vsx");
	static const char *const names[] = {"QSRC", "VECS"};
	float queries[20 * 8];
	uint64_t own[20];

	support_build(path, (struct support_index){.n_test_queries = 20});
	for (int i = 0; i < 2; i++) {
		uint64_t at, len;
		struct vsx *index;
		size_t n;
		uint8_t *bytes = support_read(path, &n);

		cr_assert(support_section(bytes, n, names[i], &at, &len));
		bytes[at] ^= 1;
		scratch_write(scratch_path("bad.vsx"), bytes, n);
		free(bytes);
		cr_assert_eq(
			vsx_open(&index, scratch_path("bad.vsx"), NULL, &err),
			VSX_OK);
		cr_expect_eq(vsx_get_test_queries(index, queries, own, &err),
			     VSX_ECORRUPT);
		cr_expect(strstr(err.text, "bad.vsx"), "%s", err.text);
		vsx_close(index);
	}
}

/* ---- by id ------------------------------------------------------------ */

static bool is_there(const struct vsx *index, uint64_t id)
{
	uint32_t found = 7;

	cr_expect_eq(vsx_contains(index, id, &found, &err), VSX_OK);
	cr_expect_leq(found, 1);
	return found;
}

/* vsx_row() is at `path` what vsx_get() converts. */
static void is_as_stored(const struct vsx *index, uint64_t id, enum vsx_elem e)
{
	struct vsx_facts facts;
	const void *row;
	float all[8], one;
	int8_t component;

	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.vector_bytes, 8 * vsx_elem_size(e), "%u of %u",
		     facts.vector_bytes, facts.dim);
	cr_assert_eq(vsx_get(index, id, all, &err), VSX_OK);
	cr_assert_eq(vsx_row(index, id, &row, &err), VSX_OK, "%s", err.text);
	cr_expect_eq((uintptr_t)row % 4, 0);
	for (uint32_t d = 0; d < 8; d++) {
		memcpy(&component, (const int8_t *)row + d, 1);
		memcpy(&one, (const char *)row + 4 * (e == VSX_F32 ? d : 0), 4);
		cr_expect_eq(e == VSX_F32 ? one : component, all[d]);
	}
}

Test(rows, a_row_is_there_without_a_copy)
{
	static const char *const specs[] = {"Flat", "IVF6,Flat", "HNSW8"};
	static const enum vsx_elem elems[] = {VSX_F32, VSX_I8};

	for (int s = 0; s < 3; s++)
		for (int e = 0; e < 2; e++)
			for (int m = VSX_L2; m <= VSX_COSINE; m++) {
				struct vsx *index =
					build((struct support_index){
						.spec = specs[s],
						.elem = elems[e],
						.metric = (enum vsx_metric)m});
				const void *none = &err;

				for (uint64_t id = 0; id < 300; id += 23)
					is_as_stored(index, id, elems[e]);
				cr_expect_eq(vsx_row(index, 300, &none, &err),
					     VSX_ENOTFOUND);
				cr_expect_null(none);
				vsx_close(index);
			}
}

Test(rows, many_are_fetched_by_one_call)
{
	static const uint64_t ids[] = {7, 299, 300, 0, 7, UINT64_MAX};
	struct vsx *index = build((struct support_index){.spec = "IVF6,Flat"});
	float all[6][8], row[8], before[8];
	uint8_t found[6];

	memset(all, 0x41, sizeof(all));
	memset(before, 0x41, sizeof(before));
	cr_assert_eq(vsx_get_many(index, ids, 6, all[0], found, &err), VSX_OK);
	for (int i = 0; i < 6; i++) {
		cr_expect_eq(found[i], ids[i] < 300);
		if (ids[i] < 300)
			cr_assert_eq(vsx_get(index, ids[i], row, &err), VSX_OK);
		cr_expect_eq(memcmp(all[i], ids[i] < 300 ? row : before,
				    sizeof(row)),
			     0, "%d", i);
	}
	cr_expect_eq(vsx_get_many(index, ids, 6, all[0], NULL, &err),
		     VSX_ENOTFOUND);
	cr_expect(strstr(err.text, "no row has the id 300"), "%s", err.text);
	cr_expect_eq(vsx_get_many(index, ids, 2, all[0], NULL, &err), VSX_OK);
	cr_expect_eq(vsx_get_many(index, NULL, 0, NULL, NULL, &err), VSX_OK);
	vsx_close(index);
}

Test(rows, a_deleted_row_is_not_there)
{
	static const uint64_t ids[] = {3, 4};
	struct vsx *index = build((struct support_index){0}), *newer;
	struct vsx_update *u;
	const void *row;
	float all[2][8];
	uint8_t found[2];

	cr_expect(is_there(index, 3) && !is_there(index, 300));
	cr_assert_eq(vsx_update_begin(&u, scratch_path("x.vsx"), NULL, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_update_delete(u, ids, 1, &err), VSX_OK);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
	cr_assert_eq(vsx_refresh(&newer, index, &err), VSX_OK);
	cr_expect(is_there(index, 3) && !is_there(newer, 3));
	cr_expect(is_there(newer, 4));
	cr_expect_eq(vsx_row(newer, 3, &row, &err), VSX_ENOTFOUND);
	cr_expect_eq(vsx_get_many(newer, ids, 2, all[0], found, &err), VSX_OK);
	cr_expect(!found[0] && found[1]);
	vsx_close(newer);
	vsx_close(index);
}

/* Nothing of it is read before its page is checked. */
Test(rows, a_damaged_row_is_refused)
{
	const char *path = scratch_path("x.vsx");
	uint64_t at, length;
	struct vsx *index;
	const void *row;
	size_t n;
	uint8_t *bytes;
	FILE *f;

	support_build(path, (struct support_index){0});
	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	bytes[at + 3] ^= 1;
	f = fopen(path, "wb");
	cr_assert(f && fwrite(bytes, 1, n, f) == n && !fclose(f));
	free(bytes);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	cr_expect_eq(vsx_row(index, 0, &row, &err), VSX_ECORRUPT);
	cr_expect_null(row);
	cr_expect(strstr(err.text, "x.vsx: page 2: checksum"), "%s", err.text);
	cr_expect(is_there(index, 0));
	vsx_close(index);
}
