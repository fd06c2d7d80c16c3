/* Links of the base level that are shaped by what queries look for. */
#ifndef VSX_HNSW_SHAPE_H
#define VSX_HNSW_SHAPE_H

#include "kind/build.h"
#include "kind/hnsw/hnsw.h"

/* What was built, its rows by their numbers in the input: links of the base
   level may change here, and `built` has them as they were. */
struct vsx_shape {
	struct vsx_job *job;
	const struct vsx_rows *rows;
	const struct vsx_asked *asked;
	struct vsx_built *built;
	uint32_t n_levels, m, degree;
	const uint32_t *level_rows; /* [n_levels] */
	uint32_t *slot_of;	    /* [n] row of the segment by row */
	uint32_t *links;	    /* [n][degree] of the base level */
	uint32_t *upper; /* [slots][m] of the others, level after level */
};

/* The list of a row as it was built. */
void vsx_shape_as_built(const struct vsx_shape *s, uint32_t row,
			uint32_t *links);

/* Link rows to each other that one query looks for, of those that are not held
   out. *changed = the rows whose links are new, rising; of job->arrays. */
enum vsx_status vsx_shape_links(struct vsx_shape *s, uint32_t **changed,
				uint32_t *n_changed, struct vsx_error *err);

/* Efforts that are measured, and what searches come to with each. */
#define VSX_SHAPE_EFS 14

struct vsx_shape_work {
	double recall[VSX_SHAPE_EFS], distances[VSX_SHAPE_EFS];
};

/* Queries that are held out are searched for, by rows and all links. done: of
   the progress, before this. */
enum vsx_status vsx_shape_measure(const struct vsx_shape *s, uint64_t done,
				  struct vsx_shape_work *out,
				  struct vsx_error *err);

/* vsx_kind_build.shape */
enum vsx_status vsx_hnsw_shape(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_asked *asked,
			       struct vsx_built *built, struct vsx_shaped *out,
			       struct vsx_error *err);

#endif
