/* From a repository back to an index. */
#include "read/opts.h"
#include "backup/restore.h"

#include <stdlib.h>
#include <string.h>

#include "backup/checked.h"
#include "backup/snapshot.h"
#include "read/handle.h"
#include "plural.h"

typedef unsigned long long ull;

static enum vsx_status waiting(void *context, struct vsx_error *err)
{
	const struct vsx_restore *r = context;
	struct vsx_repo_wait wait = vsx_backup_wait(&r->opts);

	return vsx_repo_ask(&wait, &vsx_phase_waiting, 0, 0, err);
}

enum vsx_status vsx_restore_begin(struct vsx_restore *r, const char *index_path,
				  uint64_t index_bytes,
				  const struct vsx_file_ops *ops,
				  const struct vsx_repo *repo,
				  struct vsx_error *err)
{
	const struct vsx_claim_wait wait = {r->opts.wait_ms, waiting, r};
	bool reserved;

	r->index_bytes = index_bytes;
	VSX_TRY(vsx_output_init(&r->output, index_path, r->opts.force, ops,
				err));
	if (repo)
		VSX_TRY(vsx_repo_refuse_inside(repo, r->output.folder,
					       index_path, err));
	VSX_TRY(vsx_output_claim(&r->output, &wait, err));
	VSX_TRY(vsx_output_open(&r->output, err));
	/* What a stream says of its length it has yet to show. */
	if (!repo)
		return VSX_OK;
	return vsx_file_reserve(&r->output.file, index_bytes, &reserved, err);
}

enum vsx_status vsx_restore_write(struct vsx_restore *r, uint32_t n,
				  struct vsx_error *err)
{
	struct vsx_repo_wait wait = vsx_backup_wait(&r->opts);

	if (n > r->index_bytes - r->at)
		return vsx_fail(err, VSX_ECORRUPT,
				"chunks of more than the %llu byte%s of the "
				"index",
				(ull)r->index_bytes, vsx_s(r->index_bytes));
	VSX_TRY(vsx_file_write(&r->output.file, vsx_packer_bytes(&r->packer), n,
			       r->at, err));
	r->at += n;
	return vsx_repo_ask(&wait, &vsx_phase_restore, r->at, r->index_bytes,
			    err);
}

struct first {
	const struct vsx_restore *restore;
	struct vsx_error error;
};

static int keep_first(void *context, const struct vsx_verify_event *event)
{
	struct first *f = context;
	struct vsx_repo_wait wait = vsx_backup_wait(&f->restore->opts);

	if (event->what == VSX_FINDING) {
		vsx_fail(&f->error, event->status, "%s", event->text);
		f->error.at = event->at;
	}
	if (event->what == VSX_PROGRESS)
		vsx_repo_ask(&wait, &vsx_phase_pages, event->done, event->total,
			     &f->error);
	return f->error.status != VSX_OK;
}

/* What was put together must be an index: the chunks may be of a stranger. */
static enum vsx_status check(const struct vsx_restore *r, struct vsx_error *err)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct first first = {.restore = r};
	struct vsx_error why = {0};
	enum vsx_status status;

	opts.level = VSX_VERIFY_PAGES;
	opts.n_threads = 1;
	status = vsx_verify(r->output.temp, &opts, keep_first, &first, NULL,
			    &why);
	if (first.error.status == VSX_OK && status == VSX_OK)
		return VSX_OK;
	/* What made it stop says more than that it was stopped. */
	if (first.error.status != VSX_OK)
		why = first.error;
	if (why.status == VSX_ESTOPPED)
		return vsx_fail(err, VSX_ESTOPPED, "stopped");
	return vsx_retell(err, why.status, &why, "the restored index: %.*s",
			  VSX_ERROR_TEXT / 2, why.text);
}

/* What was told of the index must be so: people go by it. */
static enum vsx_status check_facts(const struct vsx_restore *r,
				   const struct vsx_snapshot_record *s,
				   struct vsx_error *err)
{
	struct vsx_error why = {0};
	struct vsx_facts f;
	struct vsx *index;
	bool same, same_uuid;

