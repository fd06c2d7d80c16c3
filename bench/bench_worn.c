/*
 * Graphs that have lived, beside ones that are built at once of the same rows:
 * rows in 16 segments, half of the rows deleted, and 50 rounds in each of which
 * a tenth of the rows is deleted and as many are added.
 *
 * usage: bench_worn BASE QUERIES l2|ip|cosine SPEC FOLDER ROWS [LIFE]
 *
 * BASE has ROWS and half as many again at least. LIFE is one of these alone:
 * segments, half, rounds. One thread; times are of its
 * processor, the least of 5 passes over up to 1,000 queries, the two indexes in
 * turn; k = 10. At recall 0.95 and 0.99, between the two efforts around it:
 * what the worn index takes as a multiple of the fresh one, in time and in
 * distances. And how much recall differs where the effort is the same.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "data.h"
#include "measure.h"
#include "vsx_write.h"

enum { K = 10, PARTS = 16, ROUNDS = 50, PASSES = 5, MOST_QUERIES = 1000 };

static const uint32_t efforts[] = {10,	12,  14,  16,  20,  24,	 28,
				   34,	40,  50,  60,  80,  100, 130,
				   160, 200, 260, 340, 450, 600, 800};
#define N_EFFORTS (sizeof(efforts) / sizeof(*efforts))

static struct bench_vectors base, queries;
static enum vsx_metric metric;
static const char *spec;
static uint8_t *live;	      /* [base.n] */
static struct vsx_hit *truth; /* [queries.n][K] */
static struct vsx_error err;

static void must(enum vsx_status status)
{
	if (status != VSX_OK)
		die(err.text);
}

/* ---- indexes ------------------------------------------------------------- */

static struct vsx_batch one(const uint64_t *id)
{
	struct vsx_batch b = VSX_BATCH_INIT;

	b.n = 1;
	b.vectors = base.x + *id * base.dim;
	b.ids = id;
	return b;
}

/* Rows first .. end - 1, as far as they live. */
static void build(const char *path, uint64_t first, uint64_t end)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = (uint32_t)base.dim;
	opts.metric = metric;
	opts.spec = spec;
	opts.force = 1;
	must(vsx_builder_new(&b, path, &opts, &err));
	for (uint64_t i = first; i < end; i++) {
		struct vsx_batch row = one(&i);

		if (live[i])
			must(vsx_builder_add(b, &row, &err));
	}
	must(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

static struct vsx_update *begin(const char *path, uint32_t keep)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;

	opts.keep_segments = keep;
	if (keep)
		opts.flat_below = 1;
	must(vsx_update_begin(&u, path, &opts, &err));
	return u;
}

static void commit(struct vsx_update *u)
{
	must(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
}

static void add(struct vsx_update *u, uint64_t i)
{
	struct vsx_batch row = one(&i);

	live[i] = 1;
	must(vsx_update_add(u, &row, &err));
}

static void drop(struct vsx_update *u, uint64_t i)
{
	live[i] = 0;
	must(vsx_update_delete(u, &i, 1, &err));
}

static void make_parts(const char *path, uint64_t n)
{
	memset(live, 1, n);
	build(path, 0, n / PARTS);
	for (uint64_t p = 1; p < PARTS; p++) {
		struct vsx_update *u = begin(path, 1);

		for (uint64_t i = n * p / PARTS; i < n * (p + 1) / PARTS; i++)
			add(u, i);
		commit(u);
	}
}

static void make_fewer(const char *path, uint64_t n, uint32_t percent,
		       uint32_t keep)
{
	struct vsx_rng rng = {3};
	struct vsx_update *u;

	memset(live, 1, n);
	build(path, 0, n);
	u = begin(path, keep);
	for (uint64_t left = n * percent / 100; left > 0;) {
		uint64_t i = vsx_rng_below(&rng, n);

		if (!live[i])
			continue;
		drop(u, i);
		left--;
	}
	commit(u);
}

static void make_half(const char *path, uint64_t n)
{
	make_fewer(path, n, 50, 0);
}

static void make_50(const char *path, uint64_t n)
{
	make_fewer(path, n, 50, 1);
}

static void make_33(const char *path, uint64_t n)
{
	make_fewer(path, n, 33, 1);
}

static void make_25(const char *path, uint64_t n)
{
	make_fewer(path, n, 25, 1);
}

static void make_20(const char *path, uint64_t n)
{
	make_fewer(path, n, 20, 1);
}

static void make_rounds(const char *path, uint64_t n)
{
	struct vsx_rng rng = {5};
	uint64_t next = n;

	memset(live, 1, n);
	build(path, 0, n);
	for (int r = 0; r < ROUNDS; r++) {
		struct vsx_update *u = begin(path, 0);

		for (uint64_t left = n / 10; left > 0;) {
			uint64_t i = vsx_rng_below(&rng, base.n);

			if (!live[i])
				continue;
			drop(u, i);
			left--;
		}
		for (uint64_t left = n / 10; left > 0;
		     next = (next + 1) % base.n) {
			if (live[next])
				continue;
			add(u, next);
			left--;
		}
		commit(u);
	}
}

/* ---- what they find ------------------------------------------------------ */

struct point {
	double recall, us, distances;
};

static double pass(struct vsx_searcher *s, uint32_t effort, size_t *hits)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	double start = now(CLOCK_THREAD_CPUTIME_ID);
	struct vsx_hit found[K];
	size_t n;

	opts.effort = effort;
	*hits = 0;
	for (size_t q = 0; q < queries.n; q++) {
		must(vsx_search(s, queries.x + q * base.dim, VSX_F32, K, &opts,
				found, &n, &err));
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < K; j++)
				*hits += found[i].id == truth[q * K + j].id;
	}
	return (now(CLOCK_THREAD_CPUTIME_ID) - start) * 1e6 / (double)queries.n;
}

