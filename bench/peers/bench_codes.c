/*
 * Recall of codes beside those of FAISS at the same spec, without re-ranking:
 * VSX looks at as many rows as are wanted (refine 1), so its answers are the 10
 * rows with the best keys, like those of FAISS.
 *
 * usage: bench_codes [-m cosine] [-n ROWS] [-q QUERIES] [-s NAME] [-S SEED]
 *                    BASE QUERIES FOLDER SPEC...
 *
 *   ROWS    of the base, the first ones (all)
 *   NAME    of the set, for the table
 *   FOLDER  for the files of the indexes, which are removed
 *   SPEC    of both libraries: IVF64,PQ32x4
 *
 * Prints rows of a table in Markdown, for nprobe 8, 32 and all lists: set,
 * spec, nprobe, VSX, FAISS, the difference. One thread. True neighbours are
 * those of VSX Flat. The seed is that of all draws of VSX; FAISS draws
 * centroids by it, and codewords by its own.
 *
 * Cosine is measured against both things that FAISS can do with rows of length
 * 1: "l2", which VSX does too, where distances to what a code says count; and
 * "ip", where products with what a code says count, its length as it may be.
 * The differences shown are those from the better one.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/engine_vsx.h"
#include "data.h"
#include "measure.h"

extern const struct engine_ops peer_faiss;
extern bool peer_faiss_trains_fast;

#define K	    10
#define N_EFFORTS   3
#define ALL_EFFORTS UINT32_MAX

static const uint32_t efforts[N_EFFORTS] = {8, 32, ALL_EFFORTS};

static struct {
	struct bench_vectors base, queries;
	float *unit_base, *unit_queries; /* of length 1, cosine only */
	struct bench_ids truth;
	enum vsx_metric metric;
	uint64_t seed;
	const char *set;
	char path[4096];
	int32_t *found; /* [queries][K] */
} run = {.metric = VSX_L2, .seed = 1};

static struct vsx_error err;

struct recalls {
	double at[N_EFFORTS];
	uint32_t most; /* the greatest effort */
	double build_seconds;
};

static void search(const struct engine_ops *ops, struct engine_session *s,
		   const float *queries, uint32_t effort)
{
	uint64_t ids[K];
	size_t got;

	for (size_t q = 0; q < run.queries.n; q++) {
		if (ops->search(s, queries + q * run.base.dim, K, effort, ids,
				&got, &err))
			die(err.text);
		for (size_t i = 0; i < K; i++)
			run.found[q * K + i] = i < got ? (int32_t)ids[i] : -1;
	}
}

static double seconds(void)
{
	return now(CLOCK_PROCESS_CPUTIME_ID);
}

/* With no `out`, what is found becomes the truth. */
static void measure(const struct engine_ops *ops, const char *spec,
		    enum vsx_metric metric, const float *base,
		    const float *queries, struct recalls *out)
{
	struct engine_plan plan = {
		.spec = spec,
		.rows = base,
		.n_rows = run.base.n,
		.dim = (uint32_t)run.base.dim,
		.elem = VSX_F32,
		.metric = metric,
		.seed = run.seed,
		.threads = 1,
		.path = run.path,
	};
	struct engine_session *s;
	struct engine_cost cost;
	struct engine *e;
	double start = seconds();

	if (ops->build(&e, &plan, &cost, &err))
		die(err.text);
	if (out)
		out->build_seconds = seconds() - start;
	if (out && ops == &engine_vsx)
		engine_vsx_set_refine(e, 1.0);
	if (ops->session(&s, e, &err))
		die(err.text);
	if (!out) {
		search(ops, s, queries, 0);
		memcpy(run.truth.id, run.found,
		       run.queries.n * K * sizeof(*run.found));
	}
	for (size_t i = 0; out && i < N_EFFORTS; i++) {
		bool turns = *ops->effort_name(e) != '\0';
		uint32_t effort = efforts[i];

		out->most = turns ? ops->max_effort(e) : 0;
		out->at[i] = NAN;
		if (effort != ALL_EFFORTS && effort >= out->most)
			continue;
		search(ops, s, queries,
		       turns && effort > out->most ? out->most
		       : turns			   ? effort
						   : 0);
		out->at[i] = bench_recall(run.found, &run.truth, K);
	}
	ops->session_free(s);
	ops->close(e);
	unlink(run.path);
}

