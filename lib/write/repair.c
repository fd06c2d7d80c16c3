/* Saving the rows of a damaged index. */
#include "write/properties.h"
#include "write/repair.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/kept.h"
#include "read/opts.h"
#include "read/test.h"
#include "write/compact.h"
#include "segment/attached.h"
#include "write/intake/block.h"
#include "write/intake/key_set.h"
#include "write/intake/live_rows.h"
#include "write/newer.h"
#include "kind/build_spec.h"
#include "write/update.h"
#include "plural.h"

typedef unsigned long long ull;

/* Rows that go to the builder at a time. */
#define BLOCK 1024

struct repair {
	const char *path;
	struct vsx_compact_opts opts;
	const struct vsx_file_ops *ops;
	struct vsx_repair_result *result;
	struct vsx_build_result built;
	struct vsx index; /* as far as it can be had; not one of its segments
			     was opened */
	struct vsx_builder *builder;
	struct vsx_lost lost, without[VSX_N_ATT];
	struct vsx_report report;
	struct vsx_block block; /* rows on their way to the builder */
	struct vsx_kept kept;	/* those of the segment at hand */
	struct vsx_attached_reader attached; /* what they have */
	/* Why no row of it has an attachment; no text: it can be read. */
	struct vsx_error unopened[VSX_N_ATT];
	uint64_t id; /* of the row at hand */
};

static void note(void *context, const char *text)
{
	struct repair *r = context;

	vsx_report_note(&r->report, "%s", text);
}

/* Tell how far it is, and ask whether to go on. */
static enum vsx_status go_on(struct repair *r, uint64_t row,
			     struct vsx_error *err)
{
	return vsx_report_progress(&r->report, &vsx_phase_reading, row,
				   r->index.manifest.n_rows, err);
}

/* ---- the generation --------------------------------------------------- */

/* A slot whose manifest can be read. */
static enum vsx_status try_slot(struct repair *r, int fd,
				const struct vsx_super *sb,
				struct vsx_error *err)
{
	struct vsx *index = &r->index;
	int reason;

	free(index->raw);
	index->raw = NULL;
	VSX_TRY(vsx_alloc_to(&index->raw, sb->manifest_bytes, 1, err));
	reason = vsx_read_at(fd, index->raw, sb->manifest_bytes,
			     sb->manifest_offset);
	if (reason == ENODATA)
		return vsx_fail(
			err, VSX_ETRUNCATED,
			"has %llu byte%s, and the manifest of "
			"generation %llu ends at byte %llu",
			(ull)index->file_bytes, vsx_s(index->file_bytes),
			(ull)sb->generation,
			(ull)(sb->manifest_offset + sb->manifest_bytes));
	if (reason) {
		errno = reason;
		return vsx_fail_errno(err,
				      "manifest of generation %llu cannot be "
				      "read",
				      (ull)sb->generation);
	}
	VSX_TRY(vsx_manifest_read(&index->manifest, index->raw, sb, err));
	index->super = *sb;
	r->result->generation = sb->generation;
	return VSX_OK;
}

/* The newest generation whose superblock and manifest are sound. */
static enum vsx_status choose(struct repair *r, int fd, struct vsx_error *err)
{
	const struct vsx_origin from = {.fd = fd, .bytes = r->index.file_bytes};
	uint8_t head[2 * VSX_SLOT_BYTES] = {0};
	size_t n =
		from.bytes < sizeof(head) ? (size_t)from.bytes : sizeof(head);
	struct vsx_slot slots[2];
	struct vsx_error why;
	enum vsx_status status;
	int chosen, reason = vsx_read_at(fd, head, n, 0);

	if (reason) {
		errno = reason;
		return vsx_fail_errno(err, "cannot read");
	}
	VSX_TRY(vsx_slots_read(slots, &chosen, head, n, &from, err));
	if (slots[!chosen].state == VSX_SLOT_BAD)
		r->result->fell_back = 1;
	status = try_slot(r, fd, &slots[chosen].super, err);
	if (status == VSX_OK || status == VSX_ENOMEM ||
	    slots[!chosen].state != VSX_SLOT_VALID ||
	    slots[!chosen].super.generation == slots[chosen].super.generation)
		return status;
	r->result->fell_back = 1;
	status = try_slot(r, fd, &slots[!chosen].super, &why);
	return status == VSX_OK
		       ? VSX_OK
		       : vsx_retell(err, VSX_ECORRUPT, &why, "%s", why.text);
}

