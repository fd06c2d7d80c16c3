/* The promises of the search calls in vsx.h. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/build.h"
#include "vsx.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(search, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

/*
 * All memory of the library comes from here: the linker takes this function
 * before that of libc.
 */
static unsigned long n_allocations;

void *aligned_alloc(size_t alignment, size_t size)
{
	void *p;

	n_allocations++;
	return posix_memalign(&p, alignment, size) == 0 ? p : NULL;
}

static const char *const specs[] = {"Flat", "IVF6,Flat", "HNSW8"};
static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP, VSX_COSINE};

/* An index at hand, and the rows that it was made from. */
struct at_hand {
	struct support_index what;
	struct vsx *index;
	struct vsx_searcher *searcher;
};

static struct at_hand make(struct support_index what)
{
	struct at_hand h = {.what = support_defaults(what)};

	support_build(scratch_path("x"), h.what);
	cr_assert_eq(vsx_open(&h.index, scratch_path("x"), NULL, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(vsx_searcher_new(&h.searcher, h.index, &err), VSX_OK);
	return h;
}

static void drop(struct at_hand *h)
{
	vsx_searcher_free(h->searcher);
	vsx_close(h->index);
}

static double value(const struct support_index *what, const float *q, size_t i)
{
	double l2 = 0, ip = 0, qq = 0, xx = 0;

	for (uint32_t d = 0; d < what->dim; d++) {
		double x = support_component(what, i, d), y = q[d];

		l2 += (x - y) * (x - y);
		ip += x * y;
		xx += x * x;
		qq += y * y;
	}
	return what->metric == VSX_L2	? l2
	       : what->metric == VSX_IP ? ip
					: ip / sqrt(xx * qq);
}

/* How many rows are clearly nearer than a distance. */
static size_t n_nearer(const struct support_index *what, const float *q,
		       double distance)
{
	double slack = 1e-4 + fabs(distance) * 1e-5;
	size_t n = 0;

	for (size_t i = 0; i < what->n; i++) {
		double v = value(what, q, i);

		n += what->metric == VSX_L2 ? v < distance - slack
					    : v > distance + slack;
	}
	return n;
}

static size_t row_of(const struct support_index *what, uint64_t id)
{
	for (size_t i = 0; i < what->n; i++)
		if (support_id(what, i) == id)
			return i;
	cr_assert(false, "no row has id %llu", (unsigned long long)id);
	return 0;
}

static void expect_exact(const struct support_index *what, const float *q,
			 const struct vsx_hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double due = value(what, q, row_of(what, hits[i].id));

		cr_expect_float_eq(hits[i].distance, due,
				   1e-3 + fabs(due) * 1e-5);
		cr_expect_leq(n_nearer(what, q, hits[i].distance), i);
		if (i > 0 && hits[i].distance == hits[i - 1].distance)
			cr_expect_gt(hits[i].id, hits[i - 1].id);
	}
}

Test(search, is_exact_when_told_to)
{
	struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;

	exact.exact = 1;
	for (int s = 0; s < 3; s++)
		for (int m = 0; m < 3; m++)
			for (int elem = VSX_F32; elem <= VSX_U8; elem++) {
				struct at_hand h = make((struct support_index){
					.spec = specs[s],
					.metric = metrics[m],
					.elem = elem,
					.ids = true});
				struct vsx_hit hits[12];
				float q[8];
				size_t n;

				for (size_t i = 0; i < 5; i++) {
					support_row(&h.what, i * 31, q);
					q[i] += 3;
					cr_assert_eq(vsx_search(h.searcher, q,
								VSX_F32, 12,
								&exact, hits,
								&n, &err),
						     VSX_OK, "%s", err.text);
					cr_assert_eq(n, 12);
					expect_exact(&h.what, q, hits, n);
				}
				drop(&h);
			}
}

static void expect_same(const struct vsx_hit *a, const struct vsx_hit *b,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(a[i].id, b[i].id);
		cr_expect_eq(a[i].distance, b[i].distance);
	}
}

Test(search, takes_queries_of_any_element_type)
{
	struct at_hand h = make((struct support_index){.spec = "HNSW8"});
	struct vsx_hit due[5], hits[5];
	uint16_t bf16[8];
	int8_t i8[8];
	float f32[8];
	size_t n;

	support_row(&h.what, 77, f32);
	for (int d = 0; d < 8; d++) {
		uint32_t bits;

		memcpy(&bits, &f32[d], 4);
		bf16[d] = (uint16_t)(bits >> 16);
		i8[d] = (int8_t)f32[d];
	}
	vsx_search(h.searcher, f32, VSX_F32, 5, NULL, due, &n, &err);
	cr_expect_eq(
		vsx_search(h.searcher, i8, VSX_I8, 5, NULL, hits, &n, &err),
		VSX_OK);
	expect_same(due, hits, 5);
	cr_expect_eq(
		vsx_search(h.searcher, bf16, VSX_BF16, 5, NULL, hits, &n, &err),
		VSX_OK);
	expect_same(due, hits, 5);
	cr_expect_eq(vsx_search(h.searcher, i8, (enum vsx_elem)9, 5, NULL, hits,
				&n, &err),
		     VSX_EINVAL);
	drop(&h);
}

