/* What a call would fill is as it was when the call fails. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(untouched, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 120);

static struct vsx_error err;
static _Alignas(64) uint8_t out[4096], before[4096];

/* The call fails with that status and has written nothing into out. */
#define FAILS(call, due)                                                       \
	do {                                                                   \
		memset(out, 0xa5, sizeof(out));                                \
		cr_expect_eq(call, due, "%s: %s", #call, err.text);            \
		cr_expect_eq(memcmp(out, before, sizeof(out)), 0, "%s",        \
			     #call);                                           \
	} while (0)
#define OUT	((void *)out)
#define OUT_TOO ((void *)(out + sizeof(out) / 2))

/* The call, which makes something, fails with that status and has made none. */
static void *made;
#define MADE ((void *)&made)
#define FAILS_NULL(call, due)                                                  \
	do {                                                                   \
		made = &made;                                                  \
		cr_expect_eq(call, due, "%s: %s", #call, err.text);            \
		cr_expect(!made || made == &made, "%s", #call);                \
	} while (0)

static void init(void)
{
	memset(before, 0xa5, sizeof(before));
}

/* The file at `path` with a bit of each section of that name flipped. */
static const char *damaged(const char *path, const char *section)
{
	const char *to = scratch_path("damaged");

	support_damage(path, to, section);
	return to;
}

static const char *small(const char *spec)
{
	const char *path = scratch_path("small");

	init();
	support_build(path, (struct support_index){.spec = spec, .ids = true});
	return path;
}

static int stop(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	(void)event;
	return 1;
}

Test(untouched, by_verifying)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	const char *path = small("HNSW8");

	FAILS(vsx_verify(scratch_path("none"), NULL, NULL, NULL, OUT, &err),
	      VSX_EIO);
	FAILS(vsx_verify(path, NULL, stop, NULL, OUT, &err), VSX_ESTOPPED);
	opts.level = (enum vsx_verify_level)7;
	FAILS(vsx_verify(path, &opts, NULL, NULL, OUT, &err), VSX_EINVAL);
}

Test(untouched, by_facts_and_rows)
{
	const char *path = small("HNSW8");
	struct vsx *index;
	uint64_t some[2];

	cr_assert_eq(vsx_open(&index, damaged(path, "RCLL"), NULL, &err),
		     VSX_OK);
	FAILS(vsx_effort_for(index, 0.5, 10, OUT, OUT_TOO, &err), VSX_ECORRUPT);
	FAILS(vsx_get_recall(index, 0, OUT, &err), VSX_ECORRUPT);
	FAILS(vsx_get_recall(index, 1000, OUT, &err), VSX_EINVAL);
	FAILS(vsx_id_at(index, 300, OUT, &err), VSX_ENOTFOUND);
	FAILS(vsx_get(index, 12345678, OUT, &err), VSX_ENOTFOUND);
	cr_expect_eq(vsx_id_at(index, 299, &some[0], &err), VSX_OK);
	some[1] = 12345678;
	FAILS(vsx_get_many(index, some, 2, OUT, NULL, &err), VSX_ENOTFOUND);
	FAILS(vsx_get_centroid(index, 0, 0, OUT, &err), VSX_EINVAL);
	FAILS(vsx_get_segment(index, 1, OUT, NULL), VSX_EINVAL);
	FAILS(vsx_get_section(index, 100, OUT, NULL), VSX_EINVAL);
	vsx_close(index);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	FAILS(vsx_effort_for(index, 1.1, 10, OUT, OUT_TOO, &err),
	      VSX_ENOTFOUND);
	vsx_close(index);
	cr_assert_eq(vsx_open(&index, damaged(path, "QSRC"), NULL, &err),
		     VSX_OK);
	FAILS(vsx_get_test_queries(index, OUT, NULL, &err), VSX_ECORRUPT);
	vsx_close(index);
	cr_assert_eq(vsx_open(&index, damaged(path, "VECS"), NULL, &err),
		     VSX_OK);
	cr_expect_eq(vsx_id_at(index, 0, &some[1], &err), VSX_OK);
	FAILS(vsx_get_many(index, some, 2, OUT, out, &err), VSX_ECORRUPT);
	FAILS(vsx_get_test_queries(index, OUT, NULL, &err), VSX_ECORRUPT);
	vsx_close(index);
}

static int stop_payload(void *context, size_t i,
			const struct vsx_bytes *payload)
{
	(void)context;
	(void)i;
	(void)payload;
	return 1;
}

/* Three rows with keys and payload. */
static const char *keyed(void)
{
	static const float rows[3][2] = {{1, 2}, {3, 4}, {5, 6}};
	const struct vsx_bytes keys[] = {{"a", 1}, {"b", 1}, {"c", 1}};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_batch batch = VSX_BATCH_INIT;
	const char *path = scratch_path("keyed");
	struct vsx_builder *b;

	init();
	opts.dim = 2;
	batch.n = 3;
	batch.vectors = rows;
	batch.keys = batch.payloads = keys;
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK);
	cr_assert_eq(vsx_builder_add(b, &batch, &err), VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
	vsx_builder_free(b);
	return path;
}

Test(untouched, by_keys_and_payload)
{
	const char *path = keyed();
	const struct vsx_bytes key = {"a", 1};
	const uint64_t ids[] = {0, 7};
	struct vsx_update *u;
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	FAILS(vsx_find(index, "d", 1, OUT, &err), VSX_ENOTFOUND);
	FAILS(vsx_find(index, "", 0, OUT, &err), VSX_EINVAL);
	FAILS(vsx_key(index, 7, OUT, OUT_TOO, &err), VSX_ENOTFOUND);
	FAILS(vsx_payload(index, 7, OUT, 9, OUT_TOO, &err), VSX_ENOTFOUND);
	FAILS(vsx_payloads(index, ids, 2, stop_payload, OUT, &err),
	      VSX_ENOTFOUND);
	FAILS(vsx_payloads(index, ids, 1, stop_payload, OUT, &err),
	      VSX_ESTOPPED);
	vsx_close(index);
	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	FAILS(vsx_update_delete_keys(u, NULL, 1, OUT, &err), VSX_EINVAL);
	vsx_update_free(u);
	cr_assert_eq(vsx_open(&index, damaged(path, "KEYS"), NULL, &err),
		     VSX_OK);
	FAILS(vsx_find(index, "a", 1, OUT, &err), VSX_ECORRUPT);
	FAILS(vsx_key(index, 0, OUT, OUT_TOO, &err), VSX_ECORRUPT);
	vsx_close(index);
	cr_assert_eq(vsx_open(&index, damaged(path, "PAYL"), NULL, &err),
		     VSX_OK);
	FAILS(vsx_payload(index, 0, OUT, 9, OUT_TOO, &err), VSX_ECORRUPT);
	vsx_close(index);
	support_damage(path, path, "KTAB");
	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	FAILS(vsx_update_delete_keys(u, &key, 1, OUT, &err), VSX_ECORRUPT);
	vsx_update_free(u);
}

Test(untouched, by_opening_and_refreshing)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	const char *path = small("Flat");
	struct vsx *index;

	FAILS_NULL(vsx_open(MADE, scratch_path("none"), NULL, &err), VSX_EIO);
	opts.check = (enum vsx_check)9;
	FAILS_NULL(vsx_open(MADE, path, &opts, &err), VSX_EINVAL);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	FAILS(vsx_check_model(index, "other", NULL, OUT, &err), VSX_EINVAL);
	FAILS_NULL(vsx_open_fd(MADE, -1, NULL, &err), VSX_EIO);
	FAILS_NULL(vsx_open_memory(MADE, before + 1, sizeof(before) - 1, NULL,
				   &err),
		   VSX_EINVAL);
	FAILS_NULL(vsx_row(index, 12345678, MADE, &err), VSX_ENOTFOUND);
	cr_assert_eq(unlink(path), 0);
	FAILS_NULL(vsx_refresh(MADE, index, &err), VSX_EIO);
	vsx_close(index);
	path = damaged(small("Flat"), "ROID");
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	FAILS(vsx_contains(index, 3, OUT, &err), VSX_ECORRUPT);
	vsx_close(index);
}

Test(untouched, by_searches)
{
	const char *path = damaged(small("Flat"), "VECS");
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	struct vsx_searcher *s;
	struct vsx_pool *pool;
	float query[8] = {1};
	struct vsx *index;
	size_t *n = OUT;

	exact.exact = 1;
	cr_assert(!vsx_open(&index, path, NULL, &err) &&
		  !vsx_searcher_new(&s, index, &err));
	FAILS(vsx_search(s, query, VSX_F32, 3, &exact,
			 (struct vsx_hit *)(n + 1), n, &err),
	      VSX_ECORRUPT);
	FAILS(vsx_search(s, query, VSX_F32, 0, &exact,
			 (struct vsx_hit *)(n + 1), n, &err),
	      VSX_EINVAL);
	FAILS(vsx_search_batch(index, query, VSX_F32, 1, 3, &exact, 1,
			       (struct vsx_hit *)(n + 400), n + 300, OUT, &err),
	      VSX_ECORRUPT);
	FAILS(vsx_search_batch(index, query, VSX_F32, 1, 0, &exact, 1,
			       (struct vsx_hit *)(n + 1), n, OUT, &err),
	      VSX_EINVAL);
	answers.hits = (struct vsx_hit *)(n + 400);
	answers.n_hits = n;
	cr_assert_eq(vsx_pool_new(&pool, index, 2, &err), VSX_OK);
	FAILS(vsx_pool_search(pool, query, VSX_F32, 1, 0, &exact, &answers,
			      &err),
	      VSX_EINVAL);
	vsx_pool_free(pool);
	FAILS(vsx_search_id(s, 12345678, 3, &exact, (struct vsx_hit *)(n + 1),
			    n, &err),
	      VSX_ENOTFOUND);
	vsx_searcher_free(s);
	vsx_close(index);
}

Test(untouched, by_plans_and_changes)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_build_opts build = VSX_BUILD_OPTS_INIT;
	const char *path = damaged(small("Flat"), "VECS");
	const char *none = scratch_path("none");
	struct vsx_update *u;
	struct vsx_builder *b;
	float row[8] = {1};
	uint64_t id;

	FAILS_NULL(vsx_builder_new(MADE, none, NULL, &err), VSX_EINVAL);
	FAILS_NULL(vsx_builder_new(MADE, path, &build, &err), VSX_EINVAL);
	FAILS_NULL(vsx_update_begin(MADE, none, NULL, &err), VSX_EIO);
	FAILS(vsx_get_kind(1000, OUT, &err), VSX_EINVAL);
	build.dim = 8;
	FAILS_NULL(vsx_builder_new(MADE, path, &build, &err), VSX_EEXIST);
	FAILS(vsx_build_plan(&build, UINT64_C(1) << 31, OUT, &err), VSX_EINVAL);
	build.spec = "Tree";
	FAILS(vsx_build_plan(&build, 10, OUT, &err), VSX_EINVAL);
	build.spec = "Flat";
	cr_assert(!vsx_builder_new(&b, none, &build, &err) &&
		  !vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, (id = 3, &id)),
				   &err) &&
		  !vsx_builder_add(b, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	FAILS(vsx_builder_finish(b, OUT, &err), VSX_EINVAL);
	vsx_builder_free(b);
	cr_assert(!vsx_update_begin(&u, path, NULL, &err) &&
		  !vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, (id = 0, &id)),
				  &err) &&
		  !vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &id), &err));
	FAILS(vsx_update_commit(u, OUT, &err), VSX_EINVAL);
	vsx_update_free(u);
	FAILS(vsx_compact(&path, 1, none, NULL, OUT, OUT, &err), VSX_ECORRUPT);
	opts.if_dead = 2;
	FAILS(vsx_compact(&path, 1, none, &opts, OUT, OUT, &err), VSX_EINVAL);
	FAILS(vsx_repair(none, path, NULL, OUT, OUT, &err), VSX_EIO);
}

