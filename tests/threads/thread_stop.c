/*
 * Searches that another thread stops, and batches by the threads of pools, also
 * of two at once. A program with a plain main, for ThreadSanitizer.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "vsx_write.h"

#define ROWS	3000
#define DIM	20
#define QUERIES 200
#define K	10

static float rows[ROWS][DIM];
static int passed, failed;

static void judge(const char *what, int good)
{
	if (good)
		passed++;
	else
		failed++, printf("FAILED: %s\n", what);
}

static void build(const char *path, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	struct vsx_error err = {0};

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	if (vsx_builder_new(&b, path, &opts, &err) ||
	    vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, ROWS, NULL), &err) ||
	    vsx_builder_finish(b, NULL, &err)) {
		printf("%s: %s\n", spec, err.text);
		exit(1);
	}
	vsx_builder_free(b);
}

struct job {
	const struct vsx *index;
	struct vsx_stop *stop;
	uint64_t ids[QUERIES][K];
	float distances[QUERIES][K];
	int stopped;
};

/* One search after the other until one is stopped. */
static void *search_on(void *arg)
{
	struct job *job = arg;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	enum vsx_status status = VSX_OK;
	struct vsx_searcher *s;
	struct vsx_error err;
	struct vsx_hit hits[K];
	size_t n;

	opts.stop = job->stop;
	if (vsx_searcher_new(&s, job->index, &err))
		return NULL;
	while (status == VSX_OK)
		status = vsx_search(s, rows[0], VSX_F32, K, &opts, hits, &n,
				    &err);
	job->stopped = status == VSX_ESTOPPED;
	vsx_searcher_free(s);
	return NULL;
}

/* The same by a pool of its own. */
static void *search_batches(void *arg)
{
	struct job *job = arg;
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	enum vsx_status status = VSX_OK;
	struct vsx_pool *pool;
	struct vsx_error err;

	opts.stop = job->stop;
	answers.ids = job->ids[0];
	answers.distances = job->distances[0];
	if (vsx_pool_new(&pool, job->index, 3, &err))
		return NULL;
	while (status == VSX_OK)
		status = vsx_pool_search(pool, rows, VSX_F32, QUERIES, K, &opts,
					 &answers, &err);
	job->stopped = status == VSX_ESTOPPED;
	vsx_pool_free(pool);
	return NULL;
}

static void test_stop(const struct vsx *index)
{
	static struct job jobs[4];
	struct vsx_stop stop = {0};
	pthread_t threads[4];
	int stopped = 0;

	for (int i = 0; i < 4; i++) {
		jobs[i] = (struct job){.index = index, .stop = &stop};
		if (pthread_create(&threads[i], NULL,
				   i < 2 ? search_on : search_batches,
				   &jobs[i]))
			abort();
	}
	usleep(20000);
	vsx_stop_set(&stop);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		stopped += jobs[i].stopped;
	}
	judge("one flag stops searches and batches of other threads",
	      stopped == 4);
	vsx_stop_clear(&stop);
	jobs[0].stopped = 0;
	vsx_stop_set(&stop);
	search_on(&jobs[0]);
	judge("and those that are still to begin", jobs[0].stopped);
}

static void test_pool(const struct vsx *index)
{
	static uint64_t ids[QUERIES][K], due[QUERIES][K];
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	struct vsx_pool *one, *four;
	struct vsx_error err;
	int same = 0;

	if (vsx_pool_new(&one, index, 1, &err) ||
	    vsx_pool_new(&four, index, 4, &err))
		abort();
	answers.ids = due[0];
	if (vsx_pool_search(one, rows, VSX_F32, QUERIES, K, NULL, &answers,
			    &err))
		abort();
	answers.ids = ids[0];
	for (int round = 0; round < 200; round++) {
		memset(ids, 0, sizeof(ids));
		/* Also those that have no work for all. */
		if (vsx_pool_search(four, rows, VSX_F32, 3, K, NULL, &answers,
				    &err) ||
		    vsx_pool_search(four, rows, VSX_F32, QUERIES, K, NULL,
				    &answers, &err))
			abort();
		same += !memcmp(ids, due, sizeof(ids));
	}
	judge("four threads give the answers of one, each time", same == 200);
	vsx_pool_free(one);
	vsx_pool_free(four);
}

int main(void)
{
	static const char *const specs[] = {"Flat", "IVF16,Flat", "HNSW8"};
	char folder[] = "/tmp/vsx-threads-XXXXXX", path[64];
	struct vsx_rng rng = {3};

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/x.vsx", folder);
	for (int i = 0; i < ROWS; i++)
		for (int d = 0; d < DIM; d++)
			rows[i][d] =
				(float)vsx_to_unit(vsx_rng_next(&rng)) + 1.0f;
	for (int i = 0; i < 3; i++) {
		struct vsx_error err;
		struct vsx *index;

		build(path, specs[i]);
		if (vsx_open(&index, path, NULL, &err))
			abort();
		test_stop(index);
		test_pool(index);
		vsx_close(index);
	}
	unlink(path);
	rmdir(folder);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
