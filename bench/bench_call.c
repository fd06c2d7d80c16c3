/*
 * What a search costs in C: the other side of call.py.
 *
 * usage: bench_call INDEX   for each line that it reads, prints microseconds a
 * query: one at a time (of CPU time), and in batches of 1,000 by one thread and
 * by two (elapsed)
 */
#include <stdio.h>
#include <stdlib.h>

#include "vsx.h"

#include "measure.h"

enum { N = 1000, K = 10 };

static struct vsx_error err;

static void check(enum vsx_status status)
{
	if (status)
		die(err.text);
}

int main(int argc, char **argv)
{
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	struct vsx_pool *pools[2];
	struct vsx_searcher *searcher;
	struct vsx_facts facts;
	struct vsx *index;
	struct vsx_hit *hits = malloc(sizeof(*hits) * N * K);
	size_t *n_hits = malloc(sizeof(*n_hits) * N);
	float *distances = malloc(sizeof(*distances) * N * K);
	uint64_t *ids = malloc(sizeof(*ids) * N * K);
	double one, batch[2];
	float *queries;

	if (argc != 2 || !hits || !n_hits || !distances || !ids)
		die("usage: bench_call INDEX");
	check(vsx_open(&index, argv[1], NULL, &err));
	vsx_get_facts(index, &facts);
	check(vsx_searcher_new(&searcher, index, &err));
	for (unsigned int i = 0; i < 2; i++)
		check(vsx_pool_new(&pools[i], index, i + 1, &err));
	queries = malloc(sizeof(*queries) * N * facts.dim);
	if (!queries)
		die("no memory");
	for (uint64_t i = 0; i < N; i++)
		check(vsx_get(index, i, queries + i * facts.dim, &err));
	answers.ids = ids;
	answers.distances = distances;
	while (getchar() == '\n') {
		double began = now(CLOCK_THREAD_CPUTIME_ID);

		for (size_t i = 0; i < N; i++)
			check(vsx_search(searcher, queries + i * facts.dim,
					 VSX_F32, K, NULL, hits, n_hits, &err));
		one = now(CLOCK_THREAD_CPUTIME_ID) - began;
		for (int i = 0; i < 2; i++) {
			began = now(CLOCK_MONOTONIC);
			check(vsx_pool_search(pools[i], queries, VSX_F32, N, K,
					      NULL, &answers, &err));
			batch[i] = now(CLOCK_MONOTONIC) - began;
		}
		printf("%.3f %.3f %.3f\n", one * 1e6 / N, batch[0] * 1e6 / N,
		       batch[1] * 1e6 / N);
		fflush(stdout);
	}
	free(queries);
	free(distances);
	free(ids);
	free(n_hits);
	free(hits);
	vsx_pool_free(pools[0]);
	vsx_pool_free(pools[1]);
	vsx_searcher_free(searcher);
	vsx_close(index);
	return 0;
}
