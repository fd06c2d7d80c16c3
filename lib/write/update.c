/* Changing an index, up to the commit: see update_commit.c for that. */
#include "write/update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "names.h"
#include "read/opts.h"
#include "segment/ids.h"
#include "write/intake/batch.h"
#include "write/newer.h"
#include "write/options.h"
#include "write/properties.h"
#include "plural.h"

/*
 * Rows that are scanned in less time than a graph or lists over them are
 * searched: few rows that are added take their own bytes, not those of an
 * index.
 */
#define FLAT_BELOW 1024

typedef unsigned long long ull;

/* The facts of the index, and the caller's wishes, as options of a build. */
static void take_options(struct vsx_update *u)
{
	const struct vsx_manifest *m = &u->index->manifest;
	struct vsx_build_opts *o = &u->build;

	*o = (struct vsx_build_opts)VSX_BUILD_OPTS_INIT;
	o->n_threads = vsx_thread_count(u->opts.n_threads);
	o->memory = vsx_options_memory(u->opts.memory);
	o->rejected = u->opts.rejected;
	o->rejected_context = u->opts.rejected_context;
	o->dim = m->dim;
	o->metric = m->metric;
	o->elem = m->elem;
	o->seed = m->seed + m->generation;
	o->page_bytes = 1u << m->page_shift;
	o->normalize = !!(m->flags & VSX_MANIFEST_NORMALISED);
	o->spec = m->asked;
	o->ef_construction = m->asked_ef_construction
				     ? m->asked_ef_construction
				     : VSX_DEFAULT_EF_CONSTRUCTION;
	o->target_recall = m->target_recall / 1e6;
}

/* Both slots must be good: a bad one may be that of a lost generation. */
enum vsx_status vsx_update_check(const struct vsx *index,
				 const struct vsx_claim *claim,
				 struct vsx_error *err)
{
	const struct vsx_file *file = &claim->index;
	const struct vsx_origin from = {.fd = file->fd,
					.bytes = index->file_bytes};
	uint8_t head[2 * VSX_SLOT_BYTES];
	size_t n =
		from.bytes < sizeof(head) ? (size_t)from.bytes : sizeof(head);
	const struct vsx_super *newest;
	struct vsx_slot slots[2];
	struct vsx_error why;
	enum vsx_status status;
	int chosen, reason = vsx_read_at(file->fd, head, n, 0);

	if (reason) {
		errno = reason;
		return vsx_fail_errno(err, "cannot read '%s'", file->name);
	}
	status = vsx_slots_read(slots, &chosen, head, n, &from, &why);
	if (status != VSX_OK)
		return vsx_named(file->name, status, &why, err);
	for (int i = 0; i < 2; i++)
		if (slots[i].state != VSX_SLOT_VALID)
			return vsx_fail(err, VSX_ECORRUPT,
					"%s: superblock slot %d is damaged, "
					"and may be that of a newer "
					"generation: vsx-verify --repair saves "
					"what there is",
					file->name, i);
	status = vsx_super_agree(slots, chosen, head, &why);
	if (status != VSX_OK)
		return vsx_named(file->name, status, &why, err);
	newest = &slots[chosen].super;
	if (memcmp(index->super.uuid, newest->uuid, 16) == 0 &&
	    index->super.generation == newest->generation)
		return VSX_OK;
	/* Another file has the name, or the lock does not hold others off. */
	VSX_TRY(vsx_claim_check(claim, err));
	return vsx_fail(err, VSX_EIO,
			"'%s' was changed to generation %llu by another writer "
			"while generation %llu was being opened",
			file->name, (ull)newest->generation,
			(ull)index->super.generation);
}

static enum vsx_status open_index(struct vsx_update *u, struct vsx_error *err)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;

	opts.memory = UINT64_MAX; /* rows are merged in order */
	VSX_TRY(vsx_open(&u->index, u->claim.index.name, &opts, err));
	VSX_TRY(vsx_update_check(u->index, &u->claim, err));
	VSX_TRY(vsx_newer_check(u->index, err));
	if (u->index->super.generation == UINT64_MAX)
		return vsx_fail(err, VSX_EINVAL,
				"'%s' has generation %llu, the last "
				"possible one: compacting starts again",
				u->claim.index.name,
				(ull)u->index->super.generation);
	return vsx_settle(u->index,
			  vsx_greatest_id(u->index, &u->greatest_id, err), err);
}

static enum vsx_status check_model(struct vsx_update *u, struct vsx_error *err)
{
	struct vsx_error note;

	VSX_TRY(vsx_check_model(u->index, u->opts.model, u->opts.model_hash,
				&note, err));
	if (*note.text)
		vsx_report_note(&u->report, "%s", note.text);
	return VSX_OK;
}

