/* Building inverted lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/ivf/ivf.h"
#include "manifest.h"
#include "train/by_id.h"
#include "kind/ivf/build_group.h"
#include "train/kmeans.h"

/* Two stable sorts by counting. */
enum vsx_status vsx_ivf_group(const struct vsx_rows *rows, const uint32_t *list,
			      uint32_t nlist, struct vsx_built *out,
			      struct vsx_error *err)
{
	uint32_t *by_id = NULL;
	uint64_t next = 0;

	VSX_TRY(vsx_alloc_to(&out->lists, nlist, sizeof(*out->lists), err));
	out->n_lists = nlist;
	VSX_TRY(vsx_alloc_to(&out->order, rows->n, sizeof(*out->order), err));
	if (!vsx_ids_rise(rows))
		VSX_TRY(vsx_rows_by_id(rows, &by_id, err));
	for (uint32_t i = 0; i < rows->n; i++)
		out->lists[list[i]].n_rows++;
	for (uint32_t c = 0; c < nlist; c++) {
		out->lists[c].first_row = next;
		next += out->lists[c].n_rows;
		out->lists[c].n_rows = 0;
	}
	for (uint32_t i = 0; i < rows->n; i++) {
		uint32_t row = by_id ? by_id[i] : i;
		struct vsx_built_list *l = &out->lists[list[row]];

		out->order[l->first_row + l->n_rows++] = row;
	}
	free(by_id);
	return VSX_OK;
}

/* Section CENT; index/ivf.h has its layout. */
static enum vsx_status put_centroids(struct vsx_job *job,
				     const struct vsx_space *rows,
				     struct vsx_kmeans *km,
				     struct vsx_built *out,
				     struct vsx_error *err)
{
	struct vsx_built_section *section = &out->section[out->n_sections];
	uint32_t stride = vsx_row_stride(km->dim * 4);
	struct vsx_ivf_layout at = vsx_ivf_layout(km->dim, km->k, stride);
	struct vsx_rows cents = {.n = km->k};
	struct vsx_job quiet = *job;
	struct vsx_space space;
	uint8_t *data;

	VSX_TRY(vsx_alloc_to(&section->data, at.end, 1, err));
	section->slot = VSX_SEC_CENT;
	section->bytes = at.end;
	out->n_sections++;
	data = section->data;
	vsx_ivf_space(&space, rows, stride);
	for (uint32_t c = 0; c < km->k; c++)
		memcpy(data + (size_t)c * stride,
		       km->centroids + (size_t)c * km->dim,
		       km->dim * sizeof(float));
	cents.space = &space;
	cents.base = data;
	quiet.progress = NULL;
	VSX_TRY(vsx_codes_losses(&quiet, &cents, &km->grid, err));
	vsx_codes_put_params(&km->grid, data + at.params);
	for (uint32_t c = 0; c < km->k; c++)
		vsx_codes_encode(&km->grid, &space, data + (size_t)c * stride,
				 data + at.codes + (size_t)c * km->grid.stride);
	out->params[VSX_IVF_NLIST] = km->k;
	out->params[VSX_IVF_STRIDE] = stride;
	return VSX_OK;
}

enum vsx_status vsx_ivf_build(struct vsx_job *job, const struct vsx_rows *rows,
			      const struct vsx_spec *spec,
			      struct vsx_built *out, struct vsx_error *err)
{
	uint32_t nlist = spec->nlist < rows->n ? spec->nlist : rows->n;
	struct vsx_kmeans km = {0};
	uint32_t *list = NULL;
	enum vsx_status status;

	memset(out, 0, sizeof(*out));
	out->kind = VSX_IVF;
	snprintf(out->spec, sizeof(out->spec), "IVF%u,Flat", nlist);
	status = vsx_alloc_to(&list, rows->n, sizeof(*list), err);
	if (status == VSX_OK)
		status = vsx_kmeans_train(&km, job, rows, nlist,
					  job->nlist_sample, err);
	if (status == VSX_OK)
		status = vsx_kmeans_chain(&km, err);
	if (status == VSX_OK)
		status = vsx_kmeans_assign(&km, job, rows, list, err);
	if (status == VSX_OK)
		status = vsx_ivf_group(rows, list, nlist, out, err);
	if (status == VSX_OK)
		status = put_centroids(job, rows->space, &km, out, err);
	free(list);
	vsx_kmeans_release(&km);
	if (status != VSX_OK)
		vsx_built_release(out);
	return status;
}
