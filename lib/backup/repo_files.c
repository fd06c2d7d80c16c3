/* The files of a repository: reading, writing and listing them, sweeping up. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/repo.h"
#include "base/alloc.h"
#include "io/fd.h"
#include "read/handle.h"
#include "write/output.h"
#include "plural.h"

typedef unsigned long long ull;

char *vsx_repo_chunk_path(const struct vsx_repo *repo, struct vsx_hash hash)
{
	char hex[VSX_HEX_BYTES];

	vsx_hash_hex(hex, hash);
	return vsx_repo_path(repo, "chunks/%.2s/%s", hex, hex);
}

/* ---- reading ---------------------------------------------------------- */

/* Not a folder, a pipe or a link to somewhere else: nobody put it there. */
static enum vsx_status open_regular(const char *path, int *fd, struct stat *st,
				    struct vsx_error *err)
{
	enum vsx_status status;

	do
		*fd = vsx_fd_open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	while (*fd < 0 && errno == EINTR);
	if (*fd < 0 && errno == ENOENT)
		return vsx_fail(err, VSX_ENOTFOUND, "is missing");
	if (*fd < 0)
		return vsx_fail_errno(err, "cannot open");
	if (fstat(*fd, st) < 0)
		status = vsx_fail_errno(err, "cannot stat");
	else if (!S_ISREG(st->st_mode))
		status = vsx_fail(err, VSX_ECORRUPT, "is not a regular file");
	else
		status = VSX_OK;
	if (status != VSX_OK) {
		close(*fd);
		*fd = -1;
	}
	return status;
}

/* When it was changed last: nobody can set that back, unlike a time of
 * writing, and a copy has its own. */
static uint64_t stamp_of(const struct stat *st)
{
	uint64_t stamp = vsx_repo_time(&st->st_ctim);

	return stamp == VSX_NO_STAMP ? 1 : stamp;
}

uint64_t vsx_repo_stamp(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? stamp_of(&st) : VSX_NO_STAMP;
}

static enum vsx_status read_all(int fd, void *to, uint64_t n, uint64_t at,
				struct vsx_error *err)
{
	int reason = vsx_read_at(fd, to, n, at);

	if (!reason)
		return VSX_OK;
	if (reason == ENODATA)
		return vsx_fail(err, VSX_ETRUNCATED,
				"was cut short while it was being read");
	errno = reason;
	return vsx_fail_errno(err, "cannot read");
}

enum vsx_status vsx_repo_read(uint8_t **out, uint64_t *bytes, const char *path,
			      uint64_t most, struct vsx_error *err)
{
	enum vsx_status status;
	struct stat st;
	int fd;

	*out = NULL;
	VSX_TRY(open_regular(path, &fd, &st, err));
	*bytes = (uint64_t)st.st_size;
	if (*bytes > most)
		status = vsx_fail(err, VSX_ECORRUPT,
				  "has %llu byte%s, expected %llu at most",
				  (ull)*bytes, vsx_s(*bytes), (ull)most);
	else
		status = vsx_alloc_to(out, *bytes, 1, err);
	if (status == VSX_OK)
		status = read_all(fd, *out, *bytes, 0, err);
	close(fd);
	if (status != VSX_OK) {
		free(*out);
		*out = NULL;
	}
	return status;
}

static enum vsx_status check_file(int fd, uint64_t bytes, struct vsx_hash hash,
				  struct vsx_chunk_head *head,
				  struct vsx_error *err)
{
	uint8_t raw[VSX_HEAD_BYTES];
	char hex[VSX_HEX_BYTES];

	if (bytes < sizeof(raw))
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu byte%s, expected more than %zu",
				(ull)bytes, vsx_s(bytes), sizeof(raw));
	VSX_TRY(read_all(fd, raw, sizeof(raw), 0, err));
	VSX_TRY(vsx_chunk_head_decode(head, raw, err));
	if (bytes != sizeof(raw) + (uint64_t)head->stored_bytes)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu byte%s, expected %llu", (ull)bytes,
				vsx_s(bytes),
				(ull)sizeof(raw) + head->stored_bytes);
	vsx_hash_hex(hex, head->hash);
	if (!vsx_hash_equal(head->hash, hash))
		return vsx_fail(err, VSX_ECORRUPT, "is the chunk %s", hex);
	return VSX_OK;
}

enum vsx_status vsx_repo_open_chunk(const struct vsx_repo *repo,
				    struct vsx_hash hash,
				    struct vsx_chunk_open *o,
				    struct vsx_error *err)
{
	char *path = vsx_repo_chunk_path(repo, hash);
	enum vsx_status status;
	struct stat st;

	o->fd = -1;
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	status = open_regular(path, &o->fd, &st, err);
	if (status == VSX_OK) {
		o->stamp = stamp_of(&st);
		status = check_file(o->fd, (uint64_t)st.st_size, hash, &o->head,
				    err);
	}
	if (status != VSX_OK && o->fd >= 0) {
		close(o->fd);
		o->fd = -1;
	}
	free(path);
	return status;
}

