/*
 * Structures of options, set in an initialiser of any form: what is not said
 * takes its default, as with VSX_..._INIT.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(initialisers, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 120);

/* What is not said is what this is about. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static struct vsx_error err;
static float rows[40][3];

static void fill(void)
{
	for (int i = 0; i < 40; i++)
		for (int d = 0; d < 3; d++)
			rows[i][d] = (float)(i * 5 % 37 + d);
}

#define DONE(call)                                                             \
	do {                                                                   \
		enum vsx_status got_ = call;                                   \
		cr_assert_eq(got_, VSX_OK, "%s: %s", #call, err.text);         \
	} while (0)

static void build(const char *path, const struct vsx_build_opts *opts)
{
	struct vsx_builder *b;

	fill();
	DONE(vsx_builder_new(&b, path, opts, &err));
	DONE(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 40, NULL), &err));
	DONE(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

/* Both files are the same but for their uuid: compared by what is in them. */
static void expect_same_facts(const char *a, const char *b)
{
	struct vsx_facts f[2];
	struct vsx *index[2];

	DONE(vsx_open(&index[0], a, NULL, &err));
	DONE(vsx_open(&index[1], b, NULL, &err));
	vsx_get_facts(index[0], &f[0]);
	vsx_get_facts(index[1], &f[1]);
	cr_expect_eq(f[0].metric, f[1].metric);
	cr_expect_eq(f[0].elem, f[1].elem);
	cr_expect_eq(f[0].page_bytes, f[1].page_bytes);
	cr_expect_eq(f[0].target_recall, f[1].target_recall);
	cr_expect_eq(f[0].n_queries, f[1].n_queries);
	cr_expect_eq(f[0].file_bytes, f[1].file_bytes);
	cr_expect_str_eq(f[0].asked, f[1].asked);
	vsx_close(index[0]);
	vsx_close(index[1]);
}

Test(initialisers, of_a_build)
{
	struct vsx_build_opts macro = VSX_BUILD_OPTS_INIT;
	struct vsx_build_opts named = {.struct_size = sizeof(named), .dim = 3};
	struct vsx_build_opts placed = {sizeof(placed), 3};
	const char *a = scratch_path("a"), *b = scratch_path("b");

	macro.dim = 3;
	build(a, &macro);
	build(b, &named);
	expect_same_facts(a, b);
	placed.force = 1;
	build(b, &placed);
	expect_same_facts(a, b);
}

static struct vsx *open_small(const char *path,
			      const struct vsx_open_opts *opts)
{
	struct vsx_build_opts o = {.struct_size = sizeof(o), .dim = 3};
	struct vsx *index;

	o.force = 1;
	build(path, &o);
	DONE(vsx_open(&index, path, opts, &err));
	return index;
}

Test(initialisers, of_the_reader)
{
	struct vsx_open_opts opened = {.struct_size = sizeof(opened)};
	struct vsx_open_opts placed = {sizeof(placed)};
	struct vsx_search_opts search = {.struct_size = sizeof(search)};
	struct vsx_search_opts exact = {sizeof(exact), 0, 1};
	struct vsx_verify_opts verify = {.struct_size = sizeof(verify)};
	const char *path = scratch_path("a");
	const uint64_t truth[1] = {7};
	struct vsx_verify_result result;
	struct vsx_hit hits[2];
	struct vsx_searcher *s;
	struct vsx *index;
	size_t n;

	vsx_close(open_small(path, &placed));
	index = open_small(path, &opened);
	DONE(vsx_searcher_new(&s, index, &err));
	DONE(vsx_search(s, rows[7], VSX_F32, 2, &search, hits, &n, &err));
	cr_expect(n == 2 && hits[0].id == 7);
	DONE(vsx_search(s, rows[7], VSX_F32, 2, &exact, hits, &n, &err));
	cr_expect(n == 2 && hits[0].id == 7);
	vsx_searcher_free(s);
	vsx_close(index);
	/* Queries of the caller's are f32 where he does not say. */
	verify.queries = rows[7];
	verify.query_dim = 3;
	verify.n_queries = 1;
	verify.truth = truth;
	verify.truth_k = 1;
	DONE(vsx_verify(path, &verify, NULL, NULL, &result, &err));
	cr_expect_eq(result.own_measured, 1);
	cr_expect_eq(result.own_recall, 1.0);
}

