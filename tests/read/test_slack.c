/*
 * Searches of graphs with codes of their links: what slack says of them, what
 * they leave out, and that they find as much as a filter or deletions leave.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "support/build.h"
#include "vsx.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(slack, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

enum { ROWS = 2000, DIM = 24, QUERIES = 50, K = 10, EF = 40 };

static struct vsx_error err;
static enum vsx_metric metrics[] = {VSX_L2, VSX_COSINE};

static struct support_index rows_of(const char *spec, enum vsx_metric metric)
{
	return (struct support_index){
		.spec = spec,
		.metric = metric,
		.dim = DIM,
		.n = ROWS,
		.half = true, /* rows have codes, and are no bytes */
	};
}

/* Near row 17 * q, and none of the rows. */
static void query(uint32_t q, float *x)
{
	struct support_index what = rows_of("", VSX_L2);

	support_row(&what, 17 * q, x);
	for (uint32_t d = 0; d < DIM; d++)
		x[d] += (float)((d * 7 + q) % 13) - 6.0f;
}

static struct vsx *open_index(const char *name)
{
	struct vsx *index;

	cr_assert_eq(vsx_open(&index, scratch_path(name), NULL, &err), VSX_OK,
		     "%s", err.text);
	return index;
}

static struct vsx *build(const char *name, const char *spec,
			 enum vsx_metric metric)
{
	support_build(scratch_path(name), rows_of(spec, metric));
	return open_index(name);
}

/* What the searches for all queries found and cost. */
struct found {
	uint64_t ids[QUERIES][K];
	size_t n[QUERIES];
	struct vsx_search_stats stats;
};

static void search(const struct vsx *index, const struct vsx_search_opts *opts,
		   struct found *f)
{
	struct vsx_searcher *s;

	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	for (uint32_t q = 0; q < QUERIES; q++) {
		struct vsx_hit hits[K];
		float x[DIM];

		query(q, x);
		cr_assert_eq(vsx_search(s, x, VSX_F32, K, opts, hits, &f->n[q],
					&err),
			     VSX_OK, "%s", err.text);
		for (size_t i = 0; i < f->n[q]; i++)
			f->ids[q][i] = hits[i].id;
	}
	vsx_get_stats(s, &f->stats);
	vsx_searcher_free(s);
}

static void search_with(const struct vsx *index, double slack, struct found *f)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;

	opts.effort = EF;
	opts.slack = slack;
	search(index, &opts, f);
}

static uint32_t shared(const struct found *a, const struct found *b)
{
	uint32_t n = 0;

	for (uint32_t q = 0; q < QUERIES; q++)
		for (size_t i = 0; i < a->n[q]; i++)
			for (size_t j = 0; j < b->n[q]; j++)
				n += a->ids[q][i] == b->ids[q][j];
	return n;
}

static void expect_same(const struct found *a, const struct found *b)
{
	cr_expect_eq(a->stats.n_distances, b->stats.n_distances);
	cr_expect_eq(a->stats.n_hops, b->stats.n_hops);
	cr_expect_eq(a->stats.n_refused, b->stats.n_refused);
	cr_expect_eq(shared(a, b), QUERIES * K);
}

/* Keys of rows of bytes are whole numbers: as many links are refused by them as
 * by those of floats, and no other rows are found. */
Test(slack, bytes_and_floats_refuse_alike)
{
	static struct found floats, bytes;
	struct support_index what = rows_of("HNSW16,G8", VSX_L2);
	struct vsx *a, *b;

	what.half = false;
	support_build(scratch_path("a"), what);
	what.elem = VSX_I8;
	support_build(scratch_path("b"), what);
	a = open_index("a");
	b = open_index("b");
	search_with(a, 0.0, &floats);
	search_with(b, 0.0, &bytes);
	cr_expect_gt(floats.stats.n_refused, floats.stats.n_distances);
	cr_expect_float_eq((double)bytes.stats.n_distances,
			   (double)floats.stats.n_distances,
			   0.05 * (double)floats.stats.n_distances);
	cr_expect_gt(shared(&floats, &bytes), QUERIES * K * 95 / 100);
	vsx_close(a);
	vsx_close(b);
}

