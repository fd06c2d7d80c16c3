/*
 * How soon a search ends that is to end, what it costs to look whether it is,
 * and what a pool saves a batch.
 *
 * usage: bench_stop FOLDER [ROWS [COMPONENTS]]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vsx_write.h"

#include "measure.h"

enum { REPEATS = 101, K = 10, SMALL = 5000, BATCH = 16, THREADS = 2 };

static uint32_t dim = 128;
static struct vsx_error err;

/* Numbers in [0, 1), the same in every run. */
static float number(uint64_t i)
{
	uint64_t x = i * UINT64_C(0x9e3779b97f4a7c15) + 1;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (float)(x >> 40) / (float)(1 << 24);
}

static float *make_rows(uint64_t first, size_t n)
{
	float *x = malloc(n * dim * sizeof(*x));

	if (!x)
		die("no memory");
	for (size_t i = 0; i < n * dim; i++)
		x[i] = number(first * dim + i);
	return x;
}

static struct vsx *build(const char *path, const char *spec, size_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx *index;

	opts.dim = dim;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX;
	if (vsx_builder_new(&b, path, &opts, &err))
		die(err.text);
	for (size_t i = 0, some; i < n; i += some) {
		float *rows;

		some = n - i < 10000 ? n - i : 10000;
		rows = make_rows(i, some);
		if (vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, some, NULL),
				    &err))
			die(err.text);
		free(rows);
	}
	if (vsx_builder_finish(b, NULL, &err) ||
	    vsx_open(&index, path, NULL, &err))
		die(err.text);
	vsx_builder_free(b);
	return index;
}

static uint64_t in_ns(double seconds)
{
	return (uint64_t)((now(CLOCK_MONOTONIC) + seconds) * 1e9);
}

/* Seconds that it takes; *stopped: whether it was. */
static double search(struct vsx_searcher *s, const float *query,
		     const struct vsx_search_opts *opts, int *stopped)
{
	double start = now(CLOCK_MONOTONIC);
	enum vsx_status status;
	struct vsx_hit hits[K];
	size_t n;

	status = vsx_search(s, query, VSX_F32, K, opts, hits, &n, &err);
	if (status != VSX_OK && status != VSX_ESTOPPED)
		die(err.text);
	*stopped = status == VSX_ESTOPPED;
	return now(CLOCK_MONOTONIC) - start;
}

static void report_spread(const char *what, double *x, size_t n, double unit,
			  const char *name)
{
	char line[80];

	snprintf(line, sizeof(line), "%s, median", what);
	tell_figure(line, name, median(x, n) * unit);
	snprintf(line, sizeof(line), "%s, longest", what);
	tell_figure(line, name, x[n - 1] * unit);
}

/* ---- how soon ------------------------------------------------------------ */

static void deadlines(struct vsx_searcher *s, const float *query)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	double x[REPEATS];
	int stopped;

	for (int i = 0; i < REPEATS; i++) {
		opts.deadline_ns = in_ns(1e-3);
		x[i] = search(s, query, &opts, &stopped);
		if (i == 0)
			tell_figure("deadline 1 ms, pages never touched", "ms",
				    x[0] * 1e3);
		if (!stopped)
			die("rows are too few for 1 ms");
	}
	report_spread("deadline 1 ms", x, REPEATS, 1e3, "ms");
	for (int i = 0; i < REPEATS; i++)
		x[i] = search(s, query, NULL, &stopped);
	report_spread("no deadline", x, REPEATS, 1e3, "ms");
}

struct job {
	struct vsx_searcher *searcher;
	const float *query;
	struct vsx_search_opts opts;
	double end;
	int stopped;
};

static void *run_search(void *arg)
{
	struct job *job = arg;

	search(job->searcher, job->query, &job->opts, &job->stopped);
	job->end = now(CLOCK_MONOTONIC);
	return NULL;
}

static void flags(struct vsx_searcher *s, const float *query)
{
	struct vsx_stop stop = {0};
	struct job job = {.searcher = s, .query = query};
	double x[REPEATS];

	job.opts = (struct vsx_search_opts)VSX_SEARCH_OPTS_INIT;
	job.opts.stop = &stop;
	for (int i = 0; i < REPEATS; i++) {
		pthread_t thread;
		double set;

		vsx_stop_clear(&stop);
		if (pthread_create(&thread, NULL, run_search, &job))
			die("no thread");
		usleep(1000);
		set = now(CLOCK_MONOTONIC);
		vsx_stop_set(&stop);
		pthread_join(thread, NULL);
		x[i] = job.end - set;
	}
	report_spread("from the flag to the end", x, REPEATS, 1e3, "ms");
}

