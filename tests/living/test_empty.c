/*
 * An index may be empty: built from nothing, or compacted to nothing. It keeps
 * what was asked for, and every call takes it.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(empty, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { DIM = 16, SOME = 40, MANY = 1500, K = 10 };

static const char *const specs[] = {"Flat", "IVF8,Flat", "HNSW8",
				    "auto", "IVF8,SQ8",	 "HNSW8,SQ8"};
enum { N_SPECS = sizeof(specs) / sizeof(specs[0]) };

static struct support_index model(const char *spec)
{
	return support_defaults((struct support_index){
		.spec = spec, .dim = DIM, .metric = VSX_IP});
}

static const char *from_nothing(const char *name, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path(name);
	struct vsx_build_result result;
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.metric = VSX_IP;
	opts.spec = spec;
	opts.force = 1;
	opts.ef_construction = 77;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_finish(b, &result, &err));
	cr_expect_eq(result.n_rows, 0);
	vsx_builder_free(b);
	return path;
}

/* Built of some rows, all of them deleted, and compacted. */
static const char *to_nothing(const char *name, const char *spec)
{
	struct support_index what = model(spec);
	const char *path = scratch_path(name);
	struct vsx_compact_result result;
	uint64_t all[SOME];

	what.n = SOME;
	support_build(path, what);
	for (uint64_t i = 0; i < SOME; i++)
		all[i] = i;
	change(path, &what, 0, 0, 0, all, SOME);
	MUST(vsx_compact(&path, 1, NULL, NULL, &result, NULL, &err));
	cr_expect_eq(result.n_rows, 0);
	cr_expect_eq(result.n_dropped, SOME);
	return path;
}

static void expect_empty(const char *path, const char *spec)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = change_open(path);
	struct vsx_searcher *s;
	float row[DIM] = {1.0f};
	struct vsx_facts facts;
	struct vsx_hit hit;
	size_t n = 1;

	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.n_rows, 0);
	cr_expect_eq(facts.n_segments, 0);
	cr_expect_eq(facts.n_queries, 0);
	cr_expect_str_eq(facts.asked, spec);
	cr_expect_eq(facts.deleted_bytes, 0);
	cr_expect_leq(facts.file_bytes, 16384);
	MUST(vsx_searcher_new(&s, index, &err));
	for (opts.exact = 0; opts.exact < 2; opts.exact++) {
		MUST(vsx_search(s, row, VSX_F32, 1, &opts, &hit, &n, &err));
		cr_expect_eq(n, 0);
	}
	cr_expect_eq(vsx_get(index, 0, row, &err), VSX_ENOTFOUND);
	vsx_searcher_free(s);
	vsx_close(index);
	change_sound(path);
}

Test(empty, of_every_kind_is_an_index)
{
	for (size_t i = 0; i < N_SPECS; i++) {
		expect_empty(from_nothing("x", specs[i]), specs[i]);
		expect_empty(to_nothing("y", specs[i]), specs[i]);
	}
}

/* No byte of a deleted row is left. */
Test(empty, holds_no_byte_of_a_deleted_row)
{
	struct support_index what = model("Flat");
	const char *path = scratch_path("x");
	uint64_t all[SOME];
	float row[DIM];
	uint8_t *bytes;
	size_t n;

	what.n = SOME;
	support_build(path, what);
	support_row(&what, 7, row);
	bytes = support_read(path, &n);
	cr_assert_not_null(memmem(bytes, n, row, sizeof(row)));
	free(bytes);
	for (uint64_t i = 0; i < SOME; i++)
		all[i] = i;
	change(path, &what, 0, 0, 0, all, SOME);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	bytes = support_read(path, &n);
	cr_expect_null(memmem(bytes, n, row, sizeof(row)));
	free(bytes);
}

/* If some of it is to be freed: all of its rows are dead. */
Test(empty, is_what_the_guard_makes_of_dead_rows)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct support_index what = model("HNSW8");
	const char *path = scratch_path("x");
	struct vsx_compact_result result;
	uint64_t all[MANY];

	what.n = MANY;
	support_build(path, what);
	for (uint64_t i = 0; i < MANY; i++)
		all[i] = i;
	change(path, &what, 0, 0, 0, all, MANY);
	opts.if_dead = 0.2;
	MUST(vsx_compact(&path, 1, NULL, &opts, &result, NULL, &err));
	cr_expect_eq(result.skipped, 0);
	expect_empty(path, "HNSW8");
}

