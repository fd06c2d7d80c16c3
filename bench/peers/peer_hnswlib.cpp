/*
 * hnswlib (Debian's libhnswlib-dev, headers only) behind peer.h. Compiled
 * -O3 -march=native, as its own setup does: without -mavx512f it has no
 * AVX-512 kernels at all, since it chooses by macros before it looks at the
 * CPU. Inserts in the order of the rows, as its examples do.
 */
#include "peer.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include <unistd.h>

#include <hnswlib/hnswlib.h>

using hnsw_graph = hnswlib::HierarchicalNSW<float>;
using distance_fn = hnswlib::DISTFUNC<float>;

struct peer {
	size_t dim;
	enum peer_metric metric;
	std::unique_ptr<hnswlib::SpaceInterface<float>> space;
	std::unique_ptr<hnsw_graph> graph;
	std::vector<float> query; /* the normalised one, cosine only */
};

/* The counted search: counts, then calls the kernel that was there. */
static struct {
	distance_fn kernel;
	size_t calls;
} counted;

static float count_and_compute(const void *a, const void *b, const void *dim)
{
	counted.calls++;
	return counted.kernel(a, b, dim);
}

static void normalise(float *to, const float *from, size_t dim)
{
	double sum = 0;

	for (size_t j = 0; j < dim; j++)
		sum += (double)from[j] * from[j];
	const float scale = sum > 0 ? (float)(1 / std::sqrt(sum)) : 0;
	for (size_t j = 0; j < dim; j++)
		to[j] = from[j] * scale;
}

static std::unique_ptr<peer> new_peer(size_t dim, enum peer_metric metric)
{
	std::unique_ptr<peer> p(new peer);

	p->dim = dim;
	p->metric = metric;
	p->query.resize(dim);
	if (metric == PEER_L2)
		p->space.reset(new hnswlib::L2Space(dim));
	else
		p->space.reset(new hnswlib::InnerProductSpace(dim));
	return p;
}

static void insert(peer *p, std::vector<float> &scratch, const float *data,
		   size_t row)
{
	const float *x = data + row * p->dim;

	if (p->metric == PEER_COSINE) {
		normalise(scratch.data(), x, p->dim);
		x = scratch.data();
	}
	p->graph->addPoint(x, row);
}

/*
 * Rows from `first` on, handed out one by one. An exception in a thread is
 * thrown again after all have ended.
 */
static void insert_parallel(peer *p, const float *data, size_t first, size_t n,
			    int threads)
{
	std::atomic<size_t> next(first);
	std::exception_ptr thrown;
	std::mutex thrown_lock;
	std::vector<std::thread> crew;

	for (int t = 0; t < threads; t++)
		crew.emplace_back([&] {
			std::vector<float> scratch(p->dim);

			try {
				for (size_t i; (i = next.fetch_add(1)) < n;)
					insert(p, scratch, data, i);
			} catch (...) {
				std::lock_guard<std::mutex> hold(thrown_lock);
				thrown = std::current_exception();
				next = n;
			}
		});
	for (auto &worker : crew)
		worker.join();
	if (thrown)
		std::rethrow_exception(thrown);
}

static struct peer *build(const float *data, size_t n, size_t dim,
			  enum peer_metric metric, int M, int efc, int threads,
			  double *seconds)
try {
	const auto start = std::chrono::steady_clock::now();
	auto p = new_peer(dim, metric);
	std::vector<float> scratch(dim);
	size_t first = 0;

	p->graph.reset(
		new hnsw_graph(p->space.get(), n, (size_t)M, (size_t)efc));
	if (threads > 1 && n) {
		/* The first row alone: it becomes the entry point. */
		insert(p.get(), scratch, data, first++);
		insert_parallel(p.get(), data, first, n, threads);
	} else {
		for (; first < n; first++)
			insert(p.get(), scratch, data, first);
	}
	*seconds = std::chrono::duration<double>(
			   std::chrono::steady_clock::now() - start)
			   .count();
	return p.release();
} catch (const std::exception &e) {
	fprintf(stderr, "hnswlib: build: %s\n", e.what());
	return nullptr;
}

