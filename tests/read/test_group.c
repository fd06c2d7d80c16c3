/* Hits that are the best row of each value of a field, beside those that are
 * picked out of an exact search for all rows. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(group, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

static struct vsx_error err;

#define OK(call) cr_assert_eq(call, VSX_OK, "%s: %s", #call, err.text)
#define ROWS	 1200
#define DIM	 4

static uint32_t seed;

static float draw(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (float)(seed >> 16) / 65536.0f;
}

/* Which of the groups row i is of; -1: none. The first rows of all are near
 * each other and of one group. */
static int group_of(size_t i)
{
	return i < 300 ? 0 : i % 7 == 0 ? -1 : (int)(i * i % 41);
}

static void fields_of(struct vsx_fields *f, size_t i)
{
	int group = group_of(i);
	struct vsx_value v = {.number = group - 20,
			      .real = group / 4.0,
			      .truth = group % 2 == 0};
	char name[16];

	vsx_fields_clear(f);
	if (group < 0)
		return;
	snprintf(name, sizeof(name), "doc %d", group);
	v.string = (struct vsx_bytes){name, strlen(name)};
	OK(vsx_fields_put(f, "doc", VSX_STRING, 0, &v, 1, &err));
	OK(vsx_fields_put(f, "docs", VSX_STRING, 1, &v, 1, &err));
	v.string.n = 0;
	OK(vsx_fields_put(f, "int", VSX_INT, 0, &v, 1, &err));
	OK(vsx_fields_put(f, "time", VSX_TIME, 0, &v, 1, &err));
	OK(vsx_fields_put(f, "float", VSX_FLOAT, 0, &v, 1, &err));
	OK(vsx_fields_put(f, "bool", VSX_BOOL, 0, &v, 1, &err));
}

static void add_rows(size_t first, size_t end, struct vsx_builder *b,
		     struct vsx_update *u)
{
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_bytes fields;
	struct vsx_fields *f;
	float row[DIM];
	uint64_t id;

	OK(vsx_fields_new(&f, &err));
	batch.n = 1;
	batch.vectors = row;
	batch.ids = &id;
	batch.fields = &fields;
	for (size_t i = first; i < end; i++) {
		for (size_t d = 0; d < DIM; d++)
			row[d] = draw() / (i < 300 ? 16.0f : 1.0f);
		id = i * 2 + 1;
		fields_of(f, i);
		fields = vsx_fields_bytes(f);
		OK(b ? vsx_builder_add(b, &batch, &err)
		     : vsx_update_add(u, &batch, &err));
	}
	vsx_fields_free(f);
}

/* Two segments, and rows that are gone: every eleventh. */
static struct vsx *make(const char *spec)
{
	const char *path = scratch_path("i");
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_update_opts update = VSX_UPDATE_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_update *u;
	struct vsx *index;

	seed = 1;
	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	update.keep_segments = 1;
	OK(vsx_builder_new(&b, path, &opts, &err));
	add_rows(0, ROWS - 200, b, NULL);
	OK(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	OK(vsx_update_begin(&u, path, &update, &err));
	add_rows(ROWS - 200, ROWS, NULL, u);
	for (uint64_t i = 0; i < ROWS; i += 11) {
		uint64_t id = i * 2 + 1;

		OK(vsx_update_delete(u, &id, 1, &err));
	}
	OK(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
	OK(vsx_open(&index, path, NULL, &err));
	return index;
}

/* What an exact search for all rows has of each group. */
static size_t pick(struct vsx_searcher *s, const float *query, size_t k,
		   const struct vsx_selection *among, int (*of)(size_t),
		   struct vsx_hit *hits)
{
	static struct vsx_hit all[ROWS];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	bool seen[64] = {false};
	size_t n_all, n = 0;

	opts.exact = 1;
	opts.among = among;
	OK(vsx_search(s, query, VSX_F32, ROWS, &opts, all, &n_all, &err));
	for (size_t i = 0; i < n_all && n < k; i++) {
		int group = of((size_t)all[i].id / 2) + 1;

		if (!seen[group])
			hits[n++] = all[i];
		seen[group] = true;
	}
	return n;
}

static int parity(size_t i)
{
	return group_of(i) < 0 ? -1 : group_of(i) % 2;
}

static void compare(const struct vsx *index, const char *field,
		    int (*of)(size_t), size_t k,
		    const struct vsx_selection *among, bool exact)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[64], due[64], batch[2 * 64];
	float queries[2 * DIM] = {0};
	struct vsx_search_stats stats;
	struct vsx_searcher *s;
	size_t n, n_due, n_batch[2];

	queries[DIM] = 0.8f;
	OK(vsx_searcher_new(&s, index, &err));
	opts.group_by = field;
	opts.among = among;
	opts.exact = exact;
	for (size_t q = 0; q < 2; q++) {
		n_due = pick(s, queries + q * DIM, k, among, of, due);
		vsx_get_stats(s, &stats);
		cr_assert_eq(stats.n_queries, 2 * q + 1);
		OK(vsx_search(s, queries + q * DIM, VSX_F32, k, &opts, hits, &n,
			      &err));
		cr_assert_eq(n, n_due, "%s: %zu of %zu groups", field, n,
			     n_due);
		for (size_t i = 0; exact && i < n; i++) {
			cr_expect_eq(hits[i].id, due[i].id,
				     "%s, k %zu: hit %zu", field, k, i);
			cr_expect_eq(hits[i].distance, due[i].distance);
		}
		for (size_t i = 1; i < n; i++)
			cr_expect(hits[i - 1].distance <= hits[i].distance);
	}
	OK(vsx_search_batch(index, queries, VSX_F32, 2, k, &opts, 2, batch,
			    n_batch, NULL, &err));
	cr_expect_eq(n_batch[1], n);
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(batch[k + i].id, hits[i].id);
		cr_expect_eq(batch[k + i].distance, hits[i].distance);
	}
	vsx_searcher_free(s);
}

