/* What the inputs of a compaction must have in common. */
#ifndef VSX_COMPACT_ALIKE_H
#define VSX_COMPACT_ALIKE_H

#include "read/model.h"
#include "vsx_write.h"
#include "write/report.h"

/*
 * Dimension, metric, element type, normalisation: VSX_EINVAL names every input
 * with what it has.
 */
enum vsx_status vsx_compact_check_shape(struct vsx *const *inputs,
					const char *const *paths, size_t n,
					struct vsx_error *err);

/* The model of the output; texts are of the inputs, of opts, or `room`. */
struct vsx_compact_model {
	struct vsx_model model;
	char *room; /* free() it */
};

/*
 * The one that all inputs are of, or that opts says. VSX_EINVAL names every
 * input with its own; what is worth knowing is told to the report.
 */
enum vsx_status vsx_compact_take_model(struct vsx_compact_model *out,
				       struct vsx *const *inputs,
				       const char *const *paths, size_t n,
				       const struct vsx_compact_opts *opts,
				       struct vsx_report *report,
				       struct vsx_error *err);

#endif
