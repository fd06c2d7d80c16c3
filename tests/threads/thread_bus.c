/*
 * A file is cut, again and again and at one page after the other, under 8
 * threads that search it and one that verifies it, with the guard installed:
 * every answer is right or VSX_EIO, and VSX_EIO once the file is cut. Beside
 * them another index is opened, searched and closed, and never fails.
 * usage: thread_bus [CUTS]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/build.h"

enum { THREADS = 8, N = 2000, DIM = 64, K = 5, PAGE = 4096 };

static const struct support_index what = {.spec = "HNSW8",
					  .metric = VSX_L2,
					  .elem = VSX_F32,
					  .dim = DIM,
					  .n = N,
					  .n_test_queries = UINT32_MAX};
static char cut_path[] = "/tmp/vsx-bus-cut-XXXXXX";
static char sound_path[] = "/tmp/vsx-bus-sound-XXXXXX";
static struct vsx *index_now;
static struct vsx_hit due[K];
static float query[DIM];
static atomic_uint n_ready;
static atomic_bool is_cut, is_over;
static atomic_ulong n_right, n_lost, n_opened;

static void die(const char *text)
{
	fprintf(stderr, "thread_bus: %s\n", text);
	exit(1);
}

/* The answer that is due, or VSX_EIO. */
static enum vsx_status search(struct vsx_searcher *s)
{
	struct vsx_hit hits[K];
	struct vsx_error err;
	size_t n = 0;
	enum vsx_status status =
		vsx_search(s, query, VSX_F32, K, NULL, hits, &n, &err);

	if (status == VSX_EIO)
		return status;
	if (status != VSX_OK)
		die(err.text);
	for (size_t i = 0; i < K; i++)
		if (n != K || hits[i].id != due[i].id ||
		    hits[i].distance != due[i].distance)
			die("a wrong answer");
	return VSX_OK;
}

static void *search_until_cut(void *context)
{
	struct vsx_searcher *s;
	struct vsx_error err;

	(void)context;
	if (vsx_searcher_new(&s, index_now, &err))
		die(err.text);
	atomic_fetch_add(&n_ready, 1);
	for (;;) {
		bool was_cut = atomic_load(&is_cut);

		if (search(s) == VSX_EIO)
			break;
		if (was_cut)
			die("an answer from a file that is cut");
		atomic_fetch_add(&n_right, 1);
	}
	atomic_fetch_add(&n_lost, 1);
	vsx_searcher_free(s);
	return NULL;
}

/* Pages that are gone are findings; nothing but that is asked of it. */
static void *verify_until_cut(void *context)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_error err;

	(void)context;
	opts.level = VSX_VERIFY_PAGES;
	opts.n_threads = 1;
	atomic_fetch_add(&n_ready, 1);
	while (!atomic_load(&is_cut))
		if (vsx_verify(cut_path, &opts, NULL, NULL, NULL, &err) &&
		    err.status != VSX_EIO)
			die(err.text);
	return NULL;
}

static void *search_a_sound_one(void *context)
{
	(void)context;
	while (!atomic_load(&is_over)) {
		struct vsx_searcher *s;
		struct vsx_error err;
		struct vsx *index;

		if (vsx_open(&index, sound_path, NULL, &err) ||
		    vsx_searcher_new(&s, index, &err))
			die(err.text);
		if (search(s) != VSX_OK)
			die("the sound index cannot be read");
		vsx_searcher_free(s);
		vsx_close(index);
		atomic_fetch_add(&n_opened, 1);
	}
	return NULL;
}

static void put(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
		die("cannot write");
}

static void start(pthread_t *thread, void *(*run)(void *))
{
	if (pthread_create(thread, NULL, run, NULL))
		die("no thread");
}

static void cut_once(const uint8_t *bytes, size_t n, unsigned long round)
{
	pthread_t threads[THREADS + 1];
	unsigned long pages = n / PAGE;
	struct vsx_error err;

	put(cut_path, bytes, n);
	if (vsx_open(&index_now, cut_path, NULL, &err))
		die(err.text);
	atomic_store(&n_ready, 0);
	atomic_store(&is_cut, false);
	for (int t = 0; t <= THREADS; t++)
		start(&threads[t],
		      t < THREADS ? search_until_cut : verify_until_cut);
	while (atomic_load(&n_ready) <= THREADS)
		usleep(100);
	/* From the last page down to the superblock, which is read no more. */
	if (truncate(cut_path, (off_t)(pages - 1 - round % (pages - 2)) * PAGE))
		die("cannot truncate");
	atomic_store(&is_cut, true);
	for (int t = 0; t <= THREADS; t++)
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

static void make(char *path)
{
	int fd = mkstemp(path);

	if (fd < 0)
		die("no file");
	close(fd);
	support_build(path, what);
}

int main(int argc, char **argv)
{
	unsigned long cuts = argc > 1 ? strtoul(argv[1], NULL, 10) : 20;
	struct vsx_error err;
	pthread_t beside;
	uint8_t *bytes;
	size_t n;

	make(cut_path);
	make(sound_path);
	bytes = support_read(cut_path, &n);
	find_due(cut_path);
	if (vsx_guard_install(&err))
		die(err.text);
	start(&beside, search_a_sound_one);
	for (unsigned long i = 0; i < cuts; i++)
		cut_once(bytes, n, i * 29);
	atomic_store(&is_over, true);
	pthread_join(beside, NULL);
	printf("%lu cuts under %d threads: %lu right answers, %lu errors; "
	       "beside them %lu right answers of a sound index\n",
	       cuts, THREADS, atomic_load(&n_right), atomic_load(&n_lost),
	       atomic_load(&n_opened));
	free(bytes);
	unlink(cut_path);
	unlink(sound_path);
	return atomic_load(&n_lost) == cuts * THREADS ? 0 : 1;
}
