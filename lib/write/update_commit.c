/*
 * The commit of an update. SPEC.md 7.2: cut off debris, append, sync, write the
 * slot, sync. Until the slot is written nothing has happened.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/scarce.h"
#include "segment/dead.h"
#include "kind/build_spec.h"
#include "io/limit.h"
#include "sums.h"
#include "read/test.h"
#include "code/build.h"
#include "write/intake/live_rows.h"
#include "write/options.h"
#include "write/properties.h"
#include "write/segment_out.h"
#include "write/intake/unique.h"
#include "write/update.h"

/* A new segment of less than this part of the live rows is not tested. */
#define MEASURED_SHARE 64

/* What the steps hand on to each other. */
struct run {
	struct vsx_update *u;
	struct vsx_update_result *result;
	const struct vsx_manifest *old;
	struct vsx_segment *segments; /* [n + 1]: old ones with their marks;
					 the new one comes behind the kept */
	struct vsx_marks marks;
	struct vsx_rows rows;
	uint32_t n_kept; /* segments of the old generation that stay */
	struct vsx_built built;
	struct vsx_code_params codes;
	struct vsx_segment_out out;
	struct vsx_sink sink;
	struct vsx_manifest manifest;
	struct vsx_segment_entry *entries;
	char *properties;
	struct vsx_segment added;
	struct vsx_test test;
	struct vsx_super super;
};

static enum vsx_status take_segments(struct run *r, struct vsx_error *err)
{
	const struct vsx *index = r->u->index;
	uint32_t n = index->manifest.n_segments;

	VSX_TRY(vsx_alloc_to(&r->segments, n + 1, sizeof(*r->segments), err));
	VSX_TRY(vsx_alloc_to(&r->marks.gone, n, sizeof(*r->marks.gone), err));
	memcpy(r->segments, index->segments, n * sizeof(*r->segments));
	r->marks.segments = r->segments;
	r->marks.n_segments = n;
	r->old = &index->manifest;
	return VSX_OK;
}

static uint64_t n_live(const struct vsx_segment *seg)
{
	return seg->n_rows - seg->n_dead;
}

/* ---- which segments go into the new one ------------------------------- */

static enum vsx_status add_rows(void *context, const struct vsx_batch *rows,
				struct vsx_error *err)
{
	struct run *r = context;
	struct vsx_intake *in = &r->u->intake;

	VSX_TRY(vsx_report_progress(&r->u->report, &vsx_phase_merging,
				    in->spool.n, 0, err));
	return vsx_intake_add_stored(in, rows, err);
}

/*
 * Small segments at the end are merged as a binary counter carries: one goes in
 * if it is no larger than what is in already. So there are few segments, and a
 * row is written anew a few times at most. The first segment keeps what was
 * trained.
 */
static uint32_t choose_kept(const struct run *r)
{
	uint64_t rows = r->rows.n;
	uint32_t kept = r->marks.n_segments;

	while (kept > 1) {
		uint64_t live = n_live(&r->segments[kept - 1]);

		if (live > 0 && kept < VSX_MAX_SEGMENTS &&
		    (r->u->opts.keep_segments || live > rows ||
		     rows + live > VSX_MAX_SEGMENT_ROWS))
			break;
		rows += live;
		kept--;
	}
	return kept;
}

static enum vsx_status merge_small(struct run *r, struct vsx_error *err)
{
	r->n_kept = choose_kept(r);
	for (uint32_t i = r->n_kept; i < r->marks.n_segments; i++) {
		if (n_live(&r->segments[i]) == 0)
			continue;
		VSX_TRY(vsx_live_rows(&r->segments[i], add_rows, r, err));
		r->result->n_merged++;
	}
	r->rows = vsx_spool_view(&r->u->intake.spool);
	return VSX_OK;
}

/* ---- the new segment -------------------------------------------------- */

/*
 * The segment whose trained state rows of a kind are to share: learned from
 * most rows; NULL: there is none.
 */
static const struct vsx_segment *find_trained(const struct run *r,
					      const struct vsx_kind_build *kind)
{
	const struct vsx_segment *best = NULL;

	for (uint32_t i = 0; kind->extend && i < r->n_kept; i++) {
		const struct vsx_segment *seg = &r->segments[i];

		if (seg->kind->code == kind->code && vsx_segment_lends(seg) &&
		    (!best || seg->n_rows > best->n_rows))
			best = seg;
	}
	return best;
}

