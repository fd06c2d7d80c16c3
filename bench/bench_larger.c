/*
 * Searches of a file by a process that may use less memory than the file has.
 *
 * usage: bench_larger INDEX QUERIES SECONDS [--no-advice]
 *
 * Begins with nothing of the file in memory. One thread asks one query after
 * the other, in turns; the first fifth of the time is not counted. The limit
 * is set from outside: see larger.sh.
 */
#include <fcntl.h>
#include <inttypes.h>
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

/* Ask from query *at on, for so many seconds but one query at least. */
static struct tally ask(struct vsx_searcher *s,
			const struct bench_vectors *queries, size_t *at,
			double seconds)
{
	double start = now(CLOCK_MONOTONIC), bytes = bytes_read();
	struct tally t = {0};
	struct vsx_hit hits[K];
	struct vsx_error err;
	size_t n;

	do {
		if (vsx_search(s, queries->x + *at * queries->dim, VSX_F32, K,
			       NULL, hits, &n, &err))
			die(err.text);
		*at = (*at + 1) % queries->n;
		t.queries++;
		t.seconds = now(CLOCK_MONOTONIC) - start;
	} while (t.seconds < seconds);
	t.bytes = bytes_read() - bytes;
	return t;
}

int main(int argc, char **argv)
{
	struct vsx_open_opts open_opts = VSX_OPEN_OPTS_INIT;
	struct vsx_searcher *searcher;
	struct bench_vectors queries;
	char why[BENCH_WHY_BYTES];
	struct vsx_error err;
	struct vsx *index;
	struct tally t;
	double seconds;
	size_t at = 0;

	if (argc < 4 || argc > 5 ||
	    (argc == 5 && strcmp(argv[4], "--no-advice") != 0))
		die("INDEX QUERIES SECONDS [--no-advice]");
	if (argc == 5)
		open_opts.memory = UINT64_MAX; /* as if there were enough */
	seconds = strtod(argv[3], NULL);
	if (bench_vectors_read(&queries, argv[2], why))
		die(why);
	drop(argv[1]);
	if (vsx_open(&index, argv[1], &open_opts, &err) ||
	    vsx_searcher_new(&searcher, index, &err))
		die(err.text);
	ask(searcher, &queries, &at, seconds / 5);
	t = ask(searcher, &queries, &at, seconds * 4 / 5);
	printf("%.1f q/s | %.0f KiB a query\n", (double)t.queries / t.seconds,
	       t.bytes / (double)t.queries / 1024);
	vsx_searcher_free(searcher);
	vsx_close(index);
	bench_vectors_release(&queries);
	return 0;
}