enum vsx_status vsx_repo_read_chunk(const struct vsx_chunk_open *o,
				    struct vsx_packer *c, struct vsx_error *err)
{
	VSX_TRY(vsx_packer_fit(c, o->head.raw_bytes, err));
	VSX_TRY(read_all(o->fd, vsx_packer_stored(c, &o->head),
			 o->head.stored_bytes, VSX_HEAD_BYTES, err));
	return vsx_packer_unpack(c, &o->head, err);
}

enum vsx_status vsx_repo_load_chunk(const struct vsx_repo *repo,
				    struct vsx_hash hash, struct vsx_packer *c,
				    struct vsx_chunk_open *o,
				    struct vsx_error *err)
{
	enum vsx_status status;

	VSX_TRY(vsx_repo_open_chunk(repo, hash, o, err));
	status = vsx_repo_read_chunk(o, c, err);
	close(o->fd);
	o->fd = -1;
	return status;
}

/* ---- writing ---------------------------------------------------------- */

unsigned int vsx_repo_file_mode(unsigned int like)
{
	return 0600 | (like & 0066);
}

/* No more than the umask allows, and than is asked for; where a file system has
 * no modes there is nothing to be kept from anybody. */
static enum vsx_status narrow(const struct vsx_file *file, unsigned int mode,
			      struct vsx_error *err)
{
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'", file->name);
	if ((st.st_mode & 0666 & ~mode) == 0)
		return VSX_OK;
	if (file->ops->set_mode(file->ops->context, file->fd,
				st.st_mode & mode) < 0 &&
	    errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return vsx_fail_errno(err, "cannot set the mode of '%s'",
				      file->name);
	return VSX_OK;
}

enum vsx_status vsx_repo_write(const struct vsx_repo *repo, const char *path,
			       unsigned int mode, const uint8_t *bytes,
			       uint64_t n, struct vsx_error *err)
{
	struct vsx_output out = {0};
	enum vsx_status status;

	status = vsx_output_init(&out, path, false, repo->ops, err);
	if (status == VSX_OK)
		status = vsx_output_open(&out, err);
	if (status == VSX_OK)
		status = narrow(&out.file, mode, err);
	if (status == VSX_OK)
		status = vsx_file_write(&out.file, bytes, n, 0, err);
	if (status == VSX_OK)
		status = vsx_file_sync(&out.file, err);
	if (status == VSX_OK)
		status = vsx_output_publish(&out, err);
	vsx_output_release(&out);
	return status;
}

static enum vsx_status write_temp(const struct vsx_repo *repo, const char *temp,
				  const uint8_t *bytes, uint64_t n,
				  bool durable, struct vsx_error *err)
{
	struct vsx_file file = {repo->ops, -1, temp};
	enum vsx_status status;

	file.fd = vsx_file_open(repo->ops, temp, O_WRONLY | O_CREAT | O_EXCL,
				repo->mode);
	if (file.fd < 0)
		return vsx_fail_errno(err, "cannot create '%s'", temp);
	status = vsx_file_write(&file, bytes, n, 0, err);
	if (status == VSX_OK && durable)
		status = vsx_file_sync(&file, err);
	if (status == VSX_OK)
		status = vsx_file_close(&file, err);
	if (status == VSX_OK)
		return VSX_OK;
	vsx_file_close(&file, NULL);
	repo->ops->unlink(repo->ops->context, temp);
	return status;
}

static enum vsx_status replace(const struct vsx_repo *repo, const char *temp,
			       const char *path, const uint8_t *bytes,
			       uint64_t n, bool durable, struct vsx_error *err)
{
	const struct vsx_file_ops *ops = repo->ops;
	enum vsx_status status;

	VSX_TRY(write_temp(repo, temp, bytes, n, durable, err));
	if (ops->rename(ops->context, temp, path) < 0) {
		status = vsx_fail_errno(err, "cannot create '%s'", path);
		ops->unlink(ops->context, temp);
		return status;
	}
	return durable ? vsx_repo_sync(repo, repo->path, err) : VSX_OK;
}

enum vsx_status vsx_repo_replace(const struct vsx_repo *repo, const char *name,
				 const uint8_t *bytes, uint64_t n, bool durable,
				 struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "%s", name);
	char *temp = vsx_repo_path(repo, "tmp/%s.%ld", name, (long)getpid());
	enum vsx_status status;

	status = path && temp
			 ? replace(repo, temp, path, bytes, n, durable, err)
			 : vsx_fail_memory(err, strlen(repo->path));
	free(path);
	free(temp);
	return status;
}

