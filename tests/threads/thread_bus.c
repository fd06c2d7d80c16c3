/*
 * A file is cut, again and again, under 8 searching threads that have the guard
 * installed: every answer is right or VSX_EIO.
 * usage: thread_bus [CUTS]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/build.h"

enum { THREADS = 8, N = 2000, DIM = 16, K = 5 };

static const struct support_index what = {.spec = "HNSW8",
					  .metric = VSX_L2,
					  .elem = VSX_F32,
					  .dim = DIM,
					  .n = N,
					  .n_test_queries = UINT32_MAX};
static struct vsx *index_now;
static struct vsx_hit due[K];
static float query[DIM];
static atomic_uint n_ready;
static atomic_ulong n_right, n_lost;

static void die(const char *text)
{
	fprintf(stderr, "thread_bus: %s\n", text);
	exit(1);
}

static void *search_until_cut(void *context)
{
	struct vsx_searcher *s;
	struct vsx_error err;
	struct vsx_hit hits[K];
	size_t n;

	(void)context;
	if (vsx_searcher_new(&s, index_now, &err))
		die(err.text);
	atomic_fetch_add(&n_ready, 1);
	for (;;) {
		enum vsx_status status =
			vsx_search(s, query, VSX_F32, K, NULL, hits, &n, &err);

		if (status == VSX_EIO)
			break;
		if (status != VSX_OK)
			die(err.text);
		for (size_t i = 0; i < K; i++)
			if (hits[i].id != due[i].id ||
			    hits[i].distance != due[i].distance)
				die("a wrong answer");
		atomic_fetch_add(&n_right, 1);
	}
	atomic_fetch_add(&n_lost, 1);
	vsx_searcher_free(s);
	return NULL;
}

static void put(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		die("cannot write");
}

static void cut_once(const char *path, const uint8_t *bytes, size_t n)
{
	pthread_t threads[THREADS];
	struct vsx_error err;

	put(path, bytes, n);
	if (vsx_open(&index_now, path, NULL, &err))
		die(err.text);
	atomic_store(&n_ready, 0);
	for (int t = 0; t < THREADS; t++)
		if (pthread_create(&threads[t], NULL, search_until_cut, NULL))
			die("no thread");
	while (atomic_load(&n_ready) < THREADS)
		usleep(100);
	if (truncate(path, 8192) != 0)
		die("cannot truncate");
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	vsx_close(index_now);
}

static void find_due(const char *path)
{
	struct vsx_searcher *s;
	struct vsx_error err;
	struct vsx *index;
	size_t n;

	support_row(&what, 17, query);
	query[0] += 0.5f;
	if (vsx_open(&index, path, NULL, &err) ||
	    vsx_searcher_new(&s, index, &err) ||
	    vsx_search(s, query, VSX_F32, K, NULL, due, &n, &err))
		die(err.text);
	vsx_searcher_free(s);
	vsx_close(index);
}

int main(int argc, char **argv)
{
	unsigned long cuts = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
	char path[] = "/tmp/vsx-bus-XXXXXX";
	struct vsx_error err;
	uint8_t *bytes;
	size_t n;
	int fd = mkstemp(path);

	if (fd < 0)
		die("no file");
	close(fd);
	support_build(path, what);
	bytes = support_read(path, &n);
	find_due(path);
	if (vsx_guard_install(&err))
		die(err.text);
	for (unsigned long i = 0; i < cuts; i++)
		cut_once(path, bytes, n);
	printf("%lu cuts under %d threads: %lu right answers, %lu errors\n",
	       cuts, THREADS, atomic_load(&n_right), atomic_load(&n_lost));
	free(bytes);
	unlink(path);
	return atomic_load(&n_lost) == cuts * THREADS ? 0 : 1;
}
