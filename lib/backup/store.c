#include "backup/store.h"
#include "plural.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum vsx_status vsx_store_init(struct vsx_store *s, const struct vsx_repo *repo,
			       unsigned int mode, enum vsx_backup_reuse reuse,
			       struct vsx_error *err)
{
	memset(s, 0, sizeof(*s));
	s->repo = repo;
	s->mode = vsx_repo_file_mode(mode) & repo->mode;
	s->reuse = reuse;
	VSX_TRY(vsx_checked_load(&s->checked, repo, err));
	return vsx_packer_init(&s->packer, VSX_CHUNK_BYTES, err);
}

static bool is_due(const struct vsx_store *s, const struct vsx_chunk_open *o)
{
	const struct vsx_hash hash = o->head.hash;

	if (s->reuse == VSX_REUSE_ALL)
		return false;
	if (s->reuse == VSX_REUSE_CHECKED)
		return !vsx_checked_lately(&s->checked, hash, o->stamp);
	/* One chunk may be in an index many times. */
	return !vsx_checked_now(&s->checked, hash, o->stamp);
}

/* A link would lead to chunks that nobody verifies and nobody prunes. */
static enum vsx_status check_folder(struct vsx_store *s, uint8_t first,
				    struct vsx_error *err)
{
	struct stat st;
	char *path;
	bool bad;

	if (s->looked[first])
		return VSX_OK;
	path = vsx_repo_path(s->repo, "chunks/%02x", first);
	if (!path)
		return vsx_fail_memory(err, strlen(s->repo->path));
	bad = lstat(path, &st) == 0 && !S_ISDIR(st.st_mode);
	free(path);
	if (bad)
		return vsx_fail(err, VSX_EFORMAT,
				"'%s' is not a sound backup repository: "
				"'chunks/%02x' in it is not a folder",
				s->repo->name, first);
	s->looked[first] = true;
	return VSX_OK;
}

static enum vsx_status look_at(struct vsx_store *s,
			       const struct vsx_chunk_ref *ref,
			       struct vsx_error *err)
{
	struct vsx_chunk_open o;
	enum vsx_status status;

	VSX_TRY(vsx_repo_open_chunk(s->repo, ref->hash, &o, err));
	status = o.head.raw_bytes == ref->bytes
			 ? VSX_OK
			 : vsx_fail(err, VSX_ECORRUPT,
				    "has %u byte%s, expected %u",
				    o.head.raw_bytes, vsx_s(o.head.raw_bytes),
				    ref->bytes);
	if (status == VSX_OK && is_due(s, &o)) {
		s->n_read++;
		s->bytes_read += VSX_HEAD_BYTES + o.head.stored_bytes;
		status = vsx_repo_read_chunk(&o, &s->packer, err);
		if (status == VSX_OK)
			status = vsx_checked_add(&s->checked, ref->hash,
						 o.stamp, err);
	}
	close(o.fd);
	return status;
}

enum vsx_status vsx_store_has(struct vsx_store *s,
			      const struct vsx_chunk_ref *ref, bool known,
			      bool *has, struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status;

	VSX_TRY(check_folder(s, ref->hash.b[0], err));
	*has = true;
	for (size_t i = 0; i < s->n_pending; i++)
		if (vsx_hash_equal(s->pending[i].hash, ref->hash))
			return VSX_OK;
	status = look_at(s, ref, &why);
	if (status == VSX_ENOMEM)
		return vsx_retell(err, status, &why, "%s", why.text);
	/* Whatever is wrong with it, the right bytes are at hand. */
	*has = status == VSX_OK;
	if (!*has && status != VSX_ENOTFOUND)
		s->n_replaced++;
	/* Who renamed it may have come no further. */
	if (*has && !known)
		s->dirty[ref->hash.b[0]] = true;
	return VSX_OK;
}

/* Removes the name if the file cannot be had whole. */
static enum vsx_status write_temp(struct vsx_store *s, char *path, int fd,
				  const uint8_t *record, size_t bytes,
				  struct vsx_error *err)
{
	struct vsx_file file = {s->repo->ops, fd, path};
	enum vsx_status status = vsx_file_write(&file, record, bytes, 0, err);

	if (status == VSX_OK)
		return VSX_OK;
	vsx_file_close(&file, NULL);
	s->repo->ops->unlink(s->repo->ops->context, path);
	return status;
}

static enum vsx_status flush(struct vsx_store *s, struct vsx_error *err);

enum vsx_status vsx_store_put(struct vsx_store *s, struct vsx_hash hash,
			      const uint8_t *record, size_t bytes,
			      struct vsx_error *err)
{
	char hex[VSX_HEX_BYTES], *path;
	enum vsx_status status;
	int fd;

	if (s->n_pending == VSX_STORE_PENDING)
		VSX_TRY(flush(s, err));
	vsx_hash_hex(hex, hash);
	path = vsx_repo_path(s->repo, "tmp/%s", hex);
	if (!path)
		return vsx_fail_memory(err, sizeof(hex));
	fd = vsx_file_open(s->repo->ops, path, O_WRONLY | O_CREAT | O_EXCL,
			   s->mode);
	status = fd < 0 ? vsx_fail_errno(err, "cannot create '%s'", path)
			: write_temp(s, path, fd, record, bytes, err);
	if (status != VSX_OK) {
		free(path);
		return status;
	}
	s->pending[s->n_pending].hash = hash;
	s->pending[s->n_pending].temp = path;
	s->pending[s->n_pending++].fd = fd;
	s->n_chunks++;
	s->n_bytes += bytes;
	return VSX_OK;
}

