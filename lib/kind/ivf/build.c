/* Building inverted lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "code/build_grid.h"
#include "kind/ivf/ivf.h"
#include "manifest.h"
#include "train/by_id.h"
#include "kind/ivf/build_ivf.h"
#include "train/kmeans.h"

/* Where each list lies in VECS, whose rows are counted; and section LIST. */
static enum vsx_status place_lists(const struct vsx_job *job,
				   const struct vsx_rows *rows,
				   struct vsx_built *out, struct vsx_error *err)
{
	uint64_t page = job->page_bytes, at = 0;
	struct vsx_disk_list *lists;
	uint32_t next = 0;

	VSX_TRY(vsx_alloc_to(&lists, out->n_runs, sizeof(*lists), err));
	vsx_built_add(out, VSX_SEC_LIST, lists, out->n_runs * sizeof(*lists));
	for (uint32_t i = 0; i < out->n_runs; i++) {
		struct vsx_run *run = &out->runs[i];
		uint64_t bytes = (uint64_t)run->n_rows *
				 vsx_job_stride(job, rows->space);

		/* Codes are kept to be small. */
		if (!job->kept_bytes && bytes > VSX_IVF_ALIGNED_PAGES * page)
			at = (at + page - 1) & ~(page - 1);
		run->first_row = next;
		run->offset = at;
		vsx_put64(&lists[i].first_row, next);
		vsx_put64(&lists[i].n_rows, run->n_rows);
		vsx_put64(&lists[i].offset, at);
		next += run->n_rows;
		at += bytes;
	}
	out->vecs_bytes = at;
	return VSX_OK;
}

/* Two stable sorts by counting. */
enum vsx_status vsx_ivf_group(const struct vsx_job *job,
			      const struct vsx_rows *rows, const uint32_t *list,
			      uint32_t nlist, struct vsx_built *out,
			      struct vsx_error *err)
{
	uint32_t *by_id = NULL;

	VSX_TRY(vsx_alloc_to(&out->runs, nlist, sizeof(*out->runs), err));
	out->n_runs = nlist;
	VSX_TRY(vsx_alloc_to(&out->order, rows->n, sizeof(*out->order), err));
	for (uint32_t i = 0; i < rows->n; i++)
		out->runs[list[i]].n_rows++;
	VSX_TRY(place_lists(job, rows, out, err));
	if (!vsx_ids_rise(rows))
		VSX_TRY(vsx_rows_by_id(job->arrays, rows, &by_id, err));
	for (uint32_t c = 0; c < nlist; c++)
		out->runs[c].n_rows = 0;
	for (uint32_t i = 0; i < rows->n; i++) {
		uint32_t row = by_id ? by_id[i] : i;
		struct vsx_run *run = &out->runs[list[row]];

		out->order[run->first_row + run->n_rows++] = row;
	}
	vsx_arrays_leave(job->arrays, by_id);
	return VSX_OK;
}

/* Section CENT; ivf.h has its layout. */
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
	struct vsx_code_source from = {.rows = &cents};
	struct vsx_job quiet = *job;
	struct vsx_code_params codes;
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
	VSX_TRY(vsx_codes_on_grid(&quiet, &cents, &km->grid, &codes, err));
	memcpy(data + at.params, codes.bytes, codes.n_bytes);
	vsx_codes_encode(&codes, &from, 0, km->k, NULL, data + at.codes);
	vsx_code_params_release(&codes);
	out->params[VSX_IVF_NLIST] = km->k;
	out->params[VSX_IVF_STRIDE] = stride;
	return VSX_OK;
}

enum vsx_status vsx_ivf_build(struct vsx_job *job, const struct vsx_rows *rows,
			      const struct vsx_spec *spec,
			      struct vsx_built *out, struct vsx_error *err)
{
	uint32_t nlist = spec->size < rows->n ? spec->size : rows->n;
	struct vsx_kmeans km = {0};
	uint32_t *list = NULL;
	enum vsx_status status;

	memset(out, 0, sizeof(*out));
	out->kind = VSX_IVF;
	status = vsx_alloc_to(&list, rows->n, sizeof(*list), err);
	if (status == VSX_OK)
		status = vsx_kmeans_train(&km, job, rows, nlist,
					  job->nlist_sample, err);
	if (status == VSX_OK)
		status = vsx_kmeans_chain(&km, err);
	if (status == VSX_OK)
		status = vsx_kmeans_assign(&km, job, rows, list, err);
	if (status == VSX_OK)
		status = vsx_ivf_group(job, rows, list, nlist, out, err);
	if (status == VSX_OK)
		status = put_centroids(job, rows->space, &km, out, err);
	free(list);
	vsx_kmeans_release(&km);
	if (status != VSX_OK)
		vsx_built_release(out);
	return status;
}
