/*
 * VSX beside hnswlib on one data set, in one process and on one thread: build
 * time, and queries a second at recall@10 of 0.95 and 0.99.
 *
 * usage: bench_speed BASE QUERIES TRUTH l2|ip|cosine M EFC NLIST FOLDER
 * [THREADS]
 *
 * With THREADS only the builds are timed, with so many.
 *
 * Each contender searches with the least effort that reaches the recall. Then
 * all of them run in turn, round after round, so that a machine whose speed
 * drifts harms all alike; what counts is the median over the rounds of the
 * ratio to hnswlib in the same round, by the CPU time of the thread. VSX
 * searches its file, mapped, with the default checks, through the public
 * interface.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "data.h"
#include "peers/peer.h"
#include "vsx_write.h"

#define K      10
#define ROUNDS 15

struct contender {
	const char *name;
	/* One of the two. */
	struct peer *peer;
	struct vsx *index;
	struct vsx_searcher *searcher;
	double seconds, cpu_seconds; /* of the build */
	double times[ROUNDS];
	uint32_t effort;
	double recall;
};

struct set {
	struct bench_vectors base, queries;
	struct bench_ids truth;
	int32_t *found;
};

static unsigned int n_threads = 1; /* of the builds */

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
	fprintf(stderr, "bench_speed: %s\n", what);
	exit(1);
}

static void search_vsx(struct contender *c, const struct set *set,
		       uint32_t effort)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[K];
	struct vsx_error err;

	opts.effort = effort;
	for (size_t q = 0; q < set->queries.n; q++) {
		size_t n;

		if (vsx_search(c->searcher, set->queries.x + q * set->base.dim,
			       VSX_F32, K, &opts, hits, &n, &err))
			die(err.text);
		for (size_t i = 0; i < K; i++)
			set->found[q * K + i] =
				i < n ? (int32_t)hits[i].id : -1;
	}
}

static double run(struct contender *c, const struct set *set, uint32_t effort)
{
	double start = now(CLOCK_THREAD_CPUTIME_ID);

	if (c->peer) {
		if (peer_hnswlib.search(c->peer, set->queries.x, set->queries.n,
					K, effort, set->found))
			die("hnswlib failed");
	} else {
		search_vsx(c, set, effort);
	}
	return now(CLOCK_THREAD_CPUTIME_ID) - start;
}

static double recall_at(struct contender *c, const struct set *set,
			uint32_t effort)
{
	run(c, set, effort);
	return bench_recall(set->found, &set->truth, K);
}

/* The least effort that reaches the recall; 0 when 4096 does not. */
static void find_effort(struct contender *c, const struct set *set,
			double recall)
{
	uint32_t low = 1, high = 8;

	while (high < 4096 && recall_at(c, set, high) < recall)
		low = high + 1, high *= 2;
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (recall_at(c, set, mid) >= recall)
			high = mid;
		else
			low = mid + 1;
	}
	c->effort = low;
	c->recall = recall_at(c, set, low);
}

static int by_value(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

static double median(const double *x, int n)
{
	double sorted[ROUNDS];

	memcpy(sorted, x, (size_t)n * sizeof(*x));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	return sorted[n / 2];
}

static void compare(struct contender *c, int n, const struct set *set,
		    double recall)
{
	double nq = (double)set->queries.n;

	for (int i = 0; i < n; i++)
		find_effort(&c[i], set, recall);
	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < n; i++)
			c[i].times[r] = run(&c[i], set, c[i].effort);
	for (int i = 0; i < n; i++) {
		double ratio[ROUNDS], least, most;

		for (int r = 0; r < ROUNDS; r++)
			ratio[r] = c[0].times[r] / c[i].times[r];
		qsort(ratio, ROUNDS, sizeof(*ratio), by_value);
		least = ratio[ROUNDS / 4];
		most = ratio[ROUNDS - 1 - ROUNDS / 4];
		printf("| %.2f | %s | %u | %.4f | %.0f | %.2f | %.2f to %.2f "
		       "|\n",
		       recall, c[i].name, c[i].effort, c[i].recall,
		       nq / median(c[i].times, ROUNDS), ratio[ROUNDS / 2],
		       least, most);
		fflush(stdout);
	}
}

/* Recall at the same ef, and the work that it takes. */
static void compare_recall(struct contender *peer, struct contender *own,
			   const struct set *set)
{
	static const uint32_t efs[] = {10, 20, 40, 80, 160, 320, 640};

	puts("\n| ef | recall@10 of hnswlib | of VSX | difference |\n"
	     "| --- | --- | --- | --- |");
	for (size_t i = 0; i < sizeof(efs) / sizeof(efs[0]); i++) {
		double a = recall_at(peer, set, efs[i]);
		double b = recall_at(own, set, efs[i]);

		printf("| %u | %.4f | %.4f | %+.4f |\n", efs[i], a, b, b - a);
	}
}