static enum vsx_status make_folder(struct vsx_store *s, uint8_t first,
				   struct vsx_error *err)
{
	const struct vsx_file_ops *ops = s->repo->ops;
	enum vsx_status status = VSX_OK;
	char *path;

	if (s->made[first])
		return VSX_OK;
	path = vsx_repo_path(s->repo, "chunks/%02x", first);
	if (!path)
		return vsx_fail_memory(err, strlen(s->repo->path));
	if (ops->mkdir(ops->context, path,
		       vsx_repo_folder_mode(s->repo->mode)) < 0 &&
	    errno != EEXIST)
		status = vsx_fail_errno(err, "cannot make the folder '%s'",
					path);
	s->made[first] = status == VSX_OK;
	free(path);
	return status;
}

static enum vsx_status sync_one(struct vsx_store *s, size_t i,
				struct vsx_error *err)
{
	struct vsx_file file = {s->repo->ops, s->pending[i].fd,
				s->pending[i].temp};

	VSX_TRY(vsx_file_sync(&file, err));
	s->pending[i].fd = -1;
	return vsx_file_close(&file, err);
}

/* A folder that has the name of a chunk is put aside with all that it holds. */
static int put_aside(struct vsx_store *s, const char *path)
{
	const struct vsx_file_ops *ops = s->repo->ops;
	char *aside = NULL;
	int r;

	if (asprintf(&aside, "%s.folder", path) < 0) {
		errno = ENOMEM;
		return -1;
	}
	r = ops->rename(ops->context, path, aside);
	free(aside);
	return r;
}

static int rename_over(struct vsx_store *s, const char *from, const char *to)
{
	const struct vsx_file_ops *ops = s->repo->ops;
	int r = ops->rename(ops->context, from, to);

	if (r < 0 && errno == EISDIR && put_aside(s, to) == 0)
		r = ops->rename(ops->context, from, to);
	return r;
}

static enum vsx_status rename_one(struct vsx_store *s, size_t i,
				  struct vsx_error *err)
{
	struct vsx_hash hash = s->pending[i].hash;
	enum vsx_status status = VSX_OK;
	uint64_t stamp;
	char *path;

	VSX_TRY(make_folder(s, hash.b[0], err));
	path = vsx_repo_chunk_path(s->repo, hash);
	if (!path)
		return vsx_fail_memory(err, strlen(s->repo->path));
	s->dirty[hash.b[0]] = true;
	if (rename_over(s, s->pending[i].temp, path) < 0) {
		status = vsx_fail_errno(err, "cannot create '%s'", path);
	} else {
		free(s->pending[i].temp);
		s->pending[i].temp = NULL;
		stamp = vsx_repo_stamp(path);
		if (stamp != VSX_NO_STAMP)
			status = vsx_checked_add(&s->checked, hash, stamp, err);
	}
	free(path);
	return status;
}

static enum vsx_status flush(struct vsx_store *s, struct vsx_error *err)
{
	/* All are written by now, so that the disk had something to do. */
	for (size_t i = 0; i < s->n_pending; i++)
		VSX_TRY(sync_one(s, i, err));
	for (size_t i = 0; i < s->n_pending; i++)
		VSX_TRY(rename_one(s, i, err));
	s->n_pending = 0;
	return VSX_OK;
}

static enum vsx_status sync_folder(const struct vsx_store *s, int first,
				   struct vsx_error *err)
{
	char *path = first < 0 ? vsx_repo_path(s->repo, "chunks")
			       : vsx_repo_path(s->repo, "chunks/%02x",
					       (unsigned int)first);
	enum vsx_status status;

	if (!path)
		return vsx_fail_memory(err, strlen(s->repo->path));
	status = vsx_repo_sync(s->repo, path, err);
	free(path);
	return status;
}

enum vsx_status vsx_store_end(struct vsx_store *s, struct vsx_error *err)
{
	VSX_TRY(flush(s, err));
	for (int i = 0; i < 256; i++)
		if (s->dirty[i])
			VSX_TRY(sync_folder(s, i, err));
	return sync_folder(s, -1, err);
}

void vsx_store_release(struct vsx_store *s)
{
	const struct vsx_file_ops *ops;

	if (!s->repo)
		return;
	ops = s->repo->ops;
	for (size_t i = 0; i < s->n_pending; i++) {
		if (s->pending[i].fd >= 0 && s->pending[i].temp)
			ops->close(ops->context, s->pending[i].fd);
		if (s->pending[i].temp)
			ops->unlink(ops->context, s->pending[i].temp);
		free(s->pending[i].temp);
	}
	vsx_checked_save(&s->checked, s->repo);
	vsx_checked_release(&s->checked);
	vsx_packer_release(&s->packer);
	memset(s, 0, sizeof(*s));
}
