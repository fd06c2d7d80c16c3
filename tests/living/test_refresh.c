/* A handle keeps its generation; vsx_refresh() gives the newest beside it. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(refresh, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 300, DIM = 8, K = 5 };

static struct vsx_error err;
static const struct support_index what = {
	.spec = "HNSW8", .metric = VSX_L2, .elem = VSX_F32, .dim = DIM, .n = N};

static const char *build(void)
{
	const char *path = scratch_path("x");

	support_build(path, what);
	return path;
}

/* Row i of the model under the id i + 1000; it deletes row i. */
static void change(const char *path, uint64_t i)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint64_t added = i + 1000;
	struct vsx_update *u;
	float row[DIM];

	opts.flat_below = 1;
	opts.keep_segments = 1;
	support_row(&what, i, row);
	cr_assert(!vsx_update_begin(&u, path, &opts, &err) &&
			  !vsx_update_delete(u, &i, 1, &err) &&
			  !vsx_update_add(u, VSX_BATCH(row, VSX_F32, 1, &added),
					  &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
}

/* The id that is nearest to row i: its own, or that of its successor. */
static uint64_t nearest(const struct vsx *index, uint64_t i)
{
	struct vsx_searcher *s;
	struct vsx_hit hit;
	float row[DIM];
	size_t n;

	support_row(&what, i, row);
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_assert_eq(vsx_search(s, row, VSX_F32, 1, NULL, &hit, &n, &err),
		     VSX_OK, "%s", err.text);
	vsx_searcher_free(s);
	return hit.id;
}

static struct vsx *open_index(const char *path)
{
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	return index;
}

static struct vsx *refresh(const struct vsx *index)
{
	struct vsx *next;

	cr_assert_eq(vsx_refresh(&next, index, &err), VSX_OK, "%s", err.text);
	return next;
}

static uint64_t generation(const struct vsx *index)
{
	struct vsx_facts facts;

	vsx_get_facts(index, &facts);
	return facts.generation;
}

Test(refresh, gives_nothing_when_nothing_is_newer)
{
	struct vsx *index = open_index(build());

	cr_expect_null(refresh(index));
	vsx_close(index);
}

Test(refresh, leaves_the_old_handle_what_it_was)
{
	const char *path = build();
	struct vsx *first = open_index(path), *second, *third;

	change(path, 7);
	cr_expect_eq(nearest(first, 7), 7);
	second = refresh(first);
	cr_assert_not_null(second);
	cr_expect_eq(generation(second), 2);
	cr_expect_eq(nearest(second, 7), 1007);
	cr_expect_eq(nearest(first, 7), 7);
	change(path, 8);
	third = refresh(second);
	cr_expect_eq(nearest(third, 8), 1008);
	cr_expect_eq(nearest(second, 8), 8);
	/* In any order. */
	vsx_close(first);
	cr_expect_eq(nearest(third, 7), 1007);
	vsx_close(third);
	cr_expect_eq(nearest(second, 7), 1007);
	vsx_close(second);
}

Test(refresh, checks_no_page_twice)
{
	const char *path = build();
	struct vsx *first = open_index(path), *second;
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats all, stats;
	struct vsx_searcher *s;
	struct vsx_hit hits[K];
	float row[DIM];
	size_t n;

	exact.exact = 1;
	support_row(&what, 3, row);
	cr_assert_eq(vsx_searcher_new(&s, first, &err), VSX_OK);
	cr_assert_eq(vsx_search(s, row, VSX_F32, K, &exact, hits, &n, &err),
		     VSX_OK);
	vsx_get_stats(s, &all);
	cr_assert_gt(all.n_pages_checked, 2);
	vsx_searcher_free(s);
	change(path, 7);
	second = refresh(first);
	cr_assert_eq(vsx_searcher_new(&s, second, &err), VSX_OK);
	cr_assert_eq(vsx_search(s, row, VSX_F32, K, &exact, hits, &n, &err),
		     VSX_OK);
	vsx_get_stats(s, &stats);
	/* The rows that were added, their ids, and the marks. */
	cr_expect_leq(stats.n_pages_checked, 4);
	vsx_searcher_free(s);
	vsx_close(first);
	vsx_close(second);
}

Test(refresh, opens_the_file_that_took_the_place)
{
	const char *path = build();
	struct vsx *first = open_index(path), *second;
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;

	change(path, 7);
	cr_assert_eq(vsx_compact(&path, 1, NULL, &opts, NULL, NULL, &err),
		     VSX_OK, "%s", err.text);
	second = refresh(first);
	cr_assert_not_null(second);
	cr_expect_eq(generation(second), 1);
	cr_expect_eq(nearest(second, 7), 1007);
	cr_expect_eq(nearest(first, 7), 7);
	vsx_close(first);
	vsx_close(second);
}

Test(refresh, keeps_the_options)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	const char *path = build();
	struct vsx *first, *second;

	opts.load = VSX_LOAD_COPY;
	opts.check = VSX_CHECK_ALL;
	cr_assert_eq(vsx_open(&first, path, &opts, &err), VSX_OK);
	cr_expect_null(refresh(first));
	change(path, 7);
	second = refresh(first);
	cr_expect_eq(nearest(second, 7), 1007);
	vsx_close(second);
	/* The path is what is opened again. */
	unlink(path);
	cr_expect_eq(vsx_refresh(&second, first, &err), VSX_EIO);
	cr_expect_null(second);
	vsx_close(first);
}

Test(refresh, tells_damage_of_what_was_added)
{
	const char *path = build();
	struct vsx *first = open_index(path), *second;
	FILE *f;

	change(path, 7);
	f = fopen(path, "r+b");
	cr_assert(f && !fseek(f, -4096, SEEK_END) && putc('x', f) == 'x');
	fclose(f);
	cr_expect_eq(vsx_refresh(&second, first, &err), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "(manifest)"), "%s", err.text);
	cr_expect_eq(nearest(first, 7), 7);
	vsx_close(first);
}

static atomic_bool done;

static void *search_on(void *context)
{
	const struct vsx *index = context;

	while (!atomic_load(&done))
		if (nearest(index, 7) != 7)
			return context;
	return NULL;
}

Test(refresh, does_not_disturb_searches_in_flight)
{
	const char *path = build();
	struct vsx *first = open_index(path), *now = first;
	pthread_t thread;
	void *wrong;

	cr_assert_eq(pthread_create(&thread, NULL, search_on, first), 0);
	for (uint64_t i = 7; i < 40; i++) {
		struct vsx *next;

		change(path, i);
		next = refresh(now);
		cr_assert_eq(nearest(next, i), i + 1000);
		if (now != first)
			vsx_close(now);
		now = next;
	}
	atomic_store(&done, true);
	pthread_join(thread, &wrong);
	cr_expect_null(wrong);
	vsx_close(now);
	vsx_close(first);
}
