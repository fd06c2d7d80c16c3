/*
 * Searches of a file by a process that may use less memory than the file has.
 *
 * usage: bench_larger INDEX QUERIES SECONDS [--no-advice | --batch]
 *
 * Begins with nothing of the file in memory. One thread asks one query after
 * the other, or all of them at once, in turns; the first fifth of the time is
 * not counted. The limit is set from outside: see larger.sh.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data.h"
#include "measure.h"
#include "vsx.h"

#define K 10

/* What the disk has given to this process. */
static double bytes_read(void)
{
	FILE *io = fopen("/proc/self/io", "re");
	uint64_t bytes = 0, n;
	char line[128];

	if (!io)
		die("cannot read /proc/self/io");
	while (fgets(line, sizeof(line), io))
		if (sscanf(line, "read_bytes: %" SCNu64, &n) == 1)
			bytes = n;
	fclose(io);
	return (double)bytes;
}

/* Pages that are charged to somebody else would not count here. */
static void drop(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	fdatasync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

struct tally {
	size_t queries;
	double seconds, bytes;
};

/* Who asks: one query at a time, or a batch. */
struct asker {
	struct vsx_searcher *searcher;
	struct vsx_pool *pool; /* NULL: the searcher asks */
	const struct bench_vectors *queries;
	size_t at; /* the next query of the searcher */
	struct vsx_hit *hits;
};

/* How many were asked. */
static size_t ask_some(struct asker *a)
{
	const struct bench_vectors *q = a->queries;
	struct vsx_answers answers = VSX_ANSWERS_INIT;
	struct vsx_error err;
	size_t n;

	if (a->pool) {
		answers.hits = a->hits;
		if (vsx_pool_search(a->pool, q->x, VSX_F32, q->n, K, NULL,
				    &answers, &err))
			die(err.text);
		return q->n;
	}
	if (vsx_search(a->searcher, q->x + a->at * q->dim, VSX_F32, K, NULL,
		       a->hits, &n, &err))
		die(err.text);
	a->at = (a->at + 1) % q->n;
	return 1;
}

/* For so many seconds, but once at least. */
static struct tally ask(struct asker *a, double seconds)
{
	double start = now(CLOCK_MONOTONIC), bytes = bytes_read();
	struct tally t = {0};

	do {
		t.queries += ask_some(a);
		t.seconds = now(CLOCK_MONOTONIC) - start;
	} while (t.seconds < seconds);
	t.bytes = bytes_read() - bytes;
	return t;
}

int main(int argc, char **argv)
{
	struct vsx_open_opts open_opts = VSX_OPEN_OPTS_INIT;
	struct asker asker = {0};
	struct bench_vectors queries;
	bool batch = false;
	char why[BENCH_WHY_BYTES];
	struct vsx_error err;
	struct vsx *index;
	struct tally t;
	double seconds;

	if (argc < 4 || argc > 5 ||
	    (argc == 5 && strcmp(argv[4], "--no-advice") != 0 &&
	     strcmp(argv[4], "--batch") != 0))
		die("INDEX QUERIES SECONDS [--no-advice | --batch]");
	batch = argc == 5 && strcmp(argv[4], "--batch") == 0;
	if (argc == 5 && !batch)
		open_opts.memory = UINT64_MAX; /* as if there were enough */
	seconds = strtod(argv[3], NULL);
	if (bench_vectors_read(&queries, argv[2], why))
		die(why);
	drop(argv[1]);
	if (vsx_open(&index, argv[1], &open_opts, &err) ||
	    vsx_searcher_new(&asker.searcher, index, &err) ||
	    (batch && vsx_pool_new(&asker.pool, index, 1, &err)))
		die(err.text);
	asker.queries = &queries;
	asker.hits = calloc(queries.n * K, sizeof(*asker.hits));
	if (!asker.hits)
		die("no memory");
	ask(&asker, seconds / 5);
	t = ask(&asker, seconds * 4 / 5);
	printf("%.1f q/s | %.0f KiB a query\n", (double)t.queries / t.seconds,
	       t.bytes / (double)t.queries / 1024);
	free(asker.hits);
	vsx_pool_free(asker.pool);
	vsx_searcher_free(asker.searcher);
	vsx_close(index);
	bench_vectors_release(&queries);
	return 0;
}
