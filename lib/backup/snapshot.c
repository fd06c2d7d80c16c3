#include "backup/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/fd.h"
#include "read/handle.h"

bool vsx_snapshot_name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-+=@:,";
	size_t n = strlen(name);

	return n > 0 && n <= VSX_SNAPSHOT_NAME_MAX && *name != '.' &&
	       *name != '-' && strspn(name, allowed) == n;
}

static enum vsx_status read_record(const struct vsx_repo *repo,
				   const char *name,
				   struct vsx_snapshot_record *s,
				   uint64_t *file_bytes, struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "snapshots/%s", name);
	uint8_t *bytes = NULL;
	enum vsx_status status;

	memset(s, 0, sizeof(*s));
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	status = vsx_repo_read(&bytes, file_bytes, path, VSX_MAX_SNAPSHOT_BYTES,
			       err);
	if (status == VSX_OK)
		status = vsx_snapshot_decode(s, bytes, *file_bytes, err);
	if (status == VSX_OK) {
		status = vsx_record_sequence(s->sequence, err);
		if (status != VSX_OK) {
			free(s->chunks);
			memset(s, 0, sizeof(*s));
		}
	}
	free(bytes);
	free(path);
	return status;
}

enum vsx_status vsx_snapshot_load(const struct vsx_repo *repo, const char *name,
				  struct vsx_snapshot_record *s,
				  struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;
	uint64_t bytes;

	status = read_record(repo, name, s, &bytes, &why);
	if (status == VSX_OK)
		return VSX_OK;
	if (status == VSX_ENOTFOUND)
		return vsx_fail(err, status, "'%s' has no snapshot '%s'",
				repo->name, name);
	vsx_retell(err, status, &why, "snapshot '%s': %.*s", name,
		   VSX_ERROR_TEXT / 2, why.text);
	return status;
}

/* Clocks may be wrong, and generations are of one file. Only copies have the
 * same number. */
static int by_number(const void *pa, const void *pb)
{
	const struct vsx_snapshot_entry *a = pa, *b = pb;

	if (a->record.sequence != b->record.sequence)
		return a->record.sequence < b->record.sequence ? -1 : 1;
	return strcmp(a->name, b->name);
}

struct listing {
	struct vsx_snapshot_entry *entries;
	size_t n, cap;
};

static enum vsx_status add_entry(const struct vsx_repo *repo, const char *name,
				 struct listing *list, struct vsx_error *err)
{
	struct vsx_snapshot_entry *e;

	VSX_TRY(vsx_grow(&list->entries, &list->cap, list->n + 1, sizeof(*e),
			 err));
	e = &list->entries[list->n];
	memset(e, 0, sizeof(*e));
	strcpy(e->name, name);
	e->status = read_record(repo, name, &e->record, &e->bytes, &e->error);
	free(e->record.chunks);
	e->record.chunks = NULL;
	if (e->status == VSX_ENOMEM)
		return vsx_retell(err, VSX_ENOMEM, &e->error, "%s",
				  e->error.text);
	list->n++;
	return VSX_OK;
}

enum vsx_status vsx_snapshot_list(const struct vsx_repo *repo,
				  struct vsx_snapshot_entry **out, size_t *n,
				  struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "snapshots");
	enum vsx_status status = VSX_OK;
	struct listing list = {0};
	struct dirent *e;
	DIR *d;

	*out = NULL;
	*n = 0;
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	d = vsx_fd_folder(path);
	/* A create that was killed early may not have made it yet. */
	if (!d && errno != ENOENT)
		status = vsx_fail_errno(err, "cannot read the folder '%s'",
					path);
	while (d && status == VSX_OK) {
		status = vsx_repo_next(d, path, &e, err);
		if (status != VSX_OK || !e)
			break;
		if (vsx_snapshot_name_ok(e->d_name))
			status = add_entry(repo, e->d_name, &list, err);
	}
	if (d)
		closedir(d);
	free(path);
	if (status != VSX_OK) {
		free(list.entries);
		return status;
	}
	if (list.n)
		qsort(list.entries, list.n, sizeof(*list.entries), by_number);
	*out = list.entries;
	*n = list.n;
	return VSX_OK;
}

enum vsx_status vsx_snapshot_save(const struct vsx_repo *repo, const char *name,
				  unsigned int mode,
				  const struct vsx_snapshot_record *s,
				  struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "snapshots/%s", name);
	enum vsx_status status;
	uint8_t *bytes = NULL;
	uint64_t n;

	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	status = vsx_snapshot_encode(&bytes, &n, s, err);
	if (status == VSX_OK)
		status = vsx_repo_write(repo, path, mode, bytes, n, err);
	if (status == VSX_EEXIST)
		vsx_fail(err, status, "'%s' already has a snapshot '%s'",
			 repo->name, name);
	free(bytes);
	free(path);
	return status;
}

struct vsx_snapshot vsx_snapshot_public(const struct vsx_snapshot_entry *e)
{
	const struct vsx_snapshot_record *r = &e->record;
	struct vsx_snapshot s = {
		.name = e->name,
		.source = r->source,
		.damage = e->status == VSX_OK ? NULL : e->error.text,
		.sequence = r->sequence,
		.created = r->created,
		.index_bytes = r->index_bytes,
		.generation = r->generation,
		.n_rows = r->n_rows,
		.n_live = r->n_live,
		.n_chunks = r->n_chunks,
		.new_chunks = r->new_chunks,
		.new_bytes = r->new_bytes,
	};

	memcpy(s.uuid, r->uuid, sizeof(s.uuid));
	return s;
}