Test(search, a_batch_answers_as_single_searches_do)
{
	enum { N = 100, K = 7 };
	static struct vsx_hit hits[N][K];
	static float q[N][8];

	for (int s = 0; s < 3; s++)
		for (unsigned int mix = 0; mix < 8; mix++) {
			struct at_hand h = make((struct support_index){
				.spec = specs[s], .metric = metrics[mix % 3]});
			struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
			struct vsx_search_stats stats = {0};
			size_t n_hits[N];

			opts.effort = 3;
			opts.exact = mix & 1;
			for (size_t i = 0; i < N; i++) {
				support_row(&h.what, i, q[i]);
				q[i][i % 8] += 1.5f;
			}
			memset(hits, 0, sizeof(hits));
			cr_assert_eq(vsx_search_batch(h.index, q, VSX_F32, N, K,
						      &opts, mix, hits[0],
						      n_hits, &stats, &err),
				     VSX_OK, "%s", err.text);
			cr_expect_eq(stats.n_queries, N);
			for (size_t i = 0; i < N; i++) {
				struct vsx_hit one[K] = {0};
				size_t n;

				vsx_search(h.searcher, q[i], VSX_F32, K, &opts,
					   one, &n, &err);
				cr_expect_eq(n, n_hits[i]);
				expect_same(one, hits[i], n);
			}
			drop(&h);
		}
}

Test(search, a_batch_names_the_first_query_that_fails)
{
	struct at_hand h = make((struct support_index){0});
	static float q[64][8];
	struct vsx_hit hits[64];
	size_t n_hits[64];

	for (size_t i = 0; i < 64; i++)
		support_row(&h.what, i, q[i]);
	q[40][3] = NAN;
	q[63][0] = INFINITY;
	for (unsigned int threads = 1; threads < 5; threads++) {
		cr_expect_eq(vsx_search_batch(h.index, q, VSX_F32, 64, 1, NULL,
					      threads, hits, n_hits, NULL,
					      &err),
			     VSX_ENUMERIC);
		cr_expect(strstr(err.text, "query 40: component 3 is NaN"),
			  "%s", err.text);
	}
	cr_expect_eq(vsx_search_batch(h.index, q, VSX_F32, 0, 1, NULL, 2, hits,
				      n_hits, NULL, &err),
		     VSX_OK);
	drop(&h);
}

/* Whoever searches a file in parts says where the part begins. */
Test(search, a_batch_counts_its_queries_from_where_it_is_told)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct at_hand h = make((struct support_index){0});
	static float q[64][8];
	struct vsx_hit hits[64];
	size_t n_hits[64];

	q[40][3] = NAN;
	opts.first_query = UINT64_C(5000000000);
	for (opts.exact = 0; opts.exact < 2; opts.exact++) {
		cr_expect_eq(vsx_search_batch(h.index, q, VSX_F32, 64, 1, &opts,
					      2, hits, n_hits, NULL, &err),
			     VSX_ENUMERIC);
		cr_expect(strstr(err.text, "query 5000000040: "), "%s",
			  err.text);
	}
	drop(&h);
}

Test(search, by_id_leaves_the_row_itself_out)
{
	for (int s = 0; s < 3; s++)
		for (int m = 0; m < 3; m++) {
			struct at_hand h = make((struct support_index){
				.spec = specs[s],
				.metric = metrics[m],
				.elem = m ? VSX_U8 : VSX_F16,
				.ids = m > 0});
			struct vsx_search_opts exact = VSX_SEARCH_OPTS_INIT;
			uint64_t self = support_id(&h.what, 123);
			struct vsx_hit with[11], hits[10];
			size_t n, j = 0;
			float q[8];

			exact.exact = 1;
			support_row(&h.what, 123, q);
			vsx_search(h.searcher, q, VSX_F32, 11, &exact, with, &n,
				   &err);
			cr_assert_eq(vsx_search_id(h.searcher, self, 10, &exact,
						   hits, &n, &err),
				     VSX_OK, "%s", err.text);
			cr_expect_eq(n, 10);
			for (size_t i = 0; i < 11 && j < 10; i++)
				if (with[i].id != self)
					cr_expect_eq(hits[j++].id, with[i].id);
			cr_expect_eq(vsx_search_id(h.searcher, self, 10, NULL,
						   hits, &n, &err),
				     VSX_OK);
			for (size_t i = 0; i < n; i++)
				cr_expect_neq(hits[i].id, self);
			cr_expect_eq(vsx_search_id(h.searcher, 4242424242u, 10,
						   NULL, hits, &n, &err),
				     VSX_ENOTFOUND);
			cr_expect(strstr(err.text, "id 4242424242"), "%s",
				  err.text);
			drop(&h);
		}
}

