/* From the sections of a manifest to guards, views and segments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "read/fields.h"
#include "read/open.h"

typedef unsigned long long ull;

/* Bitmaps of all guards in one mapping of zeros, which costs what is used. */
enum vsx_status vsx_index_guard(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t words = 0;
	_Atomic uint64_t *at;
	void *p;

	VSX_TRY(vsx_alloc_to(&index->guards, m->n_sections,
			     sizeof(*index->guards), err));
	index->heap_bytes += m->n_sections * sizeof(*index->guards);
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		struct vsx_guard *g = &index->guards[i];

		vsx_sums_shape(&g->shape, e.bytes, m->page_shift);
		g->data = index->map.base + e.offset;
		g->sums = index->map.base + e.sums_offset;
		memcpy(g->root, e.root.b, 16);
		g->first_page = e.offset >> m->page_shift;
		g->sums_offset = e.sums_offset;
		vsx_section_letters(g->name, e.id);
		g->segment = e.segment;
		g->n_checked = &index->n_checked;
		words += vsx_guard_words(&g->shape);
	}
	if (!words)
		return VSX_OK;
	index->bits_bytes = words * 8;
	p = mmap(NULL, index->bits_bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return vsx_fail_errno(err, "no memory for %llu bytes of marks",
				      (ull)index->bits_bytes);
	index->bits = p;
	at = p;
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_guard *g = &index->guards[i];

		g->seen = at;
		g->seen_sums = at + g->shape.count[0] / 64 + 1;
		at += vsx_guard_words(&g->shape);
	}
	return VSX_OK;
}

void vsx_index_unguard(struct vsx *index)
{
	if (index->bits)
		munmap(index->bits, index->bits_bytes);
	free(index->guards);
}

static enum vsx_status place_section(struct vsx *index, uint32_t i,
				     const struct vsx_section_entry *e,
				     struct vsx_error *err)
{
	enum vsx_section_slot slot = vsx_section_slot(e->id);
	bool whole = e->segment == VSX_WHOLE_INDEX;
	struct vsx_view *view;
	char name[5];

	if (slot == VSX_N_SECTION_SLOTS)
		return VSX_OK; /* a newer writer's; it said it can be ignored */
	vsx_section_letters(name, e->id);
	view = whole ? &index->whole[slot]
		     : &index->segments[e->segment].view[slot];
	if (view->base)
		return vsx_at_section(err,
				      vsx_fail(err, VSX_ECORRUPT,
					       "section %s appears twice",
					       name),
				      name);
	view->base = index->map.base + e->offset;
	view->bytes = e->bytes;
	view->guard = index->guards ? &index->guards[i] : NULL;
	if (whole)
		index->whole_section[slot] = i;
	return VSX_OK;
}

static enum vsx_status make_views(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		VSX_TRY(place_section(index, i, &e, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_index_bind(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t rows = 0;

	VSX_TRY(vsx_alloc_to(&index->segments, m->n_segments,
			     sizeof(*index->segments), err));
	index->heap_bytes += m->n_segments * sizeof(*index->segments);
	vsx_space_init(&index->space, m->metric, m->elem, m->dim, 0);
	for (uint32_t i = 0; i < m->n_segments; i++) {
		struct vsx_segment_entry e = vsx_manifest_segment(m, i);
		struct vsx_segment *seg = &index->segments[i];

		seg->kind = vsx_kind_find(e.kind);
		seg->number = i;
		seg->n_rows = (uint32_t)e.n_rows;
		seg->n_dead = (uint32_t)e.n_dead;
		seg->mark_base = rows;
		rows += e.n_rows;
		memcpy(seg->params, e.params, sizeof(seg->params));
		vsx_segment_rows_are(seg, m->metric, m->elem, m->dim,
				     e.row_stride);
	}
	VSX_TRY(make_views(index, err));
	return vsx_segments_share(index->segments, m->n_segments, err);
}

/* By the first segment that keeps codes, if one does. */
static void name_kept(struct vsx *index)
{
	const struct vsx_segment *seg = index->segments;
	uint32_t i = 0, n = index->manifest.n_segments;

	snprintf(index->kept, sizeof(index->kept), "%s",
		 vsx_elem_name(index->manifest.elem));
	while (i < n && !vsx_is_coded(&seg[i]))
		i++;
	if (i < n)
		vsx_kept_text(index->kept, &seg[i]);
}

enum vsx_status vsx_index_segments(struct vsx *index, struct vsx_error *err)
{
	VSX_TRY(vsx_index_bind(index, err));
	for (uint32_t i = 0; i < index->manifest.n_segments; i++) {
		struct vsx_segment *seg = &index->segments[i];

		VSX_TRY(vsx_segment_open(seg, err));
		index->heap_bytes += vsx_segment_heap_bytes(seg);
	}
	name_kept(index);
	return vsx_index_fields(index, err);
}