/* Whether there will be room for them. */
static enum vsx_status check_properties(struct vsx_update *u,
					struct vsx_error *err)
{
	enum vsx_status status;
	char *area = NULL;
	uint32_t bytes;

	status = vsx_properties_renew(&area, &bytes, &u->index->manifest,
				      UINT64_MAX, u->opts.properties,
				      u->opts.n_properties, err);
	free(area);
	return status;
}

static enum vsx_status begin(struct vsx_update *u, const char *path,
			     const struct vsx_file_ops *ops,
			     struct vsx_error *err)
{
	struct vsx_claim_wait wait;
	struct vsx_place place;

	u->report = vsx_report_to(u->opts.report, u->opts.context, "build");
	VSX_TRY(vsx_output_beside(&u->beside, path, ops, err));
	wait = vsx_report_wait(&u->report, u->opts.wait_ms);
	place = vsx_output_place(&u->beside);
	VSX_TRY(vsx_claim_open(&u->claim, &place, &wait, err));
	VSX_TRY(open_index(u, err));
	VSX_TRY(check_model(u, err));
	VSX_TRY(check_properties(u, err));
	take_options(u);
	u->space = u->index->space;
	vsx_areas_init(&u->areas, &u->beside, u->build.memory);
	u->job = vsx_report_job(&u->report, &u->build);
	u->job.arrays = &u->areas.arrays;
	vsx_intake_init(&u->intake, &u->build, &u->space, &u->beside);
	u->intake.keys_repeat = u->opts.replace != 0;
	/* What a field is, the index says. */
	for (size_t i = 0; i < u->index->fields.n; i++) {
		const struct vsx_schema_field *f = &u->index->fields.fields[i];
		size_t number;

		VSX_TRY(vsx_schema_add(&u->intake.schema, f->name, f->kind,
				       &number, err));
	}
	return VSX_OK;
}

/* The caller's need not outlive the call. */
static enum vsx_status own_properties(struct vsx_update_opts *o,
				      struct vsx_error *err)
{
	const char *const *theirs = o->properties;
	enum vsx_status status = vsx_own_check(theirs, o->n_properties, err);

	o->properties = NULL;
	return status == VSX_OK ? vsx_own_copy(&o->properties, theirs,
					       o->n_properties, err)
				: status;
}

enum vsx_status vsx_update_begin_on(struct vsx_update **out, const char *path,
				    const struct vsx_update_opts *opts,
				    const struct vsx_file_ops *ops,
				    struct vsx_error *err)
{
	struct vsx_update *u;
	enum vsx_status status;

	*out = NULL;
	VSX_TRY(vsx_alloc_to(&u, 1, sizeof(*u), err));
	u->opts = (struct vsx_update_opts)VSX_UPDATE_OPTS_INIT;
	status = vsx_take_opts(&u->opts, sizeof(u->opts), opts,
			       "vsx_update_opts", err);
	if (!u->opts.flat_below)
		u->opts.flat_below = FLAT_BELOW;
	if (status == VSX_OK)
		status = own_properties(&u->opts, err);
	if (status == VSX_OK)
		status = begin(u, path, ops, err);
	if (status != VSX_OK) {
		vsx_update_free(u);
		return status;
	}
	*out = u;
	return VSX_OK;
}

enum vsx_status vsx_update_begin(struct vsx_update **out, const char *path,
				 const struct vsx_update_opts *opts,
				 struct vsx_error *err)
{
	return vsx_update_begin_on(out, path, opts, &vsx_system_files, err);
}

void vsx_update_free(struct vsx_update *u)
{
	if (!u)
		return;
	vsx_close(u->index);
	vsx_claim_release(&u->claim);
	vsx_intake_release(&u->intake);
	vsx_areas_release(&u->areas);
	vsx_output_release(&u->beside);
	free((void *)(uintptr_t)u->opts.properties);
	free(u->gone);
	free(u->unknown);
	free(u);
}

static enum vsx_status check_open(const struct vsx_update *u,
				  struct vsx_error *err)
{
	return u->committed
		       ? vsx_fail(err, VSX_EINVAL, "the update is committed")
		       : VSX_OK;
}

/* Ids for n rows that have none. */
static enum vsx_status number_on(struct vsx_update *u, size_t n, uint64_t **ids,
				 struct vsx_error *err)
{
	/* UINT64_MAX is given to nobody. */
	if (n > 0 && n >= UINT64_MAX - u->greatest_id)
		return vsx_fail(err, VSX_EINVAL,
				"no ids are left after %llu for %zu row%s "
				"without one",
				(ull)u->greatest_id, n, vsx_s(n));
	VSX_TRY(vsx_alloc_to(ids, n, sizeof(**ids), err));
	for (size_t i = 0; i < n; i++)
		(*ids)[i] = u->greatest_id + 1 + i;
	return VSX_OK;
}

