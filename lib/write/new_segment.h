/*
 * A segment in the making, of a build or an update: from rows to sections of a
 * file, and to what searches see of it before it is committed.
 */
#ifndef VSX_NEW_SEGMENT_H
#define VSX_NEW_SEGMENT_H

#include "write/areas.h"
#include "write/code_drift.h"
#include "write/intake/spool.h"
#include "write/segment_out.h"

struct vsx_build_opts;

struct vsx_new_segment {
	struct vsx_job *job;
	struct vsx_rows rows;
	bool is_narrow; /* `narrow` is the space of the rows: see narrow.h */
	struct vsx_space narrow;
	struct vsx_built built;	      /* by its kind */
	struct vsx_code_params kept;  /* that rows become; build NULL: none */
	struct vsx_code_params codes; /* beside them; likewise */
	struct vsx_code_source source, codes_source; /* of what is coded */
	uint32_t learned_of; /* 1 + the one of job->sources that they are of */
	uint32_t codes_of;   /* 1 + the segment whose parameters these are; 0 */
	struct vsx_code_drift drift; /* from codes that it shares, or would */
	struct vsx_segment_out out;
	struct vsx_segment_entry entry; /* of the manifest, once written */
	uint32_t number;		/* of the segment */
};

/* Whether its rows will be kept as codes. */
static inline bool vsx_new_segment_is_coded(const struct vsx_new_segment *n)
{
	return n->job->kept_bytes > 0;
}

/*
 * Before it is built as a spec: share the memory of the options among its rows,
 * which are those of a spool, and the arrays of the work on them. What there is
 * no room for goes to files; notes when that is more than rows.
 */
enum vsx_status vsx_new_segment_room(struct vsx_new_segment *n,
				     struct vsx_spool *spool,
				     struct vsx_areas *areas,
				     const struct vsx_build_opts *opts,
				     const struct vsx_spec *spec,
				     struct vsx_error *err);

/*
 * Share the codes that one of the segments before[number] has learned for a
 * spec, if there is one and they suit the rows (code_drift.h); it is touched.
 * Sets drift. *lists_too: they do not suit, and are of what the centroids
 * leave of rows: the kind is to be built once more, with lists of its own.
 */
enum vsx_status vsx_new_segment_share(struct vsx_new_segment *n,
				      const struct vsx_spec *spec,
				      const struct vsx_segment *before,
				      bool *lists_too, struct vsx_error *err);

/* Learn the codes of a spec for what was built, or those that make searches
 * faster, but for those that are shared. before: of an update, as above. */
enum vsx_status vsx_new_segment_codes(struct vsx_new_segment *n,
				      const struct vsx_spec *spec,
				      const struct vsx_segment *before,
				      struct vsx_error *err);

/*
 * The same, all as `trained` has it, one of job->sources, but for a file of its
 * own: what it shares with that it takes along.
 */
enum vsx_status vsx_new_segment_take(struct vsx_new_segment *n,
				     const struct vsx_spec *spec,
				     const struct vsx_segment *trained,
				     struct vsx_error *err);

/* Where its sections will lie; adds them to the layout. */
void vsx_new_segment_place(struct vsx_new_segment *n,
			   struct vsx_layout *layout);

/* Write what was placed, as of a generation. */
enum vsx_status vsx_new_segment_write(struct vsx_new_segment *n,
				      struct vsx_sink *sink,
				      uint64_t generation,
				      struct vsx_error *err);

/* Free what it was built from; the entry stays. */
void vsx_new_segment_release(struct vsx_new_segment *n);

/*
 * Open it as searches will: in what the sink has written, which is mapped at
 * `base`. before[number]: the segments that come before it, open; it may share
 * what one of them has learned. Close *seg also after a failure.
 */
enum vsx_status vsx_new_segment_open(const struct vsx_new_segment *n,
				     const struct vsx_sink *sink,
				     const uint8_t *base,
				     const struct vsx_segment *before,
				     struct vsx_segment *seg,
				     struct vsx_error *err);

#endif
