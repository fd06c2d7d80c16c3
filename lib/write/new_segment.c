#include "write/new_segment.h"

#include <string.h>

enum vsx_status vsx_new_segment_codes(struct vsx_new_segment *n,
				      struct vsx_error *err)
{
	/* Codes speed up scans. */
	if (!vsx_kind_build_find(n->built.kind)->scans ||
	    vsx_elem_is_int(n->rows.space->elem))
		return VSX_OK;
	return vsx_codes_train(
		vsx_codec_for(n->rows.space->elem, n->rows.space->dim), n->job,
		&n->rows, &n->codes, err);
}

void vsx_new_segment_place(struct vsx_new_segment *n, struct vsx_layout *layout)
{
	n->out = (struct vsx_segment_out){
		.job = n->job,
		.rows = &n->rows,
		.built = &n->built,
		.codes = &n->codes,
		.number = n->number,
	};
	vsx_segment_out_init(&n->out);
	vsx_segment_out_layout(&n->out, layout);
}

enum vsx_status vsx_new_segment_write(struct vsx_new_segment *n,
				      struct vsx_sink *sink,
				      uint64_t generation,
				      struct vsx_error *err)
{
	n->out.sink = sink;
	VSX_TRY(vsx_segment_out_write(&n->out, err));
	n->entry = (struct vsx_segment_entry){
		.kind = n->built.kind,
		.row_stride = n->rows.space->stride,
		.n_rows = n->rows.n,
		.generation = generation,
	};
	memcpy(n->entry.params, n->built.params, sizeof(n->entry.params));
	n->entry.params[VSX_PARAM_CODEC] = vsx_code_params_id(&n->codes);
	return VSX_OK;
}

void vsx_new_segment_release(struct vsx_new_segment *n)
{
	vsx_built_release(&n->built);
	vsx_code_params_release(&n->codes);
}

enum vsx_status vsx_new_segment_open(const struct vsx_new_segment *n,
				     const struct vsx_sink *sink,
				     const uint8_t *base,
				     const struct vsx_segment *before,
				     struct vsx_segment *seg,
				     struct vsx_error *err)
{
	*seg = (struct vsx_segment){
		.kind = vsx_kind_find(n->entry.kind),
		.space = *n->rows.space,
		.number = n->number,
		.n_rows = (uint32_t)n->entry.n_rows,
	};
	memcpy(seg->params, n->entry.params, sizeof(seg->params));
	for (uint32_t i = 0; i < n->number; i++)
		seg->mark_base += before[i].n_rows;
	for (size_t i = 0; i < sink->n_sections; i++) {
		const struct vsx_section_entry *e = &sink->sections[i].entry;

		if (!sink->sections[i].kept && e->segment == n->number)
			seg->view[vsx_section_slot(e->id)] = (struct vsx_view){
				.base = base + e->offset, .bytes = e->bytes};
	}
	VSX_TRY(vsx_segment_share(seg, before, err));
	return vsx_segment_open(seg, err);
}
