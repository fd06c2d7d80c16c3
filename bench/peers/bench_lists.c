/*
 * Indexes of VSX and of other libraries at equal recall, one query at a time on
 * one thread, for k of 10 and of 100: the whole curve of each, and what it is
 * worth beside hnswlib.
 *
 * usage: bench_lists [-m cosine] [-r ROUNDS] [-t THREADS] BASE QUERIES TRUTH
 *                    FOLDER ENGINE:SPEC...
 *
 *   ENGINE  vsx, hnswlib or faiss: hnswlib:HNSW16 vsx:IVF1024,Flat
 *   FOLDER  for the files of the indexes, which are removed
 *
 * Rows and queries are f32 for all. The efforts of an index, nprobe or ef, are
 * STEPS values around recall 0.95 and 0.99. In each round every index takes its
 * turn with every effort, in another order, and the figure of an effort is the
 * first quartile of its rounds, in CPU time: what else runs on the machine
 * falls on all alike. Speeds at a recall lie between those of two efforts.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/engine.h"
#include "data.h"
#include "measure.h"

extern const struct engine_ops peer_hnswlib, peer_faiss;

#define STEPS	   8
#define MOST	   16 /* indexes */
#define MAX_ROUNDS 99

static const size_t ks[] = {10, 100};
static const double targets[] = {0.95, 0.99};
#define N_KS	  (sizeof(ks) / sizeof(*ks))
#define N_TARGETS (sizeof(targets) / sizeof(*targets))

struct point {
	uint32_t effort;
	double recall, seconds, rounds[MAX_ROUNDS];
};

struct index {
	const struct engine_ops *ops;
	struct engine *engine;
	struct engine_session *session;
	struct engine_cost cost;
	double build_seconds;
	char path[4096];
	struct point points[N_KS][STEPS];
};

static struct {
	struct bench_vectors base, queries;
	struct bench_ids truth;
	enum vsx_metric metric;
	size_t rounds;
	unsigned int threads;
	int32_t *found; /* [queries][100] */
} run = {.metric = VSX_L2, .rounds = 9, .threads = 1};

static struct vsx_error err;