Test(search, fetches_vectors_as_they_were_given)
{
	for (int m = 0; m < 3; m++)
		for (int elem = VSX_F32; elem <= VSX_U8; elem++) {
			struct at_hand h = make(
				(struct support_index){.spec = specs[m],
						       .metric = metrics[m],
						       .elem = elem,
						       .ids = true});
			float row[8], due[8];

			for (size_t i = 0; i < h.what.n; i++) {
				support_row(&h.what, i, due);
				cr_assert_eq(vsx_get(h.index,
						     support_id(&h.what, i),
						     row, &err),
					     VSX_OK, "%s", err.text);
				cr_assert_eq(memcmp(row, due, sizeof(row)), 0);
			}
			cr_expect_eq(vsx_get(h.index, 1, row, &err),
				     VSX_ENOTFOUND);
			drop(&h);
		}
}

Test(search, gives_fewer_hits_only_when_there_are_fewer_rows)
{
	for (int s = 0; s < 3; s++) {
		struct at_hand h =
			make((struct support_index){.spec = specs[s], .n = 9});
		struct vsx_hit hits[20];
		float q[8] = {1};
		size_t n = 99;

		for (size_t k = 1; k <= 20; k++) {
			cr_assert_eq(vsx_search(h.searcher, q, VSX_F32, k, NULL,
						hits, &n, &err),
				     VSX_OK, "%s", err.text);
			cr_expect_eq(n, k < 9 ? k : 9, "%s, k %zu: %zu",
				     specs[s], k, n);
			vsx_search_id(h.searcher, 4, k, NULL, hits, &n, &err);
			cr_expect_eq(n, k < 8 ? k : 8, "%s, k %zu: %zu",
				     specs[s], k, n);
		}
		drop(&h);
	}
}

Test(search, refuses_what_has_no_answer)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct at_hand h = make(
		(struct support_index){.metric = VSX_COSINE, .spec = "HNSW8"});
	float q[8] = {1, 2, 3, 4, 5, 6, 7, NAN}, zero[8] = {0};
	struct vsx_hit hits[5];
	size_t n = 77;

	cr_expect_eq(
		vsx_search(h.searcher, q, VSX_F32, 5, NULL, hits, &n, &err),
		VSX_ENUMERIC);
	cr_expect_str_eq(err.text, "component 7 is NaN");
	cr_expect_eq(
		vsx_search(h.searcher, zero, VSX_F32, 5, NULL, hits, &n, &err),
		VSX_ENUMERIC);
	q[7] = 8;
	cr_expect_eq(
		vsx_search(h.searcher, q, VSX_F32, 0, NULL, hits, &n, &err),
		VSX_EINVAL);
	cr_expect(strstr(err.text, "k is 0"), "%s", err.text);
	opts.recall = 1.1;
	cr_expect_eq(
		vsx_search(h.searcher, q, VSX_F32, 5, &opts, hits, &n, &err),
		VSX_EINVAL);
	opts.recall = NAN;
	cr_expect_eq(
		vsx_search(h.searcher, q, VSX_F32, 5, &opts, hits, &n, NULL),
		VSX_EINVAL);
	opts.recall = 0;
	opts.struct_size = 3;
	cr_expect_eq(
		vsx_search(h.searcher, q, VSX_F32, 5, &opts, hits, &n, &err),
		VSX_EINVAL);
	cr_expect_eq(n, 77); /* untouched */
	drop(&h);
}

