/*
 * Rows coming in, for a build or an update: looked at, converted to the stored
 * type, with ids that were given or numbers, and kept until they are written.
 * It knows nothing of kinds of index nor of the file to come.
 */
#ifndef VSX_INTAKE_H
#define VSX_INTAKE_H

#include "field/record.h"
#include "vsx_write.h"
#include "write/intake/spool.h"
#include "write/intake/twins.h"

struct vsx_intake {
	struct vsx_spool spool;
	unsigned int n_threads;
	bool normalize;
	vsx_reject_report *rejected; /* told of bad rows, which are left out;
					NULL: they are an error */
	void *rejected_context;
	bool keys_repeat; /* the last row with a key counts: none is bad */
	struct vsx_twins ids, keys; /* of rows, where bad ones are left out */
	uint64_t n_seen;	    /* rows, with those that were left out */
	uint64_t n_rejected;	    /* left out */
	bool given_ids;		    /* by the caller, with every row */
	struct vsx_schema schema;   /* of their fields; of an index that they
				       are added to, too */
};

/*
 * For rows of a space, by complete options; what does not fit in memory goes
 * beside `output`. Both outlive the intake.
 */
void vsx_intake_init(struct vsx_intake *in, const struct vsx_build_opts *opts,
		     const struct vsx_space *space,
		     const struct vsx_output *output);
void vsx_intake_release(struct vsx_intake *in);

/* As vsx_builder_add(), of what vsx_batch_take() gave. */
enum vsx_status vsx_intake_add(struct vsx_intake *in,
			       const struct vsx_batch *rows,
			       struct vsx_error *err);

/* Rows of an index: they stay the same bytes, and none of them may be lost. */
enum vsx_status vsx_intake_add_stored(struct vsx_intake *in,
				      const struct vsx_batch *rows,
				      struct vsx_error *err);

/*
 * The same of rows that are kept as codes, decoded: rows[i] of a segment. They
 * may be what no caller's row can be.
 */
enum vsx_status vsx_intake_add_decoded(struct vsx_intake *in,
				       const struct vsx_batch *batch,
				       uint32_t segment, const uint32_t *rows,
				       struct vsx_error *err);

#endif