	if (vsx_open(&index, r->output.temp, NULL, &why) != VSX_OK)
		return vsx_retell(err, why.status, &why,
				  "the restored index: %.*s",
				  VSX_ERROR_TEXT / 2, why.text);
	vsx_get_facts(index, &f);
	same = f.file_bytes == s->index_bytes && f.extra_bytes == 0 &&
	       f.generation == s->generation && f.n_rows == s->n_rows &&
	       f.n_live == s->n_live;
	same_uuid = memcmp(index->super.uuid, s->uuid, sizeof(s->uuid)) == 0;
	vsx_close(index);
	if (same && same_uuid)
		return VSX_OK;
	if (same)
		return vsx_fail(err, VSX_ECORRUPT,
				"the index in it has a different uuid from "
				"the snapshot");
	return vsx_fail(err, VSX_ECORRUPT,
			"the snapshot has generation %llu, %llu row%s, %llu "
			"live, %llu byte%s; the index in it has generation "
			"%llu, %llu row%s, %llu live, %llu byte%s",
			(ull)s->generation, (ull)s->n_rows, vsx_s(s->n_rows),
			(ull)s->n_live, (ull)s->index_bytes,
			vsx_s(s->index_bytes), (ull)f.generation, (ull)f.n_rows,
			vsx_s(f.n_rows), (ull)f.n_live, (ull)f.file_bytes,
			vsx_s(f.file_bytes));
}

enum vsx_status vsx_restore_end(struct vsx_restore *r,
				const struct vsx_snapshot_record *s,
				struct vsx_error *err)
{
	struct vsx_build_event note = {
		.what = VSX_BUILD_NOTE,
		.text = r->output.note,
	};

	if (r->at != r->index_bytes)
		return vsx_fail(err, VSX_ECORRUPT,
				"chunks of %llu byte%s for an index of %llu",
				(ull)r->at, vsx_s(r->at), (ull)r->index_bytes);
	VSX_TRY(vsx_file_resize(&r->output.file, r->index_bytes, err));
	VSX_TRY(vsx_file_sync(&r->output.file, err));
	VSX_TRY(check(r, err));
	VSX_TRY(check_facts(r, s, err));
	VSX_TRY(vsx_output_publish(&r->output, err));
	if (*r->output.note && r->opts.report)
		r->opts.report(r->opts.context, &note);
	return VSX_OK;
}

void vsx_restore_release(struct vsx_restore *r)
{
	vsx_output_release(&r->output);
	vsx_packer_release(&r->packer);
}

void vsx_restore_tell(struct vsx_backup_result *result,
		      const struct vsx_snapshot_record *s)
{
	if (!result)
		return;
	memset(result, 0, sizeof(*result));
	result->index_bytes = s->index_bytes;
	result->generation = s->generation;
	result->n_rows = s->n_rows;
	result->n_live = s->n_live;
	result->n_chunks = s->n_chunks;
}

/* ---- from a repository -----------------------------------------------------
 */

static enum vsx_status chunk_error(const struct vsx_repo *repo,
				   const struct vsx_chunk_ref *ref,
				   enum vsx_status status,
				   const struct vsx_error *why,
				   struct vsx_error *err)
{
	char hex[VSX_HEX_BYTES];

	vsx_hash_hex(hex, ref->hash);
	/* One that is not there is damage, not a wrong name. */
	if (status == VSX_ENOTFOUND)
		status = VSX_ECORRUPT;
	return vsx_retell(err, status, why, "%s: chunk %s: %.*s", repo->name,
			  hex, VSX_ERROR_TEXT / 4, why->text);
}

/* The next backup must not go by a check that was before the damage. */
static void note_damage(const struct vsx_repo *repo, struct vsx_hash hash,
			enum vsx_status status)
{
	struct vsx_checked checked;

	if (status == VSX_ENOMEM)
		return;
	if (vsx_checked_load(&checked, repo, NULL) == VSX_OK)
		vsx_checked_drop(&checked, hash);
	vsx_checked_save(&checked, repo);
	vsx_checked_release(&checked);
}

