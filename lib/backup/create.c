/* From an index into a repository. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "backup/backup.h"
#include "backup/pieces.h"
#include "backup/sequence.h"
#include "backup/snapshot.h"
#include "backup/store.h"
#include "read/opts.h"
#include "plural.h"

enum vsx_status vsx_backup_take(struct vsx_backup_opts *out,
				const struct vsx_backup_opts *opts,
				struct vsx_error *err)
{
	uint32_t n;

	*out = (struct vsx_backup_opts)VSX_BACKUP_OPTS_INIT;
	VSX_TRY(vsx_take_opts(out, sizeof(*out), opts, "vsx_backup_opts", err));
	n = out->chunk_bytes;
	if (!n)
		n = out->chunk_bytes = VSX_CHUNK_BYTES;
	if (n < VSX_MIN_CHUNK_BYTES || n > VSX_MAX_CHUNK_BYTES || (n & (n - 1)))
		return vsx_fail(err, VSX_EINVAL,
				"chunks of %u byte%s, expected a power of two "
				"from %u to %u",
				n, vsx_s(n), VSX_MIN_CHUNK_BYTES,
				VSX_MAX_CHUNK_BYTES);
	if (out->reuse > VSX_REUSE_NONE)
		return vsx_fail(err, VSX_EINVAL,
				"reuse of chunks is %u, expected 0 to %d",
				(unsigned int)out->reuse, VSX_REUSE_NONE);
	if (!out->name)
		return VSX_OK;
	if (!vsx_snapshot_name_ok(out->name))
		return vsx_fail(err, VSX_EINVAL,
				"'%.120s' is not a snapshot name: expected "
				"1 to %d letters, digits and ._-+=@:, not "
				"starting with . or -",
				out->name, VSX_SNAPSHOT_NAME_MAX);
	if (strcmp(out->name, "latest") == 0)
		return vsx_fail(err, VSX_EINVAL,
				"'latest' cannot name a snapshot: it stands "
				"for the newest");
	return VSX_OK;
}

struct backup {
	struct vsx_backup_opts opts;
	struct vsx_repo repo;
	struct vsx_pieces pieces;
	struct vsx_store store;
	char name[VSX_SNAPSHOT_NAME_MAX + 1];
	uint64_t last; /* number of the snapshots that are sound */
};

static bool is_taken(const struct backup *b, const char *name)
{
	char *path = vsx_repo_path(&b->repo, "snapshots/%s", name);
	struct stat st;
	bool taken = path && lstat(path, &st) == 0;

	free(path);
	return taken;
}

/* The name that was asked for, or the time; with a number if that is taken. */
static enum vsx_status choose_name(struct backup *b, struct vsx_error *err)
{
	time_t seconds = (time_t)(b->pieces.record.created / 1000000000u);
	char stamp[32];
	struct tm tm;
	size_t n;

	if (b->opts.name && is_taken(b, b->opts.name))
		return vsx_fail(err, VSX_EEXIST,
				"'%s' already has a snapshot '%s'",
				b->repo.name, b->opts.name);
	if (b->opts.name) {
		strcpy(b->name, b->opts.name);
		return VSX_OK;
	}
	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	n = (size_t)snprintf(b->name, sizeof(b->name), "%s-g%llu", stamp,
			     (unsigned long long)b->pieces.record.generation);
	for (unsigned int i = 2; is_taken(b, b->name); i++)
		snprintf(b->name + n, sizeof(b->name) - n, "-%u", i);
	return VSX_OK;
}

/*
 * The newest sound snapshot of this very index that is not longer: its chunks
 * are to be found again. A damaged one is no help, and no hindrance.
 */
static enum vsx_status look_back(struct backup *b, struct vsx_error *err)
{
	const struct vsx_snapshot_record *r = &b->pieces.record;
	struct vsx_snapshot_entry *list;
	enum vsx_status status;
	size_t n;

	VSX_TRY(vsx_snapshot_list(&b->repo, &list, &n, err));
	if (n)
		b->last = list[n - 1].record.sequence;
	while (n-- > 0) {
		const struct vsx_snapshot_record *o = &list[n].record;

		if (list[n].status != VSX_OK ||
		    memcmp(o->uuid, r->uuid, sizeof(o->uuid)) != 0 ||
		    o->index_bytes > r->index_bytes)
			continue;
		status = vsx_snapshot_load(&b->repo, list[n].name,
					   &b->pieces.base, NULL);
		if (status == VSX_OK)
			break;
	}
	free(list);
	return VSX_OK;
}