/* Every page is checked when it is touched; what is cut off reads as zeros. */
static enum vsx_status attach(struct repair *r, struct vsx_error *err)
{
	struct vsx *index = &r->index;
	enum vsx_status status;
	int fd = -1;

	vsx_path_text(index->name, r->path);
	VSX_TRY(vsx_open_file(&fd, &index->file_bytes, r->path, err));
	status = choose(r, fd, err);
	if (status == VSX_OK)
		status = vsx_map_torn(&index->map, fd, index->file_bytes,
				      index->super.committed_bytes, err);
	close(fd);
	if (status == VSX_OK)
		status = vsx_index_guard(index, err);
	if (status == VSX_OK)
		status = vsx_index_bind(index, err);
	return status;
}

static void detach(struct vsx *index)
{
	vsx_index_unguard(index);
	vsx_map_close(&index->map);
	vsx_segments_close(index->segments, index->manifest.n_segments);
	free(index->raw);
}

/* ---- the rows --------------------------------------------------------- */

static enum vsx_status hand_over(struct repair *r, struct vsx_error *err)
{
	VSX_TRY(vsx_live_add(&r->builder->intake, r->kept.seg, r->block.row,
			     &r->block.rows, err));
	vsx_block_clear(&r->block);
	return VSX_OK;
}

/*
 * Without the list of rows that were deleted lately these count as live: better
 * some that are back than none of the others. See drop_replaced().
 */
static enum vsx_status open_marks(struct repair *r, struct vsx_segment *seg,
				  struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;

	VSX_TRY(vsx_dead_open_bits(seg, err));
	status = vsx_dead_open_list(seg, &why);
	if (status != VSX_ECORRUPT)
		return status == VSX_OK
			       ? VSX_OK
			       : vsx_retell(err, status, &why, "%s", why.text);
	vsx_report_note(&r->report,
			"segment %u: %u deleted row%s live again, except "
			"those that newer rows replaced, since the list of "
			"them cannot be read: %.200s",
			seg->number, seg->n_gone,
			seg->n_gone == 1 ? " is" : "s are", why.text);
	r->result->n_revived += seg->n_gone;
	return VSX_OK;
}

/* Rows do without an attachment that cannot be opened. */
static enum vsx_status open_attached(struct repair *r, struct vsx_segment *seg,
				     struct vsx_error *err)
{
	for (int i = 0; i < VSX_N_ATT; i++) {
		enum vsx_attachment a = (enum vsx_attachment)i;
		struct vsx_error *why = &r->unopened[a];
		enum vsx_status status;

		why->text[0] = '\0';
		status = vsx_attached_open_one(seg, a, why);
		if (status == VSX_ECORRUPT)
			vsx_attached_forget(seg, a);
		else if (status != VSX_OK)
			return vsx_retell(err, status, why, "%s", why->text);
	}
	vsx_attached_release(&r->attached);
	vsx_attached_begin(&r->attached, seg);
	return VSX_OK;
}

/* What is needed to find rows; graphs and codes are made anew. */
static enum vsx_status open_rows(struct repair *r, struct vsx_segment *seg,
				 struct vsx_error *err)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];

	if (!vecs->base ||
	    vecs->bytes < (uint64_t)seg->n_rows * vsx_vecs_stride(seg))
		return vsx_at_segment(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "segment %u has no rows where they should be",
				 seg->number),
			seg->number);
	VSX_TRY(open_marks(r, seg, err));
	VSX_TRY(vsx_segment_open_rows(seg, err));
	VSX_TRY(open_attached(r, seg, err));
	vsx_block_of_type(&r->block, &seg->space);
	return vsx_kept_begin(&r->kept, seg, err);
}

static void unread(void *context, enum vsx_attachment a, uint32_t row,
		   const struct vsx_error *why)
{
	struct repair *r = context;

	vsx_lost_row(&r->without[a], row, &r->id, why->text);
}

/* What the row has besides, as far as it can be had. */
static enum vsx_status save_attached(struct repair *r, uint32_t row,
				     struct vsx_error *err)
{
	for (int a = 0; a < VSX_N_ATT; a++)
		if (r->unopened[a].text[0])
			unread(r, (enum vsx_attachment)a, row, &r->unopened[a]);
	return vsx_block_attach_some(&r->block, &r->attached, row, unread, r,
				     err);
}

