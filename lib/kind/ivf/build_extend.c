/* More rows for inverted lists that are learned already. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "code/grid.h"
#include "kind/ivf/ivf.h"
#include "kind/ivf/build_ivf.h"
#include "segment/kept.h"
#include "train/kmeans.h"

/* Rows that a mean distance is taken over, about. */
#define SAMPLE 2048

/* The distance of a row from a centroid, in the space of the centroids. */
static double distance_to(const struct vsx_space *rows, const uint8_t *row,
			  const float *centroid, float *x)
{
	double scale = vsx_space_scale(rows, row), sum = 0.0;

	vsx_space_load(rows, x, row);
	for (uint32_t d = 0; d < rows->dim; d++) {
		double diff = (double)x[d] * scale - (double)centroid[d];

		sum += diff * diff;
	}
	return sqrt(sum);
}

static double mean_of_new(const struct vsx_rows *rows, const uint32_t *list,
			  const struct vsx_kmeans *km, float *x)
{
	uint32_t n = rows->n < SAMPLE ? rows->n : SAMPLE;
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t row = (uint64_t)i * rows->n / n;

		sum += distance_to(
			rows->space, rows->base + row * rows->space->stride,
			km->centroids + (size_t)list[row] * km->dim, x);
	}
	return sum / n;
}

/* Some rows of each list, more of a longer one. */
static enum vsx_status mean_of_trained(struct vsx_kept *kept,
				       const struct vsx_kmeans *km, float *x,
				       double *mean, struct vsx_error *err)
{
	const struct vsx_segment *seg = kept->seg;
	uint32_t step = seg->n_rows / SAMPLE + 1;
	uint64_t n = 0, seen = 0;
	double sum = 0.0;

	for (uint32_t c = 0; c < vsx_ivf_nlist(seg); c++) {
		uint32_t stride = vsx_vecs_stride(seg);
		struct vsx_run run;

		VSX_TRY(vsx_ivf_list(seg, c, &run, err));
		seen += run.n_rows;
		if (seen > seg->n_rows)
			return vsx_too_many_rows(seg, err);
		for (uint64_t r = 0; r < run.n_rows; r += step, n++) {
			const uint8_t *at;

			VSX_TRY(vsx_kept_at(kept, run.first_row + (uint32_t)r,
					    run.offset + r * stride, &at, err));
			sum += distance_to(&seg->space, at,
					   km->centroids + (size_t)c * km->dim,
					   x);
		}
	}
	*mean = n ? sum / (double)n : 0.0;
	return VSX_OK;
}

static enum vsx_status find_shift(const struct vsx_rows *rows,
				  const uint32_t *list,
				  const struct vsx_kmeans *km,
				  const struct vsx_segment *trained,
				  double *shift, struct vsx_error *err)
{
	struct vsx_kept kept = {.seg = NULL};
	enum vsx_status status;
	double before = 0.0;
	float *x;

	VSX_TRY(vsx_alloc_to(&x, km->dim, sizeof(*x), err));
	status = vsx_kept_begin(&kept, trained, err);
	if (status == VSX_OK)
		status = mean_of_trained(&kept, km, x, &before, err);
	vsx_kept_release(&kept);
	if (status == VSX_OK)
		*shift = before > 0.0 ? mean_of_new(rows, list, km, x) / before
				      : 0.0;
	free(x);
	return status;
}

/* The centroids of a segment, once more as training left them. */
static enum vsx_status take_centroids(struct vsx_kmeans *km,
				      const struct vsx_segment *trained,
				      struct vsx_error *err)
{
	const struct vsx_view *cents = &trained->view[VSX_SEC_CENT];
	struct vsx_codes codes;
	struct vsx_space space;

	VSX_TRY(vsx_touch(cents, 0, cents->bytes, err));
	VSX_TRY(vsx_ivf_codes(trained, &codes, err));
	vsx_ivf_space(&space, &trained->space, vsx_ivf_stride(trained));
	return vsx_kmeans_take(km, vsx_ivf_nlist(trained), &space, cents->base,
			       vsx_grid_header(codes.params).delta,
			       vsx_grid_lo(codes.params), err);
}

/* Rows that were in a list of these centroids stay there: their codes are of
 * what it leaves of them. */
static enum vsx_status keep_lists(const struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_segment *trained,
				  uint32_t *list, struct vsx_error *err)
{
	for (uint32_t i = 0; i < rows->n; i++) {
		const struct vsx_row_from *from = vsx_row_from(job, rows, i);
		const struct vsx_segment *seg;

		if (!from)
			continue;
		seg = &job->sources[from->segment];
		if (seg->kind == trained->kind &&
		    seg->view[VSX_SEC_CENT].base ==
			    trained->view[VSX_SEC_CENT].base)
			VSX_TRY(seg->placing->list_of(seg, from->row, &list[i],
						      err));
	}
	return VSX_OK;
}

enum vsx_status vsx_ivf_extend(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_segment *trained,
			       struct vsx_built *out, double *shift,
			       struct vsx_error *err)
{
	struct vsx_kmeans km = {0};
	uint32_t *list = NULL;
	enum vsx_status status;

	memset(out, 0, sizeof(*out));
	out->kind = VSX_IVF;
	out->params[VSX_IVF_NLIST] = vsx_ivf_nlist(trained);
	out->params[VSX_IVF_STRIDE] = vsx_ivf_stride(trained);
	out->params[VSX_IVF_CENT_OF] = trained->number + 1;
	status = vsx_alloc_to(&list, rows->n, sizeof(*list), err);
	if (status == VSX_OK)
		status = take_centroids(&km, trained, err);
	if (status == VSX_OK)
		status = vsx_kmeans_assign(&km, job, rows, list, err);
	if (status == VSX_OK)
		status = keep_lists(job, rows, trained, list, err);
	if (status == VSX_OK)
		status = find_shift(rows, list, &km, trained, shift, err);
	if (status == VSX_OK)
		status = vsx_ivf_group(job, rows, list, vsx_ivf_nlist(trained),
				       out, err);
	free(list);
	vsx_kmeans_release(&km);
	if (status != VSX_OK)
		vsx_built_release(out);
	return status;
}
