/*
 * Rows, queries and exact neighbours, wherever they came from: files, an
 * ann-benchmarks HDF5 file, or a generator.
 */
#ifndef VSX_BENCH_DATASET_H
#define VSX_BENCH_DATASET_H

#include "vsx.h"

#include <stdbool.h>

struct dataset_opts {
	const char *path;	  /* NULL with synthetic */
	const char *synthetic;	  /* "ROWSxDIM", or NULL */
	uint32_t intrinsic_dim;	  /* of synthetic rows; 0: min(dim, 16) */
	const char *queries;	  /* file, or NULL */
	const char *ground_truth; /* file, or NULL: computed exactly */
	uint64_t n_queries;	  /* held out or generated; at most this many
				     of a file too; 0: 1,000, at most a tenth of
				     the rows when held out, all of a file */
	enum vsx_metric metric;	  /* 0: the HDF5 file's, else VSX_L2 */
	enum vsx_elem elem;	  /* 0: as the file has it */
	uint32_t truth_k;	  /* neighbours wanted: max(k, 100) */
	uint64_t seed;
	unsigned int threads;
	const char *folder;  /* for the Flat index that computes the truth */
	bool skip_bad;	     /* leave rows out that no index can hold */
	const char *rejects; /* file to list them in, or NULL */
	bool quiet;
};

struct dataset {
	char name[128];	  /* for titles: the file's name without folders */
	char origin[256]; /* "60,000 rows of base.npy, queries of ..." */
	void *rows;	  /* [n_rows][dim] of elem */
	uint64_t n_rows;
	uint64_t *ids; /* [n_rows], rising: their numbers in the input; NULL:
			  0, 1, 2, ... */
	void *queries; /* [n_queries][dim] of elem */
	float *queries_f32; /* the same as f32; == queries when elem is f32 */
	uint64_t n_queries;
	uint32_t dim;
	enum vsx_elem elem;
	enum vsx_metric metric;
	uint64_t *truth; /* ids, [n_queries][truth_k] */
	uint32_t truth_k;
	bool truth_computed;
};

/*
 * Read or make it all. Bad input is VSX_EINVAL in one line that names file,
 * line or row, and value: no queries, ground truth of another length or with
 * ids out of range, dimensions that differ, an HDF5 file without 'test'.
 */
enum vsx_status dataset_load(struct dataset *d, const struct dataset_opts *opts,
			     struct vsx_error *err);
void dataset_release(struct dataset *d);

/* The exact neighbours among the first n_rows rows only: growth curves. */
enum vsx_status dataset_truth(const struct dataset *d, uint64_t n_rows,
			      const struct dataset_opts *opts, uint64_t **truth,
			      struct vsx_error *err);

#endif
