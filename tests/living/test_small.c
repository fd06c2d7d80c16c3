/*
 * What is small takes little: a commit of one row appends a few pages, and an
 * index of few rows is not much more than these.
 *
 * VSX_SMALL_ROWS     rows of the index (20000 of dimension 16, 1500 of 768)
 * VSX_SMALL_DIM      dimension; else both
 * VSX_SMALL_COMMITS  commits of one row (60)
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "living/change.h"
#include "living/cloud.h"
#include "write/scratch_folder.h"

TestSuite(small, .init = scratch_make, .fini = scratch_drop, .timeout = 36000);

/* Bytes that a commit of one row may append, beside 8 times that row's. */
#define COMMIT_BYTES (24 * 1024)

/* A bit for each of them is twice that. */
#define MANY 400000

/* And an index, beside its rows, links, codes and ids. */
#define INDEX_BYTES (40 * 1024)

static size_t number(const char *name, size_t other)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : other;
}

/* ---- commits ----------------------------------------------------------- */

enum { ADD = 1, DELETE = 2, REPLACE = 4 };

struct index {
	const char *path;
	uint32_t dim;
	uint64_t n_rows; /* built with the ids 0 to n_rows - 1 */
	uint64_t next;	 /* id of the next row that is added */
	uint64_t gone;	 /* ids below are deleted or replaced */
};

static void build(struct index *x, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	float *row = calloc(x->dim, sizeof(*row));
	struct vsx_builder *b;

	opts.dim = x->dim;
	opts.spec = spec;
	opts.force = 1;
	opts.ef_construction = 20;
	opts.n_test_queries = 20;
	MUST(vsx_builder_new(&b, x->path, &opts, &err));
	for (uint64_t i = 0; i < x->n_rows; i++) {
		cloud_row(row, x->dim, 6, i);
		MUST(vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, NULL),
				     &err));
	}
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	free(row);
	x->next = x->n_rows;
	x->gone = 0;
}

/* Here and there, and each once. */
static uint64_t next_gone(struct index *x)
{
	return x->gone++ * 7919 % x->n_rows;
}

/* In one commit, until so many of 100 rows are. */
static void delete_share(struct index *x, uint64_t percent)
{
	struct vsx_update *u = change_begin(x->path, NULL);

	while (x->gone < x->n_rows / 100 * percent) {
		uint64_t id = next_gone(x);

		MUST(vsx_update_delete(u, &id, 1, &err));
	}
	change_commit(u, x->path);
}

/* One row, in one commit. What it appended. */
static uint64_t commit(struct index *x, int what)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	float *row = calloc(x->dim, sizeof(*row));
	uint64_t old = what == ADD ? 0 : next_gone(x), id = x->next;
	struct vsx_update_result result;
	struct vsx_update *u;

	opts.replace = 1;
	opts.n_threads = 1;
	MUST(vsx_update_begin(&u, x->path, &opts, &err));
	if (what == DELETE)
		MUST(vsx_update_delete(u, &old, 1, &err));
	else if (what == REPLACE)
		id = old;
	else
		x->next++;
	cloud_row(row, x->dim, 7, x->next + x->gone);
	if (what != DELETE)
		MUST(vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	MUST(vsx_update_commit(u, &result, &err));
	cr_assert_eq(result.n_added + result.n_deleted, 1);
	cr_assert_eq(result.n_replaced, what == REPLACE);
	vsx_update_free(u);
	free(row);
	return result.appended_bytes;
}

static void some_commits(struct index *x, const char *spec, const char *what,
			 int changes)
{
	static const int all[] = {ADD, REPLACE, DELETE};
	uint64_t n = number("VSX_SMALL_COMMITS", 60), done = 0, bytes = 0;
	uint64_t most = COMMIT_BYTES + 8 * (uint64_t)x->dim * sizeof(float);

	for (uint64_t i = 0; done < n; i++) {
		if (!(all[i % 3] & changes))
			continue;
		bytes += commit(x, all[i % 3]);
		done++;
	}
	printf("  %-9s x %u, %4.1f %% deleted, %-8s %6llu bytes a commit, at "
	       "most %llu\n",
	       spec, x->dim, 100.0 * (double)x->gone / (double)x->n_rows, what,
	       (unsigned long long)(bytes / n), (unsigned long long)most);
	cr_expect(bytes <= n * most, "%s x %u, %s: %llu bytes a commit", spec,
		  x->dim, what, (unsigned long long)(bytes / n));
}