static enum vsx_status build_kind(struct run *r,
				  const struct vsx_choice *choice,
				  struct vsx_error *err)
{
	const struct vsx_kind_build *kind =
		vsx_kind_build_find(choice->spec.kind);
	const struct vsx_segment *trained = find_trained(r, kind);
	struct vsx_job *job = &r->u->job;

	if (trained)
		return kind->extend(job, &r->rows, trained, &r->built,
				    &r->result->shift, err);
	if (*choice->note)
		job->note(job, "%s", choice->note);
	return kind->build(job, &r->rows, &choice->spec, &r->built, err);
}

/*
 * What was asked for, of rows enough. Codes speed up scans; few rows are
 * scanned as they are.
 */
static enum vsx_status build(struct run *r, struct vsx_error *err)
{
	struct vsx_update *u = r->u;
	bool few = r->rows.n < u->opts.flat_below;
	struct vsx_choice choice;

	/* Few or many: rows are added to what this library knows. */
	VSX_TRY(vsx_options_choose(&choice, &u->build, r->rows.n, err));
	if (few)
		choice = (struct vsx_choice){.spec = vsx_spec_of_few()};
	VSX_TRY(build_kind(r, &choice, err));
	if (few || !vsx_kind_build_find(choice.spec.kind)->scans ||
	    vsx_elem_is_int(r->old->elem))
		return VSX_OK;
	VSX_TRY(u->job.progress(&u->job, &vsx_phase_ranges, 0, r->rows.n, err));
	return vsx_codes_train(vsx_codec_for(r->old->elem, r->old->dim),
			       &u->job, &r->rows, &r->codes, err);
}

/* Blocks for what is to come: a full disk shows before anything is written. */
static enum vsx_status reserve(struct run *r, struct vsx_error *err)
{
	struct vsx_layout layout;
	bool done;

	vsx_layout_init(&layout, r->old->page_shift);
	vsx_segment_out_layout(&r->out, &layout);
	return vsx_file_reserve(
		&r->u->claim.index,
		r->sink.at + vsx_layout_file_bytes(&layout,
						   r->old->properties_bytes),
		&done, err);
}

static enum vsx_status write_segment(struct run *r, struct vsx_error *err)
{
	struct vsx_segment_entry *e = &r->entries[r->n_kept];

	r->out = (struct vsx_segment_out){
		.sink = &r->sink,
		.job = &r->u->job,
		.rows = &r->rows,
		.built = &r->built,
		.codes = &r->codes,
		.number = r->n_kept,
	};
	vsx_segment_out_init(&r->out);
	VSX_TRY(reserve(r, err));
	VSX_TRY(vsx_segment_out_write(&r->out, err));
	e->kind = r->built.kind;
	e->row_stride = r->rows.space->stride;
	e->n_rows = r->rows.n;
	e->generation = r->manifest.generation;
	memcpy(e->params, r->built.params, sizeof(e->params));
	e->params[VSX_PARAM_CODEC] = vsx_code_params_id(&r->codes);
	r->manifest.n_segments++;
	return VSX_OK;
}

/* The new segment as searches will see it, in what is written so far. */
static enum vsx_status open_added(struct run *r, const uint8_t *base,
				  struct vsx_error *err)
{
	const struct vsx_segment_entry *e = &r->entries[r->n_kept];
	struct vsx_segment *seg = &r->added;

	seg->kind = vsx_kind_find(e->kind);
	seg->space = r->u->space;
	seg->number = r->n_kept;
	seg->n_rows = (uint32_t)e->n_rows;
	for (uint32_t i = 0; i < r->n_kept; i++)
		seg->mark_base += r->segments[i].n_rows;
	memcpy(seg->params, e->params, sizeof(seg->params));
	for (size_t i = 0; i < r->sink.n_sections; i++) {
		const struct vsx_section_entry *s = &r->sink.sections[i].entry;
		struct vsx_view *v = &seg->view[vsx_section_slot(s->id)];

		if (r->sink.sections[i].kept || s->segment != r->n_kept)
			continue;
		v->base = base + s->offset;
		v->bytes = s->bytes;
	}
	VSX_TRY(vsx_segment_share(seg, r->segments, err));
	return vsx_segment_open(seg, err);
}

