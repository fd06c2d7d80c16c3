#include "write/segment_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "train/by_id.h"

/* Bytes between two reports, and between two looks at whether to stop. */
#define REPORT_BYTES (UINT64_C(2) << 20)

/* Rows that a thread encodes at a time. */
#define ENCODE_CHUNK 256

static uint64_t id_of(const struct vsx_segment_out *o, uint32_t row)
{
	uint32_t from = o->built->order ? o->built->order[row] : row;

	return o->rows->ids ? o->rows->ids[from] : from;
}

static void look_at_ids(struct vsx_segment_out *o)
{
	bool same = true;
	uint64_t most = 0, before = 0;

	o->in_id_order = true;
	for (uint32_t r = 0; r < o->rows->n; r++) {
		uint64_t id = id_of(o, r);

		same = same && id == r;
		if (r > 0 && id < before)
			o->in_id_order = false;
		if (id > most)
			most = id;
		before = id;
	}
	o->id_bytes = same ? 0 : most <= UINT32_MAX ? 4 : 8;
}

void vsx_segment_out_init(struct vsx_segment_out *o)
{
	o->vecs_bytes =
		o->kept->build ? vsx_codes_bytes(o->kept, o->rows->n)
		: o->built->runs
			? o->built->vecs_bytes
			: (uint64_t)o->rows->n *
				  vsx_job_stride(o->job, o->rows->space);
	look_at_ids(o);
}

static struct vsx_attached_out attached_of(const struct vsx_segment_out *o)
{
	return (struct vsx_attached_out){
		.sink = o->sink,
		.rows = o->rows,
		.order = o->built->order,
		.number = o->number,
		.lists = o->built->runs,
		.n_lists = o->built->n_runs,
	};
}

void vsx_segment_out_layout(const struct vsx_segment_out *o,
			    struct vsx_layout *layout)
{
	struct vsx_attached_out attached = attached_of(o);
	uint64_t n = o->rows->n;

	vsx_layout_add(layout, o->vecs_bytes);
	if (o->kept->build && !o->shares_codes)
		vsx_layout_add(layout, o->kept->n_bytes);
	if (o->codes->build) {
		if (!o->shares_codes)
			vsx_layout_add(layout, o->codes->n_bytes);
		vsx_layout_add(layout, vsx_codes_bytes(o->codes, n));
	}
	vsx_layout_add(layout, n * o->id_bytes);
	if (o->id_bytes && !o->in_id_order)
		vsx_layout_add(layout, n * 4);
	for (uint32_t i = 0; i < o->built->n_sections; i++)
		vsx_layout_add(layout, o->built->section[i].bytes);
	vsx_attached_out_layout(&attached, layout);
}

/* How far it is, of all sections together. */
static enum vsx_status tell(struct vsx_segment_out *o, struct vsx_error *err)
{
	return o->job->progress(o->job, &vsx_phase_writing,
				o->done + vsx_sink_bytes(o->sink), o->all_bytes,
				err);
}

static enum vsx_status end(struct vsx_segment_out *o, struct vsx_error *err)
{
	o->done += vsx_sink_bytes(o->sink);
	return vsx_sink_end(o->sink, err);
}

/* Rows first .. first+n-1 of the segment. */
static enum vsx_status write_rows(struct vsx_segment_out *o, uint64_t first,
				  uint64_t n, struct vsx_error *err)
{
	uint64_t stride = o->rows->space->stride;
	uint64_t gap = vsx_job_stride(o->job, o->rows->space) - stride;
	uint64_t step = REPORT_BYTES / stride;

	for (uint64_t r = first; r < first + n; r++) {
		const uint32_t *order = o->built->order;
		uint64_t from = order ? order[r] : r;

		if (r % step == 0)
			VSX_TRY(tell(o, err));
		VSX_TRY(vsx_sink_write(o->sink, o->rows->base + from * stride,
				       stride, err));
		VSX_TRY(vsx_sink_zeros(o->sink, gap, err));
	}
	return VSX_OK;
}

static enum vsx_status write_vecs(struct vsx_segment_out *o,
				  struct vsx_error *err)
{
	VSX_TRY(vsx_sink_begin(o->sink, VSX_SEC_VECS, o->number, err));
	if (!o->built->runs)
		VSX_TRY(write_rows(o, 0, o->rows->n, err));
	for (uint32_t i = 0; i < o->built->n_runs; i++) {
		const struct vsx_run *run = &o->built->runs[i];

		VSX_TRY(vsx_sink_zeros(
			o->sink, run->offset - vsx_sink_bytes(o->sink), err));
		VSX_TRY(write_rows(o, run->first_row, run->n_rows, err));
	}
	return end(o, err);
}