static void find_truth(struct vsx_searcher *s)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	size_t n;

	opts.exact = 1;
	for (size_t q = 0; q < queries.n; q++) {
		must(vsx_search(s, queries.x + q * base.dim, VSX_F32, K, &opts,
				truth + q * K, &n, &err));
		if (n < K)
			die("fewer than 10 rows");
	}
}

/* Of both indexes, the passes in turn. */
static void measure(struct vsx_searcher *s[2], uint32_t effort,
		    struct point at[2])
{
	for (int i = 0; i < 2 * PASSES; i++) {
		struct vsx_search_stats before, after;
		struct point *p = &at[i & 1];
		size_t hits;
		double us;

		vsx_get_stats(s[i & 1], &before);
		us = pass(s[i & 1], effort, &hits);
		vsx_get_stats(s[i & 1], &after);
		p->us = i < 2 || us < p->us ? us : p->us;
		p->recall = (double)hits / (double)(queries.n * K);
		p->distances =
			(double)(after.n_distances - before.n_distances) /
			(double)queries.n;
	}
}

/* Where an index reaches a recall, between two points. */
static struct point at_recall(struct point points[][2], size_t n, int which,
			      double recall)
{
	size_t i = 0;
	double part;
	struct point a, b;

	while (i < n && points[i][which].recall < recall)
		i++;
	if (i == n)
		return (struct point){NAN, NAN, NAN};
	b = points[i][which];
	if (i == 0)
		return b;
	a = points[i - 1][which];
	part = (recall - a.recall) / (b.recall - a.recall);
	return (struct point){recall, a.us + part * (b.us - a.us),
			      a.distances + part * (b.distances - a.distances)};
}

static void tell(const char *what, const char *of, const char *unit, double x)
{
	char name[100];

	snprintf(name, sizeof(name), "%s: %s", what, of);
	tell_figure(name, unit, x);
}

static void compare(const char *what, const char *fresh, const char *worn)
{
	const char *const paths[2] = {fresh, worn};
	struct point points[N_EFFORTS][2];
	struct vsx_searcher *s[2];
	struct vsx *index[2];
	double least = 0;
	size_t n = 0;

	for (int i = 0; i < 2; i++) {
		must(vsx_open(&index[i], paths[i], NULL, &err));
		must(vsx_searcher_new(&s[i], index[i], &err));
	}
	find_truth(s[0]);
	while (n < N_EFFORTS) {
		struct point *p = points[n];

		measure(s, efforts[n++], p);
		least = fmin(least, p[1].recall - p[0].recall);
		if (p[0].recall >= 0.99 && p[1].recall >= 0.99)
			break;
	}
	for (int r = 0; r < 2; r++) {
		struct point a = at_recall(points, n, 0, r ? 0.99 : 0.95);
		struct point b = at_recall(points, n, 1, r ? 0.99 : 0.95);

		tell(what, r ? "time at 0.99" : "time at 0.95", "times",
		     b.us / a.us);
		tell(what, r ? "distances at 0.99" : "distances at 0.95",
		     "times", b.distances / a.distances);
	}
	tell(what, "recall at equal ef, at worst", "more", least);
	for (int i = 0; i < 2; i++) {
		vsx_searcher_free(s[i]);
		vsx_close(index[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name, *what;
		void (*make)(const char *path, uint64_t n);
	} lives[] = {{"segments", "16 segments", make_parts},
		     {"half", "half deleted", make_half},
		     {"50", "50 %, segments kept", make_50},
		     {"33", "33 %, segments kept", make_33},
		     {"25", "25 %, segments kept", make_25},
		     {"20", "20 %, segments kept", make_20},
		     {"rounds", "50 rounds", make_rounds}};
	char why[BENCH_WHY_BYTES], fresh[4096], worn[4096];
	uint64_t n;

	if (argc != 7 && argc != 8)
		die("usage: bench_worn BASE QUERIES l2|ip|cosine SPEC FOLDER "
		    "ROWS [LIFE]");
	if (bench_vectors_read(&base, argv[1], why) ||
	    bench_vectors_read(&queries, argv[2], why))
		die(why);
	metric = strcmp(argv[3], "l2") == 0   ? VSX_L2
		 : strcmp(argv[3], "ip") == 0 ? VSX_IP
					      : VSX_COSINE;
	spec = argv[4];
	n = number_above_0(argv[6], "ROWS is no number above 0");
	if (base.n < n + n / 2 || queries.dim != base.dim)
		die("too few rows, or queries of other dimensions");
	if (queries.n > MOST_QUERIES)
		queries.n = MOST_QUERIES;
	live = calloc(base.n, 1);
	truth = calloc(queries.n * K, sizeof(*truth));
	if (!live || !truth)
		die("out of memory");
	snprintf(fresh, sizeof(fresh), "%s/fresh.vsx", argv[5]);
	snprintf(worn, sizeof(worn), "%s/worn.vsx", argv[5]);
	for (size_t i = 0; i < sizeof(lives) / sizeof(*lives); i++) {
		if (argc == 8 && strcmp(argv[7], lives[i].name) != 0)
			continue;
		memset(live, 0, base.n);
		lives[i].make(worn, n);
		build(fresh, 0, base.n);
		compare(lives[i].what, fresh, worn);
	}
	remove(fresh);
	remove(worn);
	report_table();
	return 0;
}
