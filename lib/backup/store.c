#include "backup/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void vsx_store_init(struct vsx_store *s, const struct vsx_repo *repo)
{
	memset(s, 0, sizeof(*s));
	s->repo = repo;
}

bool vsx_store_has(struct vsx_store *s, struct vsx_hash hash, uint32_t bytes,
		   bool known)
{
	struct vsx_chunk_head head;
	int fd;

	for (size_t i = 0; i < s->n_pending; i++)
		if (vsx_hash_equal(s->pending[i].hash, hash))
			return true;
	if (vsx_repo_open_chunk(s->repo, hash, &head, &fd, NULL) != VSX_OK)
		return false;
	close(fd);
	/* Who renamed it may have come no further. */
	if (!known)
		s->dirty[hash.b[0]] = true;
	return head.raw_bytes == bytes;
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
			   0666);
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
	if (ops->mkdir(ops->context, path, 0777) < 0 && errno != EEXIST)
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

static enum vsx_status rename_one(struct vsx_store *s, size_t i,
				  struct vsx_error *err)
{
	const struct vsx_file_ops *ops = s->repo->ops;
	uint8_t first = s->pending[i].hash.b[0];
	enum vsx_status status = VSX_OK;
	char *path;

	VSX_TRY(make_folder(s, first, err));
	path = vsx_repo_chunk_path(s->repo, s->pending[i].hash);
	if (!path)
		return vsx_fail_memory(err, strlen(s->repo->path));
	s->dirty[first] = true;
	if (ops->rename(ops->context, s->pending[i].temp, path) < 0) {
		status = vsx_fail_errno(err, "cannot create '%s'", path);
	} else {
		free(s->pending[i].temp);
		s->pending[i].temp = NULL;
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
	memset(s, 0, sizeof(*s));
}
