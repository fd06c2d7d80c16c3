/* Building inverted lists: the parts of it, see kind/build.h. */
#ifndef VSX_BUILD_IVF_H
#define VSX_BUILD_IVF_H

#include "kind/build.h"

/* A list that is longer begins at a page: SPEC.md 5.4. */
#define VSX_IVF_ALIGNED_PAGES 4

/* vsx_kind_build.build, .extend */
enum vsx_status vsx_ivf_build(struct vsx_job *job, const struct vsx_rows *rows,
			      const struct vsx_spec *spec,
			      struct vsx_built *out, struct vsx_error *err);
enum vsx_status vsx_ivf_extend(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_segment *trained,
			       struct vsx_built *out, double *shift,
			       struct vsx_error *err);

/*
 * From the list of each row to the rows of each list: set order and runs, rows
 * by list, in a list by id, and section LIST.
 */
enum vsx_status vsx_ivf_group(const struct vsx_job *job,
			      const struct vsx_rows *rows, const uint32_t *list,
			      uint32_t nlist, struct vsx_built *out,
			      struct vsx_error *err);

#endif
