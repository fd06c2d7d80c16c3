/* Writing what a builder gave as the sections of a segment. */
#ifndef VSX_SEGMENT_OUT_H
#define VSX_SEGMENT_OUT_H

#include "io/sink.h"
#include "code/build.h"
#include "kind/build.h"
#include "write/attach/strings_out.h"
#include "write/layout.h"

struct vsx_segment_out {
	struct vsx_sink *sink;
	struct vsx_job *job;
	const struct vsx_rows *rows;
	const struct vsx_built *built;
	const struct vsx_code_params *kept;   /* that rows are kept as; build
						 NULL: as they are */
	const struct vsx_code_params *codes;  /* build NULL: none are written */
	const struct vsx_code_source *source; /* of the rows */
	const struct vsx_code_source *codes_source; /* of what is kept */
	bool shares_codes; /* their parameters are written already */
	uint32_t number;   /* of the segment */

	/* Set by vsx_segment_out_init(). */
	uint64_t vecs_bytes;
	uint32_t id_bytes; /* a value in ROID; 0: no ROID */
	bool in_id_order;  /* no IDRO */

	/* Kept by vsx_segment_out_write(). */
	uint64_t all_bytes; /* of all sections: what progress is told of */
	uint64_t done;	    /* of them, in sections that are written */
};

/* Where everything goes; writes nothing. The sink may still be missing. */
void vsx_segment_out_init(struct vsx_segment_out *o);

/* Add the sections to a layout. */
void vsx_segment_out_layout(const struct vsx_segment_out *o,
			    struct vsx_layout *layout);

/* Write them. Tells progress of phase "writing". */
enum vsx_status vsx_segment_out_write(struct vsx_segment_out *o,
				      struct vsx_error *err);

#endif
