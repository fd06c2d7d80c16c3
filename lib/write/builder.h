/* What lies behind struct vsx_builder. Private to libvsxwrite. */
#ifndef VSX_BUILDER_H
#define VSX_BUILDER_H

#include "vsx_write.h"
#include "write/measure.h"
#include "write/output.h"
#include "write/intake/spool.h"

struct vsx_builder {
	struct vsx_build_opts opts; /* complete; strings are our own */
	struct vsx_space space;
	struct vsx_output output;
	struct vsx_spool spool;
	struct vsx_measure measure;
	float *queries; /* given ones; float[n_queries][dim] */
	uint32_t n_queries;
	uint64_t greatest_id; /* of rows that are gone; 0: none is known of */
	/* Whose sections that this library does not know go along, or NULL;
	   rescue: without those that are damaged. */
	const struct vsx *origin;
	bool rescue;
	bool finished; /* or failed on the way: of no more use */

	/* The caller's wish, and the time, as the report goes by. */
	struct vsx_job job;
	bool stopped;
	bool training;
	double train_since, train_seconds;
};

/*
 * vsx_builder_new() over file operations of the caller's.
 *
 * claim  of the file that is replaced; it outlives the builder. NULL: the
 *        builder makes its own.
 */
enum vsx_status vsx_builder_new_on(struct vsx_builder **out, const char *path,
				   const struct vsx_build_opts *opts,
				   const struct vsx_claim *claim,
				   const struct vsx_file_ops *ops,
				   struct vsx_error *err);

/* report.c: set up b->job. */
void vsx_builder_job(struct vsx_builder *b);
/* The report is told of it while another writer is at work. */
struct vsx_claim_wait vsx_builder_wait(struct vsx_job *job, uint32_t ms);

/* Seconds on a clock that only goes forward. */
double vsx_builder_clock(void);

/* finish.c */
enum vsx_status vsx_builder_run(struct vsx_builder *b,
				struct vsx_build_result *result,
				struct vsx_error *err);

#endif