static bool same_folder(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* *inside: one of the folders from this one up is `root`. *fd is another one
 * afterwards. */
static enum vsx_status climb(int *fd, const struct stat *root, bool *inside,
			     struct vsx_error *err)
{
	struct stat st, last = {0};

	for (*inside = false;; last = st) {
		int up;

		if (fstat(*fd, &st) < 0)
			return vsx_fail_errno(err, "cannot stat");
		*inside = same_folder(&st, root);
		/* The top is its own parent. */
		if (*inside || same_folder(&st, &last))
			return VSX_OK;
		up = vsx_fd_open_at(*fd, "..", O_PATH | O_DIRECTORY, 0);
		/* He could not read a repository that is up there. */
		if (up < 0 && errno == EACCES)
			return VSX_OK;
		if (up < 0)
			return vsx_fail_errno(err,
					      "cannot open its parent folder");
		close(*fd);
		*fd = up;
	}
}

enum vsx_status vsx_repo_refuse_inside(const struct vsx_repo *repo,
				       const char *folder, const char *path,
				       struct vsx_error *err)
{
	struct vsx_error why = {0};
	char name[VSX_PATH_TEXT];
	enum vsx_status status;
	struct stat root;
	bool inside;
	int fd;

	if (stat(repo->path, &root) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'", repo->name);
	vsx_path_text(name, folder);
	fd = vsx_fd_open(folder, O_PATH | O_DIRECTORY, 0);
	if (fd < 0)
		return vsx_fail_errno(err, "cannot open the folder '%s'", name);
	/* By folders and not by the text of the path, which may lead through
	 * links. */
	status = climb(&fd, &root, &inside, &why);
	close(fd);
	if (status != VSX_OK)
		return vsx_named(name, status, &why, err);
	vsx_path_text(name, path);
	if (inside)
		return vsx_fail(err, VSX_EINVAL,
				"'%.160s' would lie inside the backup "
				"repository '%.160s'",
				name, repo->name);
	return VSX_OK;
}

/* ---- listing --------------------------------------------------------------
 */

enum vsx_status vsx_repo_next(DIR *d, const char *path, struct dirent **e,
			      struct vsx_error *err)
{
	errno = 0;
	*e = readdir(d);
	if (!*e && errno)
		return vsx_fail_errno(err, "cannot read the folder '%s'", path);
	return VSX_OK;
}

struct listing {
	struct vsx_chunk_file *files;
	size_t n, cap;
};

static enum vsx_status list_folder(DIR *d, const char *path, const char *two,
				   struct listing *list, struct vsx_error *err)
{
	struct dirent *e;

	for (;;) {
		struct vsx_chunk_file f = {0};
		struct stat st;

		VSX_TRY(vsx_repo_next(d, path, &e, err));
		if (!e)
			return VSX_OK;

		/* What is no chunk is nobody's business. */
		if (strncmp(e->d_name, two, 2) != 0 ||
		    !vsx_hash_parse(&f.hash, e->d_name))
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			f.bytes = (uint64_t)st.st_size;
		else
			st.st_mode = 0;
		/* A folder is no file of a chunk: there is none. */
		if (S_ISDIR(st.st_mode))
			continue;
		VSX_TRY(vsx_grow(&list->files, &list->cap, list->n + 1,
				 sizeof(f), err));
		list->files[list->n++] = f;
	}
}

static enum vsx_status list_two(const struct vsx_repo *repo, unsigned int i,
				struct listing *list, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	char two[3], *path;
	DIR *d;

	snprintf(two, sizeof(two), "%02x", i & 255);
	path = vsx_repo_path(repo, "chunks/%s", two);
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	d = vsx_fd_folder_nofollow(path); /* where a link leads is not ours */
	if (d)
		status = list_folder(d, path, two, list, err);
	else if (errno != ENOENT)
		status = vsx_fail_errno(err, "cannot read the folder '%s'",
					path);
	if (d)
		closedir(d);
	free(path);
	return status;
}

enum vsx_status vsx_repo_list_chunks(const struct vsx_repo *repo,
				     struct vsx_chunk_file **out, size_t *n,
				     struct vsx_error *err)
{
	struct listing list = {0};
	enum vsx_status status = VSX_OK;

	for (unsigned int i = 0; i < 256 && status == VSX_OK; i++)
		status = list_two(repo, i, &list, err);
	if (status != VSX_OK) {
		free(list.files);
		return status;
	}
	if (list.n)
		qsort(list.files, list.n, sizeof(*list.files), vsx_hash_order);
	*out = list.files;
	*n = list.n;
	return VSX_OK;
}

/* ---- sweeping ---------------------------------------------------------------
 */

/* Of `tmp`, what is written there; elsewhere what begins so. */
static bool is_left(const char *name, const char *prefix)
{
	struct vsx_hash hash;

	if (!prefix)
		return vsx_hash_parse(&hash, name) ||
		       strncmp(name, "checked.", 8) == 0 ||
		       strncmp(name, "sequence.", 9) == 0;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void sweep(const struct vsx_repo *repo, const char *folder,
		  const char *prefix)
{
	char *path = vsx_repo_path(repo, "%s", folder);
	DIR *d = path ? vsx_fd_folder_nofollow(path) : NULL;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *file;

		if (!is_left(e->d_name, prefix))
			continue;
		file = vsx_repo_path(repo, "%s/%s", folder, e->d_name);
		if (file)
			repo->ops->unlink(repo->ops->context, file);
		free(file);
	}
	if (d)
		closedir(d);
	free(path);
}

void vsx_repo_sweep(const struct vsx_repo *repo, bool alone)
{
	sweep(repo, "tmp", NULL);
	sweep(repo, "snapshots", "."); /* no snapshot begins so */
	if (alone)
		sweep(repo, ".", ".vsx-backup.tmp.");
}
