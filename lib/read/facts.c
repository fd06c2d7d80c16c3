/* What an open index tells about itself. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/codes.h"
#include "read/opts.h"
#include "read/handle.h"
#include "read/test.h"

const char *vsx_version(void)
{
	return VSX_VERSION;
}

uint32_t vsx_format_version(void)
{
	return VSX_FORMAT_VERSION;
}

const char *vsx_isa(void)
{
	return vsx_kernels()->name;
}

const char *vsx_status_text(enum vsx_status status)
{
	switch (status) {
#define VSX_STATUS_CASE(name, value, text)                                     \
	case name:                                                             \
		return text;
		VSX_STATUS_LIST(VSX_STATUS_CASE)
#undef VSX_STATUS_CASE
	}
	return "unknown status";
}

const char *vsx_metric_text(enum vsx_metric metric)
{
	return vsx_metric_name(metric);
}

const char *vsx_elem_text(enum vsx_elem elem)
{
	return vsx_elem_name(elem);
}

size_t vsx_elem_size(enum vsx_elem elem)
{
	return vsx_elem_bytes(elem);
}

static void measure_bytes(const struct vsx *index, struct vsx_facts *f)
{
	struct vsx_usage usage;

	vsx_manifest_usage(&usage, &index->manifest, &index->super);
	f->live_bytes = usage.live;
	f->deleted_bytes = usage.deleted;
	f->superseded_bytes = usage.superseded;
}

void vsx_get_facts_sized(const struct vsx *index, struct vsx_facts *facts,
			 size_t size)
{
	const struct vsx_manifest *m = &index->manifest;
	const struct vsx_super *sb = &index->super;
	const char *spec = vsx_property(index, "spec");
	const struct vsx_kind *asked = vsx_kind_of_spec(m->asked);
	struct vsx_facts f = {
		.format_version = VSX_FORMAT_VERSION,
		.page_bytes = 1u << sb->page_shift,
		.generation = sb->generation,
		.file_bytes = sb->committed_bytes,
		.extra_bytes = index->file_bytes - sb->committed_bytes,
		.n_rows = m->n_rows,
		.n_live = m->n_live,
		.dim = m->dim,
		.metric = m->metric,
		.elem = m->elem,
		.normalised = !!(m->flags & VSX_MANIFEST_NORMALISED),
		.seed = m->seed,
		.default_effort = m->default_effort,
		.target_recall = m->target_recall / 1e6,
		.n_queries = m->n_queries,
		.own_queries = !!(m->flags & VSX_MANIFEST_OWN_QUERIES),
		.truth_k = m->truth_k,
		.n_recalls = m->n_recalls,
		.asked = m->asked,
		.n_segments = m->n_segments,
		.n_sections = m->n_sections,
		.mapped_bytes = index->map.bytes,
		.heap_bytes = index->heap_bytes,
		.spec = spec ? spec : "",
		.effort_name = "",
		.hops_name = "hops",
		.asked_effort_name = asked ? asked->effort_name : NULL,
		.vector_bytes = m->dim * (uint32_t)vsx_elem_size(m->elem),
		.default_refine = (double)m->default_refine / VSX_REFINE_UNIT,
		.kept = index->kept,
		.kept_as_codes = vsx_index_is_coded(index),
		.test_as_given = !!(m->flags & VSX_MANIFEST_TEST_GIVEN),
		.has_keys = vsx_index_has(index, VSX_ATT_KEY),
		.has_payload = vsx_index_has(index, VSX_ATT_PAYLOAD),
		.kept_narrow = vsx_index_is_narrow(index),
	};

	memcpy(f.uuid, sb->uuid, 16);
	/* Small segments are scanned, and have none. */
	for (uint32_t i = 0; i < m->n_segments && !*f.effort_name; i++) {
		f.effort_name = index->segments[i].kind->effort_name;
		f.hops_name = index->segments[i].kind->hops_name;
	}
	f.due_queries = vsx_due_queries(m->n_live);
	measure_bytes(index, &f);
	vsx_give(facts, size, &f, sizeof(f));
}

