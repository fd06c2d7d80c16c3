#include "train.h"

#include <cstdio>
#include <exception>
#include <vector>

#include <omp.h>

#include <faiss/Clustering.h>
#include <faiss/IndexFlat.h>

/* OpenBLAS has threads of its own; other libraries do not know this. */
extern "C" void openblas_set_num_threads(int n) __attribute__((weak));

namespace
{

void use_threads(unsigned int n)
{
	omp_set_num_threads((int)n);
	if (openblas_set_num_threads)
		openblas_set_num_threads((int)n);
}

int failed(const std::exception &e)
{
	fprintf(stderr, "FAISS: %s\n", e.what());
	return -1;
}

} // namespace

int faiss_train(const float *rows, uint32_t n, uint32_t dim, uint32_t k,
		int n_iterations, unsigned int threads, float *centroids)
try {
	faiss::ClusteringParameters how;

	use_threads(threads);
	how.niter = n_iterations;
	how.max_points_per_centroid = (int)(n / k) + 1; /* all of them */
	how.min_points_per_centroid = 1;
	faiss::Clustering clustering((int)dim, (int)k, how);
	faiss::IndexFlatL2 index(dim);
	clustering.train(n, rows, index);
	for (size_t i = 0; i < (size_t)k * dim; i++)
		centroids[i] = clustering.centroids[i];
	return 0;
} catch (const std::exception &e) {
	return failed(e);
}

int faiss_nearest(const float *rows, uint32_t n, uint32_t dim,
		  const float *centroids, uint32_t k, unsigned int threads,
		  uint32_t *nearest)
try {
	std::vector<float> distances(n);
	std::vector<faiss::Index::idx_t> labels(n);
	faiss::IndexFlatL2 index(dim);

	use_threads(threads);
	index.add(k, centroids);
	index.search(n, rows, 1, distances.data(), labels.data());
	for (uint32_t i = 0; i < n; i++)
		nearest[i] = (uint32_t)labels[i];
	return 0;
} catch (const std::exception &e) {
	return failed(e);
}
