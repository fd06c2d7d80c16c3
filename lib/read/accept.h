/*
 * The acceptance test: queries with their exact neighbours, and the recall that
 * searches reach on them. Measured when an index is built, repeated when it is
 * verified. SPEC.md 5.6.
 */
#ifndef VSX_ACCEPT_H
#define VSX_ACCEPT_H

#include "kind/kind.h"
#include "vsx.h"

/* Told now and then; VSX_ESTOPPED ends the work. May be NULL. */
typedef enum vsx_status vsx_accept_progress(void *context, uint64_t done,
					    uint64_t total,
					    struct vsx_error *err);

struct vsx_accept {
	uint32_t n_queries;
	uint32_t dim;
	uint32_t truth_k;     /* exact neighbours of each query */
	const float *queries; /* [n_queries][dim] */
	const uint64_t *own;  /* [n_queries] ids of rows that must not count,
				 or NULL */
	uint64_t *truth;      /* [n_queries][truth_k], ids, nearest first */
	uint32_t *n_truth;    /* [n_queries] of them are known, the first ones;
				 NULL: truth_k of each */
	uint64_t memory;      /* bytes that finding the truth may take; 0: as
				 many as are of use */
	vsx_accept_progress *progress;
	void *context;
};

/*
 * Fill test->truth by exact search, and n_truth unless it is NULL: fewer than
 * truth_k rows may be eligible.
 */
enum vsx_status vsx_accept_truth(const struct vsx_segment *segments, uint32_t n,
				 struct vsx_accept *test,
				 unsigned int n_threads, struct vsx_error *err);

/* Queries with neighbours that are known: the others say nothing. */
uint32_t vsx_accept_n_telling(const struct vsx_accept *test);

/*
 * Run the queries with one effort and refine factor (in thousandths) and
 * compare: recall@1, @10 and @100 by ids
 * (with a truth_k below 10 or 100, over what there is) and the mean number of
 * distances. Same result for any number of threads.
 */
enum vsx_status vsx_accept_measure(const struct vsx_segment *segments,
				   uint32_t n, const struct vsx_accept *test,
				   uint32_t effort, uint32_t refine,
				   unsigned int n_threads,
				   struct vsx_recall *out,
				   struct vsx_error *err);

/* Whether every search of these is exact, so that there is nothing to measure.
 */
bool vsx_accept_is_exact(const struct vsx_segment *segments, uint32_t n);

/* The recall@10 of that alone, for a fraction of the time, and what the
 * searches came to; work may be NULL. */
enum vsx_status vsx_accept_recall_10(const struct vsx_segment *segments,
				     uint32_t n, const struct vsx_accept *test,
				     uint32_t effort, uint32_t refine,
				     unsigned int n_threads, double *recall,
				     struct vsx_work *work,
				     struct vsx_error *err);

#endif
