/* Removing snapshots, then the chunks that nobody needs any more. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backup/backup.h"
#include "backup/snapshot.h"
#include "base/alloc.h"
#include "read/opts.h"

/* Flag of a chunk. */
#define NEEDED 1u

struct prune {
	struct vsx_prune_opts opts;
	struct vsx_repo repo;
	struct vsx_snapshot_entry *list;
	size_t n;
	bool *goes;	 /* [n] */
	uint64_t *times; /* [n] */
	struct vsx_chunk_file *chunks;
	size_t n_chunks;
	struct vsx_prune_result result;
};

static struct vsx_repo_wait wait_of(const struct prune *p)
{
	return (struct vsx_repo_wait){p->opts.wait_ms, p->opts.report,
				      p->opts.context};
}

/* A newer version, and a system that fails, are no damage. */
static enum vsx_status why_not(enum vsx_status status)
{
	return status == VSX_EVERSION || status == VSX_EIO ||
			       status == VSX_ENOMEM
		       ? status
		       : VSX_ECORRUPT;
}

/* What a damaged snapshot needs is not known: then nothing may go. */
static enum vsx_status check_all_sound(const struct prune *p,
				       struct vsx_error *err)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i].status != VSX_OK)
			return vsx_retell(err, why_not(p->list[i].status),
					  &p->list[i].error,
					  "snapshot '%s': %.*s; nothing was "
					  "removed",
					  p->list[i].name, VSX_ERROR_TEXT / 2,
					  p->list[i].error.text);
	return VSX_OK;
}

/* How many snapshots of the same index are newer than number i. */
static uint64_t newer_than(const struct prune *p, size_t i)
{
	uint64_t n = 0;

	for (size_t j = i + 1; j < p->n; j++)
		n += strcmp(p->list[i].record.source,
			    p->list[j].record.source) == 0;
	return n;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return vsx_repo_time(&t);
}

/*
 * When snapshots were made, as far as their clocks are to be believed: a time
 * that is still to come is that of the next snapshot, or now; and none is older
 * than one that was made before it.
 */
static void set_times(struct prune *p, uint64_t at)
{
	uint64_t next = at, last = 0;

	for (size_t i = p->n; i-- > 0;) {
		uint64_t created = p->list[i].record.created;

		next = p->times[i] = created > at ? next : created;
	}
	for (size_t i = 0; i < p->n; i++) {
		if (p->times[i] < last)
			p->times[i] = last;
		last = p->times[i];
	}
}

static void choose(struct prune *p)
{
	uint64_t at = now(), age, limit = 0;

	if (vsx_mul(&age, p->opts.older_seconds, 1000000000u) && age < at)
		limit = at - age;
	set_times(p, at);
	for (size_t i = 0; i < p->n; i++) {
		uint64_t newer = newer_than(p, i);

		p->goes[i] = p->opts.keep ? newer >= p->opts.keep
					  : newer && p->times[i] < limit;
		p->result.n_removed += p->goes[i];
		p->result.n_kept += !p->goes[i];
	}
}

/* What is kept must be worth it: who removes the others goes by that. */
static enum vsx_status misses(const struct prune *p, const char *name,
			      struct vsx_hash hash, struct vsx_error *err)
{
	char hex[VSX_HEX_BYTES];

	vsx_hash_hex(hex, hash);
	return vsx_fail(err, VSX_ECORRUPT,
			"snapshot '%s' of '%s': chunk %s is missing; nothing "
			"was removed",
			name, p->repo.name, hex);
}

static enum vsx_status mark(struct prune *p, const char *name,
			    struct vsx_error *err)
{
	struct vsx_snapshot_record s = {0};
	enum vsx_status status = VSX_OK;

	VSX_TRY(vsx_snapshot_load(&p->repo, name, &s, err));
	for (uint64_t i = 0; i < s.n_chunks && status == VSX_OK; i++) {
		struct vsx_chunk_file *f = NULL;

		if (p->n_chunks)
			f = bsearch(&s.chunks[i].hash, p->chunks, p->n_chunks,
				    sizeof(*f), vsx_hash_order);
		if (f)
			f->flags |= NEEDED;
		else
			status = misses(p, name, s.chunks[i].hash, err);
	}
	free(s.chunks);
	return status;
}

static enum vsx_status mark_all(struct prune *p, struct vsx_error *err)
{
	struct vsx_repo_wait wait = wait_of(p);

	VSX_TRY(vsx_repo_list_chunks(&p->repo, &p->chunks, &p->n_chunks, err));
	VSX_TRY(vsx_repo_check_snapshots(&p->repo, p->n_chunks, err));
	for (size_t i = 0; i < p->n; i++) {
		VSX_TRY(vsx_repo_ask(&wait, &vsx_phase_snapshots, i, p->n,
				     err));
		if (!p->goes[i])
			VSX_TRY(mark(p, p->list[i].name, err));
	}
	for (size_t i = 0; i < p->n_chunks; i++) {
		if (p->chunks[i].flags & NEEDED) {
			p->result.n_chunks_kept++;
			continue;
		}
		p->result.n_chunks++;
		p->result.freed_bytes += p->chunks[i].bytes;
	}
	return VSX_OK;
}