/* ---- the acceptance test ---------------------------------------------- */

/* At the default effort, as the table has it; 0 when it has none. */
static enum vsx_status recall_built(const struct vsx *index, double *recall,
				    struct vsx_error *err)
{
	for (uint32_t i = 0; i < index->manifest.n_recalls; i++) {
		struct vsx_recall row;

		VSX_TRY(vsx_get_recall(index, i, &row, err));
		if (row.effort == index->manifest.default_effort)
			*recall = row.at_10;
	}
	return VSX_OK;
}

static enum vsx_status test_progress(void *context, uint64_t done,
				     uint64_t total, struct vsx_error *err)
{
	struct vsx_job *job = context;

	return job->progress(job, &vsx_phase_recall, done, total, err);
}

/*
 * Of a commit that adds little the test would take longer than the rest, and
 * find what it found before.
 */
static bool is_worth_a_test(const struct run *r)
{
	uint64_t live = r->rows.n;

	for (uint32_t i = 0; i < r->n_kept; i++)
		live += n_live(&r->segments[i]);
	return r->old->n_queries > 0 && r->rows.n >= live / MEASURED_SHARE;
}

static enum vsx_status run_test(struct run *r, const uint8_t *base,
				struct vsx_error *err)
{
	struct vsx_job *job = &r->u->job;

	VSX_TRY(open_added(r, base, err));
	if (!vsx_fits_memory(r->sink.at, 0)) {
		vsx_segment_make_scarce(&r->added);
		for (uint32_t i = 0; i < r->n_kept; i++)
			vsx_segment_make_scarce(&r->segments[i]);
	}
	/* From here on the merged ones are out of sight. */
	r->segments[r->n_kept] = r->added;
	if (vsx_accept_is_exact(r->segments, r->n_kept + 1)) {
		r->result->recall_at_10 = 1.0;
		r->result->n_queries = r->old->n_queries;
		return recall_built(r->u->index, &r->result->recall_built, err);
	}
	VSX_TRY(vsx_test_load(&r->test, r->u->index, err));
	r->test.accept.progress = test_progress;
	r->test.accept.context = job;
	VSX_TRY(vsx_test_truth(&r->test, r->segments, r->n_kept + 1,
			       job->n_threads, err));
	r->result->n_queries = vsx_accept_n_telling(&r->test.accept);
	VSX_TRY(vsx_accept_recall_10(r->segments, r->n_kept + 1,
				     &r->test.accept, r->old->default_effort,
				     job->n_threads, &r->result->recall_at_10,
				     err));
	return recall_built(r->u->index, &r->result->recall_built, err);
}

static enum vsx_status test(struct run *r, struct vsx_error *err)
{
	const struct vsx_file *f = &r->u->claim.index;
	enum vsx_status status;
	struct vsx_map map;
	uint64_t bytes;

	VSX_TRY(vsx_sink_show(&r->sink, &bytes, err));
	VSX_TRY(vsx_map_written(&map, f, bytes, err));
	status = run_test(r, map.base, err);
	return vsx_map_written_close(&map, f, status, err);
}

/* ---- the file ---------------------------------------------------------- */

/* Whether the rows that went are few enough to be listed beside DEAD. */
static bool is_listed(const struct vsx_segment *seg)
{
	return seg->n_gone <= vsx_most_gone(seg->n_rows);
}

/* Sections of the old generation that the new one refers to. */
static bool is_kept(const struct run *r, const struct vsx_section_entry *e)
{
	enum vsx_section_slot slot = vsx_section_slot(e->id);

	if (e->segment == VSX_WHOLE_INDEX)
		return true;
	if (e->segment >= r->n_kept)
		return false;
	if (!r->marks.gone[e->segment])
		return true;
	return slot != VSX_SEC_GONE &&
	       (slot != VSX_SEC_DEAD || is_listed(&r->segments[e->segment]));
}

/* A file that was cut must not become a long one again, of zeros. */
static enum vsx_status check_length(const struct run *r, struct vsx_error *err)
{
	uint64_t due = r->u->index->super.committed_bytes, bytes;

