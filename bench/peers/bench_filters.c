/*
 * Searches where only some rows may be hits, beside hnswlib with its filter: at
 * the defaults, and at equal recall. k is 10, one query at a time, one thread.
 *
 * usage: bench_filters [-m cosine] [-r ROUNDS] [-q QUERIES] [-t THREADS]
 *                      [-f FILTER] BASE QUERIES FOLDER ENGINE:SPEC...
 *
 *   ENGINE  vsx or hnswlib: hnswlib:HNSW16 vsx:IVF vsx:HNSW32,SQ8,G32
 *   FOLDER  for the files of the indexes. They are left there, and taken as
 *           they are when they are there already.
 *   FILTER  only those whose names begin so: "10 %"
 *
 * Rows and queries are f32. Of 50, 10, 1, 0.1 and 0.01 % of the rows, drawn at
 * random, the narrow among the wide; of 10 % and 1 % those that lie farthest
 * in one direction, which leads from one row to another: a field that goes with
 * the vectors. The efforts of an index are STEPS values from the least that
 * finds a bit less than RECALL to the least that finds more; the figure at
 * RECALL lies between those of two, or is that of the least effort, where this
 * finds more. In each round every index takes its turn, and the least of the
 * rounds counts, in CPU time. A pass ends after BUDGET seconds.
 */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/draw.h"
#include "bench/engine/engine_vsx.h"
#include "data.h"
#include "measure.h"
#include "peer_open.h"

extern const struct engine_ops peer_hnswlib;

#define K	 10
#define RECALL	 0.95
#define STEPS	 4
#define MOST	 16   /* indexes */
#define BUDGET	 0.25 /* seconds */
#define LEAST	 10   /* queries, whatever they take */
#define BY_DRAWS 16   /* see base/draw.h */

static const struct {
	const char *name;
	double percent;
	bool correlated;
} filters[] = {
	{"50 %", 50, false},
	{"10 %", 10, false},
	{"1 %", 1, false},
	{"0.1 %", 0.1, false},
	{"0.01 %", 0.01, false},
	{"10 %, correlated", 10, true},
	{"1 %, correlated", 1, true},
};

struct point {
	uint32_t effort;
	double recall, seconds;
};

struct index {
	const struct engine_ops *ops;
	struct engine *engine;
	struct engine_session *session;
	const char *name;
	struct point usual; /* at the default effort; VSX alone */
	struct point points[STEPS];
	size_t n_points;
};

static struct {
	struct bench_vectors base, queries;
	enum vsx_metric metric;
	size_t rounds;
	unsigned int threads;
	double *along; /* [n_rows], in the direction of the correlated field */
	double *sorted;
	uint8_t *bits;
	size_t n_pass, k;
	uint64_t *truth; /* [queries][K] */
} run = {.metric = VSX_L2, .rounds = 3, .threads = 1};

static struct vsx_error err;

/* ---- indexes --------------------------------------------------------- */

static void open_or_build(struct index *x, const char *folder)
{
	const char *colon = strchr(x->name, ':');
	bool ours = strncmp(x->name, "vsx:", 4) == 0;
	struct engine_cost cost;
	char path[4096];
	struct engine_plan plan = {
		.rows = run.base.x,
		.n_rows = run.base.n,
		.dim = (uint32_t)run.base.dim,
		.elem = VSX_F32,
		.metric = run.metric,
		.seed = 1,
		.threads = run.threads,
		.path = path,
	};
	enum vsx_status status;

	if (!ours && strncmp(x->name, "hnswlib:", 8) != 0)
		die("an index is ENGINE:SPEC, of vsx or hnswlib");
	plan.spec = colon + 1;
	x->ops = ours ? &engine_vsx : &peer_hnswlib;
	snprintf(path, sizeof(path), "%s/%s", folder, x->name);
	if (access(path, F_OK) != 0)
		status = x->ops->build(&x->engine, &plan, &cost, &err);
	else if (ours)
		status = engine_vsx_open(&x->engine, path, VSX_F32, &err);
	else
		status = peer_hnswlib_open(&x->engine, &plan, &err);
	if (status || x->ops->session(&x->session, x->engine, &err))
		die(err.text);
}

/* ---- filters --------------------------------------------------------- */