Test(group, has_the_best_row_of_each_value)
{
	static const size_t ks[] = {1, 2, 10, 42, 50};
	static const char *const fields[] = {"doc", "int", "time", "float"};
	struct vsx *index = make("Flat");

	for (size_t f = 0; f < 4; f++)
		for (size_t i = 0; i < 5; i++)
			compare(index, fields[f], group_of, ks[i], NULL, true);
	compare(index, "bool", parity, 3, NULL, true);
	compare(index, "bool", parity, 64, NULL, true);
	vsx_close(index);
}

Test(group, is_of_the_rows_that_a_filter_passes)
{
	struct vsx *index = make("Flat");
	struct vsx_selection *s;
	struct vsx_filter *filter;

	OK(vsx_filter_parse(&filter, "int > -10 or int is null", &err));
	OK(vsx_select(&s, index, filter, &err));
	compare(index, "doc", group_of, 20, s, true);
	compare(index, "doc", group_of, 64, s, true);
	vsx_selection_free(s);
	vsx_filter_free(filter);
	OK(vsx_filter_parse(&filter, "int = 1000", &err));
	OK(vsx_select(&s, index, filter, &err));
	compare(index, "doc", group_of, 20, s, true);
	vsx_selection_free(s);
	vsx_filter_free(filter);
	vsx_close(index);
}

/* As many as there are, although a walk or some lists do not see all rows. */
Test(group, finds_enough_by_lists_and_graphs)
{
	static const char *const specs[] = {"IVF16,Flat", "HNSW8"};

	for (size_t i = 0; i < 2; i++) {
		struct vsx *index = make(specs[i]);

		compare(index, "doc", group_of, 10, NULL, true);
		compare(index, "doc", group_of, 10, NULL, false);
		compare(index, "doc", group_of, 30, NULL, false);
		vsx_close(index);
	}
}

Test(group, leaves_out_the_row_that_is_the_query)
{
	struct vsx *index = make("Flat");
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_searcher *s;
	struct vsx_hit hits[5];
	size_t n;

	opts.group_by = "doc";
	OK(vsx_searcher_new(&s, index, &err));
	OK(vsx_search_id(s, 3, 5, &opts, hits, &n, &err));
	cr_expect_eq(n, 5);
	for (size_t i = 0; i < n; i++)
		cr_expect_neq(hits[i].id, 3);
	cr_expect_eq(group_of((size_t)hits[0].id / 2), 0);
	vsx_searcher_free(s);
	vsx_close(index);
}

Test(group, is_refused_by_lists_and_fields_that_are_not_there)
{
	struct vsx *index = make("Flat");
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_searcher *s;
	struct vsx_hit hits[5];
	float query[DIM] = {0};
	size_t n;

	OK(vsx_searcher_new(&s, index, &err));
	opts.group_by = "docs";
	cr_expect_eq(vsx_search(s, query, VSX_F32, 5, &opts, hits, &n, &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "field docs is [string], expected one value "
				   "a row to group by");
	opts.group_by = "page";
	cr_expect_eq(vsx_search(s, query, VSX_F32, 5, &opts, hits, &n, &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "no field page, the index has 6: bool, doc, "
				   "docs, float, int, time");
	vsx_searcher_free(s);
	vsx_close(index);
}

Test(group, of_a_row_that_is_alone_there_are_no_others)
{
	struct vsx_build_opts build = VSX_BUILD_OPTS_INIT;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_searcher *s;
	struct vsx_builder *b;
	struct vsx_hit hits[5];
	struct vsx *index;
	size_t n = 77;

	build.dim = DIM;
	build.spec = "Flat";
	OK(vsx_builder_new(&b, scratch_path("alone"), &build, &err));
	add_rows(1, 2, b, NULL);
	OK(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	OK(vsx_open(&index, scratch_path("alone"), NULL, &err));
	OK(vsx_searcher_new(&s, index, &err));
	opts.group_by = "doc";
	OK(vsx_search_id(s, 3, 5, &opts, hits, &n, &err));
	cr_expect_eq(n, 0);
	vsx_searcher_free(s);
	vsx_close(index);
}
