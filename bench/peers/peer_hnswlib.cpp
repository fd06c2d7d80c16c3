/*
 * hnswlib (Debian's libhnswlib-dev, headers only), compiled -O3 -march=native,
 * as its own setup does: without -mavx512f it has no AVX-512 kernels at all,
 * since it chooses by macros before it looks at the processor. Rows go in in
 * their order, as in its examples.
 *
 * Its ef belongs to the index and not to the search: sessions that search at
 * the same time must ask for the same, as those of vsx-bench do.
 */
#include "peer.hpp"
#include "peer_open.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include <hnswlib/hnswlib.h>

namespace
{

using graph = hnswlib::HierarchicalNSW<float>;
using space = hnswlib::SpaceInterface<float>;

struct index {
	size_t dim, n_rows, M;
	vsx_metric metric;
	std::string path;
	std::unique_ptr<space> distance;
	std::unique_ptr<graph> links;
};

struct session {
	index *of;
	std::vector<float> query; /* the normalised one, cosine only */
};

index *from(engine *e)
{
	return reinterpret_cast<index *>(e);
}

const index *from(const engine *e)
{
	return reinterpret_cast<const index *>(e);
}

session *from(engine_session *s)
{
	return reinterpret_cast<session *>(s);
}

std::string spec_of(const index &i)
{
	return "HNSW" + std::to_string(i.M);
}

std::unique_ptr<space> make_space(vsx_metric metric, size_t dim)
{
	if (metric == VSX_L2)
		return std::make_unique<hnswlib::L2Space>(dim);
	return std::make_unique<hnswlib::InnerProductSpace>(dim);
}

void insert(index &i, std::vector<float> &scratch, const float *rows, size_t at)
{
	const float *row = rows + at * i.dim;

	if (i.metric == VSX_COSINE) {
		peer::normalise(scratch.data(), row, i.dim);
		row = scratch.data();
	}
	i.links->addPoint(row, at);
}

/* Rows that the threads of a build take one by one. */
struct insertion {
	index &to;
	const engine_plan &plan;
	std::atomic<size_t> next{0};
	std::mutex lock;
	std::exception_ptr thrown;

	insertion(index &i, const engine_plan &p) : to(i), plan(p)
	{
	}

