/* Codes of links, made once the codes of rows are: SPEC.md 5.5.1. */
#ifndef VSX_HNSW_BUILD_GATES_H
#define VSX_HNSW_BUILD_GATES_H

#include "kind/build.h"

/* vsx_kind_build.gates */
enum vsx_status vsx_hnsw_build_gates(struct vsx_job *job, uint32_t parts,
				     const struct vsx_code_params *codes,
				     const struct vsx_code_source *from,
				     struct vsx_built *built,
				     struct vsx_error *err);

#endif
