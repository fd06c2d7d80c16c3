/*
 * What an update writes. SPEC.md 7.2: cut off debris, append, sync, write the
 * slot, sync. Until the slot is written nothing has happened.
 */
#include <string.h>

#include "base/alloc.h"
#include "sums.h"
#include "write/properties.h"
#include "write/update_run.h"
#include "plural.h"

/* Sections of the old generation that the new one refers to. */
static bool is_kept(const struct vsx_update_run *r,
		    const struct vsx_section_entry *e)
{
	if (e->segment == VSX_WHOLE_INDEX)
		return true;
	return e->segment < r->n_kept && vsx_marks_keep(&r->marks, e);
}

/* A file that was cut must not become a long one again, of zeros. */
static enum vsx_status check_length(const struct vsx_update_run *r,
				    struct vsx_error *err)
{
	uint64_t due = r->u->index->super.committed_bytes, bytes;

	VSX_TRY(vsx_file_bytes(&bytes, r->u->claim.index.fd, err));
	if (bytes >= due)
		return VSX_OK;
	return vsx_fail(err, VSX_EIO,
			"'%s' was cut to %llu byte%s meanwhile, expected %llu",
			r->u->claim.index.name, (unsigned long long)bytes,
			vsx_s(bytes), (unsigned long long)due);
}

static enum vsx_status begin_file(struct vsx_update_run *r,
				  struct vsx_error *err)
{
	const struct vsx_super *sb = &r->u->index->super;

	VSX_TRY(vsx_claim_check(&r->u->claim, err));
	VSX_TRY(check_length(r, err));
	VSX_TRY(vsx_file_resize(&r->u->claim.index, sb->committed_bytes, err));
	VSX_TRY(vsx_sink_init(&r->sink, &r->u->claim.index, sb->page_shift,
			      sb->committed_bytes, err));
	for (uint32_t i = 0; i < r->old->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(r->old, i);

		if (is_kept(r, &e))
			VSX_TRY(vsx_sink_keep(&r->sink, &e, err));
	}
	return VSX_OK;
}

static enum vsx_status begin_manifest(struct vsx_update_run *r,
				      struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&r->entries, r->n_kept + 1, sizeof(*r->entries),
			     err));
	r->manifest = *r->old;
	r->manifest.generation++;
	r->manifest.n_segments = r->n_kept;
	VSX_TRY(vsx_properties_renew(&r->properties,
				     &r->manifest.properties_bytes, r->old,
				     r->u->greatest_id, r->u->opts.properties,
				     r->u->opts.n_properties, err));
	for (uint32_t i = 0; i < r->n_kept; i++) {
		r->entries[i] = vsx_manifest_segment(r->old, i);
		r->entries[i].n_dead = r->segments[i].n_dead;
	}
	return VSX_OK;
}

/* The new segment, once there are blocks for it: a full disk shows before
   anything is written. */
static enum vsx_status write_segment(struct vsx_update_run *r,
				     struct vsx_error *err)
{
	struct vsx_layout layout;
	bool done;

	vsx_layout_init(&layout, r->old->page_shift);
	vsx_new_segment_place(&r->added, &layout);
	VSX_TRY(vsx_file_reserve(
		&r->u->claim.index,
		r->sink.at + vsx_layout_file_bytes(
				     &layout, r->manifest.properties_bytes),
		&done, err));
	VSX_TRY(vsx_new_segment_write(&r->added, &r->sink,
				      r->manifest.generation, err));
	r->entries[r->manifest.n_segments++] = r->added.entry;
	return VSX_OK;
}

/* Steps 3 and 4 of SPEC.md 7.2. */
static enum vsx_status append(struct vsx_update_run *r, struct vsx_error *err)
{
	struct vsx_manifest *m = &r->manifest;
	struct vsx_job *job = &r->u->job;

	VSX_TRY(begin_manifest(r, err));
	VSX_TRY(begin_file(r, err));
	if (r->added.rows.n) {
		VSX_TRY(write_segment(r, err));
		VSX_TRY(vsx_update_test(r, err));
	}
	VSX_TRY(vsx_marks_write(&r->marks, r->n_kept, &r->sink, err));
	m->n_rows = m->n_live = 0;
	for (uint32_t i = 0; i < m->n_segments; i++) {
		m->n_rows += r->entries[i].n_rows;
		m->n_live += r->entries[i].n_rows - r->entries[i].n_dead;
	}
	VSX_TRY(job->progress(job, &vsx_phase_syncing, 0, 0, err));
	VSX_TRY(vsx_sink_commit(&r->sink, m, r->entries, r->properties,
				&r->super, err));
	r->super.feature_compat = r->u->index->super.feature_compat;
	r->super.feature_write = r->u->index->super.feature_write;
	memcpy(r->super.uuid, r->u->index->super.uuid, 16);
	return VSX_OK;
}

/* What was appended is nobody's yet: take it off again. */
static void take_back(struct vsx_update_run *r)
{
	if (check_length(r, NULL) == VSX_OK)
		vsx_file_resize(&r->u->claim.index,
				r->u->index->super.committed_bytes, NULL);
}

enum vsx_status vsx_update_write(struct vsx_update_run *r,
				 struct vsx_error *err)
{
	enum vsx_status status = append(r, err);
	struct vsx_error why;

	status = vsx_spool_settle(&r->u->intake.spool, status, err);
	status = vsx_areas_settle(&r->u->areas, status, err);
	status = vsx_settle(r->u->index, status, err);
	if (status != VSX_OK) {
		if (r->sink.file)
			take_back(r);
		return status;
	}
	status = vsx_sink_next_super(&r->u->claim.index, &r->super, &why);
	if (status != VSX_OK)
		return vsx_retell(err, status, &why,
				  "%.300s: whether generation %llu was "
				  "committed will be known when '%s' is "
				  "opened again",
				  why.text,
				  (unsigned long long)r->super.generation,
				  r->u->claim.index.name);
	return VSX_OK;
}