	VSX_TRY(vsx_file_bytes(&bytes, r->u->claim.index.fd, err));
	if (bytes >= due)
		return VSX_OK;
	return vsx_fail(err, VSX_EIO,
			"'%s' was cut to %llu bytes meanwhile, expected %llu",
			r->u->claim.index.name, (unsigned long long)bytes,
			(unsigned long long)due);
}

static enum vsx_status begin_file(struct run *r, struct vsx_error *err)
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

/* GONE: the rows that went, as a list. */
static enum vsx_status list_gone(struct vsx_sink *sink,
				 const struct vsx_segment *seg,
				 struct vsx_error *err)
{
	for (uint32_t row = 0; row < seg->n_rows; row++) {
		uint8_t byte = seg->gone[row >> 3];
		vsx_le32 entry;

		if (row % 8 == 0 && byte == 0) {
			row += 7;
			continue;
		}
		if (!(byte >> (row & 7) & 1))
			continue;
		vsx_put32(&entry, row);
		VSX_TRY(vsx_sink_write(sink, &entry, sizeof(entry), err));
	}
	return VSX_OK;
}

/* DEAD: the bits of all. */
static enum vsx_status mark_dead(struct vsx_sink *sink,
				 const struct vsx_segment *seg,
				 struct vsx_error *err)
{
	uint64_t bytes = vsx_dead_bytes(seg->n_rows);
	uint8_t some[4096];

	VSX_TRY(vsx_dead_touch(seg, err));
	for (uint64_t at = 0; at < bytes; at += sizeof(some)) {
		size_t n = bytes - at < sizeof(some) ? (size_t)(bytes - at)
						     : sizeof(some);

		for (size_t i = 0; i < n; i++)
			some[i] = vsx_dead_byte(seg, (uint32_t)(at + i));
		VSX_TRY(vsx_sink_write(sink, some, n, err));
	}
	return VSX_OK;
}

static enum vsx_status write_marks(struct run *r, struct vsx_error *err)
{
	for (uint32_t i = 0; i < r->n_kept; i++) {
		const struct vsx_segment *seg = &r->segments[i];
		bool listed = is_listed(seg);

		if (!r->marks.gone[i])
			continue;
		VSX_TRY(vsx_sink_begin(&r->sink,
				       listed ? VSX_SEC_GONE : VSX_SEC_DEAD, i,
				       err));
		VSX_TRY(listed ? list_gone(&r->sink, seg, err)
			       : mark_dead(&r->sink, seg, err));
		VSX_TRY(vsx_sink_end(&r->sink, err));
	}
	return VSX_OK;
}

static enum vsx_status begin_manifest(struct run *r, struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&r->entries, r->n_kept + 1, sizeof(*r->entries),
			     err));
	r->manifest = *r->old;
	r->manifest.generation++;
	r->manifest.n_segments = r->n_kept;
	VSX_TRY(vsx_properties_renew(&r->properties,
				     &r->manifest.properties_bytes, r->old,
				     r->u->greatest_id, err));
	for (uint32_t i = 0; i < r->n_kept; i++) {
		r->entries[i] = vsx_manifest_segment(r->old, i);
		r->entries[i].n_dead = r->segments[i].n_dead;
	}
	return VSX_OK;
}

/* Steps 3 and 4 of SPEC.md 7.2. */
static enum vsx_status append(struct run *r, struct vsx_error *err)
{
	struct vsx_manifest *m = &r->manifest;
	struct vsx_job *job = &r->u->job;

	VSX_TRY(begin_manifest(r, err));
	VSX_TRY(begin_file(r, err));
	if (r->rows.n) {
		VSX_TRY(write_segment(r, err));
		if (is_worth_a_test(r))
			VSX_TRY(test(r, err));
	}
	VSX_TRY(write_marks(r, err));
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
static void take_back(struct run *r)
{
	if (check_length(r, NULL) == VSX_OK)
		vsx_file_resize(&r->u->claim.index,
				r->u->index->super.committed_bytes, NULL);
}

static enum vsx_status commit(struct run *r, struct vsx_error *err)
{
	enum vsx_status status = append(r, err);
	struct vsx_error why;

