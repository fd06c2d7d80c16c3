#include "write/new_segment.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/build_spec.h"
#include "manifest.h"
#include "segment/codes.h"
#include "write/plan.h"

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

/* Codes that the spec asks for beside the rows, or that make the kind's scans
 * faster. */
static struct vsx_code_wish wish_of(const struct vsx_new_segment *n,
				    const struct vsx_spec *spec)
{
	const struct vsx_space *space = n->rows.space;

	if (!vsx_spec_codes_beside(spec))
		return (struct vsx_code_wish){0};
	if (spec->codes.build || !vsx_kind_build_find(n->built.kind)->scans)
		return spec->codes;
	return (struct vsx_code_wish){
		.build = vsx_codec_for(space->elem, space->dim)};
}

/* The code of a row that was one already, by the same parameters. */
static const uint8_t *code_of(const void *context, uint64_t row)
{
	const struct vsx_new_segment *n = context;
	const struct vsx_row_from *from = vsx_row_from(n->job, &n->rows, row);
	const struct vsx_segment *seg;
	uint32_t learned_of;
	uint64_t offset;

	if (!from || !n->learned_of)
		return NULL;
	seg = &n->job->sources[from->segment];
	learned_of = seg->params[VSX_PARAM_SHARED];
	if ((learned_of ? learned_of : seg->number + 1) != n->learned_of ||
	    !vsx_is_coded(seg) ||
	    vsx_segment_locate(seg, from->row, &offset, NULL))
		return NULL;
	return seg->view[VSX_SEC_VECS].base + offset;
}

static void take_codes_over(struct vsx_new_segment *n)
{
	n->source.code_of = code_of;
	n->source.context = n;
}

/* Codes of links, by what searches compare rows by. */
static enum vsx_status make_gates(struct vsx_new_segment *n, uint32_t parts,
				  struct vsx_error *err)
{
	const struct vsx_kind_build *kind = vsx_kind_build_find(n->built.kind);
	bool beside = n->codes.build && n->codes.build->codec->estimates;

	return kind->gates(n->job, parts, beside ? &n->codes : &n->kept,
			   beside ? &n->codes_source : &n->source, &n->built,
			   err);
}

/* Learn both, but for what is there already. */
static enum vsx_status learn(struct vsx_new_segment *n,
			     const struct vsx_spec *spec,
			     const struct vsx_code_wish *kept,
			     const struct vsx_code_wish *codes,
			     struct vsx_error *err)
{
	if (!n->kept.build)
		VSX_TRY(vsx_codes_train(kept, n->job, &n->source, &n->kept,
					err));
	if (!n->codes.build)
		VSX_TRY(vsx_codes_train(codes, n->job, &n->source, &n->codes,
					err));
	take_codes_over(n);
	n->codes_source = n->source;
	n->codes_source.kept = n->kept.build ? &n->kept : NULL;
	return spec->gates ? make_gates(n, spec->gates, err) : VSX_OK;
}

/* The same among the segments before[n->number]; NULL: there are none. */
static void make_source_among(struct vsx_new_segment *n,
			      const struct vsx_segment *before)
{
	uint32_t lists =
		vsx_kind_lender(vsx_kind_find(n->built.kind), n->built.params);

	make_source(n, lists && before ? &before[lists - 1] : NULL);
}

enum vsx_status vsx_new_segment_codes(struct vsx_new_segment *n,
				      const struct vsx_spec *spec,
				      const struct vsx_segment *before,
				      struct vsx_error *err)
{
	struct vsx_code_wish kept = vsx_spec_kept(spec);
	struct vsx_code_wish codes = wish_of(n, spec);

	make_source_among(n, before);
	return learn(n, spec, &kept, &codes, err);
}

/* ---- memory ------------------------------------------------------------- */

enum vsx_status vsx_new_segment_room(struct vsx_new_segment *n,
				     struct vsx_spool *spool,
				     struct vsx_areas *areas,
				     const struct vsx_build_opts *opts,
				     const struct vsx_spec *spec,
				     struct vsx_error *err)
{
	struct vsx_build_opts as_kept = *opts;
	struct vsx_work_room work;

	as_kept.elem = spool->space->elem;
	work = vsx_plan_work(&as_kept, spec, spool->n);
	spool->memory =
		vsx_plan_for_rows(opts->memory, work.memory + work.arrays);
	VSX_TRY(vsx_spool_room(spool, 0, err));
	n->rows = vsx_spool_view(spool);
	areas->memory =
		vsx_plan_for_rows(vsx_plan_for_rows(opts->memory, work.memory),
				  vsx_spool_in_memory(spool));
	if (work.arrays > areas->memory)
		n->job->note(n->job,
			     "links and what finds them take about %.0f MiB, "
			     "and memory has room for %.0f MiB: the rest, and "
			     "rows, are in unnamed files",
			     ceil((double)work.arrays / 0x1p20),
			     floor((double)areas->memory / 0x1p20));
	return VSX_OK;
}

