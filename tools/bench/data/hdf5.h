/*
 * Files of ann-benchmarks: datasets train [n][dim], test [q][dim] and, for
 * each query, neighbors [q][k]; the attribute distance says what they are by.
 *
 * A file is taken for hostile: links and data that lead out of it, shapes and
 * types that do not fit and sizes beyond this machine are refused, and libhdf5,
 * which some files crash, runs in a process of its own.
 */
#ifndef VSX_BENCH_HDF5_H
#define VSX_BENCH_HDF5_H

#include "bench/data/vectors.h"

struct hdf5_data {
	struct vectors train, test;
	uint64_t *truth; /* [test.n][truth_k]; NULL: the file has none */
	uint32_t truth_k;
	enum vsx_metric metric; /* 0: not told, or one that is not known */
	char distance[32];	/* the attribute, "" if there is none */
};

/* Whether the file begins as an HDF5 file does. */
bool hdf5_is(const char *path);

/*
 * Read it. Without `queries` only train; at most max_k neighbours. VSX_EINVAL
 * in one line where the file breaks a rule, and where this build has no HDF5.
 */
enum vsx_status hdf5_read(struct hdf5_data *h, const char *path, bool queries,
			  uint32_t max_k, struct vsx_error *err);

#endif