static enum vsx_status unlink_path(const struct prune *p, char *path,
				   struct vsx_error *err)
{
	const struct vsx_file_ops *ops = p->repo.ops;
	enum vsx_status status = VSX_OK;

	if (!path)
		return vsx_fail_memory(err, strlen(p->repo.path));
	if (ops->unlink(ops->context, path) < 0 && errno != ENOENT)
		status = vsx_fail_errno(err, "cannot remove '%s'", path);
	free(path);
	return status;
}

static enum vsx_status remove_snapshots(const struct prune *p,
					struct vsx_error *err)
{
	enum vsx_status status;
	char *folder;

	for (size_t i = 0; i < p->n; i++)
		if (p->goes[i])
			VSX_TRY(unlink_path(p,
					    vsx_repo_path(&p->repo,
							  "snapshots/%s",
							  p->list[i].name),
					    err));
	if (!p->result.n_removed)
		return VSX_OK;
	/* They must not come back after a crash, when their chunks are gone. */
	folder = vsx_repo_path(&p->repo, "snapshots");
	if (!folder)
		return vsx_fail_memory(err, strlen(p->repo.path));
	status = vsx_repo_sync(&p->repo, folder, err);
	free(folder);
	return status;
}

static enum vsx_status remove_chunks(const struct prune *p,
				     struct vsx_error *err)
{
	struct vsx_repo_wait wait = wait_of(p);

	for (size_t i = 0; i < p->n_chunks; i++) {
		if (p->chunks[i].flags & NEEDED)
			continue;
		VSX_TRY(vsx_repo_ask(&wait, &vsx_phase_removing, i, p->n_chunks,
				     err));
		VSX_TRY(unlink_path(
			p, vsx_repo_chunk_path(&p->repo, p->chunks[i].hash),
			err));
	}
	return VSX_OK;
}

static enum vsx_status tell_removed(const struct prune *p,
				    struct vsx_error *err)
{
	for (size_t i = 0; i < p->n; i++) {
		struct vsx_snapshot s = vsx_snapshot_public(&p->list[i]);

		if (p->goes[i] && p->opts.removed &&
		    p->opts.removed(p->opts.removed_context, &s) != 0)
			return vsx_fail(err, VSX_ESTOPPED, "stopped");
	}
	return VSX_OK;
}

static enum vsx_status prune(struct prune *p, struct vsx_error *err)
{
	VSX_TRY(vsx_snapshot_list(&p->repo, &p->list, &p->n, err));
	VSX_TRY(check_all_sound(p, err));
	VSX_TRY(vsx_alloc_to(&p->goes, p->n, sizeof(*p->goes), err));
	VSX_TRY(vsx_alloc_to(&p->times, p->n, sizeof(*p->times), err));
	choose(p);
	VSX_TRY(mark_all(p, err));
	VSX_TRY(tell_removed(p, err));
	if (p->opts.dry_run)
		return VSX_OK;
	vsx_repo_sweep(&p->repo, true);
	VSX_TRY(remove_snapshots(p, err));
	return remove_chunks(p, err);
}

static enum vsx_status check_opts(const struct vsx_prune_opts *o,
				  struct vsx_error *err)
{
	if (!o->keep != !o->older_seconds)
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"how many snapshots to keep, or how old they may "
			"be: expected exactly one of the two");
}

enum vsx_status vsx_backup_prune_on(const char *repo,
				    const struct vsx_prune_opts *opts,
				    const struct vsx_file_ops *ops,
				    struct vsx_prune_result *result,
				    struct vsx_error *err)
{
	struct prune p = {.opts = VSX_PRUNE_OPTS_INIT};
	struct vsx_repo_wait wait;
	enum vsx_status status;

	VSX_TRY(vsx_take_opts(&p.opts, sizeof(p.opts), opts, "vsx_prune_opts",
			      err));
	VSX_TRY(check_opts(&p.opts, err));
	wait = wait_of(&p);
	VSX_TRY(vsx_repo_open(&p.repo, repo,
			      p.opts.dry_run ? VSX_REPO_READ : VSX_REPO_PRUNE,
			      0, ops, &wait, err));
	status = prune(&p, err);
	if (status == VSX_OK && result)
		*result = p.result;
	free(p.list);
	free(p.goes);
	free(p.times);
	free(p.chunks);
	vsx_repo_close(&p.repo);
	return status;
}

enum vsx_status vsx_backup_prune_sized(const char *repo,
				       const struct vsx_prune_opts *opts,
				       struct vsx_prune_result *result,
				       size_t size, struct vsx_error *err)
{
	struct vsx_prune_result local = {0};

	VSX_TRY(vsx_backup_prune_on(repo, opts, &vsx_system_files, &local,
				    err));
	vsx_give(result, size, &local, sizeof(local));
	return VSX_OK;
}