/* ---- what it costs ---------------------------------------------------------
 */

/* In turns, so that a machine that drifts harms both. */
static void cost(const char *what, struct vsx *index, const float *queries,
		 size_t n)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	double with[REPEATS], without[REPEATS];
	struct vsx_searcher *s;
	char line[80];
	int stopped;

	if (vsx_searcher_new(&s, index, &err))
		die(err.text);
	for (int i = 0; i < REPEATS; i++) {
		with[i] = without[i] = 0;
		for (size_t q = 0; q < n; q++) {
			/* Its rows are in the cache for both. */
			search(s, queries + q * dim, &opts, &stopped);
			opts.deadline_ns = 0;
			without[i] +=
				search(s, queries + q * dim, &opts, &stopped);
			opts.deadline_ns = UINT64_MAX;
			with[i] +=
				search(s, queries + q * dim, &opts, &stopped);
		}
	}
	snprintf(line, sizeof(line), "%s, no deadline", what);
	tell_figure(line, "us", median(without, REPEATS) / (double)n * 1e6);
	snprintf(line, sizeof(line), "%s, far deadline", what);
	tell_figure(line, "us", median(with, REPEATS) / (double)n * 1e6);
	vsx_searcher_free(s);
}

/* ---- what a pool saves
 * -------------------------------------------------------- */

static void pools(const char *what, struct vsx *index, const float *queries)
{
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	double batch[REPEATS], pooled[REPEATS];
	struct vsx_hit hits[BATCH * K];
	size_t n_hits[BATCH];
	struct vsx_pool *pool;
	char line[80];

	answers.hits = hits;
	answers.n_hits = n_hits;
	if (vsx_pool_new(&pool, index, THREADS, &err))
		die(err.text);
	for (int i = 0; i < REPEATS; i++) {
		double start = now(CLOCK_MONOTONIC);

		if (vsx_search_batch(index, queries, VSX_F32, BATCH, K, NULL,
				     THREADS, hits, n_hits, NULL, &err))
			die(err.text);
		batch[i] = now(CLOCK_MONOTONIC) - start;
		start = now(CLOCK_MONOTONIC);
		if (vsx_pool_search(pool, queries, VSX_F32, BATCH, K, NULL,
				    &answers, &err))
			die(err.text);
		pooled[i] = now(CLOCK_MONOTONIC) - start;
	}
	snprintf(line, sizeof(line), "%s, batch of 16", what);
	tell_figure(line, "us", median(batch, REPEATS) * 1e6);
	snprintf(line, sizeof(line), "%s, batch of 16 by a pool", what);
	tell_figure(line, "us", median(pooled, REPEATS) * 1e6);
	vsx_pool_free(pool);
}

int main(int argc, char **argv)
{
	static const char *const specs[] = {"Flat", "IVF64,Flat", "HNSW16"};
	struct vsx_searcher *s;
	char path[4096];
	struct vsx *index;
	float *queries;
	size_t n = 1000000;

	if (argc < 2 || argc > 4)
		die("FOLDER [ROWS [COMPONENTS]]");
	if (argc > 2)
		n = number_above_0(argv[2], "rows");
	if (argc > 3)
		dim = (uint32_t)number_above_0(argv[3], "components");
	queries = make_rows(UINT64_C(1) << 32, BATCH);
	snprintf(path, sizeof(path), "%s/stop.vsx", argv[1]);
	index = build(path, "Flat", n);
	if (vsx_searcher_new(&s, index, &err))
		die(err.text);
	deadlines(s, queries);
	flags(s, queries);
	vsx_searcher_free(s);
	vsx_close(index);
	for (int i = 0; i < 3; i++) {
		index = build(path, specs[i], SMALL);
		cost(specs[i], index, queries, BATCH);
		pools(specs[i], index, queries);
		vsx_close(index);
	}
	unlink(path);
	free(queries);
	report_table();
	return 0;
}