Test(slack, leaves_out_distances_and_hardly_a_hit)
{
	static struct found all, some, plain;

	for (int m = 0; m < 2; m++) {
		struct vsx *a = build("a", "HNSW16,SQ8", metrics[m]);
		struct vsx *b = build("b", "HNSW16,SQ8,G8", metrics[m]);

		search_with(a, 0.0, &plain);
		search_with(b, INFINITY, &all);
		expect_same(&plain, &all);
		cr_expect_eq(all.stats.n_refused, 0);
		search_with(b, 0.0, &some);
		cr_expect_gt(some.stats.n_refused, some.stats.n_distances);
		cr_expect_lt((double)some.stats.n_distances,
			     0.75 * (double)all.stats.n_distances,
			     "%llu of %llu distances",
			     (unsigned long long)some.stats.n_distances,
			     (unsigned long long)all.stats.n_distances);
		cr_expect_geq(shared(&some, &all), QUERIES * K * 97 / 100);
		vsx_close(a);
		vsx_close(b);
	}
}

Test(slack, more_of_it_looks_at_more)
{
	static const double slacks[] = {0.01, 0.5, 1, 2, 4, 1000};
	struct vsx *index = build("a", "HNSW16,SQ8,G8", VSX_L2);
	static struct found found[6], as_told;

	for (int i = 0; i < 6; i++) {
		search_with(index, slacks[i], &found[i]);
		cr_expect(!i || found[i].stats.n_distances >
					  found[i - 1].stats.n_distances,
			  "slack %g", slacks[i]);
	}
	cr_expect_eq(found[5].stats.n_refused, 0);
	search_with(index, 0.0, &as_told);
	expect_same(&as_told, &found[1]);
	vsx_close(index);
}

Test(slack, is_a_number_from_0_on)
{
	static const double bad[] = {-1e-9, -INFINITY, NAN};
	static const char *const told[] = {"slack is -1e-09, expected 0, or "
					   "more",
					   "slack is -inf", "slack is "};
	struct vsx *index = build("a", "HNSW16,SQ8,G8", VSX_L2);
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	static struct found now, before;
	struct vsx_searcher *s;
	struct vsx_hit hits[K];
	float x[DIM];
	size_t n;

	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	query(1, x);
	for (int i = 0; i < 3; i++) {
		opts.slack = bad[i];
		cr_expect_eq(
			vsx_search(s, x, VSX_F32, K, &opts, hits, &n, &err),
			VSX_EINVAL);
		cr_expect(strstr(err.text, told[i]), "%s", err.text);
	}
	/* Who was compiled before it was there. */
	opts.slack = INFINITY;
	opts.effort = EF;
	opts.struct_size = offsetof(struct vsx_search_opts, slack);
	search(index, &opts, &before);
	search_with(index, 0.0, &now);
	expect_same(&before, &now);
	vsx_searcher_free(s);
	vsx_close(index);
}

/* All but every n-th row. */
static void delete_rows(const char *name, uint32_t n)
{
	struct vsx_update *u;

	cr_assert_eq(vsx_update_begin(&u, scratch_path(name), NULL, &err),
		     VSX_OK, "%s", err.text);
	for (uint64_t id = 0; id < ROWS; id++)
		if (id % n)
			cr_assert_eq(vsx_update_delete(u, &id, 1, &err),
				     VSX_OK);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
}

/* What counts is as many as there are, however far behind others they lie. */
Test(slack, deleted_rows_only_guide)
{
	static struct found exact, some;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;

	opts.exact = 1;
	for (uint32_t n = 2; n <= 128; n *= 4) {
		struct vsx *index = build("a", "HNSW16,SQ8,G8", VSX_L2);

		vsx_close(index);
		delete_rows("a", n);
		index = open_index("a");
		search(index, &opts, &exact);
		search_with(index, 0.0, &some);
		for (uint32_t q = 0; q < QUERIES; q++)
			cr_expect_eq(some.n[q], K);
		cr_expect_geq(shared(&some, &exact), QUERIES * K * 97 / 100,
			      "one in %u: %u", n, shared(&some, &exact));
		vsx_close(index);
	}
}