static enum vsx_status store_chunk(struct backup *b,
				   const struct vsx_chunk_ref *ref,
				   struct vsx_error *err)
{
	const uint8_t *record;
	size_t bytes;
	bool has;

	VSX_TRY(vsx_store_has(&b->store, ref, b->pieces.known, &has, err));
	if (has)
		return VSX_OK;
	vsx_packer_pack(&b->pieces.packer, ref->bytes, ref->hash, &record,
			&bytes);
	return vsx_store_put(&b->store, ref->hash, record, bytes, err);
}

static enum vsx_status store_all(struct backup *b, struct vsx_error *err)
{
	struct vsx_repo_wait wait = vsx_backup_wait(&b->opts);
	const struct vsx_chunk_ref *ref;

	do {
		VSX_TRY(vsx_repo_ask(&wait, &vsx_phase_backup,
				     b->pieces.source.at,
				     b->pieces.record.index_bytes, err));
		VSX_TRY(vsx_pieces_next(&b->pieces, &ref, err));
		if (ref)
			VSX_TRY(store_chunk(b, ref, err));
	} while (ref);
	return vsx_store_end(&b->store, err);
}

/* Who may not read the index shall not read it in the repository. */
static enum vsx_status mode_of(const struct backup *b, unsigned int *mode,
			       struct vsx_error *err)
{
	struct stat st;

	if (fstat(b->pieces.source.fd, &st) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'",
				      b->pieces.source.name);
	*mode = st.st_mode;
	return VSX_OK;
}

static enum vsx_status create(struct backup *b, const char *index_path,
			      const char *repo, const struct vsx_file_ops *ops,
			      struct vsx_error *err)
{
	struct vsx_repo_wait wait = vsx_backup_wait(&b->opts);
	struct vsx_snapshot_record *record = &b->pieces.record;
	unsigned int mode = 0;

	/* First the index: a name that is wrong makes no repository. */
	VSX_TRY(vsx_pieces_open(&b->pieces, index_path, b->opts.chunk_bytes,
				err));
	VSX_TRY(mode_of(b, &mode, err));
	VSX_TRY(vsx_repo_open(&b->repo, repo, VSX_REPO_CREATE, mode, ops, &wait,
			      err));
	vsx_repo_sweep(&b->repo, false);
	VSX_TRY(vsx_store_init(&b->store, &b->repo, mode,
			       (enum vsx_backup_reuse)b->opts.reuse, err));
	VSX_TRY(choose_name(b, err));
	VSX_TRY(look_back(b, err));
	VSX_TRY(store_all(b, err));
	vsx_checked_save(&b->store.checked, &b->repo);
	record->new_chunks = b->store.n_chunks;
	record->new_bytes = b->store.n_bytes;
	VSX_TRY(vsx_sequence_next(&b->repo, b->last, &record->sequence, err));
	return vsx_snapshot_save(&b->repo, b->name, b->store.mode, record, err);
}

static void tell(struct vsx_backup_result *result, const struct backup *b)
{
	const struct vsx_snapshot_record *r = &b->pieces.record;

	*result = (struct vsx_backup_result){
		.index_bytes = r->index_bytes,
		.generation = r->generation,
		.n_rows = r->n_rows,
		.n_live = r->n_live,
		.n_chunks = r->n_chunks,
		.new_chunks = r->new_chunks,
		.new_bytes = r->new_bytes,
		.read_chunks = b->store.n_read,
		.read_bytes = b->store.bytes_read,
		.replaced_chunks = b->store.n_replaced,
	};
	strcpy(result->name, b->name);
}

enum vsx_status vsx_backup_create_on(const char *index_path, const char *repo,
				     const struct vsx_backup_opts *opts,
				     const struct vsx_file_ops *ops,
				     struct vsx_backup_result *result,
				     struct vsx_error *err)
{
	struct backup b = {.pieces.source.fd = -1};
	enum vsx_status status;

	VSX_TRY(vsx_backup_take(&b.opts, opts, err));
	status = create(&b, index_path, repo, ops, err);
	if (status == VSX_OK && result)
		tell(result, &b);
	vsx_store_release(&b.store);
	if (b.repo.path)
		vsx_repo_close(&b.repo);
	vsx_pieces_release(&b.pieces);
	return status;
}

enum vsx_status vsx_backup_create_sized(const char *index_path,
					const char *repo,
					const struct vsx_backup_opts *opts,
					struct vsx_backup_result *result,
					size_t size, struct vsx_error *err)
{
	struct vsx_backup_result local = {0};

	VSX_TRY(vsx_backup_create_on(index_path, repo, opts, &vsx_system_files,
				     &local, err));
	vsx_give(result, size, &local, sizeof(local));
	return VSX_OK;
}
