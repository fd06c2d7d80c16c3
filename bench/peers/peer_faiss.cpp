/*
 * FAISS, by the specs of its index_factory(). Debian's libfaiss-dev 1.7.3 is
 * built for any x86-64, and its distances are the ones without SIMD; another
 * can be linked by -DFAISS_LIBRARY.
 *
 * Cosine is the inner product of rows and queries of length 1. Its effort
 * belongs to the index and not to the search: sessions that search at the same
 * time must ask for the same, as those of vsx-bench do.
 */
#include "nearest.hpp"
#include "peer.hpp"

#include <map>
#include <memory>

#include <omp.h>

#include <faiss/IVFlib.h>
#include <faiss/IndexHNSW.h>
#include <faiss/IndexIDMap.h>
#include <faiss/IndexIVFPQ.h>
#include <faiss/IndexPQ.h>
#include <faiss/IndexPreTransform.h>
#include <faiss/IndexRefine.h>
#include <faiss/VectorTransform.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/index_factory.h>
#include <faiss/index_io.h>

/* OpenBLAS has threads of its own; other libraries do not know this. */
extern "C" void openblas_set_num_threads(int n) __attribute__((weak));

/* Where recall counts and not the time of a build: product quantisers are
 * trained by nearest.hpp, and a rotation once for all specs with it. */
extern "C" bool peer_faiss_trains_fast;
bool peer_faiss_trains_fast = false;

