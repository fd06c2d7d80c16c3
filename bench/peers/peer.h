/*
 * What a measuring program needs of another library to set it beside VSX:
 * build over float32 rows, search, and the work that a search does. A peer
 * is measured, never used: nothing of it is in the build or tests of VSX.
 *
 * Ids are row numbers. A handle is used by one thread at a time. A failing
 * call returns NULL or -1 after a line on stderr.
 */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum peer_metric { PEER_L2, PEER_IP, PEER_COSINE };

/* Means over the queries of one search. */
struct peer_work {
	double dists; /* distances computed, on all levels */
	double hops;  /* nodes whose links were read; 0 if not known */
};

struct peer;

struct peer_ops {
	const char *name;

	/*
	 * data is f32 [n][dim], borrowed during the call, which under
	 * PEER_COSINE need not be normalised. *seconds is the wall time of
	 * the inserts, the peer's own copies and normalising included.
	 */
	struct peer *(*build)(const float *data, size_t n, size_t dim,
			      enum peer_metric metric, int M, int efc,
			      int threads, double *seconds);

	/* NULL in both if a peer has no file. */
	int (*save)(const struct peer *p, const char *path);
	struct peer *(*load)(const char *path, size_t n, size_t dim,
			     enum peer_metric metric);

	/*
	 * queries is f32 [nq][dim]; ids is [nq][k], nearest first, -1 where
	 * fewer were found. Runs on the calling thread.
	 */
	int (*search)(struct peer *p, const float *queries, size_t nq, size_t k,
		      size_t ef, int32_t *ids);

	/* The same search, slower, counted. NULL if a peer cannot. */
	int (*count)(struct peer *p, const float *queries, size_t nq, size_t k,
		     size_t ef, struct peer_work *work);

	/* The distance kernel in use, as the peer's source names it. */
	const char *(*kernel)(const struct peer *p);

	void (*close)(struct peer *p);
};

extern const struct peer_ops peer_hnswlib;

#ifdef __cplusplus
}
#endif

#endif
