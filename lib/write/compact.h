/* Behind vsx_compact(). Private to libvsxwrite. */
#ifndef VSX_COMPACT_H
#define VSX_COMPACT_H

#include "read/model.h"
#include "write/builder.h"

/* vsx_compact() over file operations of the caller's. */
enum vsx_status vsx_compact_on(const char *const *inputs, size_t n_inputs,
			       const char *path,
			       const struct vsx_compact_opts *opts,
			       const struct vsx_file_ops *ops,
			       struct vsx_compact_result *result,
			       struct vsx_build_result *built,
			       struct vsx_error *err);

/*
 * Begin an index with the facts of another one: dimension, metric, type, spec,
 * seed, but for the model; claim is as for vsx_builder_new_on(). Rows that are
 * added are taken as they are.
 */
enum vsx_status vsx_compact_builder(struct vsx_builder **out, const char *path,
				    const struct vsx_compact_opts *opts,
				    const struct vsx *index,
				    const struct vsx_model *model,
				    const struct vsx_claim *claim,
				    const struct vsx_file_ops *ops,
				    struct vsx_error *err);

#endif
