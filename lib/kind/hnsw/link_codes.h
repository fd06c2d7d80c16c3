/* The codes of links from what rows are compared as: for those who write them,
 * and those who check. SPEC.md 5.5.1. */
#ifndef VSX_HNSW_LINK_CODES_H
#define VSX_HNSW_LINK_CODES_H

#include "kind/hnsw/hnsw.h"

struct vsx_link_coder {
	struct vsx_codes codes; /* that rows are compared as, or the rows */
	const uint32_t *order;	/* of rows: number r is row order[r] of them;
				   NULL: the same */
	const uint32_t *links;	/* [n_rows][degree] */
	uint32_t degree, n_rows;
	struct vsx_edges edges;
	struct vsx_edge_coder coder; /* of these */
};

/* Components of what rows are compared as. */
static inline uint32_t vsx_link_coder_dim(const struct vsx_link_coder *k)
{
	return k->codes.codec->decode ? k->codes.form.coded : k->codes.rows.dim;
}

/* A row as it is compared: f32[dim]. */
void vsx_link_coder_load(const struct vsx_link_coder *k, uint32_t row,
			 float *out);

/* Links of a row; those that are beyond the rows end it. */
static inline const uint32_t *vsx_link_coder_links(
	const struct vsx_link_coder *k, uint32_t row)
{
	return k->links + (size_t)row * k->degree;
}
uint32_t vsx_link_coder_count(const struct vsx_link_coder *k, uint32_t row);

/* The blocks of a row. work: so many times float[dim]. */
#define VSX_LINK_CODER_WORK (VSX_EDGES_AT_ONCE + 1)
void vsx_link_coder_row(const struct vsx_link_coder *k, uint32_t row,
			float *work, uint8_t *blocks);

/* The blocks of rows that a search may begin at, as many as are due, and the
 * shift of their factors. work: as above. */
enum vsx_status vsx_link_coder_entries(const struct vsx_link_coder *k,
				       float *work, uint32_t *shift,
				       uint8_t *blocks, struct vsx_error *err);

#endif
