/*
 * Exact search of 10 neighbours: N queries in one call, and one by one.
 *
 * usage: bench_batch INDEX QUERIES N THREADS
 *
 * The queries are given as f32, and from the first again where the file has
 * fewer than N. Prints a line: queries a second of the batch by the clock and
 * by the time of the processors, of the first 200 one by one on one thread by
 * the time of the processor, and a hash of all ids and distances. Each is the
 * best of five. `sh bench/batch.sh` compares two versions; this file builds
 * with both.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "measure.h"
#include "vsx.h"

#define K      10
#define ROUNDS 5
#define SINGLE 200

static struct vsx_error err;

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

static uint64_t hash_hits(const struct vsx_hit *hits, const size_t *n_hits,
			  size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t q = 0; q < n; q++)
		for (size_t i = 0; i < n_hits[q]; i++) {
			const struct vsx_hit *hit = &hits[q * K + i];

			h = hash_bytes(h, &hit->id, sizeof(hit->id));
			h = hash_bytes(h, &hit->distance,
				       sizeof(hit->distance));
		}
	return h;
}

static float *repeat(const struct bench_vectors *v, size_t n)
{
	size_t row = v->dim * sizeof(float);
	float *x = malloc(n * row);

	if (!x)
		die("out of memory");
	for (size_t q = 0; q < n; q++)
		memcpy(x + q * v->dim, v->x + q % v->n * v->dim, row);
	return x;
}

int main(int argc, char **argv)
{
	double wall = 0, cpu = 0, single = 0;
	struct bench_vectors queries;
	struct vsx_searcher *s;
	struct vsx_hit *hits, one[K];
	char why[BENCH_WHY_BYTES];
	unsigned int threads;
	struct vsx *index;
	size_t n, got, *n_hits;
	float *x;

	if (argc != 5)
		die("INDEX QUERIES N THREADS");
	n = number_above_0(argv[3], "N");
	threads = (unsigned int)number_above_0(argv[4], "THREADS");
	if (bench_vectors_read(&queries, argv[2], why))
		die(why);
	x = repeat(&queries, n);
	hits = malloc(n * K * sizeof(*hits));
	n_hits = malloc(n * sizeof(*n_hits));
	if (!hits || !n_hits)
		die("out of memory");
	if (vsx_open(&index, argv[1], NULL, &err) ||
	    vsx_searcher_new(&s, index, &err))
		die(err.text);
	for (int round = 0; round <= ROUNDS; round++) {
		double from = now(CLOCK_MONOTONIC);
		double from_cpu = now(CLOCK_PROCESS_CPUTIME_ID);

		if (vsx_search_batch(index, x, VSX_F32, n, K, NULL, threads,
				     hits, n_hits, NULL, &err))
			die(err.text);
		from = (double)n / (now(CLOCK_MONOTONIC) - from);
		from_cpu =
			(double)n / (now(CLOCK_PROCESS_CPUTIME_ID) - from_cpu);
		/* The first touches every page. */
		if (round && from > wall)
			wall = from;
		if (round && from_cpu > cpu)
			cpu = from_cpu;
	}
	for (int round = 0; round < ROUNDS; round++) {
		double from = now(CLOCK_THREAD_CPUTIME_ID);

		for (size_t q = 0; q < SINGLE && q < n; q++)
			if (vsx_search(s, x + q * queries.dim, VSX_F32, K, NULL,
				       one, &got, &err))
				die(err.text);
		from = (double)(n < SINGLE ? n : SINGLE) /
		       (now(CLOCK_THREAD_CPUTIME_ID) - from);
		if (from > single)
			single = from;
	}
	printf("%.1f %.1f %.1f %016" PRIx64 "\n", wall, cpu, single,
	       hash_hits(hits, n_hits, n));
	vsx_searcher_free(s);
	vsx_close(index);
	return 0;
}
