/* Rows by ids, keys, bits and callbacks; what searches say of them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(selections, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 120);

enum { N = 500, DIM = 8, K = 10 };

static struct vsx_error err;
static struct support_index what;
static bool chosen[N], dead[N];

/* Rows with ids and keys of their own, every seventh deleted. */
static struct vsx *make(const char *spec, bool ids)
{
	const char *path = scratch_path("chosen");
	struct vsx_update *u;
	struct vsx *index;

	what = support_defaults((struct support_index){
		.spec = spec, .n = N, .ids = ids, .keyed = true});
	support_build(path, what);
	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	for (size_t i = 0; i < N; i++) {
		uint64_t id = support_id(&what, i);

		dead[i] = i % 7 == 3;
		if (dead[i])
			cr_assert_eq(vsx_update_delete(u, &id, 1, &err), VSX_OK,
				     "%s", err.text);
	}
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	return index;
}

/* Those that are chosen and live, no others. */
static void expect_chosen(const struct vsx *index, struct vsx_selection *s)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats stats;
	struct vsx_searcher *searcher;
	struct vsx_hit hits[N];
	float query[DIM];
	size_t due = 0, n;

	for (size_t i = 0; i < N; i++)
		due += chosen[i] && !dead[i];
	cr_assert_eq(vsx_selection_count(s), due, "%llu rows, not %zu",
		     (unsigned long long)vsx_selection_count(s), due);
	cr_assert_eq(vsx_searcher_new(&searcher, index, &err), VSX_OK);
	support_row(&what, 11, query);
	opts.among = s;
	for (int exact = 0; exact < 2; exact++) {
		opts.exact = (uint32_t)exact;
		cr_assert_eq(vsx_search(searcher, query, VSX_F32, K, &opts,
					hits, &n, &err),
			     VSX_OK);
		cr_assert_eq(n, due < K ? due : K);
		for (size_t h = 0; h < n; h++) {
			bool is = false;

			for (size_t i = 0; i < N; i++)
				is |= chosen[i] && !dead[i] &&
				      support_id(&what, i) == hits[h].id;
			cr_assert(is, "id %llu",
				  (unsigned long long)hits[h].id);
		}
		vsx_get_stats(searcher, &stats);
		cr_expect_eq(stats.n_eligible, due);
	}
	cr_expect_geq(stats.n_complete, 1);
	vsx_searcher_free(searcher);
	vsx_selection_free(s);
}

static int by_context(void *context, uint64_t id)
{
	const uint64_t *not = context;

	return id != *not &&id % 2;
}

static int never(void *context, uint64_t id)
{
	(void)context, (void)id;
	return -1;
}

static void choose(size_t step)
{
	for (size_t i = 0; i < N; i++)
		chosen[i] = i % step == 0;
}

static void check(const char *spec)
{
	struct vsx *index = make(spec, true);
	struct vsx_selection *s, *other;
	uint64_t ids[2 * N], not = support_id(&what, 0);
	struct support_attached attached[N];
	struct vsx_bytes keys[N];
	size_t n = 0;

	/* Ids: twice, deleted ones, some that no row has. */
	choose(5);
	for (size_t i = 0; i < N; i++)
		for (int twice = 0; chosen[i] && twice < 2; twice++)
			ids[n++] = support_id(&what, i);
	ids[n++] = UINT64_MAX;
	cr_assert_eq(vsx_select_ids(&s, index, ids, n, &err), VSX_OK);
	expect_chosen(index, s);
	cr_assert_eq(vsx_select_ids(&s, index, NULL, 0, &err), VSX_OK);
	memset(chosen, 0, sizeof(chosen));
	expect_chosen(index, s);

	choose(3);
	n = 0;
	for (size_t i = 0; i < N; i++) {
		support_attach(&attached[i], &what, i);
		if (!attached[i].key.n)
			chosen[i] = false;
		if (chosen[i])
			keys[n++] = attached[i].key;
	}
	keys[n++] = (struct vsx_bytes){"no such", 7};
	cr_assert_eq(vsx_select_keys(&s, index, keys, n, &err), VSX_OK);
	expect_chosen(index, s);
	keys[1].n = 0;
	cr_expect_eq(vsx_select_keys(&s, index, keys, n, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "key 1 has 0 bytes, expected 1 to 1024");
	cr_expect_null(s);

	cr_assert_eq(vsx_select_where(&other, index, by_context, &not, &err),
		     VSX_OK);
	for (size_t i = 0; i < N; i++)
		chosen[i] = support_id(&what, i) !=
			    not &&support_id(&what, i) % 2 == 1;
	expect_chosen(index, other);
	cr_expect_eq(vsx_select_where(&s, index, never, NULL, &err),
		     VSX_ESTOPPED);
	cr_expect_null(s);
	vsx_close(index);
}

/* Of ids below 40 every fourth; beyond the last bit none is selected. */
static void check_bits(const char *spec)
{
	struct vsx *index = make(spec, false);
	uint8_t bits[] = {0x11, 0x11, 0x11, 0x11, 0xff, 0xff};
	struct vsx_selection *s, *odd;
	uint64_t not = 9;

	cr_assert_eq(vsx_select_bits(&s, index, bits, 37, &err), VSX_OK);
	for (size_t i = 0; i < N; i++)
		chosen[i] = i < 37 && (i >= 32 || i % 4 == 0);
	cr_assert_eq(vsx_select_where(&odd, index, by_context, &not, &err),
		     VSX_OK);
	cr_assert_eq(vsx_selection_narrow(odd, s, &err), VSX_OK);
	expect_chosen(index, s);
	for (size_t i = 0; i < N; i++)
		chosen[i] &= i % 2 == 1 && i != not ;
	expect_chosen(index, odd);
	vsx_close(index);
}

Test(selections, are_made_from_ids_keys_bits_and_callbacks)
{
	check("Flat");
	check("IVF8,Flat");
	check("HNSW8");
	check_bits("Flat");
	check_bits("IVF8,Flat");
	check_bits("HNSW8");
}

Test(selections, are_of_one_index)
{
	struct vsx *a = make("Flat", false), *b = make("Flat", false);
	struct vsx_selection *s, *t;

	cr_assert_eq(vsx_select_ids(&s, a, NULL, 0, &err), VSX_OK);
	cr_assert_eq(vsx_select_ids(&t, b, NULL, 0, &err), VSX_OK);
	cr_expect_eq(vsx_selection_narrow(s, t, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "the selections are of two indexes");
	vsx_selection_free(s);
	vsx_selection_free(t);
	vsx_close(a);
	vsx_close(b);
}
