/*
 * Where a peer stands: builds over a data set (or loads what an earlier run
 * saved), then for each ef prints recall@k, queries a second on one thread,
 * and the work of a query. bench/peers/build.sh compiles it.
 *
 * QPS is of the whole query set: the best and the median of the repeats by
 * the wall clock, and the best by the CPU time of the thread, which is close
 * to what an otherwise idle machine gives when other programs hold the core.
 */
#include "../data.h"
#include "peer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: peer_probe [OPTION]... BASE QUERIES GROUND-TRUTH\n"
	"  -m l2|ip|cosine  metric (l2)\n"
	"  -M N             links a node (16)\n"
	"  -c N             ef_construction (200)\n"
	"  -t N             threads of the build (1)\n"
	"  -k N             neighbours (10)\n"
	"  -e N,N,...       ef values\n"
	"  -r N             repeats, at least 5 to be of use (5)\n"
	"  -i FILE          load the peer's index from FILE, or build and\n"
	"                   save it there\n";

static const char default_efs[] = "10,12,14,16,20,24,28,32,40,48,64,80,96,"
				  "128,192,256,384,512,800";

struct options {
	enum peer_metric metric = PEER_L2;
	int M = 16, efc = 200, threads = 1;
	size_t k = 10, repeats = 5;
	std::vector<size_t> efs;
	const char *index = nullptr;
	const char *base, *queries, *truth;
};

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

[[noreturn]] static void die(const char *what)
{
	fprintf(stderr, "peer_probe: %s\n", what);
	exit(2);
}

static std::vector<size_t> parse_list(const char *text)
{
	std::vector<size_t> list;
	char *end;

	for (; *text; text = *end == ',' ? end + 1 : end) {
		list.push_back(strtoul(text, &end, 10));
		if (end == text || !list.back() || (*end && *end != ','))
			die("-e wants numbers with commas between");
	}
	return list;
}

static enum peer_metric parse_metric(const char *name)
{
	if (!strcmp(name, "l2"))
		return PEER_L2;
	if (!strcmp(name, "ip"))
		return PEER_IP;
	if (!strcmp(name, "cosine"))
		return PEER_COSINE;
	die("-m wants l2, ip or cosine");
}

static options parse(int argc, char **argv)
{
	options o;
	int c;

	o.efs = parse_list(default_efs);
	while ((c = getopt(argc, argv, "m:M:c:t:k:e:r:i:")) != -1) {
		switch (c) {
		case 'm':
			o.metric = parse_metric(optarg);
			break;
		case 'M':
			o.M = atoi(optarg);
			break;
		case 'c':
			o.efc = atoi(optarg);
			break;
		case 't':
			o.threads = atoi(optarg);
			break;
		case 'k':
			o.k = strtoul(optarg, nullptr, 10);
			break;
		case 'e':
			o.efs = parse_list(optarg);
			break;
		case 'r':
			o.repeats = strtoul(optarg, nullptr, 10);
			break;
		case 'i':
			o.index = optarg;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (argc - optind != 3 || o.M < 2 || o.efc < 1 || o.threads < 1 ||
	    !o.k || !o.repeats) {
		fputs(usage, stderr);
		exit(2);
	}
	o.base = argv[optind];
	o.queries = argv[optind + 1];
	o.truth = argv[optind + 2];
	return o;
}

static struct peer *open_or_build(const struct peer_ops *ops, const options &o,
				  const struct bench_vectors &base)
{
	struct peer *p;
	double seconds;

	if (o.index && ops->load && !access(o.index, R_OK)) {
		p = ops->load(o.index, base.n, base.dim, o.metric);
		if (p)
			printf("# loaded %s\n", o.index);
		return p;
	}
	const double cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	p = ops->build(base.x, base.n, base.dim, o.metric, o.M, o.efc,
		       o.threads, &seconds);
	if (!p)
		return nullptr;
	printf("# build: %.2f s wall, %.2f s cpu, %d thread(s), "
	       "M=%d efc=%d\n",
	       seconds, now(CLOCK_PROCESS_CPUTIME_ID) - cpu, o.threads, o.M,
	       o.efc);
	if (o.index && ops->save && ops->save(p, o.index))
		fprintf(stderr, "peer_probe: %s was not saved\n", o.index);
	return p;
}

static double median(std::vector<double> v)
{
	std::sort(v.begin(), v.end());
	return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

static int measure(const struct peer_ops *ops, struct peer *p, const options &o,
		   const struct bench_vectors &queries,
		   const struct bench_ids &truth, size_t ef)
{
	std::vector<int32_t> ids(queries.n * o.k);
	std::vector<double> wall, cpu;
	struct peer_work work = {0, 0};

	/* The counted pass warms the caches too. */
	if (ops->count && ops->count(p, queries.x, queries.n, o.k, ef, &work))
		return -1;
	for (size_t r = 0; r < o.repeats; r++) {
		const double w = now(CLOCK_MONOTONIC);
		const double c = now(CLOCK_THREAD_CPUTIME_ID);

		if (ops->search(p, queries.x, queries.n, o.k, ef, ids.data()))
			return -1;
		cpu.push_back(now(CLOCK_THREAD_CPUTIME_ID) - c);
		wall.push_back(now(CLOCK_MONOTONIC) - w);
	}
	const double nq = (double)queries.n;
	printf("%5zu %8.5f %9.0f %9.0f %9.0f %10.1f %8.1f\n", ef,
	       bench_recall(ids.data(), &truth, o.k),
	       nq / *std::min_element(wall.begin(), wall.end()),
	       nq / median(wall),
	       nq / *std::min_element(cpu.begin(), cpu.end()), work.dists,
	       work.hops);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const options o = parse(argc, argv);
	const struct peer_ops *ops = &peer_hnswlib;
	struct bench_vectors base, queries;
	struct bench_ids truth;
	char why[BENCH_WHY_BYTES];
	double load[3] = {0, 0, 0};
	struct peer *p;

	if (bench_vectors_read(&base, o.base, why) ||
	    bench_vectors_read(&queries, o.queries, why) ||
	    bench_ids_read(&truth, o.truth, why))
		die(why);
	if (base.dim != queries.dim || queries.n != truth.n || truth.k < o.k)
		die("base, queries and ground truth do not belong together");
	getloadavg(load, 3);
	printf("# %s: base %s, %zu x %zu %s; %zu queries, k=%zu; "
	       "load %.2f\n",
	       ops->name, o.base, base.n, base.dim, base.elem, queries.n, o.k,
	       load[0]);
	p = open_or_build(ops, o, base);
	if (!p)
		return 3;
	bench_vectors_release(&base);
	printf("# kernel: %s\n", ops->kernel(p));
	printf("#  ef   recall  qps.best   qps.med   qps.cpu    dists/q   "
	       "hops/q\n");
	fflush(stdout);
	for (size_t ef : o.efs)
		if (measure(ops, p, o, queries, truth, ef))
			return 3;
	ops->close(p);
	bench_vectors_release(&queries);
	bench_ids_release(&truth);
	return 0;
}
