/* Rows within a distance: those that a look at all rows says, in its order. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(range, .init = scratch_make, .fini = scratch_drop, .timeout = 240);

enum { N = 700, DIM = 8 };

static struct vsx_error err;

struct got {
	struct vsx_hit hits[N];
	size_t n, stop_after; /* 0: never */
};

static int take(void *context, const struct vsx_hit *hit)
{
	struct got *g = context;

	g->hits[g->n++] = *hit;
	return g->n == g->stop_after;
}

static bool reaches(enum vsx_metric metric, double distance, double radius)
{
	return metric == VSX_L2 ? distance <= radius : distance >= radius;
}

/* A search for all rows knows their distances: the first `due` are within. */
struct all {
	struct vsx_hit hits[N];
	size_t n;
};

static size_t due_of(const struct all *all, enum vsx_metric metric,
		     double radius)
{
	size_t n = 0;

	while (n < all->n && reaches(metric, all->hits[n].distance, radius))
		n++;
	return n;
}

static void expect_range(struct vsx_searcher *s, const float *query,
			 const struct all *all, enum vsx_metric metric,
			 double radius, size_t max, bool must,
			 const struct vsx_search_opts *opts, const char *what)
{
	size_t due = due_of(all, metric, radius), at = 0;
	struct got got = {.n = 0};

	cr_assert_eq(vsx_search_range(s, query, VSX_F32, radius, max, opts,
				      take, &got, &err),
		     VSX_OK, "%s: %s", what, err.text);
	if (max && due > max)
		due = max;
	if (must)
		cr_assert_eq(got.n, due, "%s, radius %.9g: %zu hits, not %zu",
			     what, radius, got.n, due);
	/* Nothing that is not due, and in this order. */
	for (size_t i = 0; i < got.n; i++) {
		cr_assert(reaches(metric, got.hits[i].distance, radius),
			  "%s: %.9g beyond %.9g", what,
			  (double)got.hits[i].distance, radius);
		while (at < all->n && all->hits[at].id != got.hits[i].id)
			at++;
		cr_assert_lt(at, all->n, "%s: id %llu", what,
			     (unsigned long long)got.hits[i].id);
		cr_assert_eq(got.hits[i].distance, all->hits[at].distance);
	}
}

/* Distances of hits, those beside them, and what takes none and all. */
static size_t radii(const struct all *all, enum vsx_metric metric, double *to)
{
	static const size_t places[] = {0, 1, 9, 40, 200, N - 2};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		double d;

		if (places[i] >= all->n)
			continue;
		d = all->hits[places[i]].distance;
		to[n++] = d;
		if (metric == VSX_IP || (d > 0 && d < 1)) {
			to[n++] = nextafter(d, 1e9);
			to[n++] = nextafter(d, -1e9);
			to[n++] = (double)nextafterf((float)d, 1e9f);
			to[n++] = (double)nextafterf((float)d, -1e9f);
		}
	}
	to[n++] = metric == VSX_COSINE ? -1.0 : metric == VSX_L2 ? 1e30 : -1e30;
	to[n++] = metric == VSX_COSINE ? 1.0 : metric == VSX_L2 ? 0.0 : 1e30;
	if (metric != VSX_COSINE) {
		to[n++] = INFINITY;
		if (metric == VSX_IP)
			to[n++] = -INFINITY;
	}
	for (size_t i = 0; i < n; i++)
		if (metric == VSX_COSINE)
			to[i] = to[i] > 1 ? 1 : to[i] < -1 ? -1 : to[i];
		else if (metric == VSX_L2 && to[i] < 0)
			to[i] = 0;
	return n;
}

static int is_third(void *context, uint64_t id)
{
	(void)context;
	return id % 3 == 0;
}

/* Every radius, all rows or a third of them, without an end and the nearest
 * three. `whole`: the kind has looked at all rows. */
static void expect_ranges(struct vsx *index, enum vsx_metric metric,
			  const struct support_index *what, uint32_t effort,
			  bool exact, bool whole, const char *name)
{
	struct vsx_selection *third;
	struct vsx_searcher *s;

	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_assert_eq(vsx_select_where(&third, index, is_third, NULL, &err),
		     VSX_OK);
	for (size_t q = 0; q < 4; q++) {
		float query[DIM];

		support_row(what, q * 37 + 5, query);
		query[1] += 0.25f;
		for (int among = 0; among < 2; among++) {
			struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
			struct all all;
			double r[64];
			size_t n;

			opts.among = among ? third : NULL;
			opts.exact = 1;
			cr_assert_eq(vsx_search(s, query, VSX_F32, N, &opts,
						all.hits, &all.n, &err),
				     VSX_OK);
			opts.exact = exact;
			opts.effort = effort;
			n = radii(&all, metric, r);
			for (size_t i = 0; i < n; i++) {
				expect_range(s, query, &all, metric, r[i], 0,
					     whole, &opts, name);
				expect_range(s, query, &all, metric, r[i], 3,
					     whole, &opts, name);
			}
		}
	}
	vsx_selection_free(third);
	vsx_searcher_free(s);
}