	status = vsx_spool_settle(&r->u->intake.spool, status, err);
	status = vsx_settle(r->u->index, status, err);
	if (status != VSX_OK) {
		if (r->sink.file)
			take_back(r);
		return status;
	}
	status = vsx_sink_next_super(&r->u->claim.index, &r->super, &why);
	if (status != VSX_OK)
		return vsx_fail(err, status,
				"%.300s: whether generation %llu was "
				"committed will be known when '%s' is "
				"opened again",
				why.text,
				(unsigned long long)r->super.generation,
				r->u->claim.index.name);
	return VSX_OK;
}

/* It is done: nothing can fail any more. */
static void fill_result(struct run *r)
{
	struct vsx_update_result *result = r->result;
	const struct vsx_super *was = &r->u->index->super;

	result->generation = r->super.generation;
	result->n_live = r->manifest.n_live;
	result->n_dead = r->manifest.n_rows - r->manifest.n_live;
	result->n_segments = r->manifest.n_segments;
	result->file_bytes = r->super.committed_bytes;
	result->appended_bytes =
		r->super.committed_bytes - was->committed_bytes;
	result->deleted_bytes = r->sink.usage.deleted;
	result->superseded_bytes = r->sink.usage.superseded;
	vsx_update_advise(result, r->u, &r->sink.usage);
}

/* Nothing was asked for, or nothing that is there. */
static void fill_unchanged(struct run *r)
{
	const struct vsx_super *sb = &r->u->index->super;
	struct vsx_update_result *result = r->result;
	struct vsx_usage usage;

	vsx_manifest_usage(&usage, r->old, sb);
	result->generation = r->old->generation;
	result->n_live = r->old->n_live;
	result->n_dead = r->old->n_rows - r->old->n_live;
	result->n_segments = r->old->n_segments;
	result->file_bytes = sb->committed_bytes;
	result->deleted_bytes = usage.deleted;
	result->superseded_bytes = usage.superseded;
}

static enum vsx_status mark(struct run *r, struct vsx_error *err)
{
	struct vsx_update_result *result = r->result;

	VSX_TRY(vsx_marks_gone(&r->marks, r->u, &result->n_deleted, err));
	result->unknown = r->u->unknown;
	result->n_unknown = r->u->n_unknown;
	r->rows = vsx_spool_view(&r->u->intake.spool);
	result->n_added = r->rows.n;
	result->n_rejected = r->u->intake.n_rejected;
	if (r->rows.n == 0 && result->n_rejected)
		return vsx_fail(err, VSX_ENUMERIC,
				"all %llu rows to add were left out",
				(unsigned long long)result->n_rejected);
	if (r->rows.n == 0)
		return VSX_OK;
	VSX_TRY(vsx_check_unique(&r->rows, err));
	return vsx_marks_replaced(&r->marks, &r->rows, r->u->opts.replace != 0,
				  &result->n_replaced, err);
}

/* All that is done before the file is written to. */
static enum vsx_status prepare(struct run *r, struct vsx_error *err)
{
	VSX_TRY(take_segments(r, err));
	VSX_TRY(mark(r, err));
	if (r->rows.n == 0 && r->result->n_deleted == 0)
		return VSX_OK;
	VSX_TRY(merge_small(r, err));
	return r->rows.n ? build(r, err) : VSX_OK;
}

static enum vsx_status steps(struct run *r, struct vsx_error *err)
{
	enum vsx_status status = prepare(r, err);

	/* Of zeros in the place of a file that was cut nothing is told. */
	VSX_TRY(vsx_settle(r->u->index, status, err));
	if (r->rows.n == 0 && r->result->n_deleted == 0) {
		fill_unchanged(r);
		return VSX_OK;
	}
	VSX_TRY(commit(r, err));
	fill_result(r);
	return VSX_OK;
}

enum vsx_status vsx_update_run(struct vsx_update *u,
			       struct vsx_update_result *result,
			       struct vsx_error *err)
{
	struct run r = {.u = u, .result = result};
	enum vsx_status status = steps(&r, err);

	for (uint32_t i = 0; r.marks.gone && i < r.marks.n_segments; i++)
		free(r.marks.gone[i]);
	free(r.marks.gone);
	free(r.segments);
	free(r.entries);
	free(r.properties);
	vsx_built_release(&r.built);
	vsx_code_params_release(&r.codes);
	vsx_sink_release(&r.sink);
	vsx_test_release(&r.test);
	vsx_segment_close(&r.added);
	return status;
}