static void expect_kind(const char *path, uint32_t segment, const char *kind)
{
	struct vsx *index = change_open(path);
	struct vsx_segment_facts facts;

	MUST(vsx_get_segment(index, segment, &facts, NULL));
	cr_expect_str_eq(facts.kind, kind);
	vsx_close(index);
}

/* Many rows at once make what was asked for, with its parameters. */
Test(empty, becomes_what_was_asked_for)
{
	static const char *const kinds[] = {"Flat", "IVF", "HNSW",
					    "Flat", "IVF", "HNSW"};

	for (size_t i = 0; i < N_SPECS; i++) {
		struct support_index what = model(specs[i]);
		struct vsx_update_result r;
		const char *path = from_nothing("x", specs[i]);

		r = change(path, &what, 0, MANY, 100, NULL, 0);
		cr_expect_eq(r.n_live, MANY);
		expect_kind(path, 0, kinds[i]);
		change_sound(path);
		MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
		expect_kind(path, 0, kinds[i]);
		change_sound(path);
	}
}

Test(empty, keeps_how_its_graph_is_to_be_built)
{
	const char *path = from_nothing("x", "HNSW8");
	struct support_index what = model("HNSW8");
	struct vsx_segment_facts facts;
	struct vsx *index;

	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	change(path, &what, 0, MANY, 0, NULL, 0);
	index = change_open(path);
	MUST(vsx_get_segment(index, 0, &facts, NULL));
	cr_expect_eq(facts.parameters[0].value, 8);
	cr_expect_str_eq(facts.parameters[1].name, "ef_construction");
	cr_expect_eq(facts.parameters[1].value, 77);
	vsx_close(index);
}

/* Row by row, with changes in between; no number is given twice. */
Test(empty, grows_row_by_row)
{
	for (size_t i = 0; i < N_SPECS; i++) {
		struct support_index what = model(specs[i]);
		const char *path = to_nothing("x", specs[i]);
		struct vsx *index;
		float last[DIM];

		for (size_t row = 0; row < 20; row++) {
			struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
			struct vsx_update *u = change_begin(path, &opts);

			change_add(u, &what, row, 1, NULL);
			change_commit(u, path);
		}
		index = change_open(path);
		for (size_t row = 0; row < 20; row++)
			cr_expect(change_has(index, &what, SOME + row, row));
		cr_expect_eq(vsx_get(index, SOME - 1, last, &err),
			     VSX_ENOTFOUND);
		vsx_close(index);
		change_sound(path);
	}
}

/* Nothing can be deleted from it, and nothing is what is done. */
Test(empty, has_no_id_to_delete)
{
	const char *path = from_nothing("x", "Flat");
	struct support_index what = model("Flat");
	struct vsx_update_result r;
	uint64_t id = 5;

	r = change(path, &what, 0, 0, 0, &id, 1);
	cr_expect_eq(r.generation, 1);
	cr_expect_eq(r.n_unknown, 1);
}

/* Deleted again, and again to nothing. */
Test(empty, is_emptied_more_than_once)
{
	struct support_index what = model("IVF8,Flat");
	const char *path = from_nothing("x", what.spec);
	uint64_t ids[SOME];

	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < SOME; i++)
			ids[i] = i;
		change(path, &what, 0, SOME, 0, NULL, 0);
		change(path, &what, 0, 0, 0, ids, SOME);
		change_sound(path);
		/* Rows to an index without a live row, once. */
		change(path, &what, 0, SOME, 0, NULL, 0);
		change_sound(path);
		change(path, &what, 0, 0, 0, ids, SOME);
		MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
		expect_empty(path, what.spec);
	}
}

Test(empty, is_repaired)
{
	const char *out = scratch_path("out");

	for (size_t i = 0; i < N_SPECS; i++) {
		struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
		struct vsx_repair_result result;

		opts.force = 1;
		MUST(vsx_repair(to_nothing("x", specs[i]), out, &opts, &result,
				NULL, &err));
		cr_expect_eq(result.n_rows, 0);
		cr_expect_eq(result.n_lost, 0);
		expect_empty(out, specs[i]);
	}
}

