/* Building, opening and searching everything that a run is about. */
#ifndef VSX_BENCH_MEASURE_H
#define VSX_BENCH_MEASURE_H

#include "bench/data/dataset.h"
#include "bench/engine/engine.h"
#include "bench/report/report.h"

struct measure_opts {
	const struct engine_ops *const *engines; /* ends with NULL; VSX first */
	const char *const *specs;		 /* "HNSW16", "faiss:HNSW16" */
	size_t n_specs;		    /* 0: Flat, IVF and HNSW fit for the data */
	const char *const *indexes; /* existing VSX files, benched beside */
	size_t n_indexes;
	const uint64_t *sizes; /* row counts of growth curves; or none */
	size_t n_sizes;
	size_t k;
	double target;	     /* recall@k */
	uint32_t ef, nprobe; /* if > 0: only this one */
	double refine;	     /* rows looked at for each neighbour; 0: default */
	bool curve;
	unsigned int threads; /* 0: one for each processor */
	uint64_t seed;
	double seconds; /* that one index may be measured for; 0: 10 */
	uint32_t ef_construction; /* 0: 200 */
	bool cold;
	/* load */
	uint32_t clients;
	double rate;	       /* arrivals a second, of all clients */
	double duration;       /* seconds of each load; 0: 10 */
	const double *filters; /* percent of rows that pass, measured besides */
	size_t n_filters;
	bool alone;	    /* no points beside the one at the target */
	bool concurrency;   /* 1 to 16 threads, processes, beside a writer */
	const char *folder; /* for index files, removed afterwards */
	bool quiet;
};

/* Fills series, points and loads of *r. Stops at Ctrl-C: VSX_ESTOPPED. */
enum vsx_status measure_run(struct report *r, const struct dataset *d,
			    const struct dataset_opts *data_opts,
			    const struct measure_opts *opts,
			    struct vsx_error *err);

#endif
