/* Printing the hits of queries in one of the formats of vsx-query. */
#ifndef VSX_TOOLS_QUERY_RESULTS_H
#define VSX_TOOLS_QUERY_RESULTS_H

#include "cli/outfile.h"
#include "input/labels.h"
#include "query/shown.h"
#include "vsx.h"

enum format {
	FORMAT_TABLE,
	FORMAT_JSON,
	FORMAT_TSV,
	FORMAT_IVECS,
	FORMAT_NPY,
};

/* What is known of all queries of the run. */
struct results {
	enum format format;
	const char *path; /* NULL: standard output */
	struct outfile file;
	struct outfile distances; /* of FORMAT_NPY, in a file of its own */
	size_t k; /* hits of a query at most; 0: there are any number */
	enum vsx_metric metric;
	const struct labels *labels; /* or NULL */
	const uint64_t *query_ids;   /* the queries are rows; or NULL */
	struct shown shown;	     /* with index, keys and payload set */
	struct shown asked;	     /* of the query, when it is a row */
	struct table *table;
	uint64_t n; /* queries so far */
};

/* The file of distances beside ids.npy, ids.distances.npy; to be freed. */
char *results_distances_path(const char *path);

/*
 * Open the output, which appears whole (cli/outfile.h).
 * `r` has format, path, k, metric, labels, query_ids and shown set, the rest
 * zeroed.
 */
enum vsx_status results_begin(struct results *r, struct vsx_error *err);

/* n queries more: hits[n][k], of which n_hits[i] are set. */
enum vsx_status results_add(struct results *r, const struct vsx_hit *hits,
			    const size_t *n_hits, size_t n,
			    struct vsx_error *err);

/* Print what is left and close. */
enum vsx_status results_end(struct results *r, struct vsx_error *err);

/* Give up; leaves no file behind. Harmless after results_end(). */
void results_drop(struct results *r);

#endif
