/*
 * Inverted lists: rows grouped by the centroid they are nearest to. SPEC.md
 * 5.4.
 *
 * Section CENT holds the centroids as f32 and behind them their 8-bit codes,
 * which a search compares the query with: centroids are many and a search needs
 * them all, so that their bytes decide how long it takes.
 *
 *     f32 centroid[nlist], stride params[VSX_IVF_STRIDE]
 *     zeros to a multiple of 64
 *     parameters of the codes, as section CPAR
 *     zeros to a multiple of 64
 *     records of the codes, as section CODE
 *
 * Under cosine centroids are means of rows of length 1. Products look for the
 * centroids with the greatest products; rows belong to the list whose centroid
 * is nearest, whatever the metric.
 */
#ifndef VSX_IVF_H
#define VSX_IVF_H

#include "code/codec.h"
#include "kind/kind.h"

#define VSX_IVF_MAX_NLIST (1u << 24)

/* Parameters of the segment. */
enum { VSX_IVF_NLIST, VSX_IVF_STRIDE, VSX_IVF_CENT_OF };

/* Of an opened segment, which has checked them. */
static inline uint32_t vsx_ivf_nlist(const struct vsx_segment *seg)
{
	return seg->params[VSX_IVF_NLIST];
}

static inline uint32_t vsx_ivf_stride(const struct vsx_segment *seg)
{
	return seg->params[VSX_IVF_STRIDE];
}

/* The space that centroids are rows of. */
void vsx_ivf_space(struct vsx_space *s, const struct vsx_space *rows,
		   uint32_t stride);

/* Where the parts of CENT begin. */
struct vsx_ivf_layout {
	uint64_t params, codes, end;
};

struct vsx_ivf_layout vsx_ivf_layout(uint32_t dim, uint32_t nlist,
				     uint32_t stride);

/* The codes of the centroids; touches their parameters. */
enum vsx_status vsx_ivf_codes(const struct vsx_segment *seg,
			      struct vsx_codes *codes, struct vsx_error *err);

/* All lists into the pool of find->scratch, by key << 32 | number. */
enum vsx_status vsx_ivf_rank(const struct vsx_segment *seg,
			     struct vsx_find *find, struct vsx_error *err);

/* Where rows lie: list i is run i. */
extern const struct vsx_placing vsx_ivf_placing;

/* Where list i is; its bounds are checked, its pages not touched. */
enum vsx_status vsx_ivf_list(const struct vsx_segment *seg, uint32_t i,
			     struct vsx_run *run, struct vsx_error *err);

/* It will be asked for soon, and is one: begin to fetch where it is. */
void vsx_ivf_list_expect(const struct vsx_segment *seg, uint32_t i);

/* The list that holds a row. */
enum vsx_status vsx_ivf_list_of(const struct vsx_segment *seg, uint32_t row,
				uint32_t *list, struct vsx_run *run,
				struct vsx_error *err);

/* vsx_kind.climb */
enum vsx_status vsx_ivf_climb(const struct vsx_segment *seg,
			      struct vsx_find *find, const uint32_t *truth,
			      uint32_t n_truth, struct vsx_rung *rungs,
			      uint32_t n, struct vsx_error *err);

enum vsx_status vsx_ivf_check(const struct vsx_segment *seg,
			      unsigned int n_threads, vsx_finding *report,
			      void *context, struct vsx_error *err);

#endif
