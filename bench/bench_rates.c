/*
 * What a search counts beside what it takes: a line for each index and effort,
 * which rates.py fits the constants of "auto" to (lib/kind/rates.h).
 *
 * usage: bench_rates ROUNDS REFINE QUERIES INDEX... [+ QUERIES INDEX...]...
 *
 * REFINE: the refine factor of all searches; 0: as each index has it. QUERIES
 * is .npy or .fvecs, of which the first 500 count; the indexes behind it are of
 * the same rows. k = 10, one thread, of its processor's time the least of
 * ROUNDS passes, the indexes of a set in turn.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"
#include "measure.h"
#include "vsx.h"

enum { K = 10, MOST_QUERIES = 500, MOST_INDEXES = 16 };

static const uint32_t efforts[] = {10, 12, 14, 17, 20, 24,  28, 34,
				   40, 48, 56, 68, 80, 112, 160};
#define N_EFFORTS (sizeof(efforts) / sizeof(*efforts))

/* One index at one effort, of all queries. */
struct point {
	double seconds, found, hops, distances, refused, looked_at;
};

struct one {
	const char *path;
	struct vsx *index;
	struct vsx_searcher *searcher;
	struct vsx_segment_facts segment;
	struct vsx_facts facts;
	struct point point[N_EFFORTS];
};

static struct bench_vectors queries;
static uint64_t *truth; /* [queries.n][K] */
static double refine;
static struct vsx_error err;

static void must(enum vsx_status status)
{
	if (status != VSX_OK)
		die(err.text);
}

static void search(const struct one *o, size_t i,
		   const struct vsx_search_opts *opts, struct vsx_hit hits[K])
{
	size_t n;

	must(vsx_search(o->searcher, queries.x + i * queries.dim, VSX_F32, K,
			opts, hits, &n, &err));
	if (n != K)
		die("fewer rows than 10");
}

static void open_one(struct one *o, const char *path)
{
	*o = (struct one){.path = path};
	must(vsx_open(&o->index, path, NULL, &err));
	must(vsx_searcher_new(&o->searcher, o->index, &err));
	must(vsx_get_segment(o->index, 0, &o->segment, &err));
	vsx_get_facts(o->index, &o->facts);
	if (o->facts.dim != queries.dim || o->facts.n_segments != 1)
		die("an index of other rows, or of several segments");
	for (size_t e = 0; e < N_EFFORTS; e++)
		o->point[e].seconds = (double)INFINITY;
}

static void find_truth(const struct one *o)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[K];

	opts.exact = 1;
	for (size_t i = 0; i < queries.n; i++) {
		search(o, i, &opts, hits);
		for (size_t j = 0; j < K; j++)
			truth[i * K + j] = hits[j].id;
	}
}

static double found(size_t i, const struct vsx_hit hits[K])
{
	double n = 0;

	for (size_t a = 0; a < K; a++)
		for (size_t b = 0; b < K; b++)
			n += truth[i * K + a] == hits[b].id;
	return n;
}

static void pass(struct one *o, size_t e)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[MOST_QUERIES][K];
	struct vsx_search_stats a, b;
	struct point *p = &o->point[e];
	double began, n = (double)queries.n, looked_at;

	opts.effort = efforts[e];
	opts.refine = o->segment.estimates ? refine : 0;
	vsx_get_stats(o->searcher, &a);
	began = now(CLOCK_THREAD_CPUTIME_ID);
	for (size_t i = 0; i < queries.n; i++)
		search(o, i, &opts, hits[i]);
	p->seconds = fmin(p->seconds, now(CLOCK_THREAD_CPUTIME_ID) - began);
	vsx_get_stats(o->searcher, &b);
	p->found = 0;
	for (size_t i = 0; i < queries.n; i++)
		p->found += found(i, hits[i]);
	looked_at = o->segment.estimates ? ceil(K * b.refine) : 0;
	p->looked_at = fmin(looked_at, efforts[e]);
	p->hops = (double)(b.n_hops - a.n_hops) / n;
	p->distances = (double)(b.n_distances - a.n_distances) / n;
	p->refused = (double)(b.n_refused - a.n_refused) / n;
}

static uint64_t parameter(const struct one *o, const char *name)
{
	for (uint32_t i = 0; i < o->segment.n_parameters; i++)
		if (strcmp(o->segment.parameters[i].name, name) == 0)
			return o->segment.parameters[i].value;
	return 0;
}

static void tell(const struct one *o)
{
	double n = (double)queries.n;

	for (size_t e = 0; e < N_EFFORTS; e++) {
		const struct point *p = &o->point[e];

		printf("%s\t%s\t%" PRIu64 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64
		       "\t%" PRIu64 "\t%" PRIu32 "\t%" PRIu32
		       "\t%.4f\t%.2f\t%.2f\t%.2f\t"
		       "%.2f\t%.3f\n",
		       o->path, o->facts.spec, o->facts.n_rows, o->facts.dim,
		       o->segment.row_stride, parameter(o, "m"),
		       parameter(o, "gates"), o->segment.estimates, efforts[e],
		       p->found / (n * K), p->hops, p->distances, p->refused,
		       p->looked_at, p->seconds / n * 1e6);
	}
}

/* One set; how many arguments it had. */
static int measure(char **argv, int argc, int rounds)
{
	static struct one one[MOST_INDEXES];
	char why[BENCH_WHY_BYTES];
	int n = 0;

	if (bench_vectors_read(&queries, argv[0], why))
		die(why);
	if (queries.n > MOST_QUERIES)
		queries.n = MOST_QUERIES;
	while (n + 1 < argc && n < MOST_INDEXES && strcmp(argv[n + 1], "+")) {
		open_one(&one[n], argv[n + 1]);
		n++;
	}
	truth = calloc(queries.n * K, sizeof(*truth));
	if (n == 0 || !truth)
		die("no index, or no memory");
	find_truth(&one[0]);
	for (int round = 0; round < rounds; round++)
		for (size_t e = 0; e < N_EFFORTS; e++)
			for (int i = 0; i < n; i++)
				pass(&one[i], e);
	for (int i = 0; i < n; i++) {
		tell(&one[i]);
		vsx_searcher_free(one[i].searcher);
		vsx_close(one[i].index);
	}
	free(truth);
	bench_vectors_release(&queries);
	return n + 1;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		die("usage: bench_rates ROUNDS REFINE QUERIES INDEX... "
		    "[+ QUERIES INDEX...]...");
	refine = strtod(argv[2], NULL);
	printf("index\tspec\trows\tdim\trow_bytes\tM\tparts\testimates\teffort\t"
	       "recall\thops\tdistances\trefused\tlooked_at\tus\n");
	for (int at = 3; at < argc; at++)
		at += measure(argv + at, argc - at,
			      (int)number_above_0(argv[1], "rounds"));
	return 0;
}