	void run(bool shows)
	try {
		const float *rows = static_cast<const float *>(plan.rows);
		std::vector<float> scratch(to.dim);

		for (size_t i; (i = next.fetch_add(1)) < plan.n_rows;) {
			insert(to, scratch, rows, i);
			if (i % 256)
				continue;
			peer::stop_if_asked();
			if (shows)
				progress_update("hnswlib", "rows", i,
						plan.n_rows);
		}
	} catch (...) {
		std::lock_guard<std::mutex> hold(lock);

		thrown = std::current_exception();
		next = plan.n_rows;
	}
};

void insert_all(index &i, const engine_plan &plan)
{
	insertion job(i, plan);
	std::vector<float> scratch(i.dim);
	std::vector<std::jthread> others; /* joined, whatever is thrown */

	/* The first row alone: it becomes the entry point. */
	if (plan.n_rows)
		insert(i, scratch, static_cast<const float *>(plan.rows),
		       job.next++);
	for (unsigned int t = 1; t < plan.threads; t++)
		others.emplace_back([&] { job.run(false); });
	job.run(true);
	for (auto &thread : others)
		thread.join();
	if (job.thrown)
		std::rethrow_exception(job.thrown);
}

vsx_status build(engine **out, const engine_plan *plan, engine_cost *cost,
		 vsx_error *err)
try {
	unsigned int M;
	int used = 0;

	*out = nullptr;
	std::memset(cost, 0, sizeof(*cost));
	if (sscanf(plan->spec, "HNSW%3u%n", &M, &used) != 1 ||
	    plan->spec[used] || M < 2)
		return tool_fail(err, VSX_EINVAL,
				 "hnswlib %.80s: it has HNSW2 to HNSW999 only",
				 plan->spec);
	auto i = std::make_unique<index>();
	const peer::stopwatch watch;
	i->dim = plan->dim;
	i->n_rows = plan->n_rows;
	i->M = M;
	i->metric = plan->metric;
	i->path = plan->path;
	i->distance = make_space(plan->metric, plan->dim);
	i->links = std::make_unique<graph>(
		i->distance.get(), plan->n_rows, M,
		plan->ef_construction ? plan->ef_construction : 200,
		plan->seed ? plan->seed : 100);
	insert_all(*i, *plan);
	cost->build_seconds = watch.seconds();

	i->links->saveIndex(i->path); /* says nothing when it cannot write */
	cost->disk_bytes = peer::file_bytes(plan->path);
	if (!cost->disk_bytes)
		return tool_fail_errno(err, "cannot write '%.200s'",
				       plan->path);
	snprintf(cost->spec, sizeof(cost->spec), "%s", spec_of(*i).c_str());
	*out = reinterpret_cast<engine *>(i.release());
	return VSX_OK;
} catch (...) {
	return peer::failure(err, "hnswlib", plan->spec);
}

const char *effort_name(const engine *)
{
	return "ef";
}

uint32_t max_effort(const engine *e)
{
	return (uint32_t)std::min<size_t>(from(e)->n_rows, UINT32_MAX);
}

vsx_status new_session(engine_session **out, engine *e, vsx_error *err)
try {
	auto s = std::make_unique<session>();

	*out = nullptr;
	s->of = from(e);
	s->query.resize(s->of->dim);
	*out = reinterpret_cast<engine_session *>(s.release());
	return VSX_OK;
} catch (...) {
	return peer::failure(err, "hnswlib", spec_of(*from(e)).c_str());
}

vsx_status search(engine_session *opaque, const void *query, size_t k,
		  uint32_t effort, uint64_t *ids, size_t *n, vsx_error *err)
{
	session *s = from(opaque);
	graph &links = *s->of->links;

	*n = 0;
	try {
		const float *x = static_cast<const float *>(query);

		if (effort && links.ef_ != effort)
			links.setEf(effort);
		if (s->of->metric == VSX_COSINE) {
			peer::normalise(s->query.data(), x, s->of->dim);
			x = s->query.data();
		}
		auto found = links.searchKnn(x, k); /* farthest on top */
		*n = found.size();
		for (; !found.empty(); found.pop())
			ids[found.size() - 1] = found.top().second;
		return VSX_OK;
	} catch (...) {
		return peer::failure(err, "hnswlib", spec_of(*s->of).c_str());
	}
}

/*
 * Debian's 0.6.2 has no filter callback yet. It leaves rows that are marked as
 * deleted out of answers by the very search that later versions filter with, a
 * callback in place of the mark: this is that search, at its cheapest.
 */
vsx_status filter(engine *e, const uint8_t *bits, vsx_error *err)
{
	index &i = *from(e);

	try {
		for (size_t row = 0; row < i.n_rows; row++) {
			const auto at = i.links->label_lookup_.at(row);
			const bool out = bits && !(bits[row / 8] >> row % 8 & 1);

			if (out == i.links->isMarkedDeleted(at))
				continue;
			if (out)
				i.links->markDeletedInternal(at);
			else
				i.links->unmarkDeletedInternal(at);
		}
		return VSX_OK;
	} catch (...) {
		return peer::failure(err, "hnswlib", spec_of(i).c_str());
	}
}

/*
 * Debian's 0.6.2 leaves num_deleted_ unset on loading, and where the garbage is
 * not zero it searches by its slower way for deleted rows. The files that
 * build() writes have none.
 */
void load(index &i)
{
	i.distance = make_space(i.metric, i.dim);
	i.links = std::make_unique<graph>(i.distance.get(), i.path);
	i.links->num_deleted_ = 0;
}

vsx_status reopen(engine *e, const void *query, size_t k, double *seconds,
		  uint64_t *resident_bytes, vsx_error *err)
try {
	const index &built = *from(e);
	std::vector<uint64_t> ids(k);
	session s{nullptr, std::vector<float>(built.dim)};
	index again{built.dim,	built.n_rows, built.M, built.metric,
		    built.path, nullptr,      nullptr};
	const uint64_t before = peer::heap_bytes();
	const peer::stopwatch watch;
	vsx_status status;
	size_t n;

	load(again);
	s.of = &again;
	status = search(reinterpret_cast<engine_session *>(&s), query, k, 0,
			ids.data(), &n, err);
	*seconds = watch.seconds();
	*resident_bytes = peer::heap_bytes() - before;
	return status;
} catch (...) {
	return peer::failure(err, "hnswlib", spec_of(*from(e)).c_str());
}

void session_free(engine_session *s)
{
	delete from(s);
}

void close(engine *e)
{
	delete from(e);
}

} // namespace

extern "C" const struct engine_ops peer_hnswlib = {
	.name = "hnswlib",
	.f32_only = true,
	.build = build,
	.effort_name = effort_name,
	.max_effort = max_effort,
	.reopen = reopen,
	.session = new_session,
	.search = search,
	.filter = filter,
	.session_free = session_free,
	.close = close,
};

extern "C" vsx_status peer_hnswlib_open(engine **out, const engine_plan *plan,
					vsx_error *err)
try {
	unsigned int M = 0;
	auto i = std::make_unique<struct index>();

	*out = nullptr;
	sscanf(plan->spec, "HNSW%3u", &M);
	i->dim = plan->dim;
	i->n_rows = plan->n_rows;
	i->M = M;
	i->metric = plan->metric;
	i->path = plan->path;
	load(*i);
	*out = reinterpret_cast<engine *>(i.release());
	return VSX_OK;
} catch (...) {
	return peer::failure(err, "hnswlib", plan->path);
}