static enum vsx_status write_array(struct vsx_segment_out *o,
				   enum vsx_section_slot slot, const void *data,
				   uint64_t bytes, struct vsx_error *err)
{
	const uint8_t *from = data;

	VSX_TRY(vsx_sink_begin(o->sink, slot, o->number, err));
	for (uint64_t at = 0; at < bytes; at += REPORT_BYTES) {
		uint64_t n =
			bytes - at < REPORT_BYTES ? bytes - at : REPORT_BYTES;

		VSX_TRY(tell(o, err));
		VSX_TRY(vsx_sink_write(o->sink, from + at, n, err));
	}
	return end(o, err);
}

static enum vsx_status make_pieces(struct vsx_segment_out *o,
				   const struct vsx_built_section *s,
				   uint64_t most, uint8_t *piece,
				   struct vsx_error *err)
{
	VSX_TRY(vsx_sink_begin(o->sink, s->slot, o->number, err));
	for (uint64_t at = 0; at < s->bytes; at += most) {
		uint64_t n = s->bytes - at < most ? s->bytes - at : most;

		VSX_TRY(tell(o, err));
		VSX_TRY(s->making->make(s->data, at, n, piece, err));
		VSX_TRY(vsx_sink_write(o->sink, piece, n, err));
	}
	return end(o, err);
}

/* One of the kind's own. */
static enum vsx_status write_built(struct vsx_segment_out *o,
				   const struct vsx_built_section *s,
				   struct vsx_error *err)
{
	enum vsx_status status;
	uint64_t most;
	uint8_t *piece;

	if (!s->making)
		return write_array(o, s->slot, s->data, s->bytes, err);
	most = (REPORT_BYTES / s->step + 1) * s->step;
	VSX_TRY(vsx_alloc_to(&piece, most, 1, err));
	status = make_pieces(o, s, most, piece, err);
	free(piece);
	return status;
}

/* Codes of rows of the segment, by all threads: each takes whole blocks. */
struct encoding {
	const struct vsx_code_params *params;
	const struct vsx_code_source *source;
	uint64_t first, end; /* rows */
	uint8_t *codes;	     /* of the first one on */
	float *work;	     /* [threads][vsx_codes_work()] */
};

static size_t work_of(const struct vsx_code_params *p,
		      const struct vsx_code_source *source)
{
	return vsx_codes_work(p) + vsx_codes_work_kept(source);
}

static enum vsx_status encode_blocks(void *context, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	const struct encoding *e = context;
	const struct vsx_code_params *p = e->params;
	uint32_t shift = p->build->codec->block_shift;
	uint64_t from = e->first + (first << shift);
	uint64_t to = e->first + (last << shift);

	(void)err;
	vsx_codes_encode(p, e->source, from, (to < e->end ? to : e->end) - from,
			 e->work + thread * work_of(p, e->source),
			 e->codes + first * p->block_bytes);
	return VSX_OK;
}

static enum vsx_status write_blocks(struct vsx_segment_out *o,
				    struct encoding *e, uint64_t step,
				    struct vsx_error *err)
{
	const struct vsx_code_params *p = e->params;
	uint32_t shift = p->build->codec->block_shift;
	uint64_t n = o->rows->n, chunk = ENCODE_CHUNK >> shift;

	for (uint64_t first = 0; first < n; first += step << shift) {
		uint64_t some =
			n - first < step << shift ? n - first : step << shift;
		uint64_t bytes = vsx_codes_bytes(p, some);

		e->first = first;
		e->end = first + some;
		VSX_TRY(tell(o, err));
		VSX_TRY(vsx_parallel(o->job->n_threads, bytes / p->block_bytes,
				     chunk, encode_blocks, e, err));
		VSX_TRY(vsx_sink_write(o->sink, e->codes, bytes, err));
	}
	return VSX_OK;
}

/* Codes of all rows, as a section. */
static enum vsx_status write_codes(struct vsx_segment_out *o,
				   enum vsx_section_slot slot,
				   const struct vsx_code_params *p,
				   const struct vsx_code_source *source,
				   struct vsx_error *err)
{
	uint64_t step = REPORT_BYTES / p->block_bytes + 1;
	unsigned int threads = o->job->n_threads ? o->job->n_threads : 1;
	struct encoding e = {.params = p, .source = source};
	enum vsx_status status;

