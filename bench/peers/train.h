/* K-means of FAISS, as C sees it. */
#ifndef BENCH_PEERS_TRAIN_H
#define BENCH_PEERS_TRAIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Learn k centroids from n rows by n_iterations of faiss::Clustering. rows is
 * float[n][dim], centroids float[k][dim]. 0, or -1 with one line on stderr.
 */
int faiss_train(const float *rows, uint32_t n, uint32_t dim, uint32_t k,
		int n_iterations, unsigned int threads, float *centroids);

/*
 * nearest[i] = the centroid nearest to row i, by FAISS's exact search: the
 * same routine for the centroids of both.
 */
int faiss_nearest(const float *rows, uint32_t n, uint32_t dim,
		  const float *centroids, uint32_t k, unsigned int threads,
		  uint32_t *nearest);

#ifdef __cplusplus
}
#endif

#endif
