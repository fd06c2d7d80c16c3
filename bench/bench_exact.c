/*
 * Exact search against known neighbours: all ids, for every data set.
 *
 * usage: bench_exact BASE QUERIES TRUTH l2|ip|cosine ELEMENT FOLDER
 *
 * An id that differs from the one in its place is "moved" when it is among the
 * neighbours of the query all the same, and a tie when its distance, in f64
 * over the given vectors, equals that of the neighbour it stands for to 1e-12.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "measure.h"
#include "vsx_write.h"

#define K 100

static double value(enum vsx_metric metric, const float *a, const float *b,
		    size_t dim)
{
	double l2 = 0, ip = 0, aa = 0, bb = 0;

	for (size_t d = 0; d < dim; d++) {
		double x = a[d], y = b[d];

		l2 += (x - y) * (x - y);
		ip += x * y;
		aa += x * x;
		bb += y * y;
	}
	return metric == VSX_L2	  ? l2
	       : metric == VSX_IP ? -ip
				  : -ip / sqrt(aa * bb);
}

static int is_among(const int32_t *truth, uint64_t id)
{
	for (int i = 0; i < K; i++)
		if ((uint64_t)truth[i] == id)
			return 1;
	return 0;
}

static void build(const struct bench_vectors *base, enum vsx_metric metric,
		  enum vsx_elem elem, const char *path)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_error err;

	opts.dim = (uint32_t)base->dim;
	opts.metric = metric;
	opts.elem = elem;
	opts.spec = "Flat";
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX;
	if (vsx_builder_new(&b, path, &opts, &err) ||
	    vsx_builder_add(b, VSX_BATCH(base->x, VSX_F32, base->n, NULL),
			    &err) ||
	    vsx_builder_finish(b, NULL, &err))
		die(err.text);
	vsx_builder_free(b);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"",	    "f32", "f16",
					    "bf16", "i8",  "u8"};
	struct bench_vectors base, queries;
	struct bench_ids truth;
	char why[BENCH_WHY_BYTES], path[4096];
	struct vsx_searcher *searcher;
	enum vsx_elem elem = VSX_F32;
	uint64_t same = 0, ties = 0, moved = 0, wrong = 0;
	struct vsx_hit hits[K];
	enum vsx_metric metric;
	struct vsx *index;
	struct vsx_error err;
	double start;
	size_t n;

	if (argc != 7)
		die("BASE QUERIES TRUTH l2|ip|cosine ELEMENT FOLDER");
	metric = strcmp(argv[4], "l2") == 0   ? VSX_L2
		 : strcmp(argv[4], "ip") == 0 ? VSX_IP
					      : VSX_COSINE;
	for (int i = 1; i < 6; i++)
		if (strcmp(names[i], argv[5]) == 0)
			elem = (enum vsx_elem)i;
	if (bench_vectors_read(&base, argv[1], why) ||
	    bench_vectors_read(&queries, argv[2], why) ||
	    bench_ids_read(&truth, argv[3], why))
		die(why);
	snprintf(path, sizeof(path), "%s/exact.vsx", argv[6]);
	build(&base, metric, elem, path);
	if (vsx_open(&index, path, NULL, &err) ||
	    vsx_searcher_new(&searcher, index, &err))
		die(err.text);
	start = now(CLOCK_MONOTONIC);
	for (size_t q = 0; q < queries.n; q++) {
		const float *x = queries.x + q * base.dim;

		if (vsx_search(searcher, x, VSX_F32, K, NULL, hits, &n, &err))
			die(err.text);
		for (size_t i = 0; i < K; i++) {
			uint32_t due = (uint32_t)truth.id[q * truth.k + i];
			double a, b;

			if (i < n && hits[i].id == due) {
				same++;
				continue;
			}
			a = value(metric, x, base.x + hits[i].id * base.dim,
				  base.dim);
			b = value(metric, x, base.x + due * base.dim, base.dim);
			if (fabs(a - b) <= 1e-12 * fabs(b))
				ties++;
			else if (is_among(truth.id + q * truth.k, hits[i].id))
				moved++;
			else
				wrong++;
		}
	}
	printf("| %s | %s | %s | %zu x %d | %llu | %llu | %llu | %llu | %.1f |\n",
	       argv[1], argv[4], argv[5], queries.n, K,
	       (unsigned long long)same, (unsigned long long)ties,
	       (unsigned long long)moved, (unsigned long long)wrong,
	       (double)queries.n / (now(CLOCK_MONOTONIC) - start));
	vsx_searcher_free(searcher);
	vsx_close(index);
	return wrong != 0;
}