	status = vsx_alloc_to(&e.codes, step, p->block_bytes, err);
	if (status == VSX_OK)
		status =
			vsx_alloc_to(&e.work, threads,
				     work_of(p, source) * sizeof(*e.work), err);
	if (status == VSX_OK)
		status = vsx_sink_begin(o->sink, slot, o->number, err);
	if (status == VSX_OK)
		status = write_blocks(o, &e, step, err);
	free(e.codes);
	free(e.work);
	return status == VSX_OK ? end(o, err) : status;
}

static enum vsx_status write_ids(struct vsx_segment_out *o,
				 struct vsx_error *err)
{
	VSX_TRY(vsx_sink_begin(o->sink, VSX_SEC_ROID, o->number, err));
	for (uint32_t r = 0; r < o->rows->n; r++) {
		vsx_le64 v; /* its first half is the u32 */

		vsx_put64(&v, id_of(o, r));
		VSX_TRY(vsx_sink_write(o->sink, v.b, o->id_bytes, err));
	}
	return end(o, err);
}

/* [n] rows of the segment by rising id. */
static enum vsx_status rows_by_id(const struct vsx_segment_out *o,
				  vsx_le32 *out, struct vsx_error *err)
{
	const uint32_t *order = o->built->order;
	struct vsx_arrays *arrays = o->job->arrays;
	uint32_t n = o->rows->n, *row_of = NULL, *by_id = NULL;
	enum vsx_status status;

	status = vsx_arrays_take(arrays, &row_of, n, sizeof(*row_of), err);
	if (status == VSX_OK)
		status = vsx_rows_by_id(arrays, o->rows, &by_id, err);
	if (status != VSX_OK)
		goto done;
	for (uint32_t r = 0; r < n; r++)
		row_of[order ? order[r] : r] = r;
	for (uint32_t i = 0; i < n; i++)
		vsx_put32(&out[i], row_of[by_id[i]]);
done:
	vsx_arrays_leave(arrays, row_of);
	vsx_arrays_leave(arrays, by_id);
	return status;
}

static enum vsx_status write_id_order(struct vsx_segment_out *o,
				      struct vsx_error *err)
{
	struct vsx_arrays *arrays = o->job->arrays;
	enum vsx_status status;
	vsx_le32 *rows;

	VSX_TRY(vsx_arrays_take(arrays, &rows, o->rows->n, sizeof(*rows), err));
	status = rows_by_id(o, rows, err);
	if (status == VSX_OK)
		status = write_array(o, VSX_SEC_IDRO, rows,
				     o->rows->n * sizeof(*rows), err);
	vsx_arrays_leave(arrays, rows);
	return status;
}

enum vsx_status vsx_segment_out_write(struct vsx_segment_out *o,
				      struct vsx_error *err)
{
	struct vsx_attached_out attached = attached_of(o);
	const struct vsx_built *b = o->built;
	struct vsx_layout all = {0};

	vsx_segment_out_layout(o, &all);
	o->done = o->all_bytes = 0;
	for (uint32_t i = 0; i < all.n; i++)
		o->all_bytes += all.bytes[i];

	if (!o->kept->build)
		VSX_TRY(write_vecs(o, err));
	else
		VSX_TRY(write_codes(o, VSX_SEC_VECS, o->kept, o->source, err));
	if (o->kept->build && !o->shares_codes)
		VSX_TRY(write_array(o, VSX_SEC_VPAR, o->kept->bytes,
				    o->kept->n_bytes, err));
	if (o->codes->build) {
		if (!o->shares_codes)
			VSX_TRY(write_array(o, VSX_SEC_CPAR, o->codes->bytes,
					    o->codes->n_bytes, err));
		VSX_TRY(write_codes(o, VSX_SEC_CODE, o->codes, o->codes_source,
				    err));
	}
	if (o->id_bytes)
		VSX_TRY(write_ids(o, err));
	if (o->id_bytes && !o->in_id_order)
		VSX_TRY(write_id_order(o, err));
	for (uint32_t i = 0; i < b->n_sections; i++)
		VSX_TRY(write_built(o, &b->section[i], err));
	return vsx_attached_out_write(&attached, err);
}