Test(initialisers, of_the_writer)
{
	struct vsx_update_opts update = {.struct_size = sizeof(update)};
	struct vsx_compact_opts compact = {.struct_size = sizeof(compact)};
	struct vsx_backup_opts backup = {.struct_size = sizeof(backup)};
	struct vsx_prune_opts prune = {.struct_size = sizeof(prune), .keep = 1};
	struct vsx_batch named = {
		.struct_size = sizeof(named), .n = 1, .vectors = rows[3]};
	struct vsx_batch placed = {sizeof(placed), 1, rows[4]};
	const char *path = scratch_path("a"), *repo = scratch_path("repo");
	struct vsx_update_result result;
	struct vsx_update *u;

	vsx_close(open_small(path, NULL));
	DONE(vsx_update_begin(&u, path, &update, &err));
	DONE(vsx_update_add(u, &named, &err));
	DONE(vsx_update_add(u, &placed, &err));
	DONE(vsx_update_commit(u, &result, &err));
	cr_expect_eq(result.n_added, 2);
	vsx_update_free(u);
	DONE(vsx_compact(&path, 1, NULL, &compact, NULL, NULL, &err));
	DONE(vsx_repair(path, scratch_path("b"), &compact, NULL, NULL, &err));
	DONE(vsx_backup_create(path, repo, &backup, NULL, &err));
	DONE(vsx_backup_prune(repo, &prune, NULL, &err));
}

/* One line that says how to begin the structure. */
static void expect_told(enum vsx_status status, const char *macro)
{
	cr_expect_eq(status, VSX_EINVAL, "%s: %d", macro, status);
	cr_expect(strstr(err.text, "struct_size of struct vsx_"), "%s",
		  err.text);
	cr_expect(strstr(err.text, macro), "%s", err.text);
}

Test(initialisers, without_their_size_are_refused_by_the_name_of_the_macro)
{
	struct vsx_build_opts b = {0};
	struct vsx_open_opts o = {0};
	struct vsx_search_opts se = {0};
	struct vsx_verify_opts v = {0};
	struct vsx_update_opts u = {0};
	struct vsx_compact_opts c = {0};
	struct vsx_backup_opts k = {0};
	struct vsx_prune_opts p = {0};
	struct vsx_answers answers = {0};
	struct vsx_pool *pool;
	struct vsx_batch rows_of = {0};
	const char *path = scratch_path("a"), *to = scratch_path("b");
	struct vsx_builder *builder = NULL;
	struct vsx_update *update;
	struct vsx_build_opts good = VSX_BUILD_OPTS_INIT;
	struct vsx_build_plan plan;
	struct vsx *index, *none;
	struct vsx_hit hit;
	size_t n;

	index = open_small(path, NULL);
	b.dim = 3;
	expect_told(vsx_builder_new(&builder, to, &b, &err),
		    "VSX_BUILD_OPTS_INIT");
	expect_told(vsx_build_plan(&b, 9, &plan, &err), "VSX_BUILD_OPTS_INIT");
	expect_told(vsx_open(&none, path, &o, &err), "VSX_OPEN_OPTS_INIT");
	expect_told(vsx_search_batch(index, rows, VSX_F32, 1, 1, &se, 1, &hit,
				     &n, NULL, &err),
		    "VSX_SEARCH_OPTS_INIT");
	DONE(vsx_pool_new(&pool, index, 1, &err));
	expect_told(vsx_pool_search(pool, rows, VSX_F32, 1, 1, NULL, &answers,
				    &err),
		    "VSX_ANSWERS_INIT");
	vsx_pool_free(pool);
	expect_told(vsx_verify(path, &v, NULL, NULL, NULL, &err),
		    "VSX_VERIFY_OPTS_INIT");
	expect_told(vsx_update_begin(&update, path, &u, &err),
		    "VSX_UPDATE_OPTS_INIT");
	expect_told(vsx_compact(&path, 1, to, &c, NULL, NULL, &err),
		    "VSX_COMPACT_OPTS_INIT");
	expect_told(vsx_repair(path, to, &c, NULL, NULL, &err),
		    "VSX_COMPACT_OPTS_INIT");
	expect_told(vsx_backup_create(path, to, &k, NULL, &err),
		    "VSX_BACKUP_OPTS_INIT");
	expect_told(vsx_backup_list(to, &k, NULL, NULL, &err),
		    "VSX_BACKUP_OPTS_INIT");
	expect_told(vsx_backup_prune(to, &p, NULL, &err),
		    "VSX_PRUNE_OPTS_INIT");
	good.dim = 3;
	DONE(vsx_builder_new(&builder, to, &good, &err));
	expect_told(vsx_builder_add(builder, &rows_of, &err), "VSX_BATCH_INIT");
	vsx_builder_free(builder);
	vsx_close(index);
}