static void measure_along(void)
{
	size_t dim = run.base.dim, n = run.base.n;
	const float *from = run.base.x, *to = run.base.x + n / 2 * dim;

	run.along = calloc(n, sizeof(*run.along));
	run.sorted = calloc(n, sizeof(*run.sorted));
	run.bits = calloc(n / 8 + 1, 1);
	run.truth = calloc(run.queries.n * K, sizeof(*run.truth));
	if (!run.along || !run.sorted || !run.bits || !run.truth)
		die("out of memory");
	for (size_t i = 0; i < n; i++)
		for (size_t d = 0; d < dim; d++)
			run.along[i] += (double)run.base.x[i * dim + d] *
					((double)to[d] - (double)from[d]);
	memcpy(run.sorted, run.along, n * sizeof(*run.sorted));
	sort_values(run.sorted, n);
}

static void choose_rows(double percent, bool correlated)
{
	size_t n = run.base.n;
	double least = run.sorted[n - (size_t)((double)n * percent / 100)];

	run.n_pass = 0;
	for (size_t i = 0; i < n; i++) {
		struct draw d = draw_for(1, BY_DRAWS, i);
		bool passes = correlated ? run.along[i] >= least
					 : draw_unit(&d) < percent / 100;

		run.bits[i / 8] &= (uint8_t) ~(1u << i % 8);
		run.bits[i / 8] |= (uint8_t)(passes << i % 8);
		run.n_pass += passes;
	}
	run.k = run.n_pass < K ? run.n_pass : K;
}

static const float *query(size_t i)
{
	return run.queries.x + i * run.queries.dim;
}

static void find_truth(const struct index *x)
{
	size_t n;

	for (size_t i = 0; i < run.queries.n; i++)
		if (engine_vsx_exact(x->engine, query(i), run.k,
				     run.truth + i * K, &n, &err))
			die(err.text);
}

/* ---- measuring ------------------------------------------------------- */

/* Seconds of a query. */
static double search(struct index *x, uint32_t effort, size_t n_queries,
		     double *recall)
{
	double start = now(CLOCK_THREAD_CPUTIME_ID), seconds = 0.0;
	uint64_t ids[K];
	size_t q, got, right = 0;

	for (q = 0; q < n_queries && (q < LEAST || seconds < BUDGET); q++) {
		if (x->ops->search(x->session, query(q), run.k, effort, ids,
				   &got, &err))
			die(err.text);
		seconds = now(CLOCK_THREAD_CPUTIME_ID) - start;
		if (got < run.k && x->ops == &engine_vsx)
			die("fewer hits than there are");
		for (size_t i = 0; i < got; i++)
			for (size_t j = 0; j < run.k; j++)
				right += run.truth[q * K + j] == ids[i];
	}
	*recall = (double)right / (double)(q * run.k);
	return seconds / (double)q;
}