/* ---- what an earlier segment has learned -------------------------------- */

/* Whether codes of a segment are as `wish` would have them. */
static bool are_alike(const struct vsx_new_segment *n,
		      const struct vsx_code_wish *wish, bool there,
		      const struct vsx_codec *codec,
		      const struct vsx_code_form *form)
{
	struct vsx_code_form due;

	if (!wish->build || !vsx_codec_has_head(wish->build->codec))
		return !there || !vsx_codec_has_head(codec);
	due = vsx_code_form_of(wish, n->rows.space->dim, n->source.n_lists);
	return there && codec == wish->build->codec &&
	       memcmp(form, &due, sizeof(due)) == 0;
}

static bool is_residual(const struct vsx_segment *seg)
{
	return (vsx_codes_present(seg) &&
		seg->form.flags & VSX_CODES_RESIDUAL) ||
	       (vsx_is_coded(seg) && seg->kept_form.flags & VSX_CODES_RESIDUAL);
}

/* Whether the new rows can share what a segment has learned. */
static bool lends_codes(const struct vsx_new_segment *n,
			const struct vsx_segment *seg,
			const struct vsx_code_wish *kept,
			const struct vsx_code_wish *codes)
{
	uint32_t lists =
		vsx_kind_lender(vsx_kind_find(n->built.kind), n->built.params);

	return !seg->params[VSX_PARAM_SHARED] && vsx_codes_estimate(seg) &&
	       are_alike(n, kept, vsx_is_coded(seg), seg->kept_codec,
			 &seg->kept_form) &&
	       are_alike(n, codes, vsx_codes_present(seg), seg->codec,
			 &seg->form) &&
	       (!is_residual(seg) || lists == seg->number + 1);
}

static enum vsx_status take_params(struct vsx_code_params *p,
				   const struct vsx_code_wish *wish,
				   const struct vsx_code_form *form,
				   const struct vsx_view *params,
				   struct vsx_error *err)
{
	if (!wish->build)
		return VSX_OK;
	VSX_TRY(vsx_touch(params, 0, params->bytes, err));
	return vsx_code_params_take(p, wish->build, form, params->base, err);
}

static enum vsx_status take_both(struct vsx_new_segment *n,
				 const struct vsx_code_wish *kept,
				 const struct vsx_code_wish *codes,
				 const struct vsx_segment *from,
				 struct vsx_error *err)
{
	VSX_TRY(take_params(&n->kept, kept, &from->kept_form,
			    &from->view[VSX_SEC_VPAR], err));
	return take_params(&n->codes, codes, &from->form,
			   &from->view[VSX_SEC_CPAR], err);
}

/* The one that has learned from most rows; NULL: there is none. */
static const struct vsx_segment *find_lender(const struct vsx_new_segment *n,
					     const struct vsx_code_wish *kept,
					     const struct vsx_code_wish *codes,
					     const struct vsx_segment *before)
{
	const struct vsx_segment *best = NULL;

	for (uint32_t i = 0; i < n->number; i++)
		if (lends_codes(n, &before[i], kept, codes) &&
		    (!best || before[i].n_rows > best->n_rows))
			best = &before[i];
	return best;
}

/* From what is kept of rows, or from the codes beside, whichever is farther. */
static enum vsx_status find_drift(struct vsx_new_segment *n,
				  struct vsx_error *err)
{
	struct vsx_code_drift codes;

	if (n->kept.build)
		VSX_TRY(vsx_code_drift(n->job, &n->source, &n->kept, &n->drift,
				       err));
	n->drift.of_kept = n->kept.build != NULL;
	if (!n->codes.build || !vsx_codec_has_head(n->codes.build->codec))
		return VSX_OK;
	VSX_TRY(vsx_code_drift(n->job, &n->source, &n->codes, &codes, err));
	if (codes.times > n->drift.times)
		n->drift = codes;
	return VSX_OK;
}

