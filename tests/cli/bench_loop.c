/*
 * Queries a second by a plain loop over the public API, to hold against what
 * vsx-bench says:
 *	bench_loop INDEX QUERIES.fbin K EFFORT SECONDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vsx.h"

static void die(const char *text)
{
	fprintf(stderr, "bench_loop: %s\n", text);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* All of a .fbin file: two numbers, and rows of f32. */
static float *read_file(const char *path, uint32_t dim, uint32_t *n)
{
	FILE *file = fopen(path, "rb");
	uint32_t head[2];
	float *rows;

	if (!file || fread(head, sizeof(head), 1, file) != 1 || head[0] == 0 ||
	    head[1] != dim)
		die("these are no queries for the index");
	*n = head[0];
	rows = calloc(*n, dim * sizeof(*rows));
	if (!rows || fread(rows, dim * sizeof(*rows), *n, file) != *n)
		die("cannot read the queries");
	fclose(file);
	return rows;
}

int main(int argc, char **argv)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_searcher *searcher;
	struct vsx_facts facts;
	struct vsx_error err;
	struct vsx_hit *hits;
	struct vsx *index;
	double start, seconds;
	size_t k, n_hits, done = 0;
	float *queries;
	uint32_t n;

	if (argc != 6)
		die("wants INDEX QUERIES.fbin K EFFORT SECONDS");
	k = strtoul(argv[3], NULL, 10);
	opts.effort = (uint32_t)strtoul(argv[4], NULL, 10);
	seconds = strtod(argv[5], NULL);
	hits = calloc(k, sizeof(*hits));
	if (!hits || vsx_open(&index, argv[1], NULL, &err) ||
	    vsx_searcher_new(&searcher, index, &err))
		die("cannot open the index");
	vsx_get_facts(index, &facts);
	queries = read_file(argv[2], facts.dim, &n);
	for (int timed = 0; timed < 2; timed++) {
		done = 0;
		start = now();
		do {
			const float *q = queries + done % n * facts.dim;

			if (vsx_search(searcher, q, VSX_F32, k, &opts, hits,
				       &n_hits, &err))
				die(err.text);
			done++;
		} while (done < n || now() - start < seconds);
		seconds = timed ? now() - start : seconds;
	}
	printf("%.1f\n", (double)done / seconds);
	vsx_searcher_free(searcher);
	vsx_close(index);
	free(queries);
	free(hits);
	return 0;
}