enum vsx_status vsx_update_add(struct vsx_update *u,
			       const struct vsx_batch *rows,
			       struct vsx_error *err)
{
	struct vsx_batch batch;
	uint64_t *numbers = NULL;
	enum vsx_status status;

	VSX_TRY(check_open(u, err));
	VSX_TRY(vsx_batch_take(&batch, rows, err));
	if (batch.keys && batch.ids)
		return vsx_fail(err, VSX_EINVAL,
				"rows with keys get their ids from the index, "
				"%zu came with ids",
				batch.n);
	u->has_ids |= batch.ids != NULL;
	if (!batch.ids) {
		VSX_TRY(number_on(u, batch.n, &numbers, err));
		batch.ids = numbers;
	}
	status = vsx_intake_add(&u->intake, &batch, err);
	if (status == VSX_OK && numbers)
		u->greatest_id += batch.n;
	free(numbers);
	return status;
}

enum vsx_status vsx_update_delete(struct vsx_update *u, const uint64_t *ids,
				  size_t n, struct vsx_error *err)
{
	VSX_TRY(check_open(u, err));
	if (!ids && n > 0)
		return vsx_fail(err, VSX_EINVAL, "%zu id%s, but no address", n,
				vsx_s(n));
	VSX_TRY(vsx_grow(&u->gone, &u->gone_cap, u->n_gone + n,
			 sizeof(*u->gone), err));
	if (n > 0)
		memcpy(u->gone + u->n_gone, ids, n * sizeof(*ids));
	u->n_gone += n;
	return VSX_OK;
}

static enum vsx_status find_key(const struct vsx *index,
				const struct vsx_bytes *key, uint64_t *id,
				struct vsx_error *err)
{
	const struct vsx_marks all = {
		.segments = index->segments,
		.n_segments = index->manifest.n_segments,
	};
	uint32_t segment, row;

	VSX_TRY(vsx_marks_find_key(&all, key, &segment, &row, err));
	return vsx_ids_of(&index->segments[segment], row, id, err);
}

/* Ids of the live rows among them. */
static enum vsx_status find_keys(struct vsx_update *u,
				 const struct vsx_bytes *keys, size_t n,
				 uint64_t *ids, size_t *n_ids, uint8_t *found,
				 struct vsx_error *err)
{
	for (size_t i = 0; i < n; i++) {
		enum vsx_status status;

		if (!keys[i].at || keys[i].n == 0 || keys[i].n > VSX_MAX_KEY)
			return vsx_fail(err, VSX_EINVAL,
					"key %zu has %zu byte%s, expected 1 to "
					"%u",
					i, keys[i].n, vsx_s(keys[i].n),
					VSX_MAX_KEY);
		status = find_key(u->index, &keys[i], &ids[*n_ids], err);
		if (status != VSX_OK && status != VSX_ENOTFOUND)
			return status;
		*n_ids += status == VSX_OK;
		if (found)
			found[i] = status == VSX_OK;
	}
	return VSX_OK;
}

enum vsx_status vsx_update_delete_keys(struct vsx_update *u,
				       const struct vsx_bytes *keys, size_t n,
				       uint8_t *found, struct vsx_error *err)
{
	uint8_t *there = NULL;
	uint64_t *ids = NULL;
	size_t n_ids = 0;
	enum vsx_status status;

	VSX_TRY(check_open(u, err));
	if (!keys && n > 0)
		return vsx_fail(err, VSX_EINVAL, "%zu key%s, but no address", n,
				vsx_s(n));
	status = vsx_alloc_to(&ids, n, sizeof(*ids), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&there, n, 1, err);
	if (status == VSX_OK)
		status = vsx_settle(
			u->index,
			find_keys(u, keys, n, ids, &n_ids, there, err), err);
	if (status == VSX_OK)
		status = vsx_update_delete(u, ids, n_ids, err);
	if (status == VSX_OK && found && n)
		memcpy(found, there, n);
	free(there);
	free(ids);
	return status;
}

enum vsx_status vsx_update_commit_sized(struct vsx_update *u,
					struct vsx_update_result *result,
					size_t size, struct vsx_error *err)
{
	struct vsx_update_result local = {0};
	enum vsx_status status;

	VSX_TRY(check_open(u, err));
	u->committed = true;
	status = vsx_update_run(u, &local, err);
	vsx_intake_release(&u->intake);
	if (status == VSX_OK)
		vsx_give(result, size, &local, sizeof(local));
	return status;
}
