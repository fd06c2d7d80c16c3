/*
 * What vsx_guard_install() costs searches.
 *
 * usage: bench_bus INDEX QUERIES
 *
 * The handler cannot be taken away again, so that each pair of measurements is
 * made by two processes, one with it and one without, which search in turn. Of
 * one pair the memory may lie better than of the other: there are several.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data.h"
#include "measure.h"
#include "vsx.h"

#define PAIRS	      15
#define ROUNDS	      21
#define ROUND_QUERIES 2000

/* Seconds for one query. */
static double search_round(struct vsx_searcher *s,
			   const struct bench_vectors *queries)
{
	double start = now(CLOCK_THREAD_CPUTIME_ID);
	struct vsx_hit hits[10];
	struct vsx_error err;
	size_t n;

	for (size_t i = 0; i < ROUND_QUERIES; i++)
		if (vsx_search(s, queries->x + i % queries->n * queries->dim,
			       VSX_F32, 10, NULL, hits, &n, &err))
			die(err.text);
	return (now(CLOCK_THREAD_CPUTIME_ID) - start) / ROUND_QUERIES;
}

/* One of a pair: for each byte that comes in, a round. */
struct process {
	pid_t pid;
	int to, from;
};

static void serve(int in, int out, const char *path,
		  const struct bench_vectors *queries, int guarded)
{
	struct vsx_searcher *s;
	struct vsx_error err;
	struct vsx *index;
	char go;

	if ((guarded && vsx_guard_install(&err)) ||
	    vsx_open(&index, path, NULL, &err) ||
	    vsx_searcher_new(&s, index, &err))
		die(err.text);
	search_round(s, queries);
	while (read(in, &go, 1) == 1) {
		double took = search_round(s, queries);

		if (write(out, &took, sizeof(took)) != sizeof(took))
			die("pipe");
	}
	vsx_searcher_free(s);
	vsx_close(index);
}

static struct process begin(const char *path,
			    const struct bench_vectors *queries, int guarded)
{
	struct process p;
	int in[2], out[2];

	if (pipe(in) || pipe(out) || (p.pid = fork()) < 0)
		die("fork");
	if (p.pid == 0) {
		close(in[1]);
		close(out[0]);
		serve(in[0], out[1], path, queries, guarded);
		_exit(0);
	}
	close(in[0]);
	close(out[1]);
	p.to = in[1];
	p.from = out[0];
	return p;
}

static double ask(const struct process *p)
{
	double took;

	if (write(p->to, "", 1) != 1 ||
	    read(p->from, &took, sizeof(took)) != sizeof(took))
		die("a process has ended");
	return took;
}

static void end(const struct process *p)
{
	close(p->to);
	close(p->from);
	waitpid(p->pid, NULL, 0);
}

/* Time with the guard over time without it: the median of the rounds. */
static double measure_pair(const char *path,
			   const struct bench_vectors *queries, double *plain)
{
	double ratios[ROUNDS], times[ROUNDS];
	/* Descriptors of the first are open in the second too: it is ended
	 * last. */
	struct process without = begin(path, queries, 0);
	struct process with = begin(path, queries, 1);

	for (int r = 0; r < ROUNDS; r++) {
		double guarded = r % 2 ? ask(&with) : 0;

		times[r] = ask(&without);
		if (r % 2 == 0)
			guarded = ask(&with);
		ratios[r] = guarded / times[r];
	}
	end(&with);
	end(&without);
	sort_values(ratios, ROUNDS);
	sort_values(times, ROUNDS);
	*plain = times[ROUNDS / 2];
	return ratios[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	struct bench_vectors queries;
	char why[BENCH_WHY_BYTES];
	double ratios[PAIRS], plain = 0;

	if (argc != 3)
		die("usage: bench_bus INDEX QUERIES");
	if (bench_vectors_read(&queries, argv[2], why))
		die(why);
	for (int i = 0; i < PAIRS; i++)
		ratios[i] = measure_pair(argv[1], &queries, &plain);
	sort_values(ratios, PAIRS);
	tell_figure("searches without it", "queries/s", 1 / plain);
	tell_figure("time that it adds", "%", (ratios[PAIRS / 2] - 1) * 100);
	tell_figure("time that it adds: lower quartile", "%",
		    (ratios[PAIRS / 4] - 1) * 100);
	tell_figure("time that it adds: upper quartile", "%",
		    (ratios[PAIRS - 1 - PAIRS / 4] - 1) * 100);
	report_table();
	bench_vectors_release(&queries);
	return 0;
}
