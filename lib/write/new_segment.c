#include "write/new_segment.h"

#include <string.h>

#include "manifest.h"
#include "segment/codes.h"

/* The rows as they will lie, in the lists that were built; these may be those
 * of the segment that lends its centroids. */
static void make_source(struct vsx_new_segment *n,
			const struct vsx_segment *lender)
{
	const struct vsx_built *b = &n->built;

	n->source = (struct vsx_code_source){
		.rows = &n->rows,
		.order = b->order,
	};
	if (!b->n_runs)
		return;
	for (uint32_t i = 0; i < b->n_sections; i++)
		if (b->section[i].slot == VSX_SEC_CENT)
			n->source.centroids = b->section[i].data;
	if (!n->source.centroids && lender)
		n->source.centroids = lender->view[VSX_SEC_CENT].base;
	if (!n->source.centroids)
		return;
	n->source.lists = b->runs;
	n->source.n_lists = b->n_runs;
	n->source.stride = vsx_row_stride(n->rows.space->dim * 4);
}

/* Codes that the spec asks for, or that make the kind's scans faster. */
static struct vsx_code_wish wish_of(const struct vsx_new_segment *n,
				    const struct vsx_spec *spec)
{
	const struct vsx_space *space = n->rows.space;

	if (!vsx_kind_build_find(n->built.kind)->scans)
		return (struct vsx_code_wish){0};
	if (spec->codes.build)
		return spec->codes;
	return (struct vsx_code_wish){
		.build = vsx_codec_for(space->elem, space->dim)};
}

enum vsx_status vsx_new_segment_codes(struct vsx_new_segment *n,
				      const struct vsx_spec *spec,
				      struct vsx_error *err)
{
	struct vsx_code_wish wish = wish_of(n, spec);

	make_source(n, NULL);
	return vsx_codes_train(&wish, n->job, &n->source, &n->codes, err);
}

/* What was learned that rows to be coded as `form` can share. */
static bool lends_codes(const struct vsx_new_segment *n,
			const struct vsx_segment *seg,
			const struct vsx_code_wish *wish,
			const struct vsx_code_form *form)
{
	uint32_t lists =
		vsx_kind_lender(vsx_kind_find(n->built.kind), n->built.params);

	if (seg->params[VSX_PARAM_SHARED] || !vsx_codes_present(seg) ||
	    seg->codec != wish->build->codec ||
	    memcmp(&seg->form, form, sizeof(*form)) != 0)
		return false;
	return !(form->flags & VSX_CODES_RESIDUAL) || lists == seg->number + 1;
}

enum vsx_status vsx_new_segment_codes_of(struct vsx_new_segment *n,
					 const struct vsx_spec *spec,
					 const struct vsx_segment *before,
					 struct vsx_error *err)
{
	const struct vsx_kind *kind = vsx_kind_find(n->built.kind);
	uint32_t lists = vsx_kind_lender(kind, n->built.params);
	struct vsx_code_wish wish = wish_of(n, spec);
	const struct vsx_segment *best = NULL;
	const struct vsx_view *params;
	struct vsx_code_form form;

	make_source(n, lists ? &before[lists - 1] : NULL);
	if (!wish.build || !vsx_codec_has_head(wish.build->codec))
		return vsx_codes_train(&wish, n->job, &n->source, &n->codes,
				       err);
	form = vsx_code_form_of(&wish, n->rows.space->dim, n->source.n_lists);
	for (uint32_t i = 0; i < n->number; i++)
		if (lends_codes(n, &before[i], &wish, &form) &&
		    (!best || before[i].n_rows > best->n_rows))
			best = &before[i];
	if (!best)
		return vsx_codes_train(&wish, n->job, &n->source, &n->codes,
				       err);
	params = &best->view[VSX_SEC_CPAR];
	VSX_TRY(vsx_touch(params, 0, params->bytes, err));
	n->codes_of = best->number + 1;
	return vsx_code_params_take(&n->codes, wish.build, &form, params->base,
				    err);
}

void vsx_new_segment_place(struct vsx_new_segment *n, struct vsx_layout *layout)
{
	n->out = (struct vsx_segment_out){
		.job = n->job,
		.rows = &n->rows,
		.built = &n->built,
		.codes = &n->codes,
		.source = &n->source,
		.shares_codes = n->codes_of != 0,
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
	n->entry.params[VSX_PARAM_CODES] = vsx_code_params_word(&n->codes);
	n->entry.params[VSX_PARAM_SHARED] = n->codes_of;
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