const char *vsx_property(const struct vsx *index, const char *key)
{
	return vsx_manifest_property(&index->manifest, key);
}

const char *vsx_property_at(const struct vsx *index, uint32_t i)
{
	return vsx_manifest_property_at(&index->manifest, i);
}

static_assert(VSX_MOST_PARAMETERS == VSX_N_PARAMS, "there is room for all");

static void list_parameters(struct vsx_segment_facts *f,
			    const struct vsx_segment *seg)
{
	for (uint32_t p = 0; p < seg->kind->n_params; p++) {
		const struct vsx_kind_param *param = &seg->kind->params[p];

		/* One of 0 says that there is no such thing. */
		if (!param->name || !seg->params[p])
			continue;
		f->parameters[f->n_parameters++] = (struct vsx_parameter){
			param->name, param->text, seg->params[p]};
	}
}

enum vsx_status vsx_get_segment_sized(const struct vsx *index, uint32_t i,
				      struct vsx_segment_facts *facts,
				      size_t size, struct vsx_error *err)
{
	struct vsx_segment_facts f;
	const struct vsx_segment *seg;
	const struct vsx_kind *kind;
	struct vsx_segment_entry e;

	if (i >= index->manifest.n_segments)
		return vsx_at_segment(err,
				      vsx_fail(err, VSX_EINVAL,
					       "segment %u of %u", i,
					       index->manifest.n_segments),
				      i);
	seg = &index->segments[i];
	kind = seg->kind;
	e = vsx_manifest_segment(&index->manifest, i);
	f = (struct vsx_segment_facts){
		.kind = vsx_kind_name(e.kind),
		.n_rows = e.n_rows,
		.n_dead = e.n_dead,
		.generation = e.generation,
		.row_stride = e.row_stride,
		.n_centroids = vsx_segment_centroids(seg),
		.most_effort = kind->most_effort ? kind->most_effort(seg) : 0,
	};
	list_parameters(&f, seg);
	vsx_kept_text(f.kept, seg);
	if (vsx_codes_present(seg))
		vsx_code_text(f.codes, seg->params[VSX_PARAM_CODES]);
	f.estimates = vsx_codes_estimate(seg);
	vsx_give(facts, size, &f, sizeof(f));
	return VSX_OK;
}

enum vsx_status vsx_get_section_sized(const struct vsx *index, uint32_t i,
				      struct vsx_section_facts *facts,
				      size_t size, struct vsx_error *err)
{
	struct vsx_section_facts f;
	struct vsx_section_entry e;
	enum vsx_section_slot slot;

	if (i >= index->manifest.n_sections)
		return vsx_fail(err, VSX_EINVAL, "section %u of %u", i,
				index->manifest.n_sections);
	e = vsx_manifest_section(&index->manifest, i);
	slot = vsx_section_slot(e.id);
	f = (struct vsx_section_facts){
		.text = slot < VSX_N_SECTION_SLOTS ? vsx_section_text(slot)
						   : "not known",
		.segment =
			e.segment == VSX_WHOLE_INDEX ? -1 : (int32_t)e.segment,
		.offset = e.offset,
		.bytes = e.bytes,
	};
	vsx_section_letters(f.name, e.id);
	vsx_give(facts, size, &f, sizeof(f));
	return VSX_OK;
}

enum vsx_status vsx_section_load(const struct vsx *index,
				 enum vsx_section_slot slot, uint8_t **data,
				 struct vsx_error *err)
{
	const struct vsx_view *view = &index->whole[slot];
	uint8_t *p;

	*data = NULL;
	VSX_TRY(vsx_touch(view, 0, view->bytes, err));
	VSX_TRY(vsx_alloc_to(&p, view->bytes, 1, err));
	memcpy(p, view->base, view->bytes);
	*data = p;
	return VSX_OK;
}