static void check(const char *spec, enum vsx_metric metric, enum vsx_elem elem)
{
	struct support_index what = {.spec = spec,
				     .metric = metric,
				     .elem = elem,
				     .dim = DIM,
				     .n = N,
				     .n_test_queries = UINT32_MAX};
	const char *path = scratch_path("range");
	bool flat = spec[0] == 'F' || spec[0] == 'S';
	struct vsx *index;
	char name[80];

	what = support_defaults(what);
	snprintf(name, sizeof(name), "%s, metric %d, type %d", spec, metric,
		 elem);
	support_build(path, what);
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	expect_ranges(index, metric, &what, 0, true, true, name);
	expect_ranges(index, metric, &what, 0, false, flat, name);
	expect_ranges(index, metric, &what, N, false, true, name);
	vsx_close(index);
}

Test(range, is_what_brute_force_says_for_all_kinds)
{
	static const char *const specs[] = {
		"Flat",	     "IVF12,Flat", "HNSW8",	  "SQ8",
		"IVF12,SQ8", "HNSW8,SQ8",  "IVF12,PQ4x4", "IVF12,PQ4x4fs"};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
			check(specs[i], (enum vsx_metric)metric, VSX_F32);
}

Test(range, is_what_brute_force_says_for_all_types)
{
	static const enum vsx_elem elems[] = {VSX_F16, VSX_BF16, VSX_I8,
					      VSX_U8};

	for (size_t i = 0; i < sizeof(elems) / sizeof(elems[0]); i++)
		for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
			check("Flat", (enum vsx_metric)metric, elems[i]);
			check("HNSW8", (enum vsx_metric)metric, elems[i]);
		}
}

static struct vsx *small(const char *spec, enum vsx_metric metric)
{
	const char *path = scratch_path("small");
	struct vsx *index;

	support_build(path, (struct support_index){
				    .spec = spec, .metric = metric, .n = 60});
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	return index;
}

Test(range, radii_that_no_distance_has_are_refused)
{
	const float query[DIM] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const struct {
		enum vsx_metric metric;
		double radius;
		const char *text;
	} bad[] = {
		{VSX_L2, -1, "radius is -1, expected 0 or more"},
		{VSX_L2, NAN, "radius is nan, expected 0 or more"},
		{VSX_COSINE, 1.5, "radius is 1.5, expected -1 to 1"},
		{VSX_COSINE, -INFINITY, "radius is -inf, expected -1 to 1"},
		{VSX_COSINE, NAN, "radius is nan, expected -1 to 1"},
		{VSX_IP, NAN, "radius is not a number"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vsx *index = small("Flat", bad[i].metric);
		struct got got = {.n = 0};
		struct vsx_searcher *s;

		cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
		cr_expect_eq(vsx_search_range(s, query, VSX_F32, bad[i].radius,
					      0, NULL, take, &got, &err),
			     VSX_EINVAL);
		cr_expect_str_eq(err.text, bad[i].text);
		cr_expect_eq(got.n, 0);
		vsx_searcher_free(s);
		vsx_close(index);
	}
}

/* The row itself is not counted, and whoever has enough says so. */
Test(range, a_row_may_be_the_query)
{
	struct vsx *index = small("HNSW8", VSX_L2);
	struct got got = {.n = 0}, few = {.stop_after = 2};
	struct vsx_searcher *s;

	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_assert_eq(vsx_search_range_id(s, 7, 1e30, 0, NULL, take, &got, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(got.n, 59);
	for (size_t i = 0; i < got.n; i++)
		cr_expect_neq(got.hits[i].id, 7);
	cr_expect_eq(vsx_search_range_id(s, 7, 1e30, 0, NULL, take, &few, &err),
		     VSX_ESTOPPED);
	cr_expect_eq(few.n, 2);
	cr_expect_str_eq(err.text, "stopped after 2 hits");
	cr_expect_eq(vsx_search_range_id(s, 999, 1, 0, NULL, take, &got, &err),
		     VSX_ENOTFOUND);
	vsx_searcher_free(s);
	vsx_close(index);
}