Test(untouched, by_backups)
{
	const char *path = damaged(small("Flat"), "VECS");
	const char *repo = scratch_path("repo"), *to = scratch_path("none");
	struct vsx_prune_opts keep = VSX_PRUNE_OPTS_INIT;

	FAILS(vsx_backup_create(path, repo, NULL, OUT, &err), VSX_ECORRUPT);
	FAILS(vsx_backup_send(path, -1, NULL, OUT, &err), VSX_EIO);
	FAILS(vsx_backup_verify(to, NULL, NULL, NULL, NULL, OUT, &err),
	      VSX_EIO);
	FAILS(vsx_backup_restore(repo, "x", to, NULL, OUT, &err),
	      VSX_ENOTFOUND);
	FAILS(vsx_backup_receive(-1, to, NULL, OUT, &err), VSX_EIO);
	FAILS(vsx_backup_prune(repo, &keep, OUT, &err), VSX_EINVAL);
}

static int any(void *context, uint64_t id)
{
	(void)context, (void)id;
	return 1;
}

Test(untouched, filters_and_fields)
{
	const uint8_t bits = 1;
	const uint64_t id = 1;
	struct vsx_filter *filter;
	struct vsx *index, *other;
	const char *name;

	cr_assert_eq(vsx_open(&index, small("Flat"), NULL, &err), VSX_OK);
	FAILS(vsx_get_field(index, 0, OUT, &err), VSX_EINVAL);
	FAILS_NULL(vsx_filter_parse(MADE, "a =", &err), VSX_EINVAL);
	cr_assert_eq(vsx_filter_parse(&filter, "a = 1", &err), VSX_OK);
	FAILS_NULL(vsx_select(MADE, index, filter, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "filter, character 1: no field a: the index "
				   "has no fields");
	cr_assert_eq(
		vsx_open(&other, damaged(small("Flat"), "ROID"), NULL, &err),
		VSX_OK);
	FAILS(vsx_ids(other, NULL, 0, OUT, 9, OUT_TOO, &err), VSX_ECORRUPT);
	FAILS_NULL(vsx_select_ids(MADE, other, &id, 1, &err), VSX_ECORRUPT);
	FAILS_NULL(vsx_select_bits(MADE, other, &bits, 8, &err), VSX_ECORRUPT);
	FAILS_NULL(vsx_select_where(MADE, other, any, NULL, &err),
		   VSX_ECORRUPT);
	FAILS_NULL(vsx_select_keys(MADE, other, &(struct vsx_bytes){"", 0}, 1,
				   &err),
		   VSX_EINVAL);
	vsx_close(other);
	name = "a";
	FAILS(vsx_values(index, OUT, 0, &name, 1, NULL, NULL, &err),
	      VSX_EINVAL);
	vsx_filter_free(filter);
	vsx_close(index);
}