static void build_vsx(struct contender *c, const struct set *set,
		      enum vsx_metric metric, enum vsx_elem elem,
		      const char *spec, int efc, const char *folder)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_build_result result;
	struct vsx_builder *b;
	struct vsx_error err;
	char path[4096];
	double start, cpu;

	snprintf(path, sizeof(path), "%s/%s.vsx", folder, c->name);
	opts.dim = (uint32_t)set->base.dim;
	opts.metric = metric;
	opts.elem = elem;
	opts.spec = spec;
	opts.ef_construction = (uint32_t)efc;
	opts.n_threads = n_threads;
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX; /* no test: the peer makes none */
	start = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	if (vsx_builder_new(&b, path, &opts, &err) ||
	    vsx_builder_add(b, set->base.x, VSX_F32, set->base.n, NULL, &err) ||
	    vsx_builder_finish(b, &result, &err))
		die(err.text);
	vsx_builder_free(b);
	c->seconds = now(CLOCK_MONOTONIC) - start;
	c->cpu_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (vsx_open(&c->index, path, NULL, &err) ||
	    vsx_searcher_new(&c->searcher, c->index, &err))
		die(err.text);
}

static void load(struct set *set, char **argv)
{
	char why[BENCH_WHY_BYTES];

	if (bench_vectors_read(&set->base, argv[1], why) ||
	    bench_vectors_read(&set->queries, argv[2], why) ||
	    bench_ids_read(&set->truth, argv[3], why))
		die(why);
	set->found = calloc(set->queries.n * K, sizeof(*set->found));
	if (!set->found)
		die("out of memory");
}

int main(int argc, char **argv)
{
	struct contender c[4] = {{.name = "hnswlib"}};
	struct set set = {0};
	enum vsx_metric metric;
	enum peer_metric peer_metric;
	char spec[64], ivf[64];
	int n = 1, m, efc;
	double cpu;

	if (argc != 9 && argc != 10)
		die("BASE QUERIES TRUTH l2|ip|cosine M EFC NLIST FOLDER [THREADS]");
	if (argc == 10)
		n_threads = (unsigned int)atoi(argv[9]);
	metric = strcmp(argv[4], "l2") == 0   ? VSX_L2
		 : strcmp(argv[4], "ip") == 0 ? VSX_IP
					      : VSX_COSINE;
	peer_metric = metric == VSX_L2	 ? PEER_L2
		      : metric == VSX_IP ? PEER_IP
					 : PEER_COSINE;
	m = atoi(argv[5]);
	efc = atoi(argv[6]);
	load(&set, argv);
	printf("\n%s: %zu rows of %zu, %s, %zu queries, M %d, efConstruction "
	       "%d, kernels %s\n\n",
	       argv[1], set.base.n, set.base.dim, argv[4], set.queries.n, m,
	       efc, vsx_isa());

	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	c[0].peer = peer_hnswlib.build(set.base.x, set.base.n, set.base.dim,
				       peer_metric, m, efc, (int)n_threads,
				       &c[0].seconds);
	c[0].cpu_seconds = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if (!c[0].peer)
		die("hnswlib failed");
	snprintf(spec, sizeof(spec), "HNSW%d", m);
	c[n].name = "HNSW-f32";
	build_vsx(&c[n++], &set, metric, VSX_F32, spec, efc, argv[8]);
	if (strcmp(set.base.elem, "u8") == 0) {
		c[n].name = "HNSW-u8";
		build_vsx(&c[n++], &set, metric, VSX_U8, spec, efc, argv[8]);
	} else if (strcmp(set.base.elem, "f16") == 0) {
		c[n].name = "HNSW-f16";
		build_vsx(&c[n++], &set, metric, VSX_F16, spec, efc, argv[8]);
	}
	snprintf(ivf, sizeof(ivf), "IVF%s,Flat", argv[7]);
	c[n].name = "IVF-f32";
	build_vsx(&c[n++], &set, metric, VSX_F32, ivf, efc, argv[8]);

	printf("built by %u thread%s\n\n", n_threads,
	       n_threads == 1 ? "" : "s");
	puts("| index | build s | CPU s | hnswlib's CPU time / its own |\n"
	     "| --- | --- | --- | --- |");
	for (int i = 0; i < n; i++)
		printf("| %s | %.1f | %.1f | %.2f |\n", c[i].name, c[i].seconds,
		       c[i].cpu_seconds, c[0].cpu_seconds / c[i].cpu_seconds);
	if (argc == 10)
		return 0;
	compare_recall(&c[0], &c[1], &set);
	puts("\n| recall@10 | index | effort | reached | queries/s | ratio to "
	     "hnswlib | middle half |\n| --- | --- | --- | --- | --- | --- | "
	     "--- |");
	compare(c, n, &set, 0.95);
	compare(c, n, &set, 0.99);
	for (int i = 0; i < n; i++) {
		vsx_searcher_free(c[i].searcher);
		vsx_close(c[i].index);
	}
	peer_hnswlib.close(c[0].peer);
	free(set.found);
	bench_vectors_release(&set.base);
	bench_vectors_release(&set.queries);
	bench_ids_release(&set.truth);
	return 0;
}