static enum vsx_status save_row(struct repair *r, struct vsx_segment *seg,
				uint32_t row, struct vsx_error *err)
{
	const uint64_t *known = NULL;
	struct vsx_error why = {0};
	const uint8_t *at;
	bool dead, sure;
	enum vsx_status status = vsx_dead_at(seg, row, &dead, &why);

	sure = status == VSX_OK;
	if (sure && dead)
		return VSX_OK;
	r->lost.n_unsure += !sure;
	if (vsx_ids_of(seg, row, &r->id, sure ? &why : NULL) == VSX_OK)
		known = &r->id;
	else
		status = VSX_ECORRUPT;
	if (status == VSX_OK)
		status = vsx_kept_row(&r->kept, row, &at, &why);
	if (status == VSX_OK)
		status = save_attached(r, row, &why);
	if (status == VSX_ENOMEM)
		return vsx_retell(err, status, &why, "%s", why.text);
	if (status != VSX_OK) {
		vsx_lost_row(&r->lost, row, known, why.text);
		return VSX_OK;
	}
	vsx_block_put(&r->block, row, at, r->id);
	return vsx_block_is_full(&r->block) ? hand_over(r, err) : VSX_OK;
}

/* So that no number of a row that was deleted is given again. */
static void remember_ids(struct repair *r, const struct vsx_segment *seg)
{
	uint64_t id;

	if (vsx_ids_greatest(seg, &id, NULL) == VSX_OK &&
	    id > r->builder->greatest_id)
		r->builder->greatest_id = id;
}

static enum vsx_status save_rows(struct repair *r, struct vsx_segment *seg,
				 struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status opened = open_rows(r, seg, &why);
	bool usable = opened == VSX_OK;
	uint32_t n = usable ? seg->n_rows : seg->n_rows - seg->n_dead;

	if (opened == VSX_ENOMEM)
		return vsx_retell(err, opened, &why, "%s", why.text);
	if (usable)
		remember_ids(r, seg);
	for (uint32_t row = 0; row < n; row++) {
		if (row % BLOCK == 0)
			VSX_TRY(go_on(r, seg->mark_base + row, err));
		if (usable)
			VSX_TRY(save_row(r, seg, row, err));
		else
			vsx_lost_row(&r->lost, row, NULL, why.text);
	}
	vsx_lost_flush(&r->lost);
	for (int a = 0; a < VSX_N_ATT; a++)
		vsx_lost_flush(&r->without[a]);
	VSX_TRY(usable ? hand_over(r, err) : VSX_OK);
	return go_on(r, seg->mark_base + n, err);
}

/* Opened here alone: what did not open is out of everybody's reach. */
static enum vsx_status save_segment(struct repair *r,
				    const struct vsx_segment *bound,
				    struct vsx_error *err)
{
	struct vsx_segment opened = *bound;
	enum vsx_status status = save_rows(r, &opened, err);

	vsx_segment_close(&opened);
	return status;
}

/* Queries of the caller's, if they are sound; else some are drawn. */
static enum vsx_status save_queries(struct repair *r, struct vsx_error *err)
{
	float *queries;
	enum vsx_status status = vsx_test_given(&queries, &r->index, err);

	if (status == VSX_OK && queries)
		status = vsx_builder_queries(r->builder, queries, VSX_F32,
					     r->index.manifest.n_queries, err);
	free(queries);
	return status == VSX_ECORRUPT ? VSX_OK : status;
}

/* What was asked for, if this library knows it. */
static void choose_spec(struct repair *r)
{
	struct vsx_error why;
	struct vsx_spec spec;

	if (r->opts.spec ||
	    vsx_spec_parse(&spec, r->index.manifest.asked, &why) == VSX_OK)
		return;
	vsx_report_note(&r->report, "auto instead: %.300s", why.text);
	r->opts.spec = "auto";
}

/* A row whose id or key a newer one has was replaced, and is no row any more.
 */
static enum vsx_status drop_replaced(struct repair *r, struct vsx_error *err)
{
	uint64_t *revived = &r->result->n_revived, dropped, keyed;

	if (!*revived)
		return VSX_OK;
	VSX_TRY(vsx_spool_keep_last(&r->builder->intake.spool, &dropped, err));
	VSX_TRY(vsx_keep_last_keys(&r->builder->intake.spool, &keyed, err));
	dropped += keyed;
	*revived -= dropped < *revived ? dropped : *revived;
	return VSX_OK;
}