static int save(const struct peer *p, const char *path)
try {
	p->graph->saveIndex(path); /* says nothing when it cannot write */
	if (access(path, R_OK)) {
		perror(path);
		return -1;
	}
	return 0;
} catch (const std::exception &e) {
	fprintf(stderr, "hnswlib: %s: %s\n", path, e.what());
	return -1;
}

static struct peer *load(const char *path, size_t n, size_t dim,
			 enum peer_metric metric)
try {
	auto p = new_peer(dim, metric);

	p->graph.reset(new hnsw_graph(p->space.get(), std::string(path)));
	/*
	 * Debian's 0.6.2 leaves this unset on loading, and where the garbage
	 * is not zero searches by its slower path for deleted rows. The files
	 * that save() writes have none.
	 */
	p->graph->num_deleted_ = 0;
	const size_t dim_in_file =
		(p->graph->label_offset_ - p->graph->offsetData_) /
		sizeof(float);
	if (p->graph->cur_element_count != n || dim_in_file != dim) {
		fprintf(stderr, "hnswlib: %s: %zu x %zu, expected %zu x %zu\n",
			path, p->graph->cur_element_count, dim_in_file, n, dim);
		return nullptr;
	}
	return p.release();
} catch (const std::exception &e) {
	fprintf(stderr, "hnswlib: %s: %s\n", path, e.what());
	return nullptr;
}

static int search(struct peer *p, const float *queries, size_t nq, size_t k,
		  size_t ef, int32_t *ids)
try {
	p->graph->setEf(ef);
	for (size_t q = 0; q < nq; q++) {
		const float *x = queries + q * p->dim;
		int32_t *to = ids + q * k;

		if (p->metric == PEER_COSINE) {
			normalise(p->query.data(), x, p->dim);
			x = p->query.data();
		}
		auto found = p->graph->searchKnn(x, k); /* farthest on top */
		for (size_t i = found.size(); i < k; i++)
			to[i] = -1;
		for (; !found.empty(); found.pop())
			to[found.size() - 1] = (int32_t)found.top().second;
	}
	return 0;
} catch (const std::exception &e) {
	fprintf(stderr, "hnswlib: search: %s\n", e.what());
	return -1;
}

/*
 * hnswlib's own metric_distance_computations adds the length of each link
 * list it reads, rows that were seen before included: it counts links, not
 * distances. So the kernel is wrapped instead.
 */
static int count(struct peer *p, const float *queries, size_t nq, size_t k,
		 size_t ef, struct peer_work *work)
{
	std::vector<int32_t> ids(nq * k);
	int rc;

	counted.kernel = p->graph->fstdistfunc_;
	counted.calls = 0;
	p->graph->metric_hops = 0;
	p->graph->fstdistfunc_ = count_and_compute;
	rc = search(p, queries, nq, k, ef, ids.data());
	p->graph->fstdistfunc_ = counted.kernel;
	work->dists = (double)counted.calls / (double)nq;
	work->hops = (double)p->graph->metric_hops / (double)nq;
	return rc;
}

/*
 * Where dim is no multiple of 16, the kernel is a wrapper around the one of
 * 16 at a time; both are named.
 */
static const char *kernel(const struct peer *p)
{
#if defined(USE_AVX512)
	const distance_fn used = p->space->get_dist_func();

	if (used == hnswlib::L2SqrSIMD16ExtAVX512)
		return "L2SqrSIMD16ExtAVX512";
	if (used == hnswlib::L2SqrSIMD16ExtResiduals &&
	    hnswlib::L2SqrSIMD16Ext == hnswlib::L2SqrSIMD16ExtAVX512)
		return "L2SqrSIMD16ExtResiduals over L2SqrSIMD16ExtAVX512";
	if (used == hnswlib::InnerProductDistanceSIMD16ExtAVX512)
		return "InnerProductDistanceSIMD16ExtAVX512";
	if (used == hnswlib::InnerProductDistanceSIMD16ExtResiduals &&
	    hnswlib::InnerProductSIMD16Ext ==
		    hnswlib::InnerProductSIMD16ExtAVX512)
		return "InnerProductDistanceSIMD16ExtResiduals over "
		       "InnerProductSIMD16ExtAVX512";
#endif
	(void)p;
	return "not AVX-512";
}

static void close_peer(struct peer *p)
{
	delete p;
}

const struct peer_ops peer_hnswlib = {
	"hnswlib", build, save, load, search, count, kernel, close_peer,
};