namespace
{

/* Candidates that a refining index takes for each neighbour wanted. */
constexpr float K_FACTOR = 10;

/* Between two looks whether to stop. */
constexpr size_t ADD_ROWS = 65536;

struct index {
	size_t dim;
	vsx_metric metric;
	std::string spec, path;
	std::unique_ptr<faiss::Index> top;
	faiss::IndexHNSW *hnsw; /* what has the effort; or neither */
	faiss::IndexIVF *ivf;
	std::unique_ptr<peer::nearest> words;
	std::unique_ptr<peer::quantizer> turned;
};

struct session {
	index *of;
	std::vector<float> query; /* the normalised one, cosine only */
	std::vector<float> distances;
	std::vector<faiss::Index::idx_t> labels;
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

/* One thread means one thread, in loops and in matrices. */
void use_threads(unsigned int n)
{
	omp_set_num_threads((int)n);
	if (openblas_set_num_threads)
		openblas_set_num_threads((int)n);
}

struct on_interrupt : faiss::InterruptCallback {
	bool want_interrupt() override
	{
		return interrupted();
	}
};

faiss::IndexHNSW *find_hnsw(faiss::Index *i)
{
	if (auto hnsw = dynamic_cast<faiss::IndexHNSW *>(i))
		return hnsw;
	if (auto map = dynamic_cast<faiss::IndexIDMap *>(i))
		return find_hnsw(map->index);
	if (auto pre = dynamic_cast<faiss::IndexPreTransform *>(i))
		return find_hnsw(pre->index);
	if (auto refine = dynamic_cast<faiss::IndexRefine *>(i))
		return find_hnsw(refine->base_index);
	return nullptr;
}

faiss::IndexIVF *find_ivf(faiss::Index *i)
{
	if (auto refine = dynamic_cast<faiss::IndexRefine *>(i))
		return find_ivf(refine->base_index);
	return faiss::ivflib::try_extract_index_ivf(i);
}

void find_effort(index &i)
{
	i.hnsw = find_hnsw(i.top.get());
	i.ivf = i.hnsw ? nullptr : find_ivf(i.top.get());
}

/*
 * The factory would have codewords numbered so that numbers with few bits apart
 * are near each other. Searches here do not use it, and nearly all of the time
 * that training a product quantiser takes would be that.
 */
void number_codewords_anyhow(faiss::Index *i)
{
	if (auto pq = dynamic_cast<faiss::IndexPQ *>(i))
		pq->do_polysemous_training = false;
	if (auto ivf = dynamic_cast<faiss::IndexIVFPQ *>(i))
		ivf->do_polysemous_training = false;
	if (auto pre = dynamic_cast<faiss::IndexPreTransform *>(i))
		number_codewords_anyhow(pre->index);
	if (auto refine = dynamic_cast<faiss::IndexRefine *>(i))
		number_codewords_anyhow(refine->base_index);
}

faiss::ProductQuantizer *find_pq(faiss::Index *i)
{
	if (auto pq = dynamic_cast<faiss::IndexPQ *>(i))
		return &pq->pq;
	if (auto ivf = dynamic_cast<faiss::IndexIVFPQ *>(i))
		return &ivf->pq;
	if (auto pre = dynamic_cast<faiss::IndexPreTransform *>(i))
		return find_pq(pre->index);
	if (auto refine = dynamic_cast<faiss::IndexRefine *>(i))
		return find_pq(refine->base_index);
	return nullptr;
}

faiss::OPQMatrix *find_rotation(const index &i)
{
	auto pre = dynamic_cast<faiss::IndexPreTransform *>(i.top.get());

	return pre ? dynamic_cast<faiss::OPQMatrix *>(pre->chain.at(0))
		   : nullptr;
}

/* Trains the rotation, if there is one that was not trained before. */
void train_rotation(index &i, const engine_plan &plan, const float *rows)
{
	using key = std::tuple<const void *, size_t, int, int>;
	static std::map<key, faiss::LinearTransform> known;
	auto rotation = find_rotation(i);

	if (!rotation)
		return;
	i.turned =
		std::make_unique<peer::quantizer>(rotation->d_out, rotation->M);
	rotation->pq = i.turned.get();
	const key k{plan.rows, plan.n_rows, rotation->M, rotation->d_out};
	if (!known.count(k)) {
		rotation->train((faiss::Index::idx_t)plan.n_rows, rows);
		known.emplace(k, *rotation);
	}
	static_cast<faiss::LinearTransform &>(*rotation) = known.at(k);
}

void add_all(index &i, const engine_plan &plan, const float *rows)
{
	/* A graph depends on how many rows come at once. */
	const size_t step = i.hnsw ? plan.n_rows : ADD_ROWS;

	for (size_t at = 0; at < plan.n_rows; at += step) {
		const size_t n = std::min<size_t>(step, plan.n_rows - at);

		progress_update("FAISS", "rows", at, plan.n_rows);
		peer::stop_if_asked();
		i.top->add((faiss::Index::idx_t)n, rows + at * i.dim);
	}
}

std::unique_ptr<index> make(const engine_plan &plan)
{
	auto i = std::make_unique<index>();

	i->dim = plan.dim;
	i->metric = plan.metric;
	i->spec = plan.spec;
	i->path = plan.path;
	i->top.reset(faiss::index_factory(
		(int)plan.dim, plan.spec,
		plan.metric == VSX_L2 ? faiss::METRIC_L2
				      : faiss::METRIC_INNER_PRODUCT));
	number_codewords_anyhow(i->top.get());
	find_effort(*i);
	if (i->hnsw)
		i->hnsw->hnsw.efConstruction =
			plan.ef_construction ? (int)plan.ef_construction : 200;
	if (i->ivf && plan.seed)
		i->ivf->cp.seed = (int)(plan.seed & INT32_MAX);
	if (auto refine = dynamic_cast<faiss::IndexRefine *>(i->top.get()))
		refine->k_factor = K_FACTOR;
	return i;
}

void train_and_add(index &i, const engine_plan &plan)
{
	const float *rows = static_cast<const float *>(plan.rows);
	std::vector<float> scaled;

	if (plan.metric == VSX_COSINE) {
		scaled.resize(plan.n_rows * plan.dim);
		for (size_t r = 0; r < plan.n_rows; r++)
			peer::normalise(scaled.data() + r * plan.dim,
					rows + r * plan.dim, plan.dim);
		rows = scaled.data();
	}
	progress_update("FAISS training", "", 0, 0);
	if (peer_faiss_trains_fast) {
		if (auto pq = find_pq(i.top.get())) {
			i.words = std::make_unique<peer::nearest>(pq->dsub);
			pq->assign_index = i.words.get();
		}
		train_rotation(i, plan, rows);
	}
	if (!i.top->is_trained)
		i.top->train((faiss::Index::idx_t)plan.n_rows, rows);
	add_all(i, plan, rows);
}

void note(const index &i, engine_cost *cost)
{
	if (dynamic_cast<const faiss::IndexRefine *>(i.top.get()))
		snprintf(cost->note, sizeof(cost->note),
			 "%g candidates for each neighbour", (double)K_FACTOR);
}

vsx_status build(engine **out, const engine_plan *plan, engine_cost *cost,
		 vsx_error *err)
{
	vsx_status status = VSX_OK;

	*out = nullptr;
	std::memset(cost, 0, sizeof(*cost));
	use_threads(plan->threads ? plan->threads : 1);
	faiss::InterruptCallback::instance.reset(new on_interrupt);
	try {
		const peer::stopwatch watch;
		auto i = make(*plan);

		train_and_add(*i, *plan);
		cost->build_seconds = watch.seconds();
		faiss::write_index(i->top.get(), plan->path);
		cost->disk_bytes = peer::file_bytes(plan->path);
		note(*i, cost);
		snprintf(cost->spec, sizeof(cost->spec), "%s", i->spec.c_str());
		*out = reinterpret_cast<engine *>(i.release());
	} catch (...) {
		status = interrupted()
				 ? tool_fail(err, VSX_ESTOPPED, "interrupted")
				 : peer::failure(err, "FAISS", plan->spec);
	}
	faiss::InterruptCallback::clear_instance();
	use_threads(1);
	return status;
}

const char *effort_name(const engine *e)
{
	return from(e)->hnsw ? "ef" : from(e)->ivf ? "nprobe" : "";
}

uint32_t max_effort(const engine *e)
{
	const size_t most = from(e)->ivf ? from(e)->ivf->nlist
					 : (size_t)from(e)->top->ntotal;

	return (uint32_t)std::min<size_t>(most, INT32_MAX);
}

void set_effort(index &i, uint32_t effort)
{
	if (i.hnsw && i.hnsw->hnsw.efSearch != (int)effort)
		i.hnsw->hnsw.efSearch = (int)effort;
	if (i.ivf && i.ivf->nprobe != effort)
		i.ivf->nprobe = effort;
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
	return peer::failure(err, "FAISS", from(e)->spec.c_str());
}

/* -1 stands where fewer than k were found. */
size_t copy_found(const session &s, size_t k, uint64_t *ids)
{
	size_t n = 0;

	for (size_t j = 0; j < k; j++)
		if (s.labels[j] >= 0)
			ids[n++] = (uint64_t)s.labels[j];
	return n;
}

vsx_status search(engine_session *opaque, const void *query, size_t k,
		  uint32_t effort, uint64_t *ids, size_t *n, vsx_error *err)
{
	session *s = from(opaque);

	*n = 0;
	try {
		const float *x = static_cast<const float *>(query);

		omp_set_num_threads(1); /* of the calling thread alone */
		if (effort)
			set_effort(*s->of, effort);
		if (s->labels.size() < k) {
			s->labels.resize(k);
			s->distances.resize(k);
		}
		if (s->of->metric == VSX_COSINE) {
			peer::normalise(s->query.data(), x, s->of->dim);
			x = s->query.data();
		}
		s->of->top->search(1, x, (faiss::Index::idx_t)k,
				   s->distances.data(), s->labels.data());
		*n = copy_found(*s, k, ids);
		return VSX_OK;
	} catch (...) {
		return peer::failure(err, "FAISS", s->of->spec.c_str());
	}
}

vsx_status reopen(engine *e, const void *query, size_t k, double *seconds,
		  uint64_t *resident_bytes, vsx_error *err)
try {
	const index &built = *from(e);
	std::vector<uint64_t> ids(k);
	index again{built.dim, built.metric, built.spec, built.path, nullptr,
		    nullptr,   nullptr,	     {},	 {}};
	session s{&again, std::vector<float>(built.dim), {}, {}};
	const uint64_t before = peer::heap_bytes();
	const peer::stopwatch watch;
	vsx_status status;
	size_t n;

	again.top.reset(faiss::read_index(built.path.c_str()));
	find_effort(again);
	status = search(reinterpret_cast<engine_session *>(&s), query, k, 0,
			ids.data(), &n, err);
	*seconds = watch.seconds();
	*resident_bytes = peer::heap_bytes() - before;
	return status;
} catch (...) {
	return peer::failure(err, "FAISS", from(e)->spec.c_str());
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

extern "C" const struct engine_ops peer_faiss = {
	.name = "FAISS",
	.f32_only = true,
	.build = build,
	.effort_name = effort_name,
	.max_effort = max_effort,
	.reopen = reopen,
	.session = new_session,
	.search = search,
	.filter = nullptr,
	.session_free = session_free,
	.close = close,
};