static void to_an_index_of(const char *spec, uint32_t dim, uint64_t n_rows)
{
	static const uint64_t shares[] = {0, 10, 50}; /* deleted, percent */
	bool among_deleted = n_rows >= MANY || getenv("VSX_SMALL_ROWS");
	struct index x = {
		.path = scratch_path("x"),
		.dim = dim,
		.n_rows = number("VSX_SMALL_ROWS", n_rows),
	};

	if (number("VSX_SMALL_DIM", dim) != dim)
		return;
	build(&x, spec);
	for (size_t i = 0; i < (among_deleted ? 3 : 1); i++) {
		if (shares[i])
			delete_share(&x, shares[i]);
		some_commits(&x, spec, "added", ADD);
		some_commits(&x, spec, "deleted", DELETE);
		some_commits(&x, spec, "replaced", REPLACE);
		some_commits(&x, spec, "mixed", ADD | DELETE | REPLACE);
	}
	change_sound(x.path);
}

Test(small, commits_to_rows_that_are_scanned)
{
	to_an_index_of("Flat", 16, 20000);
	to_an_index_of("Flat", 768, 1500);
}

Test(small, commits_to_lists)
{
	to_an_index_of("IVF64,Flat", 16, 20000);
	to_an_index_of("IVF16,Flat", 768, 1500);
}

Test(small, commits_to_a_graph)
{
	to_an_index_of("HNSW8", 16, 20000);
	to_an_index_of("HNSW8", 768, 1500);
}

Test(small, commits_to_many_rows)
{
	to_an_index_of("Flat", 2, MANY);
}

/* The first rows of an index, when it is not yet what was asked for. */
Test(small, commits_to_few_rows)
{
	if (getenv("VSX_SMALL_ROWS"))
		return;
	to_an_index_of("Flat", 16, 500);
	to_an_index_of("IVF64,Flat", 16, 500);
	to_an_index_of("HNSW16", 16, 500);
}

/* ---- a small index ----------------------------------------------------- */

static uint64_t payload(const struct vsx *index)
{
	static const char *const counted[] = {"VECS", "CODE", "ROID",
					      "IDRO", "LNK0", "LNKU"};
	struct vsx_section_facts s;
	uint64_t bytes = 0;

	for (uint32_t i = 0; vsx_get_section(index, i, &s, NULL) == VSX_OK; i++)
		for (size_t j = 0; j < sizeof(counted) / sizeof(*counted); j++)
			if (strcmp(s.name, counted[j]) == 0)
				bytes += s.bytes;
	return bytes;
}

Test(small, indexes_are_little_more_than_their_rows)
{
	static const char *const specs[] = {"Flat", "IVF16,Flat", "HNSW16",
					    "HNSW32", "auto"};
	static const size_t rows[] = {1, 2, 20, 100, 500};
	const char *path = scratch_path("x");

	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++)
		for (size_t j = 0; j < sizeof(rows) / sizeof(*rows); j++) {
			struct vsx_facts facts;
			struct vsx *index;

			support_build(path, (struct support_index){
						    .spec = specs[i],
						    .dim = 16,
						    .n = rows[j],
						    .n_test_queries = 500});
			index = change_open(path);
			vsx_get_facts(index, &facts);
			cr_expect(facts.file_bytes <=
					  payload(index) + INDEX_BYTES,
				  "%s, %zu rows: %llu bytes, %llu of rows, "
				  "links, codes and ids",
				  specs[i], rows[j],
				  (unsigned long long)facts.file_bytes,
				  (unsigned long long)payload(index));
			vsx_close(index);
		}
}
