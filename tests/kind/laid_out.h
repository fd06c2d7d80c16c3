/*
 * A segment in memory, from what a builder gave: what the writer would put into
 * a file, without the file. For tests and measurements of index kinds.
 */
#ifndef LAID_OUT_H
#define LAID_OUT_H

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/scratch.h"
#include "code/build.h"
#include "kind/build.h"
#include "manifest.h"

struct laid_out {
	struct vsx_segment seg;
	struct vsx_built built;
	struct vsx_code_params codes;
	uint8_t *vecs, *code, *made;
	uint8_t *params;	     /* of the codes; theirs */
	struct vsx_disk_list *lists; /* section LIST, if there is one */
	uint64_t *ids;
	uint32_t *by_id;
};

static inline void lay_view(struct laid_out *l, enum vsx_section_slot slot,
			    const void *data, uint64_t bytes)
{
	l->seg.view[slot].base = data;
	l->seg.view[slot].bytes = bytes;
}

/* Build rows as a kind, of a size if it has one. */
static inline enum vsx_status lay_build(struct laid_out *l,
					const struct vsx_job *job,
					const struct vsx_rows *rows,
					enum vsx_kind_code kind, uint32_t size,
					struct vsx_error *err)
{
	struct vsx_spec spec = {.kind = kind, .size = size};
	struct vsx_job paged = *job;

	paged.page_bytes = 4096;
	return vsx_kind_build_find(kind)->build(&paged, rows, &spec, &l->built,
						err);
}

static inline void lay_run(struct laid_out *l, const struct vsx_rows *rows,
			   const struct vsx_run *run)
{
	uint64_t stride = rows->space->stride;

	for (uint64_t i = 0; i < run->n_rows; i++) {
		uint64_t r = run->first_row + i;
		uint64_t from = l->built.order ? l->built.order[r] : r;

		memcpy(l->vecs + run->offset + i * stride,
		       rows->base + from * stride, stride);
	}
}

static inline void lay_rows(struct laid_out *l, const struct vsx_rows *rows)
{
	struct vsx_run all = {.n_rows = rows->n};
	uint64_t bytes = l->built.runs
				 ? l->built.vecs_bytes
				 : (uint64_t)rows->n * rows->space->stride;

	l->vecs = vsx_alloc(bytes, 1);
	if (!l->built.runs)
		lay_run(l, rows, &all);
	for (uint32_t i = 0; i < l->built.n_runs; i++)
		lay_run(l, rows, &l->built.runs[i]);
	lay_view(l, VSX_SEC_VECS, l->vecs, bytes);
}

/* Codes of a segment that is laid out. */
static inline enum vsx_status lay_codes_of(struct laid_out *l,
					   struct vsx_job *job,
					   const struct vsx_rows *rows,
					   const struct vsx_code_wish *wish,
					   struct vsx_error *err)
{
	uint64_t bytes;

	struct vsx_code_source from = {.rows = rows, .order = l->built.order};
	float *work;

	for (uint32_t i = 0; i < l->built.n_sections; i++)
		if (l->built.section[i].slot == VSX_SEC_CENT) {
			from.lists = l->built.runs;
			from.n_lists = l->built.n_runs;
			from.centroids = l->built.section[i].data;
			from.stride = vsx_row_stride(rows->space->dim * 4);
		}
	VSX_TRY(vsx_codes_train(wish, job, &from, &l->codes, err));
	if (!l->codes.build)
		return VSX_OK;
	bytes = vsx_codes_bytes(&l->codes, rows->n);
	l->code = vsx_alloc(bytes, 1);
	l->params = l->codes.bytes;
	work = vsx_alloc(vsx_codes_work(&l->codes), sizeof(*work));
	vsx_codes_encode(&l->codes, &from, 0, rows->n, work, l->code);
	free(work);
	lay_view(l, VSX_SEC_CODE, l->code, bytes);
	lay_view(l, VSX_SEC_CPAR, l->params, l->codes.n_bytes);
	l->seg.codec = wish->build->codec;
	l->seg.form = l->codes.form;
	l->seg.params[VSX_PARAM_CODES] = vsx_code_params_word(&l->codes);
	return VSX_OK;
}

/* By any codec; NULL: none. */
static inline enum vsx_status lay_codes(struct laid_out *l, struct vsx_job *job,
					const struct vsx_rows *rows,
					const struct vsx_codec_build *build,
					struct vsx_error *err)
{
	struct vsx_code_wish wish = {.build = build};

	return lay_codes_of(l, job, rows, &wish, err);
}

/* Codes of links, once those of rows are there, if there are any. */
static inline enum vsx_status lay_gates(struct laid_out *l, struct vsx_job *job,
					const struct vsx_rows *rows,
					uint32_t parts, struct vsx_error *err)
{
	struct vsx_code_source from = {.rows = rows, .order = l->built.order};

	return vsx_kind_build_find(l->built.kind)
		->gates(job, parts, &l->codes, &from, &l->built, err);
}

/* What the kind's builder gave is in l->built already. */
static inline enum vsx_status lay_out(struct laid_out *l, struct vsx_job *job,
				      const struct vsx_rows *rows, bool codes,
				      struct vsx_error *err)
{
	lay_rows(l, rows);
	if (codes)
		VSX_TRY(lay_codes(
			l, job, rows,
			vsx_codec_for(rows->space->elem, rows->space->dim),
			err));
	for (uint32_t i = 0; i < l->built.n_sections; i++) {
		struct vsx_built_section *s = &l->built.section[i];

		lay_view(l, s->slot, s->data, s->bytes);
		if (s->making) {
			l->made = vsx_alloc(s->bytes, 1);
			VSX_TRY(s->making->make(s->data, 0, s->bytes, l->made,
						err));
			lay_view(l, s->slot, l->made, s->bytes);
		}
		if (s->slot == VSX_SEC_LIST)
			l->lists = s->data;
	}
	l->ids = vsx_alloc(rows->n, sizeof(*l->ids));
	for (uint32_t r = 0; r < rows->n; r++) {
		uint32_t from = l->built.order ? l->built.order[r] : r;

		l->ids[r] = rows->ids ? rows->ids[from] : from;
	}
	lay_view(l, VSX_SEC_ROID, l->ids, (uint64_t)rows->n * 8);
	l->seg.kind = vsx_kind_find(l->built.kind);
	l->seg.space = *rows->space;
	l->seg.n_rows = rows->n;
	for (int i = 0; i < VSX_PARAM_SHARED; i++)
		l->seg.params[i] = l->built.params[i];
	return vsx_segment_open(&l->seg, err);
}

static inline void laid_out_release(struct laid_out *l)
{
	free(l->vecs);
	free(l->code);
	free(l->made);
	free(l->ids);
	vsx_code_params_release(&l->codes);
	vsx_built_release(&l->built);
	vsx_segment_close(&l->seg);
	memset(l, 0, sizeof(*l));
}

/* Make ready for a query; the heap is the scratch's. */
static inline void find_begin(struct vsx_find *find, struct vsx_scratch *s,
			      size_t k, uint32_t effort)
{
	memset(find, 0, sizeof(*find));
	vsx_grow(&s->best, &s->best_cap, k, sizeof(*s->best), NULL);
	find->query = &s->query;
	find->scratch = s;
	find->k = k;
	find->effort = effort;
	find->top.heap = s->best;
	find->top.k = k;
}

#endif
