#include "bench/data/synthetic.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void make(struct synthetic s, struct vectors *rows,
		 struct vectors *queries)
{
	struct vsx_error err;

	memset(rows, 0, sizeof(*rows));
	memset(queries, 0, sizeof(*queries));
	if (!s.elem)
		s.elem = VSX_F32;
	if (!s.n_queries)
		s.n_queries = 50;
	cr_assert(synthetic_make(&s, rows, queries, &err) == VSX_OK, "%s",
		  err.text);
	cr_assert(rows->n == s.n_rows && rows->dim == s.dim &&
		  rows->elem == s.elem && queries->n == s.n_queries);
}

static bool same(const struct vectors *a, const struct vectors *b)
{
	return a->n == b->n &&
	       memcmp(a->data, b->data, a->n * vectors_row_bytes(a)) == 0;
}

Test(synthetic, is_the_same_for_any_number_of_threads)
{
	struct synthetic s = {.n_rows = 3000, .dim = 24, .seed = 7};
	struct vectors rows[3], queries[3];

	for (unsigned int i = 0; i < 3; i++) {
		s.threads = 1 + 2 * i;
		make(s, &rows[i], &queries[i]);
	}
	cr_expect(same(&rows[0], &rows[1]) && same(&rows[0], &rows[2]));
	cr_expect(same(&queries[0], &queries[1]));
	for (int i = 0; i < 3; i++) {
		vectors_release(&rows[i]);
		vectors_release(&queries[i]);
	}
}

Test(synthetic, differs_by_seed_and_queries_are_no_rows)
{
	struct synthetic s = {.n_rows = 500, .dim = 8, .n_queries = 500};
	struct vectors a, b, queries_a, queries_b;

	make(s, &a, &queries_a);
	s.seed = 1;
	make(s, &b, &queries_b);
	cr_expect(!same(&a, &b));
	cr_expect(!same(&a, &queries_a));
	vectors_release(&a);
	vectors_release(&b);
	vectors_release(&queries_a);
	vectors_release(&queries_b);
}

static double squared(const float *a, const float *b, uint32_t dim)
{
	double sum = 0;

	for (uint32_t j = 0; j < dim; j++)
		sum += ((double)a[j] - b[j]) * ((double)a[j] - b[j]);
	return sum;
}

/*
 * The dimension that the distances to the two nearest rows tell: E. Facco,
 * M. d'Errico, A. Rodriguez, A. Laio, "Estimating the intrinsic dimension of
 * datasets by a minimal neighborhood information", 2017. Too low where it is
 * high and rows are few.
 */
static double estimate(const struct vectors *v, uint64_t n)
{
	const float *all = v->data;
	double sum = 0;

	for (uint64_t i = 0; i < n; i++) {
		double first = INFINITY, second = INFINITY;

		for (uint64_t j = 0; j < v->n; j++) {
			double d;

			if (j == i)
				continue;
			d = squared(all + i * v->dim, all + j * v->dim, v->dim);
			if (d < first) {
				second = first;
				first = d;
			} else if (d < second) {
				second = d;
			}
		}
		sum += 0.5 * log(second / first);
	}
	return (double)n / sum;
}

Test(synthetic, rows_have_the_intrinsic_dimension)
{
	static const struct {
		uint32_t intrinsic;
		double least, most;
	} cases[] = {{2, 1.6, 2.6}, {4, 3.2, 4.8}, {12, 7.0, 13.0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct synthetic s = {
			.n_rows = 6000,
			.dim = 32,
			.intrinsic_dim = cases[i].intrinsic,
		};
		struct vectors rows, queries;
		double found;

		make(s, &rows, &queries);
		found = estimate(&rows, 800);
		cr_expect(found > cases[i].least && found < cases[i].most,
			  "%u: estimated %.2f", cases[i].intrinsic, found);
		vectors_release(&rows);
		vectors_release(&queries);
	}
}

/* A query is as near to its nearest row as a row is to its own. */
Test(synthetic, queries_lie_where_rows_lie)
{
	struct synthetic s = {.n_rows = 4000, .dim = 16, .n_queries = 200};
	struct vectors rows, queries;
	double of_rows = 0, of_queries = 0;

	make(s, &rows, &queries);
	for (uint64_t q = 0; q < queries.n; q++) {
		const float *row = vectors_row(&rows, q);
		const float *query = vectors_row(&queries, q);
		double a = INFINITY, b = INFINITY;

		for (uint64_t i = 0; i < rows.n; i++) {
			const float *other = vectors_row(&rows, i);

			if (i != q)
				a = fmin(a, squared(row, other, 16));
			b = fmin(b, squared(query, other, 16));
		}
		of_rows += a;
		of_queries += b;
	}
	cr_expect(of_queries < 1.2 * of_rows && of_rows < 1.2 * of_queries,
		  "%g, %g", of_rows, of_queries);
	vectors_release(&rows);
	vectors_release(&queries);
}

Test(synthetic, gives_every_element_type)
{
	for (enum vsx_elem elem = VSX_F32; elem <= VSX_U8; elem++) {
		struct synthetic s = {.n_rows = 400, .dim = 8, .elem = elem};
		struct vectors rows, queries;
		struct vsx_error err;
		const unsigned char *bytes;
		size_t n, ends = 0;

		make(s, &rows, &queries);
		cr_expect(vectors_check(&rows, VSX_COSINE, &err) == VSX_OK,
			  "%s", err.text);
		bytes = rows.data;
		n = 400 * vectors_row_bytes(&rows);
		for (size_t i = 0; elem == VSX_U8 && i < n; i++)
			ends += bytes[i] == 0 || bytes[i] == 255;
		cr_expect(ends < n / 50, "%zu of %zu at the ends", ends, n);
		vectors_release(&rows);
		vectors_release(&queries);
	}
}

Test(synthetic, reads_the_shape_strictly)
{
	static const char *const bad[] = {
		"",	 "x",	  "10",	   "10x",      "x10",
		"0x10",	 "10x0",  "10X4",  "-1x4",     "10x-4",
		" 10x4", "10x4 ", "10x4x", "10x65537", "99999999999999999999x4",
		"1e3x4",
	};
	struct synthetic s = {0};
	struct vsx_error err;

	cr_assert(synthetic_parse(&s, "100000x128", &err) == VSX_OK);
	cr_assert(s.n_rows == 100000 && s.dim == 128);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect(synthetic_parse(&s, bad[i], &err) == VSX_EINVAL,
			  "'%s'", bad[i]);
		cr_expect(strstr(err.text, bad[i]) != NULL);
	}
}

Test(synthetic, refuses_what_does_not_fit)
{
	struct synthetic s = {.n_rows = 10, .dim = 4, .elem = VSX_F32};
	struct vectors rows = {0}, queries = {0};
	struct vsx_error err;

	s.n_queries = 5;
	s.intrinsic_dim = 5;
	cr_expect(synthetic_make(&s, &rows, &queries, &err) == VSX_EINVAL);
	s.intrinsic_dim = 4;
	s.n_rows = UINT64_MAX / 8;
	cr_expect(synthetic_make(&s, &rows, &queries, &err) == VSX_ENOMEM);
	cr_expect(!rows.data && !queries.data);
}