/* A damaged slot, and all rows deleted: that too is repaired to nothing. */
Test(empty, is_what_a_repair_makes_of_dead_rows)
{
	struct support_index what = model("HNSW8");
	const char *path = scratch_path("x"), *out = scratch_path("out");
	struct vsx_repair_result result;
	uint64_t all[SOME];

	what.n = SOME;
	support_build(path, what);
	for (uint64_t i = 0; i < SOME; i++)
		all[i] = i;
	change(path, &what, 0, 0, 0, all, SOME);
	MUST(vsx_repair(path, out, NULL, &result, NULL, &err));
	cr_expect_eq(result.n_rows, 0);
	expect_empty(out, "HNSW8");
}

Test(empty, is_backed_up)
{
	const char *path = from_nothing("x", "HNSW8");
	const char *repository = scratch_path("repository");
	const char *out = scratch_path("out");
	struct support_index what = model("HNSW8");
	char command[512];

	MUST(vsx_backup_create(path, repository, NULL, NULL, &err));
	MUST(vsx_backup_restore(repository, "latest", out, NULL, NULL, &err));
	cr_expect(scratch_same(path, out));
	change(path, &what, 0, SOME, 0, NULL, 0);
	MUST(vsx_backup_create(path, repository, NULL, NULL, &err));
	MUST(vsx_backup_verify(repository, NULL, NULL, NULL, NULL, NULL, &err));
	snprintf(command, sizeof(command), "rm -r '%s'", repository);
	cr_expect_eq(system(command), 0);
}

/* First, in the middle, last, alone, and with others that are empty. */
Test(empty, is_merged_with_others)
{
	const char *none = from_nothing("none", "HNSW8");
	const char *dead = to_nothing("dead", "Flat");
	const char *some = scratch_path("some"), *out = scratch_path("out");
	const char *orders[][3] = {{none, some, dead},
				   {some, none, dead},
				   {none, dead, some},
				   {some, dead, none}};
	struct support_index what = model("IVF4,Flat");
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_compact_result result;
	struct vsx *index;

	opts.force = 1;
	what.n = SOME;
	support_build(some, what);
	for (size_t i = 0; i < 4; i++) {
		MUST(vsx_compact(orders[i], 3, out, &opts, &result, NULL,
				 &err));
		cr_expect_eq(result.n_rows, SOME);
		index = change_open(out);
		for (size_t row = 0; row < SOME; row++)
			cr_expect(change_has(index, &what, row, row));
		vsx_close(index);
		change_sound(out);
	}
	expect_kind(out, 0, "IVF");
	MUST(vsx_compact((const char *[]){none, dead}, 2, out, &opts, &result,
			 NULL, &err));
	expect_empty(out, "HNSW8");
	opts.renumber = 1;
	MUST(vsx_compact((const char *[]){none, some}, 2, out, &opts, &result,
			 NULL, &err));
	cr_expect_eq(result.n_rows, SOME);
}

/* What a reader has open keeps what it opened for. */
Test(empty, is_refreshed)
{
	const char *path = from_nothing("x", "Flat");
	struct support_index what = model("Flat");
	struct vsx *first = change_open(path), *next, *last;
	float row[DIM];

	change(path, &what, 0, 1, 9, NULL, 0);
	MUST(vsx_refresh(&next, first, &err));
	cr_assert_not_null(next);
	cr_expect(change_has(next, &what, 9, 0));
	change(path, &what, 0, 0, 0, (uint64_t[]){9}, 1);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	MUST(vsx_refresh(&last, next, &err));
	cr_assert_not_null(last);
	cr_expect_eq(vsx_get(last, 9, row, &err), VSX_ENOTFOUND);
	vsx_close(last);
	vsx_close(next);
	vsx_close(first);
}

/* What was planned is what is built. */
Test(empty, is_planned)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_plan plan;
	struct vsx_facts facts;
	struct vsx *index;

	opts.dim = DIM;
	opts.spec = "HNSW8";
	MUST(vsx_build_plan(&opts, 0, &plan, &err));
	index = change_open(from_nothing("x", "HNSW8"));
	vsx_get_facts(index, &facts);
	cr_expect_leq(facts.file_bytes, plan.file_bytes);
	vsx_close(index);
}
