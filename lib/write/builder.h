/* What lies behind struct vsx_builder. Private to libvsxwrite. */
#ifndef VSX_BUILDER_H
#define VSX_BUILDER_H

#include "vsx_write.h"
#include "write/areas.h"
#include "write/measure.h"
#include "write/output.h"
#include "write/report.h"
#include "write/intake/intake.h"

struct vsx_builder {
	struct vsx_build_opts opts; /* complete; strings are our own */
	struct vsx_space space;
	struct vsx_output output;
	struct vsx_intake intake;
	struct vsx_areas areas; /* for the work on rows */
	struct vsx_report report;
	struct vsx_job job;
	struct vsx_measure measure;
	float *queries; /* given ones; float[n_queries][dim] */
	uint32_t n_queries;
	uint64_t greatest_id; /* of rows that are gone; 0: none is known of */
	/* Whose sections that this library does not know go along, or NULL;
	   rescue: without those that are damaged. */
	const struct vsx *origin;
	bool rescue;
	/* One of the origin's segments whose lists and codes stay as they are;
	   NULL: all is learned anew. */
	const struct vsx_segment *trained;
	bool finished; /* or failed on the way: of no more use */
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

/* finish.c */
enum vsx_status vsx_builder_run(struct vsx_builder *b,
				struct vsx_build_result *result,
				struct vsx_error *err);

#endif