Test(search, takes_the_effort_that_reaches_a_recall)
{
	struct at_hand h =
		make((struct support_index){.spec = "IVF16,Flat", .n = 3000});
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats before, after;
	struct vsx_hit hits[10];
	uint32_t effort;
	float q[8];
	size_t n;

	support_row(&h.what, 5, q);
	cr_assert_eq(vsx_effort_for(h.index, 0.9, 10, &effort, NULL, &err),
		     VSX_OK);
	opts.recall = 0.9;
	vsx_get_stats(h.searcher, &before);
	cr_assert_eq(
		vsx_search(h.searcher, q, VSX_F32, 10, &opts, hits, &n, &err),
		VSX_OK);
	vsx_get_stats(h.searcher, &after);
	cr_expect_eq(after.n_queries, before.n_queries + 1);
	cr_expect_eq(after.n_hops - before.n_hops, effort);
	cr_expect_gt(after.n_distances, before.n_distances);
	cr_expect_gt(after.n_pages_checked, 0);
	/* What cannot be reached takes the most that was measured. */
	opts.recall = 1.0;
	cr_expect_eq(
		vsx_search(h.searcher, q, VSX_F32, 10, &opts, hits, &n, &err),
		VSX_OK);
	drop(&h);
}

Test(search, allocates_nothing_in_the_steady_state)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;

	for (int s = 0; s < 3; s++)
		for (int exact = 0; exact < 2; exact++) {
			struct at_hand h = make((struct support_index){
				.spec = specs[s], .n = 2000});
			struct vsx_hit hits[50];
			unsigned long before = 0;
			float q[8], row[8];
			size_t n;

			opts.exact = (uint32_t)exact;
			opts.effort = 6;
			for (size_t i = 0; i < 300; i++) {
				if (i == 100)
					before = n_allocations;
				support_row(&h.what, i % 100, q);
				cr_assert_eq(vsx_search(h.searcher, q, VSX_F32,
							50, &opts, hits, &n,
							&err),
					     VSX_OK);
				cr_assert_eq(vsx_search_id(h.searcher, i % 100,
							   50, &opts, hits, &n,
							   &err),
					     VSX_OK);
				vsx_get(h.index, i, row, &err);
			}
			cr_expect_gt(before, 0);
			cr_expect_eq(n_allocations, before, "%s, exact %d: %lu",
				     specs[s], exact, n_allocations - before);
			drop(&h);
		}
}

Test(search, a_searcher_may_outlive_its_index)
{
	struct at_hand h = make((struct support_index){0});

	vsx_close(h.index);
	vsx_searcher_free(h.searcher);
	vsx_searcher_free(NULL);
}

Test(search, tells_damage_with_the_file_and_the_page)
{
	struct at_hand h;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[6];
	const char *path = scratch_path("x");
	uint64_t at, length;
	uint8_t *bytes;
	char due[400];
	float q[8] = {1}, both[2][8] = {{1}, {2}};
	size_t n, n_hits = 0, n_both[2];

	support_build(path, (struct support_index){.elem = VSX_U8});
	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, "VECS", &at, &length));
	bytes[at + 5] ^= 1;
	scratch_write(path, bytes, n);
	free(bytes);
	cr_assert_eq(vsx_open(&h.index, path, NULL, &err), VSX_OK);
	vsx_searcher_new(&h.searcher, h.index, &err);
	cr_expect_eq(vsx_search(h.searcher, q, VSX_F32, 3, &opts, hits, &n_hits,
				&err),
		     VSX_ECORRUPT);
	snprintf(due, sizeof(due), "%s: page %zu: checksum ", path,
		 (size_t)at / 4096);
	cr_expect_eq(strncmp(err.text, due, strlen(due)), 0, "%s", err.text);
	cr_expect(strstr(err.text, "(section VECS)"));
	cr_expect_eq(n_hits, 0);
	cr_expect_eq(vsx_search_batch(h.index, q, VSX_F32, 1, 3, NULL, 1, hits,
				      &n_hits, NULL, &err),
		     VSX_ECORRUPT);
	snprintf(due, sizeof(due), "%s: query 0: page ", path);
	cr_expect_eq(strncmp(err.text, due, strlen(due)), 0, "%s", err.text);
	/* Nor where several queries pass over the rows together. */
	opts.exact = 1;
	cr_expect_eq(vsx_search_batch(h.index, both, VSX_F32, 2, 3, &opts, 1,
				      hits, n_both, NULL, &err),
		     VSX_ECORRUPT);
	cr_expect_eq(strncmp(err.text, due, strlen(due)), 0, "%s", err.text);
	drop(&h);
}

/* Not even where it is asked for by its recall: a table that cannot be read is
 * no table of another effort. */
