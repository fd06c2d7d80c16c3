/*
 * The acceptance test of a new index: its queries, drawn or given, and the
 * table of recalls by search effort. SPEC.md 5.6.
 */
#ifndef VSX_MEASURE_H
#define VSX_MEASURE_H

#include "io/sink.h"
#include "read/accept.h"
#include "kind/build.h"
#include "write/layout.h"

struct vsx_measure {
	struct vsx_accept test; /* n_queries 0: none */
	float *queries;		/* what test points to */
	uint64_t *own;
	bool draws; /* queries are rows of the segment */
	uint64_t seed;
	/* As the file holds them: rows of the segment, by vsx_measure_run(). */
	vsx_le32 *own_rows;   /* [n_queries], or NULL */
	vsx_le32 *truth_rows; /* [n_queries][truth_k]; NULL: a scan is cheap */
	bool keeps_truth;     /* also where a scan is cheap: for tests */
	bool as_given;	      /* by vsx_measure_given() */
	struct vsx_recall *recalls;
	uint32_t n_recalls;
	uint32_t default_effort, default_refine;
	double recall_at_10; /* with them; 0 when not measured */
};

/* How many queries to draw; `wish` as vsx_build_opts.n_test_queries. */
uint32_t vsx_measure_count(uint32_t wish, uint64_t n_rows, uint32_t dim);

/* Have them drawn from the rows by seed, by vsx_measure_run(). */
void vsx_measure_draw(struct vsx_measure *m, uint32_t wish, uint64_t n_rows,
		      uint32_t dim, uint64_t seed);

/* Take those that were given: float[n][dim], which *m then owns. */
void vsx_measure_take(struct vsx_measure *m, float *queries, uint32_t n,
		      uint32_t dim, uint64_t n_rows);

/*
 * Before vsx_measure_run(), where the rows are about to be lost, since what is
 * kept of them are codes: queries and truth from these rows, of which row
 * order[r] (NULL: r) becomes row r of the segment. The file holds both then.
 */
enum vsx_status vsx_measure_given(struct vsx_measure *m,
				  const struct vsx_rows *rows,
				  const uint32_t *order, struct vsx_job *job,
				  struct vsx_error *err);

/*
 * The rows of the table that may be worth keeping, once more by searches. What
 * climbs is told holds where the nearest rows are those that are kept nearest:
 * a row that is found may be sorted behind others else.
 */
enum vsx_status vsx_measure_again(struct vsx_measure *m,
				  const struct vsx_segment *seg,
				  struct vsx_job *job, struct vsx_error *err);

/* Exact neighbours of the queries in a segment. Part of the two around. */
enum vsx_status vsx_measure_truth(struct vsx_measure *m,
				  const struct vsx_segment *seg,
				  struct vsx_job *job, struct vsx_error *err);

/* Rows as a segment that is scanned; it is of no kind. */
struct vsx_segment vsx_measure_segment(const struct vsx_rows *rows);

/* Find the truth, measure, and choose the default effort and refine factor. */
enum vsx_status vsx_measure_run(struct vsx_measure *m,
				const struct vsx_segment *seg, double target,
				struct vsx_job *job, struct vsx_error *err);

/* Write QRYS, QTRU, QSRC and RCLL. */
enum vsx_status vsx_measure_write(const struct vsx_measure *m,
				  struct vsx_sink *sink, struct vsx_error *err);

/* Add them to a layout, before compression. */
void vsx_measure_layout(uint32_t n_queries, uint64_t n_rows, uint32_t dim,
			uint32_t truth_k, bool own, bool given,
			struct vsx_layout *layout);

void vsx_measure_release(struct vsx_measure *m);

#endif
