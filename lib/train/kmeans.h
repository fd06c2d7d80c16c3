/*
 * K-means over rows: Lloyd's iterations ("Least Squares Quantization in PCM",
 * IEEE Trans. Information Theory 28(2), 1982) on 8-bit codes of the rows.
 *
 * Distances of codes are integers and so are the sums of a cluster's codes:
 * nothing depends on the order of additions, hence not on the number of
 * threads or the machine, and a distance costs a quarter of the bytes of an
 * f32 one. The final centroids are means of the rows themselves, in f64.
 */
#ifndef VSX_KMEANS_H
#define VSX_KMEANS_H

#include "train/grid.h"

struct vsx_kmeans {
	uint32_t k;
	uint32_t dim;
	struct vsx_grid grid; /* of rows and centroids alike */
	float *centroids;     /* [k][dim]; cosine: of unit rows */
	uint8_t *codes;	      /* [k][code_stride], of the centroids */
	uint32_t code_stride;
	vsx_int_kernel *distance; /* of two codes */
};

/*
 * Learn k centroids from `sample` rows drawn by job->seed (0: 256 a centroid),
 * or from all when there are fewer. k must be 1 to rows->n. Progress is told
 * as "training".
 *
 * Repeat  the same rows, k, sample and seed give the same bytes for any number
 *         of threads
 */
enum vsx_status vsx_kmeans_train(struct vsx_kmeans *out, struct vsx_job *job,
				 const struct vsx_rows *rows, uint32_t k,
				 uint64_t sample, struct vsx_error *err);

/*
 * Take centroids that were learned before: k rows of `cents`, f32, and the grid
 * of the codes that lie beside them: its step, and f32 lo[dim] at any
 * alignment.
 */
enum vsx_status vsx_kmeans_take(struct vsx_kmeans *out, uint32_t k,
				const struct vsx_space *space,
				const uint8_t *cents, float delta,
				const uint8_t *lo, struct vsx_error *err);

/*
 * list[i] = the centroid nearest to row i, by codes; the lowest of equals.
 * Progress is told as "assigning".
 */
enum vsx_status vsx_kmeans_assign(const struct vsx_kmeans *km,
				  struct vsx_job *job,
				  const struct vsx_rows *rows, uint32_t *list,
				  struct vsx_error *err);

/*
 * Number the centroids anew so that each is near the one before: a walk to the
 * nearest not yet visited one.
 */
enum vsx_status vsx_kmeans_chain(struct vsx_kmeans *km, struct vsx_error *err);

void vsx_kmeans_release(struct vsx_kmeans *km);

#endif