Test(search, tells_damage_of_the_recall_table)
{
	struct at_hand h;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[3];
	const char *path = scratch_path("x");
	uint64_t at, length;
	uint8_t *bytes;
	float q[8] = {1};
	size_t n, n_hits = 0;

	support_build(path, (struct support_index){.spec = "HNSW8"});
	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, "RCLL", &at, &length));
	bytes[at] ^= 1;
	scratch_write(path, bytes, n);
	free(bytes);
	cr_assert_eq(vsx_open(&h.index, path, NULL, &err), VSX_OK);
	vsx_searcher_new(&h.searcher, h.index, &err);
	opts.recall = 0.5;
	cr_expect_eq(vsx_search(h.searcher, q, VSX_F32, 3, &opts, hits, &n_hits,
				&err),
		     VSX_ECORRUPT);
	cr_expect(strstr(err.text, "(section RCLL)"), "%s", err.text);
	cr_expect_eq(n_hits, 0);
	opts.recall = 0.0;
	cr_expect_eq(vsx_search(h.searcher, q, VSX_F32, 3, &opts, hits, &n_hits,
				&err),
		     VSX_OK);
	drop(&h);
}

/* ---- rows of the test's own --------------------------------------------- */

enum { OWN = 3000, WIDE = 32 };

/* An index of n rows of 32 components, ids 0 and on, without a test. */
static void build_own(const char *path, const char *spec,
		      enum vsx_metric metric, const float (*rows)[WIDE])
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;

	opts.dim = WIDE;
	opts.spec = spec;
	opts.metric = metric;
	opts.n_test_queries = UINT32_MAX;
	cr_assert(!vsx_builder_new(&b, path, &opts, &err) &&
			  !vsx_builder_add(b,
					   VSX_BATCH(rows, VSX_F32, OWN, NULL),
					   &err) &&
			  !vsx_builder_finish(b, NULL, &err),
		  "%s", err.text);
	vsx_builder_free(b);
}

/* Distances that a search with effort 10 computes; its hits are distinct. */
static uint64_t n_distances(const char *path, const float *query,
			    uint32_t exact)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats stats;
	struct vsx_hit hits[10];
	struct vsx_searcher *s;
	struct vsx *index;
	size_t n;

	opts.effort = 10;
	opts.exact = exact;
	cr_assert_eq(vsx_open(&index, path, NULL, &err), VSX_OK);
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	cr_assert_eq(vsx_search(s, query, VSX_F32, 10, &opts, hits, &n, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(n, 10);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect_neq(hits[i].id, hits[j].id);
	vsx_get_stats(s, &stats);
	vsx_searcher_free(s);
	vsx_close(index);
	return stats.n_distances;
}

static float own[OWN][WIDE];

static void make_own(void)
{
	for (size_t i = 0; i < OWN; i++)
		for (size_t d = 0; d < WIDE; d++)
			own[i][d] = 1.0f + (float)((i * 7919 + d * 104729 +
						    i * i * (d + 3)) %
						   1009) /
						   1009.0f;
}

/* Similarities near 0 are no distances near 0. */
Test(search, of_a_graph_is_no_scan_for_a_query_that_is_like_none)
{
	const char *path = scratch_path("x");
	float query[WIDE] = {1e-32f, [WIDE - 1] = 1};

	make_own();
	for (size_t i = 0; i < OWN; i++)
		own[i][WIDE - 1] = 0;
	build_own(path, "HNSW8", VSX_COSINE, own);
	cr_expect_lt(n_distances(path, query, 0), OWN);
}

/* A deleted row too near for an f32 is no reason to look at all others. */
Test(search, of_a_graph_is_no_scan_for_a_deleted_row)
{
	const char *path = scratch_path("x");
	static const float query[WIDE] = {0}, near[WIDE] = {1e-18f};
	uint64_t id = 77;
	struct vsx_update *u;

	make_own();
	memcpy(own[id], near, sizeof(near));
	build_own(path, "HNSW8", VSX_L2, own);
	/* As long as it lives it is. */
	cr_expect_gt(n_distances(path, query, 0), OWN);
	cr_assert(!vsx_update_begin(&u, path, NULL, &err) &&
			  !vsx_update_delete(u, &id, 1, &err) &&
			  !vsx_update_commit(u, NULL, &err),
		  "%s", err.text);
	vsx_update_free(u);
	cr_expect_lt(n_distances(path, query, 0), OWN);
}

/* Rows that their codes say too little of are looked at as they are met; also
 * where a block of rows begins with one, or ends. */
Test(search, finds_a_row_far_out_once)
{
	static const size_t far_out[] = {1023, 1024, 2047, 2048, OWN - 1};
	const char *path = scratch_path("x");

	make_own();
	for (size_t i = 0; i < 5; i++)
		for (size_t d = 0; d < WIDE; d++)
			own[far_out[i]][d] *= 1e6f;
	build_own(path, "Flat", VSX_L2, own);
	for (size_t i = 0; i < 5; i++)
		cr_expect_eq(n_distances(path, own[far_out[i]], 1), OWN);
}