static enum vsx_status write_chunks(struct vsx_restore *r,
				    const struct vsx_repo *repo,
				    const struct vsx_snapshot_record *s,
				    struct vsx_error *err)
{
	for (uint64_t i = 0; i < s->n_chunks; i++) {
		const struct vsx_chunk_ref *ref = &s->chunks[i];
		struct vsx_chunk_open o;
		struct vsx_error why = {0};
		enum vsx_status status;

		status = vsx_repo_load_chunk(repo, ref->hash, &r->packer, &o,
					     &why);
		if (status == VSX_OK && o.head.raw_bytes != ref->bytes)
			status = vsx_fail(&why, VSX_ECORRUPT,
					  "has %u byte%s, expected %u",
					  o.head.raw_bytes,
					  vsx_s(o.head.raw_bytes), ref->bytes);
		if (status != VSX_OK) {
			note_damage(repo, ref->hash, status);
			return chunk_error(repo, ref, status, &why, err);
		}
		VSX_TRY(vsx_restore_write(r, o.head.raw_bytes, err));
	}
	return VSX_OK;
}

static enum vsx_status newest(const struct vsx_repo *repo,
			      char name[VSX_SNAPSHOT_NAME_MAX + 1],
			      struct vsx_error *err)
{
	struct vsx_snapshot_entry *list;
	enum vsx_status status;
	size_t n;

	VSX_TRY(vsx_snapshot_list(repo, &list, &n, err));
	if (n == 0)
		status = vsx_fail(err, VSX_ENOTFOUND, "'%s' has no snapshots",
				  repo->name);
	/* It is not known how old a damaged one is: let the user choose. */
	else if (list[0].status != VSX_OK)
		status = vsx_retell(err, list[0].status, &list[0].error,
				    "snapshot '%s': %.*s; name the one to "
				    "restore",
				    list[0].name, VSX_ERROR_TEXT / 2,
				    list[0].error.text);
	else
		status = VSX_OK;
	if (status == VSX_OK)
		strcpy(name, list[n - 1].name);
	free(list);
	return status;
}

static enum vsx_status restore(struct vsx_restore *r,
			       const struct vsx_repo *repo, const char *name,
			       const char *index_path,
			       struct vsx_backup_result *result,
			       struct vsx_error *err)
{
	char chosen[VSX_SNAPSHOT_NAME_MAX + 1];
	struct vsx_snapshot_record s = {0};
	enum vsx_status status = VSX_OK;

	if (strcmp(name, "latest") == 0)
		VSX_TRY(newest(repo, chosen, err));
	else
		strcpy(chosen, name);
	VSX_TRY(vsx_snapshot_load(repo, chosen, &s, err));
	status = vsx_restore_begin(r, index_path, s.index_bytes, repo->ops,
				   repo, err);
	if (status == VSX_OK)
		status = write_chunks(r, repo, &s, err);
	if (status == VSX_OK)
		status = vsx_restore_end(r, &s, err);
	if (status == VSX_OK && result) {
		vsx_restore_tell(result, &s);
		strcpy(result->name, chosen);
	}
	free(s.chunks);
	return status;
}

enum vsx_status vsx_backup_restore_on(const char *repo_path, const char *name,
				      const char *index_path,
				      const struct vsx_backup_opts *opts,
				      const struct vsx_file_ops *ops,
				      struct vsx_backup_result *result,
				      struct vsx_error *err)
{
	struct vsx_restore r = {0};
	struct vsx_repo_wait wait;
	struct vsx_repo repo;
	enum vsx_status status;

	VSX_TRY(vsx_backup_take(&r.opts, opts, err));
	if (!name || !vsx_snapshot_name_ok(name))
		return vsx_fail(err, VSX_EINVAL,
				"'%.120s' is not a snapshot name",
				name ? name : "");
	wait = vsx_backup_wait(&r.opts);
	VSX_TRY(vsx_repo_open(&repo, repo_path, VSX_REPO_READ, 0, ops, &wait,
			      err));
	status = restore(&r, &repo, name, index_path, result, err);
	vsx_restore_release(&r);
	vsx_repo_close(&repo);
	return status;
}

enum vsx_status vsx_backup_restore_sized(const char *repo, const char *name,
					 const char *index_path,
					 const struct vsx_backup_opts *opts,
					 struct vsx_backup_result *result,
					 size_t size, struct vsx_error *err)
{
	struct vsx_backup_result local = {0};

	VSX_TRY(vsx_backup_restore_on(repo, name, index_path, opts,
				      &vsx_system_files, &local, err));
	vsx_give(result, size, &local, sizeof(local));
	return VSX_OK;
}