enum vsx_status vsx_new_segment_share(struct vsx_new_segment *n,
				      const struct vsx_spec *spec,
				      const struct vsx_segment *before,
				      bool *lists_too, struct vsx_error *err)
{
	struct vsx_code_wish kept = vsx_spec_kept(spec);
	struct vsx_code_wish codes = wish_of(n, spec);
	const struct vsx_segment *from;

	*lists_too = false;
	if (!spec->codes.build)
		return VSX_OK;
	make_source_among(n, before);
	from = find_lender(n, &kept, &codes, before);
	if (!from)
		return VSX_OK;
	VSX_TRY(take_both(n, &kept, &codes, from, err));
	n->learned_of = from->number + 1;
	take_codes_over(n);
	VSX_TRY(find_drift(n, err));
	if (n->drift.times > VSX_FAR_OFF && !n->kept.build) {
		n->learned_of = 0;
		vsx_code_params_release(&n->kept);
		vsx_code_params_release(&n->codes);
		*lists_too = is_residual(from);
		return VSX_OK;
	}
	n->codes_of = n->learned_of;
	return VSX_OK;
}

/* ---- a file of its own -------------------------------------------------- */

/* A section that would be shared goes along. */
static enum vsx_status take_section(struct vsx_built *b,
				    const struct vsx_kind *kind,
				    const struct vsx_segment *trained,
				    struct vsx_error *err)
{
	const struct vsx_view *view = &trained->view[kind->shared_slot];
	struct vsx_built_section *s = &b->section[b->n_sections];

	VSX_TRY(vsx_touch(view, 0, view->bytes, err));
	VSX_TRY(vsx_alloc_to(&s->data, view->bytes, 1, err));
	memcpy(s->data, view->base, view->bytes);
	s->slot = kind->shared_slot;
	s->bytes = view->bytes;
	b->n_sections++;
	b->params[kind->shared_param] = 0;
	return VSX_OK;
}

/* Rows that were added as they are, too few for codes, become some now. What a
 * few of them lose is more by chance, too. */
static void tell_drift(const struct vsx_new_segment *n)
{
	double far_off = VSX_FAR_OFF * (1.0 + 2.0 / sqrt(n->drift.n));
	char text[256];

	if (n->drift.n && n->drift.times > far_off) {
		vsx_code_drift_text(&n->drift, "rows that were no codes yet",
				    text, sizeof(text));
		n->job->note(n->job, "%s", text);
	}
}

enum vsx_status vsx_new_segment_take(struct vsx_new_segment *n,
				     const struct vsx_spec *spec,
				     const struct vsx_segment *trained,
				     struct vsx_error *err)
{
	const struct vsx_kind *kind = vsx_kind_find(n->built.kind);
	struct vsx_code_wish kept = vsx_spec_kept(spec);
	struct vsx_code_wish codes = wish_of(n, spec);

	if (vsx_kind_lender(kind, n->built.params))
		VSX_TRY(take_section(&n->built, kind, trained, err));
	make_source(n, NULL);
	VSX_TRY(take_both(n, &kept, &codes, trained, err));
	n->learned_of = trained->number + 1;
	take_codes_over(n);
	VSX_TRY(find_drift(n, err));
	tell_drift(n);
	return learn(n, spec, &kept, &codes, err);
}

void vsx_new_segment_place(struct vsx_new_segment *n, struct vsx_layout *layout)
{
	n->out = (struct vsx_segment_out){
		.job = n->job,
		.rows = &n->rows,
		.built = &n->built,
		.kept = &n->kept,
		.codes = &n->codes,
		.source = &n->source,
		.codes_source = &n->codes_source,
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
		.row_stride = vsx_job_stride(n->job, n->rows.space),
		.n_rows = n->rows.n,
		.generation = generation,
	};
	memcpy(n->entry.params, n->built.params, sizeof(n->entry.params));
	n->entry.params[VSX_PARAM_ROWS] =
		n->is_narrow ? VSX_CODE_WORD(0, n->narrow.elem)
			     : vsx_code_params_word(&n->kept);
	n->entry.params[VSX_PARAM_CODES] = vsx_code_params_word(&n->codes);
	n->entry.params[VSX_PARAM_SHARED] = n->codes_of;
	return VSX_OK;
}

void vsx_new_segment_release(struct vsx_new_segment *n)
{
	vsx_built_release(&n->built);
	vsx_code_params_release(&n->kept);
	vsx_code_params_release(&n->codes);
}

enum vsx_status vsx_new_segment_open(const struct vsx_new_segment *n,
				     const struct vsx_sink *sink,
				     const uint8_t *base,
				     const struct vsx_segment *before,
				     struct vsx_segment *seg,
				     struct vsx_error *err)
{
	const struct vsx_space *space = n->rows.space;

	*seg = (struct vsx_segment){
		.kind = vsx_kind_find(n->entry.kind),
		.number = n->number,
		.n_rows = (uint32_t)n->entry.n_rows,
	};
	memcpy(seg->params, n->entry.params, sizeof(seg->params));
	vsx_segment_rows_are(seg, space->metric, space->elem, space->dim,
			     n->entry.row_stride);
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