/* The least effort that finds so much, or the greatest. */
static uint32_t least_effort(struct index *x, double recall)
{
	bool is_ef = strcmp(x->ops->effort_name(x->engine), "ef") == 0;
	uint32_t low = is_ef ? K : 1, high = low;
	uint32_t most = x->ops->max_effort(x->engine);
	double got;

	for (;; high *= 2) {
		if (high > most)
			high = most;
		search(x, high, run.queries.n, &got);
		if (got >= recall || high == most)
			break;
		low = high;
	}
	while (high - low > 1 + low / 16) {
		uint32_t middle = low + (high - low) / 2;

		search(x, middle, run.queries.n, &got);
		if (got >= recall)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static void choose_efforts(struct index *x)
{
	uint32_t from, to;

	x->n_points = 1;
	x->points[0].effort = 0;
	if (!x->ops->effort_name(x->engine)[0])
		return;
	from = least_effort(x, RECALL - 0.015);
	to = least_effort(x, RECALL + 0.005);
	x->n_points = 0;
	for (int i = 0; i < STEPS; i++) {
		double part = (double)i / (STEPS - 1);
		uint32_t effort =
			(uint32_t)(from * pow((double)to / from, part) + 0.5);

		if (x->n_points == 0 ||
		    effort > x->points[x->n_points - 1].effort)
			x->points[x->n_points++].effort = effort;
	}
}

static void measure(struct index *x, struct point *p, bool first)
{
	double s = search(x, p->effort, run.queries.n, &p->recall);

	p->seconds = first || s < p->seconds ? s : p->seconds;
}

/* NaN where no effort reaches it. */
static double seconds_at(const struct index *x, double recall)
{
	const struct point *p = x->points;

	for (size_t i = 0; i < x->n_points; i++) {
		double part;

		if (p[i].recall < recall)
			continue;
		if (i == 0 || p[i].recall == p[i - 1].recall)
			return p[i].seconds;
		part = (recall - p[i - 1].recall) /
		       (p[i].recall - p[i - 1].recall);
		return p[i - 1].seconds +
		       part * (p[i].seconds - p[i - 1].seconds);
	}
	return (double)NAN;
}

static void measure_all(struct index *all, size_t n, const char *filter)
{
	const struct index *peer = NULL;

	for (size_t i = 0; i < n; i++) {
		if (all[i].ops->filter(all[i].engine, run.bits, &err))
			die(err.text);
		if (all[i].ops == &peer_hnswlib)
			peer = &all[i];
	}
	for (size_t i = 0; i < n; i++)
		if (all[i].ops == &engine_vsx) {
			find_truth(&all[i]);
			break;
		}
	for (size_t i = 0; i < n; i++)
		choose_efforts(&all[i]);
	for (size_t r = 0; r < run.rounds; r++)
		for (size_t i = 0; i < n; i++) {
			struct index *x = &all[(i + r) % n];

			for (size_t j = 0; j < x->n_points; j++)
				measure(x, &x->points[j], r == 0);
			if (x->ops == &engine_vsx)
				measure(x, &x->usual, r == 0);
		}
	for (size_t i = 0; i < n; i++) {
		const struct index *x = &all[i];
		double s = seconds_at(x, RECALL);

		printf("| %s | %zu | %s |", filter, run.n_pass, x->name);
		if (x->ops == &engine_vsx)
			printf(" %.3f | %.1f |", x->usual.recall,
			       1e6 * x->usual.seconds);
		else
			printf(" | |");
		printf(" %u | %.3f | %.1f |", x->points[x->n_points - 1].effort,
		       x->points[x->n_points - 1].recall, 1e6 * s);
		if (peer)
			printf(" %.2f |", seconds_at(peer, RECALL) / s);
		printf("\n");
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	static struct index all[MOST];
	size_t n, n_queries = SIZE_MAX;
	char why[BENCH_WHY_BYTES];
	const char *only = "";
	int c;

	while ((c = getopt(argc, argv, "f:m:r:q:t:")) != -1)
		if (c == 'f')
			only = optarg;
		else if (c == 'm')
			run.metric =
				strcmp(optarg, "cosine") ? VSX_L2 : VSX_COSINE;
		else if (c == 'r')
			run.rounds = number_above_0(optarg, "-r ROUNDS");
		else if (c == 'q')
			n_queries = number_above_0(optarg, "-q QUERIES");
		else if (c == 't')
			run.threads = (unsigned int)number_above_0(
				optarg, "-t THREADS");
		else
			return 2;
	argv += optind;
	argc -= optind;
	if (argc < 4 || argc - 3 > MOST)
		die("[-m cosine] [-r ROUNDS] [-q QUERIES] [-t THREADS] "
		    "[-f FILTER] BASE QUERIES FOLDER ENGINE:SPEC...");
	n = (size_t)argc - 3;
	if (bench_vectors_read(&run.base, argv[0], why) ||
	    bench_vectors_read(&run.queries, argv[1], why))
		die(why);
	if (run.queries.n > n_queries)
		run.queries.n = n_queries;
	for (size_t i = 0; i < n; i++) {
		all[i].name = argv[3 + i];
		open_or_build(&all[i], argv[2]);
	}
	measure_along();
	printf("| pass | rows | index | recall@10 | us | effort | recall@10 | "
	       "us at %.2f | times hnswlib |\n"
	       "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: "
	       "|\n",
	       RECALL);
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		if (strncmp(filters[i].name, only, strlen(only)) != 0)
			continue;
		choose_rows(filters[i].percent, filters[i].correlated);
		if (run.k > 0)
			measure_all(all, n, filters[i].name);
	}
	for (size_t i = 0; i < n; i++) {
		all[i].ops->session_free(all[i].session);
		all[i].ops->close(all[i].engine);
	}
	bench_vectors_release(&run.base);
	bench_vectors_release(&run.queries);
	free(run.along);
	free(run.sorted);
	free(run.bits);
	free(run.truth);
	return 0;
}