static void make(struct index *x, const char *name, const char *folder)
{
	static const struct engine_ops *const all[] = {
		&engine_vsx, &peer_hnswlib, &peer_faiss};
	const char *colon = strchr(name, ':');
	struct engine_plan plan = {
		.rows = run.base.x,
		.n_rows = run.base.n,
		.dim = (uint32_t)run.base.dim,
		.elem = VSX_F32,
		.metric = run.metric,
		.seed = 1,
		.threads = run.threads,
		.path = x->path,
	};
	double start;

	for (size_t i = 0; colon && i < sizeof(all) / sizeof(*all); i++)
		if (strlen(all[i]->name) == (size_t)(colon - name) &&
		    strncasecmp(all[i]->name, name, (size_t)(colon - name)) ==
			    0)
			x->ops = all[i];
	if (!x->ops)
		die("an index is ENGINE:SPEC, of vsx, hnswlib or faiss");
	plan.spec = colon + 1;
	snprintf(x->path, sizeof(x->path), "%s/%s", folder, name);
	start = now(CLOCK_PROCESS_CPUTIME_ID);
	if (x->ops->build(&x->engine, &plan, &x->cost, &err) ||
	    x->ops->session(&x->session, x->engine, &err))
		die(err.text);
	x->build_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* Seconds of a query; its recall goes to *recall. */
static double search(struct index *x, size_t k, uint32_t effort, size_t n,
		     double *recall)
{
	struct bench_ids truth = run.truth;
	uint64_t ids[100];
	double start = now(CLOCK_THREAD_CPUTIME_ID), seconds;
	size_t got;

	for (size_t q = 0; q < n; q++) {
		if (x->ops->search(x->session, run.queries.x + q * run.base.dim,
				   k, effort, ids, &got, &err))
			die(err.text);
		for (size_t i = 0; i < k; i++)
			run.found[q * k + i] = i < got ? (int32_t)ids[i] : -1;
	}
	seconds = now(CLOCK_THREAD_CPUTIME_ID) - start;
	truth.n = n;
	*recall = bench_recall(run.found, &truth, k);
	return seconds / (double)n;
}

/* The least effort whose recall over some queries is that, or the greatest. */
static uint32_t least_effort(struct index *x, size_t k, double recall)
{
	size_t n = run.queries.n < 300 ? run.queries.n : 300;
	uint32_t low = 0, high = 1, most = x->ops->max_effort(x->engine);
	double got;

	for (;; high *= 2) {
		if (high > most)
			high = most;
		search(x, k, high, n, &got);
		if (got >= recall || high == most)
			break;
		low = high;
	}
	while (high - low > 1 + low / 16) {
		uint32_t middle = low + (high - low) / 2;

		search(x, k, middle, n, &got);
		if (got >= recall)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static void choose_efforts(struct index *x, size_t which)
{
	size_t k = ks[which];
	double from = least_effort(x, k, targets[0] - 0.01);
	double to = least_effort(x, k, targets[N_TARGETS - 1] + 0.002);

	/* An ef below k counts as k. */
	if (strcmp(x->ops->effort_name(x->engine), "ef") == 0 &&
	    from < (double)k)
		from = (double)k;
	for (int i = 0; i < STEPS; i++) {
		double e = from * pow(to / from, (double)i / (STEPS - 1));

		x->points[which][i].effort = (uint32_t)(e + 0.5);
	}
}

static void measure(struct index *x, size_t which, size_t round)
{
	for (int i = 0; i < STEPS; i++) {
		struct point *p = &x->points[which][i];

		p->rounds[round] = search(x, ks[which], p->effort,
					  run.queries.n, &p->recall);
	}
}

static void settle(struct index *x, size_t which)
{
	for (int i = 0; i < STEPS; i++) {
		struct point *p = &x->points[which][i];

		sort_values(p->rounds, run.rounds);
		p->seconds = p->rounds[run.rounds / 4];
	}
}

/* Queries a second; NaN where no effort reaches it. */
static double speed_at(const struct index *x, size_t which, double recall)
{
	const struct point *p = x->points[which];

	for (int i = 0; i < STEPS; i++) {
		double part;

		if (p[i].recall < recall)
			continue;
		if (i == 0 || p[i].recall == p[i - 1].recall)
			return 1.0 / p[i].seconds;
		part = (recall - p[i - 1].recall) /
		       (p[i].recall - p[i - 1].recall);
		return 1.0 / (p[i - 1].seconds +
			      part * (p[i].seconds - p[i - 1].seconds));
	}
	return NAN;
}

static void print_table(const struct index *x, size_t n,
			const struct index *yardstick)
{
	printf("| index | build CPU s | file bytes |");
	for (size_t w = 0; w < N_KS; w++)
		for (size_t t = 0; t < N_TARGETS; t++)
			printf(" k %zu, recall %.2f: q/s (x hnswlib) |", ks[w],
			       targets[t]);
	printf("\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
	for (size_t i = 0; i < n; i++) {
		printf("| %s %s | %.1f | %llu |", x[i].ops->name,
		       x[i].cost.spec, x[i].build_seconds,
		       (unsigned long long)x[i].cost.disk_bytes);
		for (size_t w = 0; w < N_KS; w++)
			for (size_t t = 0; t < N_TARGETS; t++) {
				double s = speed_at(&x[i], w, targets[t]);

				if (isnan(s))
					printf(" - |");
				else if (!yardstick)
					printf(" %.0f |", s);
				else
					printf(" %.0f (%.2f) |", s,
					       s / speed_at(yardstick, w,
							    targets[t]));
			}
		printf("\n");
	}
}

static void print_curves(const struct index *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t w = 0; w < N_KS; w++) {
			printf("\n%s %s, k %zu: %s, recall, q/s\n\n",
			       x[i].ops->name, x[i].cost.spec, ks[w],
			       x[i].ops->effort_name(x[i].engine));
			for (int s = 0; s < STEPS; s++)
				printf("    %8u %8.4f %8.0f\n",
				       x[i].points[w][s].effort,
				       x[i].points[w][s].recall,
				       1.0 / x[i].points[w][s].seconds);
		}
}

static void read_all(char **paths)
{
	char why[BENCH_WHY_BYTES];

	if (bench_vectors_read(&run.base, paths[0], why) ||
	    bench_vectors_read(&run.queries, paths[1], why) ||
	    bench_ids_read(&run.truth, paths[2], why))
		die(why);
	if (run.truth.k < 100 || run.truth.n < run.queries.n)
		die("there must be 100 neighbours of each query");
	run.found = malloc(run.queries.n * 100 * sizeof(*run.found));
	if (!run.found)
		die("out of memory");
}

int main(int argc, char **argv)
{
	static struct index all[MOST];
	const struct index *yardstick = NULL;
	size_t n;
	int c;

	while ((c = getopt(argc, argv, "m:r:t:")) != -1)
		if (c == 'm')
			run.metric =
				strcmp(optarg, "cosine") ? VSX_L2 : VSX_COSINE;
		else if (c == 'r')
			run.rounds = number_above_0(optarg, "-r ROUNDS");
		else if (c == 't')
			run.threads = (unsigned int)number_above_0(
				optarg, "-t THREADS");
		else
			return 2;
	argv += optind;
	argc -= optind;
	if (argc < 5 || argc - 4 > MOST || run.rounds > MAX_ROUNDS)
		die("[-m cosine] [-r ROUNDS] [-t THREADS] BASE QUERIES TRUTH "
		    "FOLDER ENGINE:SPEC...");
	n = (size_t)argc - 4;
	read_all(argv);
	for (size_t i = 0; i < n; i++) {
		make(&all[i], argv[4 + i], argv[3]);
		if (all[i].ops == &peer_hnswlib)
			yardstick = &all[i];
		fprintf(stderr, "%s: %.1f s\n", argv[4 + i],
			all[i].build_seconds);
		for (size_t w = 0; w < N_KS; w++)
			choose_efforts(&all[i], w);
	}
	for (size_t round = 0; round < run.rounds; round++)
		for (size_t w = 0; w < N_KS; w++)
			for (size_t i = 0; i < n; i++)
				measure(&all[(i + round) % n], w, round);
	for (size_t i = 0; i < n; i++)
		for (size_t w = 0; w < N_KS; w++)
			settle(&all[i], w);
	print_table(all, n, yardstick);
	print_curves(all, n);
	for (size_t i = 0; i < n; i++) {
		all[i].ops->session_free(all[i].session);
		all[i].ops->close(all[i].engine);
		unlink(all[i].path);
	}
	return 0;
}
