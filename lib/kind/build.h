/*
 * What a builder of an index kind gets and gives. It sees rows in memory and
 * gives arrays in memory; files are written by others.
 */
#ifndef VSX_KIND_BUILD_H
#define VSX_KIND_BUILD_H

#include "disk.h"
#include "kind/kind.h"
#include "train/job.h"
#include "names.h"

/* What a spec string says. */
struct vsx_spec {
	uint32_t kind; /* enum vsx_kind_code */
	uint32_t nlist;
	uint32_t m;
};

#define VSX_MAX_BUILT 6

/* What a builder gives. Arrays from vsx_alloc; vsx_built_release() frees. */
struct vsx_built {
	uint32_t kind;
	uint32_t params[VSX_N_PARAMS];
	uint32_t *order; /* [n]: row r of the segment is input row order[r];
			    NULL: as the input */
	/* IVF: lists[i].first_row, n_rows; the writer fills the offsets and
	   writes section LIST itself. */
	struct vsx_built_list {
		uint64_t first_row, n_rows;
	} * lists;
	uint32_t n_lists;
	struct vsx_built_section {
		enum vsx_section_slot slot;
		void *data;
		uint64_t bytes;
	} section[VSX_MAX_BUILT];
	uint32_t n_sections;
	char spec[64]; /* as built, such as "IVF256,Flat" */
};

void vsx_built_release(struct vsx_built *built);

enum vsx_status vsx_flat_build(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_spec *spec,
			       struct vsx_built *out, struct vsx_error *err);
enum vsx_status vsx_ivf_build(struct vsx_job *job, const struct vsx_rows *rows,
			      const struct vsx_spec *spec,
			      struct vsx_built *out, struct vsx_error *err);
enum vsx_status vsx_hnsw_build(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_spec *spec,
			       struct vsx_built *out, struct vsx_error *err);

/*
 * More rows for an index whose lists are learned: rows go to the nearest of the
 * centroids of segment `trained`, which the new segment shares. *shift is the
 * mean distance of the rows from their centroids, over that of the rows in
 * `trained`, from samples.
 */
enum vsx_status vsx_ivf_extend(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_segment *trained,
			       struct vsx_built *out, double *shift,
			       struct vsx_error *err);

#endif
