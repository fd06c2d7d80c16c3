/*
 * One index, many threads: built by several, opened once, searched by all while
 * another verifies the file, and searched in a child after fork(). A program
 * with a plain main, for ThreadSanitizer; every answer is compared with that of
 * a single thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "vsx_write.h"

#define ROWS	3000
#define DIM	20
#define QUERIES 200
#define K	10
#define THREADS 4

static float rows[ROWS][DIM];
static float queries[QUERIES][DIM];
static struct vsx_hit due[QUERIES][K];
static int passed, failed;

static void judge(const char *what, int good)
{
	if (good)
		passed++;
	else
		failed++, printf("FAILED: %s\n", what);
}

static void make_rows(void)
{
	struct vsx_rng rng = {3};

	for (int i = 0; i < ROWS + QUERIES; i++) {
		float *x = i < ROWS ? rows[i] : queries[i - ROWS];
		uint64_t centre = vsx_rng_below(&rng, 40);

		for (int d = 0; d < DIM; d++)
			x[d] = (float)(vsx_random_at(8, centre, (uint64_t)d) %
				       100) +
			       (float)vsx_to_unit(vsx_rng_next(&rng)) * 40;
	}
}

static int build(const char *path, const char *spec, unsigned int n_threads)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	struct vsx_error err = {0};
	int good;

	opts.dim = DIM;
	opts.spec = spec;
	opts.n_threads = n_threads;
	opts.force = 1;
	good = !vsx_builder_new(&b, path, &opts, &err) &&
	       !vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, ROWS, NULL),
				&err) &&
	       !vsx_builder_finish(b, NULL, &err);
	vsx_builder_free(b);
	if (!good)
		printf("%s: %s\n", spec, err.text);
	return good;
}

/* By member: there is padding between hits. */
static int same_hits(const struct vsx_hit *a, const struct vsx_hit *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].id != b[i].id || a[i].distance != b[i].distance)
			return 0;
	return 1;
}

/* Search for all queries; how many answers are not the ones that are due. */
static int search_all(const struct vsx *index, int store)
{
	struct vsx_searcher *s;
	struct vsx_error err;
	int wrong = 0;

	if (vsx_searcher_new(&s, index, &err))
		return QUERIES;
	for (int q = 0; q < QUERIES; q++) {
		struct vsx_hit hits[K];
		size_t n;

		if (vsx_search(s, queries[q], VSX_F32, K, NULL, hits, &n, &err))
			n = 0;
		if (store)
			memcpy(due[q], hits, sizeof(hits));
		wrong += n != K || !same_hits(due[q], hits, K);
	}
	vsx_searcher_free(s);
	return wrong;
}

struct job {
	const struct vsx *index;
	const char *path;
	int wrong;
};

static void *run_search(void *arg)
{
	struct job *job = arg;

	job->wrong = search_all(job->index, 0);
	return NULL;
}

static void *run_verify(void *arg)
{
	struct vsx_verify_result result;
	struct job *job = arg;
	struct vsx_error err;

	job->wrong = vsx_verify(job->path, NULL, NULL, NULL, &result, &err) ||
		     result.n_findings;
	return NULL;
}

static void test_shared(const struct vsx *index, const char *path)
{
	pthread_t threads[THREADS + 1];
	struct job jobs[THREADS + 1];
	int wrong = 0;

	for (int i = 0; i <= THREADS; i++) {
		jobs[i] = (struct job){index, path, 1};
		if (pthread_create(&threads[i], NULL,
				   i < THREADS ? run_search : run_verify,
				   &jobs[i]))
			abort();
	}
	for (int i = 0; i <= THREADS; i++) {
		pthread_join(threads[i], NULL);
		wrong += jobs[i].wrong;
	}
	judge("threads on one index give the answers of one thread",
	      wrong == 0);
}

static void test_batch(const struct vsx *index)
{
	static struct vsx_hit hits[QUERIES][K];
	size_t n_hits[QUERIES];
	struct vsx_error err;

	judge("a batch by four threads gives the answers of one",
	      !vsx_search_batch(index, queries, VSX_F32, QUERIES, K, NULL,
				THREADS, hits[0], n_hits, NULL, &err) &&
		      same_hits(hits[0], due[0], QUERIES * K));
}

static void test_fork(const struct vsx *index)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(search_all(index, 0) != 0);
	if (child > 0)
		waitpid(child, &status, 0);
	judge("a child searches the index after fork()", status == 0);
}

static int same_bytes(const char *a, const char *b)
{
	FILE *fa = fopen(a, "rb"), *fb = fopen(b, "rb");
	int ca = 0, cb = 0;

	while (fa && fb && ca == cb && ca != EOF)
		ca = getc(fa), cb = getc(fb);
	if (fa)
		fclose(fa);
	if (fb)
		fclose(fb);
	return fa && fb && ca == cb;
}

int main(void)
{
	static const char *const specs[] = {"Flat", "IVF16,Flat", "HNSW8"};
	char folder[] = "/tmp/vsx-threads-XXXXXX", one[64], four[64];

	if (!mkdtemp(folder))
		return 1;
	snprintf(one, sizeof(one), "%s/one.vsx", folder);
	snprintf(four, sizeof(four), "%s/four.vsx", folder);
	make_rows();
	for (int i = 0; i < 3; i++) {
		struct vsx *index;
		struct vsx_error err;

		judge("built by one thread", build(one, specs[i], 1));
		judge("built by four threads", build(four, specs[i], THREADS));
		judge("both are the same bytes", same_bytes(one, four));
		if (vsx_open(&index, one, NULL, &err))
			abort();
		search_all(index, 1);
		vsx_close(index);
		/* A fresh one, so that pages are first touched by many. */
		if (vsx_open(&index, four, NULL, &err))
			abort();
		test_shared(index, four);
		test_batch(index);
		test_fork(index);
		vsx_close(index);
	}
	unlink(one);
	unlink(four);
	rmdir(folder);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