/* All that is read from the damaged file. */
static enum vsx_status gather(struct repair *r, struct vsx_error *err)
{
	struct vsx *index = &r->index;

	VSX_TRY(vsx_block_init(&r->block, &index->space, BLOCK, err));
	VSX_TRY(save_queries(r, err));
	r->builder->greatest_id = vsx_remembered_id(&index->manifest);
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		VSX_TRY(save_segment(r, &index->segments[i], err));
	return drop_replaced(r, err);
}

static enum vsx_status save(struct repair *r, const char *out_path,
			    struct vsx_error *err)
{
	struct vsx *index = &r->index;
	struct vsx_model model = vsx_model_of(index);

	VSX_TRY(vsx_newer_check(index, err));
	choose_spec(r);
	VSX_TRY(vsx_compact_builder(&r->builder, out_path, &r->opts, index,
				    &model, NULL, r->ops, err));
	r->builder->rescue = true;
	VSX_TRY(vsx_settle(index, gather(r, err), err));
	r->result->n_lost = r->lost.n;
	r->result->n_unsure = r->lost.n_unsure;
	r->result->n_without_key = r->without[VSX_ATT_KEY].n;
	r->result->n_without_payload = r->without[VSX_ATT_PAYLOAD].n;
	r->result->n_without_fields = r->without[VSX_ATT_FIELDS].n;
	if (r->builder->intake.spool.n == 0 && r->lost.n > 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"none of %llu row%s can be recovered",
				(ull)index->manifest.n_live,
				vsx_s(index->manifest.n_live));
	r->result->n_rows = r->builder->intake.spool.n;
	return vsx_builder_finish(r->builder, &r->built, err);
}

static enum vsx_status run(struct repair *r, const char *out_path,
			   struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = attach(r, &why);

	if (status != VSX_OK) {
		vsx_with_path(&r->index, status, &why, err);
		return vsx_settle(&r->index, status, err);
	}
	return save(r, out_path, err);
}

enum vsx_status vsx_repair_on(const char *path, const char *out_path,
			      const struct vsx_compact_opts *opts,
			      const struct vsx_file_ops *ops,
			      struct vsx_repair_result *result,
			      struct vsx_build_result *built,
			      struct vsx_error *err)
{
	struct vsx_repair_result local = {0};
	struct repair r = {
		.path = path,
		.opts = VSX_COMPACT_OPTS_INIT,
		.ops = ops,
		.result = &local,
		.lost = {.note = note, .context = &r},
	};
	static const char *const without[VSX_N_ATT] = {
		[VSX_ATT_KEY] = "their key",
		[VSX_ATT_PAYLOAD] = "their payload",
		[VSX_ATT_FIELDS] = "their fields, or some of them",
	};
	enum vsx_status status;

	VSX_TRY(vsx_take_opts(&r.opts, sizeof(r.opts), opts, "vsx_compact_opts",
			      err));
	r.report = vsx_report_to(r.opts.report, r.opts.context, "repair");
	for (int a = 0; a < VSX_N_ATT; a++)
		r.without[a] = (struct vsx_lost){
			.note = note, .context = &r, .without = without[a]};
	VSX_TRY(vsx_output_differs(out_path, path, err));
	status = run(&r, out_path, err);
	vsx_builder_free(r.builder);
	detach(&r.index);
	vsx_block_release(&r.block);
	vsx_kept_release(&r.kept);
	vsx_attached_release(&r.attached);
	if (status == VSX_OK && result)
		*result = local;
	if (status == VSX_OK && built)
		*built = r.built;
	return status;
}

enum vsx_status vsx_repair_sized(const char *path, const char *out_path,
				 const struct vsx_compact_opts *opts,
				 struct vsx_repair_result *result, size_t size,
				 struct vsx_build_result *built,
				 size_t built_size, struct vsx_error *err)
{
	struct vsx_repair_result local = {0};
	struct vsx_build_result made = {0};

	VSX_TRY(vsx_repair_on(path, out_path, opts, &vsx_system_files, &local,
			      &made, err));
	vsx_give(result, size, &local, sizeof(local));
	vsx_give(built, built_size, &made, sizeof(made));
	return VSX_OK;
}