static void compare(const char *spec)
{
	struct recalls vsx, l2, ip = {.at = {NAN, NAN, NAN}};
	bool cosine = run.metric == VSX_COSINE;

	measure(&engine_vsx, spec, run.metric, run.base.x, run.queries.x, &vsx);
	measure(&peer_faiss, spec, VSX_L2, cosine ? run.unit_base : run.base.x,
		cosine ? run.unit_queries : run.queries.x, &l2);
	if (cosine)
		measure(&peer_faiss, spec, VSX_COSINE, run.base.x,
			run.queries.x, &ip);
	for (size_t i = 0; i < N_EFFORTS; i++) {
		double best = fmax(l2.at[i], ip.at[i]);

		if (isnan(vsx.at[i]))
			continue;
		printf("| %s, %zu | %s | ", run.set, run.base.n, spec);
		if (efforts[i] == ALL_EFFORTS)
			printf("all | ");
		else
			printf("%u | ", efforts[i]);
		printf("%.4f | %.4f | ", vsx.at[i], l2.at[i]);
		if (cosine)
			printf("%.4f | ", ip.at[i]);
		printf("%+.4f |\n", vsx.at[i] - best);
	}
	fflush(stdout);
	fprintf(stderr, "%s, %zu, %s: build CPU s VSX %.1f, FAISS %.1f\n",
		run.set, run.base.n, spec, vsx.build_seconds, l2.build_seconds);
}

static float *of_length_1(const struct bench_vectors *v)
{
	float *out = malloc(v->n * v->dim * sizeof(*out));

	if (!out)
		die("out of memory");
	for (size_t r = 0; r < v->n; r++) {
		const float *x = v->x + r * v->dim;
		double sum = 0.0;

		for (size_t i = 0; i < v->dim; i++)
			sum += (double)x[i] * (double)x[i];
		for (size_t i = 0; i < v->dim; i++)
			out[r * v->dim + i] =
				(float)((double)x[i] /
					(sum > 0.0 ? sqrt(sum) : 1.0));
	}
	return out;
}

static void read_all(char **argv, size_t rows, size_t queries)
{
	char why[BENCH_WHY_BYTES];

	if (bench_vectors_read(&run.base, argv[0], why) ||
	    bench_vectors_read(&run.queries, argv[1], why))
		die(why);
	if (rows && rows < run.base.n)
		run.base.n = rows;
	if (queries < run.queries.n)
		run.queries.n = queries;
	run.truth.n = run.queries.n;
	run.truth.k = K;
	run.truth.id = malloc(run.queries.n * K * sizeof(*run.truth.id));
	run.found = malloc(run.queries.n * K * sizeof(*run.found));
	if (!run.found || !run.truth.id)
		die("out of memory");
	if (run.metric == VSX_COSINE) {
		run.unit_base = of_length_1(&run.base);
		run.unit_queries = of_length_1(&run.queries);
	}
}

int main(int argc, char **argv)
{
	static const char usage[] =
		"[-m cosine] [-n ROWS] [-q QUERIES] [-s NAME] [-S SEED] "
		"BASE QUERIES FOLDER SPEC...";
	size_t rows = 0, queries = 500;
	int c;

	run.set = "rows";
	while ((c = getopt(argc, argv, "m:n:q:s:S:")) != -1)
		if (c == 'm')
			run.metric =
				strcmp(optarg, "cosine") ? VSX_L2 : VSX_COSINE;
		else if (c == 'n')
			rows = number_above_0(optarg, "-n ROWS");
		else if (c == 'q')
			queries = number_above_0(optarg, "-q QUERIES");
		else if (c == 's')
			run.set = optarg;
		else if (c == 'S')
			run.seed = number_above_0(optarg, "-S SEED");
		else
			die(usage);
	argv += optind;
	if (argc - optind < 4)
		die(usage);
	peer_faiss_trains_fast = true;
	read_all(argv, rows, queries);
	snprintf(run.path, sizeof(run.path), "%s/codes-%ld", argv[2],
		 (long)getpid());
	measure(&engine_vsx, "Flat", run.metric, run.base.x, run.queries.x,
		NULL);
	for (argv += 3; *argv; argv++)
		compare(*argv);
	return 0;
}
