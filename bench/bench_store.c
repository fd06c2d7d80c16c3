/*
 * What the file costs: opening, checking pages at first touch, verifying.
 *
 * usage: bench_store INDEX QUERIES FOLDER
 *
 * INDEX is searched with the checks and without, in turn; a sparse index of
 * 10 GiB is made in FOLDER to be opened.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data.h"
#include "measure.h"
#include "support/sparse.h"
#include "vsx.h"

#define ROUNDS 31

/* Open and close it again and again; the first time warms the header. */
static void measure_open(const char *path)
{
	double times[ROUNDS];
	size_t heap = 0;
	struct stat st;

	if (stat(path, &st) != 0)
		die(path);
	for (int r = -1; r < ROUNDS; r++) {
		struct mallinfo2 before = mallinfo2(), after;
		double start = now(CLOCK_MONOTONIC);
		struct vsx_error err;
		struct vsx *index;

		if (vsx_open(&index, path, NULL, &err))
			die(err.text);
		if (r >= 0)
			times[r] = now(CLOCK_MONOTONIC) - start;
		after = mallinfo2();
		heap = after.uordblks + after.hblkhd - before.uordblks -
		       before.hblkhd;
		vsx_close(index);
	}
	sort_values(times, ROUNDS);
	printf("| open %s | %.1f MiB | %.1f us (%.1f to %.1f) | %zu bytes of "
	       "heap |\n",
	       path, (double)st.st_size / 1048576, times[ROUNDS / 2] * 1e6,
	       times[0] * 1e6, times[ROUNDS - 1] * 1e6, heap);
}

static double search_all(struct vsx_searcher *s,
			 const struct bench_vectors *queries)
{
	double start = now(CLOCK_THREAD_CPUTIME_ID);
	struct vsx_hit hits[10];
	struct vsx_error err;
	size_t n;

	for (size_t q = 0; q < queries->n; q++)
		if (vsx_search(s, queries->x + q * queries->dim, VSX_F32, 10,
			       NULL, hits, &n, &err))
			die(err.text);
	return now(CLOCK_THREAD_CPUTIME_ID) - start;
}

/*
 * One handle checks pages at first touch, the other never. Both are searched
 * once before, so that every page is touched.
 */
static void measure_touch(const char *path, const struct bench_vectors *queries)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx_searcher *checked, *plain;
	struct vsx *a, *b;
	double ratio[ROUNDS];
	struct vsx_error err;

	opts.check = VSX_CHECK_NONE;
	if (vsx_open(&a, path, NULL, &err) || vsx_open(&b, path, &opts, &err) ||
	    vsx_searcher_new(&checked, a, &err) ||
	    vsx_searcher_new(&plain, b, &err))
		die(err.text);
	search_all(checked, queries);
	search_all(plain, queries);
	for (int r = 0; r < ROUNDS; r++) {
		/* Who goes first changes. */
		double with = r % 2 ? search_all(checked, queries) : 0;
		double without = search_all(plain, queries);

		if (r % 2 == 0)
			with = search_all(checked, queries);
		ratio[r] = with / without - 1;
	}
	sort_values(ratio, ROUNDS);
	printf("| checks at first touch %s | | %+.2f %% (middle half %+.2f to "
	       "%+.2f) | of the time of a search |\n",
	       path, ratio[ROUNDS / 2] * 100, ratio[ROUNDS / 4] * 100,
	       ratio[ROUNDS - 1 - ROUNDS / 4] * 100);
	vsx_searcher_free(checked);
	vsx_searcher_free(plain);
	vsx_close(a);
	vsx_close(b);
}

/* One core, from the page cache, beside the speed of reading memory. */
static void measure_verify(const char *path)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	double times[ROUNDS], reads[ROUNDS];
	size_t n = 256u << 20;
	uint64_t *block = malloc(n), sum = 0;
	struct vsx_error err;

	if (!block)
		die("out of memory");
	memset(block, 1, n);
	opts.level = VSX_VERIFY_PAGES;
	opts.n_threads = 1;
	for (int r = -1; r < ROUNDS; r++) {
		double start = now(CLOCK_MONOTONIC);

		if (vsx_verify(path, &opts, NULL, NULL, &result, &err))
			die(err.text);
		if (result.n_findings)
			die("the index is damaged");
		if (r >= 0)
			times[r] = now(CLOCK_MONOTONIC) - start;
		start = now(CLOCK_MONOTONIC);
		for (size_t i = 0; i < n / 8; i += 4)
			sum += block[i] ^ block[i + 1] ^ block[i + 2] ^
			       block[i + 3];
		if (r >= 0)
			reads[r] = now(CLOCK_MONOTONIC) - start;
	}
	printf("| verify --level pages %s | %.1f MiB | %.2f GB/s | reading "
	       "memory %.2f GB/s%s |\n",
	       path, (double)result.bytes_read / 1048576,
	       (double)result.bytes_read / median(times, ROUNDS) * 1e-9,
	       (double)n / median(reads, ROUNDS) * 1e-9, sum == 1 ? "." : "");
	free(block);
}

int main(int argc, char **argv)
{
	struct bench_vectors queries;
	char why[BENCH_WHY_BYTES], path[4096];

	if (argc != 4)
		die("INDEX QUERIES FOLDER");
	if (bench_vectors_read(&queries, argv[2], why))
		die(why);
	snprintf(path, sizeof(path), "%s/sparse.vsx", argv[3]);
	if (sparse_index(path, (UINT64_C(10) << 30) / 512, 128, 1.0f) != 0)
		die("cannot write the sparse index");
	puts("| what | size | measured | |\n| --- | --- | --- | --- |");
	measure_open(argv[1]);
	measure_open(path);
	measure_touch(argv[1], &queries);
	measure_verify(argv[1]);
	unlink(path);
	return 0;
}
