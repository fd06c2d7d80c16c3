/*
 * Few rows of many, here and there or side by side, are found by whatever way
 * is the cheapest: each by itself, whole panels of codes, or list by list. The
 * answer is the same, that of a search of all of which others are left out.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(few, .init = scratch_make, .fini = scratch_drop, .timeout = 120);

enum { N = 2500, DIM = 12, K = 10, QUERIES = 12 };

static struct vsx_error err;
static float rows[N][DIM], queries[QUERIES][DIM];

static void make_rows(void)
{
	srandom(4);
	for (size_t i = 0; i < N; i++)
		for (size_t d = 0; d < DIM; d++)
			rows[i][d] = (float)(random() % 4001 - 2000) / 1000.0f;
	for (size_t i = 0; i < QUERIES; i++)
		for (size_t d = 0; d < DIM; d++)
			queries[i][d] =
				(float)(random() % 4001 - 2000) / 1000.0f;
}

static struct vsx *build(const char *spec, enum vsx_metric metric,
			 enum vsx_elem elem)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx *index;

	opts.dim = DIM;
	opts.spec = spec;
	opts.metric = metric;
	opts.elem = elem;
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("few"), &opts, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err),
		VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	cr_assert_eq(vsx_open(&index, scratch_path("few"), NULL, &err), VSX_OK);
	return index;
}

/* In each `every` rows the first `beside` pass, drawn ones if that is 0. */
struct rule {
	uint32_t every, beside;
};

static int passes(void *context, uint64_t id)
{
	const struct rule *r = context;
	uint32_t drawn = (uint32_t)id * 2654435761u >> 8;

	return r->beside ? id % r->every < r->beside : drawn % r->every == 0;
}

/* The first K of all hits of a query that pass. */
static size_t leave_out(const struct vsx_hit *all, struct rule *rule,
			struct vsx_hit *out)
{
	size_t n = 0;

	for (size_t i = 0; i < N && n < K; i++)
		if (passes(rule, all[i].id))
			out[n++] = all[i];
	return n;
}

static void expect_same(const struct vsx_hit *found, size_t n,
			const struct vsx_hit *due, size_t n_due,
			const char *what)
{
	cr_assert_eq(n, n_due, "%s: %zu hits, expected %zu", what, n, n_due);
	for (size_t i = 0; i < n; i++)
		cr_assert(found[i].id == due[i].id &&
				  found[i].distance == due[i].distance,
			  "%s: hit %zu", what, i);
}

static void check_rule(const struct vsx *index, struct rule rule,
		       const struct vsx_hit (*all)[N], uint32_t effort,
		       const char *what)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit found[QUERIES][K], due[K];
	size_t n[QUERIES], n_due;
	struct vsx_selection *s;
	struct vsx_searcher *searcher;

	cr_assert(!vsx_select_where(&s, index, passes, &rule, &err));
	cr_assert(!vsx_searcher_new(&searcher, index, &err));
	opts.among = s;
	opts.effort = effort;
	for (opts.exact = 0; opts.exact < 2; opts.exact++) {
		for (size_t q = 0; q < QUERIES; q++) {
			cr_assert(!vsx_search(searcher, queries[q], VSX_F32, K,
					      &opts, found[q], &n[q], &err));
			n_due = leave_out(all[q], &rule, due);
			expect_same(found[q], n[q], due, n_due, what);
		}
		cr_assert(!vsx_search_batch(index, queries, VSX_F32, QUERIES, K,
					    &opts, 1, found[0], n, NULL, &err));
		for (size_t q = 0; q < QUERIES; q++) {
			n_due = leave_out(all[q], &rule, due);
			expect_same(found[q], n[q], due, n_due, what);
		}
	}
	vsx_searcher_free(searcher);
	vsx_selection_free(s);
}

static void check(const char *spec, enum vsx_metric metric, enum vsx_elem elem)
{
	static const struct rule rules[] = {
		{3, 0},	  {5, 0},     {9, 0},	{17, 0},   {100, 0},
		{900, 0}, {400, 40},  {90, 16}, {600, 33}, {2500, 1},
		{5, 1},	  {2500, 48}, {1, 1},
	};
	static struct vsx_hit all[QUERIES][N];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = build(spec, metric, elem);
	struct vsx_searcher *searcher;
	char what[64];

	opts.exact = 1;
	cr_assert(!vsx_searcher_new(&searcher, index, &err));
	for (size_t q = 0; q < QUERIES; q++) {
		size_t n;

		cr_assert(!vsx_search(searcher, queries[q], VSX_F32, N, &opts,
				      all[q], &n, &err));
		cr_assert_eq(n, N);
	}
	vsx_searcher_free(searcher);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		snprintf(what, sizeof(what), "%s, metric %d, type %d, rule %zu",
			 spec, (int)metric, (int)elem, i);
		check_rule(index, rules[i], all, 20, what);
	}
	vsx_close(index);
}

Test(few, are_those_of_a_search_of_all)
{
	static const enum vsx_elem elems[] = {VSX_F32, VSX_F16};

	make_rows();
	for (size_t e = 0; e < sizeof(elems) / sizeof(elems[0]); e++) {
		check("Flat", VSX_L2, elems[e]);
		check("Flat", VSX_IP, elems[e]);
		check("Flat", VSX_COSINE, elems[e]);
		check("IVF20,Flat", VSX_L2, elems[e]);
		/* So long that each begins a page. */
		check("IVF2,Flat", VSX_L2, elems[e]);
		check("IVF20,Flat", VSX_IP, elems[e]);
		check("IVF20,Flat", VSX_COSINE, elems[e]);
	}
}
