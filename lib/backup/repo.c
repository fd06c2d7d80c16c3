/* Making, opening and locking a repository. */
#include "backup/repo.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/fd.h"
#include "read/handle.h"
#include "write/lock.h"
#include "write/output.h"
#include "plural.h"

#define NAP_MS 20

char *vsx_repo_path(const struct vsx_repo *repo, const char *fmt, ...)
{
	char *inside = NULL, *path = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&inside, fmt, args);
	va_end(args);
	if (n < 0)
		return NULL;
	n = asprintf(&path, "%s/%s", repo->path, inside);
	free(inside);
	return n < 0 ? NULL : path;
}

enum vsx_status vsx_repo_ask(const struct vsx_repo_wait *wait,
			     const struct vsx_phase *phase, uint64_t done,
			     uint64_t total, struct vsx_error *err)
{
	struct vsx_build_event event = {
		.what = VSX_BUILD_PROGRESS,
		.text = phase->name,
		.done = done,
		.total = total,
		.unit = phase->unit,
	};

	if (wait->report && wait->report(wait->context, &event) != 0)
		return vsx_fail(err, VSX_ESTOPPED, "stopped");
	return VSX_OK;
}

enum vsx_status vsx_repo_sync(const struct vsx_repo *repo, const char *path,
			      struct vsx_error *err)
{
	const struct vsx_file_ops *ops = repo->ops;
	int fd = vsx_file_open(ops, path, O_RDONLY | O_DIRECTORY, 0);
	enum vsx_status status = VSX_OK;
	int reason;

	if (fd < 0)
		return vsx_fail_errno(err, "cannot open the folder '%s'", path);
	if (ops->sync(ops->context, fd) < 0 && errno != EINVAL)
		status = vsx_fail_errno(err, "cannot sync the folder '%s'",
					path);
	reason = ops->close(ops->context, fd);
	if (status == VSX_OK && reason < 0 && errno != EINTR)
		return vsx_fail_errno(err, "cannot close the folder '%s'",
				      path);
	return status;
}

/* ---- making one ------------------------------------------------------- */

/* What a create that was killed early may have left, and file systems. */
static bool is_debris(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, "lost+found") == 0 ||
	       strncmp(name, ".vsx-backup.tmp.", 16) == 0;
}

/* A folder without our head must have nothing else in it either. */
static enum vsx_status check_empty(const struct vsx_repo *repo,
				   struct vsx_error *err)
{
	DIR *d = vsx_fd_folder(repo->path);
	enum vsx_status status = VSX_OK;
	char name[VSX_PATH_TEXT];
	struct dirent *e;

	if (!d)
		return vsx_fail_errno(err, "cannot read the folder '%s'",
				      repo->name);
	for (;;) {
		status = vsx_repo_next(d, repo->name, &e, err);
		if (status != VSX_OK || !e)
			break;
		if (is_debris(e->d_name))
			continue;
		/* Another one is making it just now. */
		if (access(repo->head_path, F_OK) == 0)
			break;
		vsx_path_text(name, e->d_name);
		status = vsx_fail(err, VSX_EFORMAT,
				  "'%s' is not a backup repository: it holds "
				  "'%.80s' and no file 'vsx-backup'",
				  repo->name, name);
		break;
	}
	closedir(d);
	return status;
}

static enum vsx_status sync_parent(const struct vsx_repo *repo,
				   struct vsx_error *err)
{
	char *up = vsx_repo_path(repo, "..");
	enum vsx_status status;

	if (!up)
		return vsx_fail_memory(err, strlen(repo->path));
	status = vsx_repo_sync(repo, up, err);
	free(up);
	return status;
}

static enum vsx_status write_head(const struct vsx_repo *repo,
				  struct vsx_error *err)
{
	uint8_t head[VSX_HEAD_BYTES];
	enum vsx_status status;

	vsx_repo_head_encode(head);
	status = vsx_repo_write(repo, repo->head_path, repo->mode, head,
				sizeof(head), err);
	/* Somebody else has made it at the same moment: it is the same. */
	return status == VSX_EEXIST ? VSX_OK : status;
}

static const char *const folders[] = {"chunks", "snapshots", "tmp"};
#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

static enum vsx_status make_folder(const struct vsx_repo *repo,
				   const char *path, struct vsx_error *err)
{
	if (repo->ops->mkdir(repo->ops->context, path,
			     vsx_repo_folder_mode(repo->mode)) == 0 ||
	    errno == EEXIST)
		return VSX_OK;
	return vsx_fail_errno(err, "cannot make the folder '%s'", path);
}

/* All of it: what is there already stays. */
static enum vsx_status make(const struct vsx_repo *repo, struct vsx_error *err)
{
	struct stat st;

	VSX_TRY(make_folder(repo, repo->path, err));
	if (stat(repo->path, &st) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'", repo->name);
	if (!S_ISDIR(st.st_mode))
		return vsx_fail(err, VSX_EINVAL, "'%s' is not a folder",
				repo->name);
	if (access(repo->head_path, F_OK) == 0)
		return VSX_OK;
	VSX_TRY(check_empty(repo, err));
	VSX_TRY(sync_parent(repo, err));
	return write_head(repo, err);
}

/*
 * What is removed is removed by path: a link must not lead to a folder that is
 * not ours.
 */
static enum vsx_status check_inside(const struct vsx_repo *repo,
				    struct vsx_error *err)
{
	for (size_t i = 0; i < N_FOLDERS; i++) {
		char *path = vsx_repo_path(repo, "%s", folders[i]);
		bool bad;
		struct stat st;

		if (!path)
			return vsx_fail_memory(err, strlen(repo->path));
		bad = lstat(path, &st) == 0 && !S_ISDIR(st.st_mode);
		free(path);
		if (bad)
			return vsx_fail(err, VSX_EFORMAT,
					"'%s' is not a sound backup "
					"repository: '%s' in it is not a "
					"folder",
					repo->name, folders[i]);
	}
	return VSX_OK;
}

static enum vsx_status make_inside(const struct vsx_repo *repo,
				   struct vsx_error *err)
{
	enum vsx_status status = check_inside(repo, err);

	for (size_t i = 0; i < N_FOLDERS && status == VSX_OK; i++) {
		char *path = vsx_repo_path(repo, "%s", folders[i]);

		status = path ? make_folder(repo, path, err)
			      : vsx_fail_memory(err, strlen(repo->path));
		free(path);
	}
	/* Also when they were there: who made them may not have come so far. */
	return status == VSX_OK ? vsx_repo_sync(repo, repo->path, err) : status;
}

/* ---- locks -----------------------------------------------------------------
 */

static enum vsx_status go_on(void *context, struct vsx_error *err)
{
	return vsx_repo_ask(context, &vsx_phase_waiting, 0, 0, err);
}

static enum vsx_status lock_shared(struct vsx_repo *repo,
				   const struct vsx_repo_wait *wait,
				   struct vsx_error *err)
{
	const struct vsx_file_ops *ops = repo->ops;
	struct timespec nap = {0, NAP_MS * 1000000L};
	uint32_t waited = 0;
	int r;

	for (;;) {
		do
			r = ops->lock_shared(ops->context, repo->head.fd);
		while (r < 0 && errno == EINTR);
		if (r == 0)
			return VSX_OK;
		if (errno != EWOULDBLOCK)
			return vsx_fail_errno(err, "cannot lock '%s'",
					      repo->name);
		if (wait->ms != VSX_WAIT_FOREVER && waited >= wait->ms)
			return vsx_fail(err, VSX_EBUSY,
					"'%s' is being pruned by another "
					"process",
					repo->name);
		VSX_TRY(vsx_repo_ask(wait, &vsx_phase_waiting, 0, 0, err));
		nanosleep(&nap, NULL);
		waited += NAP_MS;
	}
}

/* Writers lock a file of their own; it stays when they are gone. */
static enum vsx_status lock_writer(struct vsx_repo *repo,
				   const struct vsx_repo_wait *wait,
				   struct vsx_error *err)
{
	const struct vsx_file_ops *ops = repo->ops;
	int fd = vsx_file_open(ops, repo->lock_path,
			       O_RDWR | O_CREAT | O_NOFOLLOW, repo->mode);

	if (fd < 0)
		return vsx_fail_errno(err, "cannot open '%s'", repo->lock_path);
	ops->close(ops->context, fd);
	VSX_TRY(vsx_lock_open(&repo->lock, repo->lock_path, ops, wait->ms,
			      go_on, (void *)(uintptr_t)wait, err));
	vsx_lock_sign(&repo->lock);
	return VSX_OK;
}

/* ---- opening ----------------------------------------------------------------
 */

static enum vsx_status read_head(const struct vsx_repo *repo,
				 struct vsx_error *err)
{
	struct vsx_error why = {0};
	uint8_t *bytes = NULL;
	uint64_t n = 0;
	enum vsx_status status;

	status = vsx_repo_read(&bytes, &n, repo->head_path, 4096, &why);
	if (status == VSX_ENOTFOUND)
		return vsx_fail(err, VSX_EFORMAT,
				"'%s' is not a backup repository: it has no "
				"file 'vsx-backup'",
				repo->name);
	if (status == VSX_OK)
		status = vsx_repo_head_decode(bytes, n, &why);
	free(bytes);
	if (status != VSX_OK)
		return vsx_named(repo->head_path, status, &why, err);
	return VSX_OK;
}

/* What is written later is for those that what is there is for. */
static enum vsx_status take_mode(struct vsx_repo *repo, struct vsx_error *err)
{
	struct stat st;

	if (stat(repo->head_path, &st) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'", repo->head_path);
	repo->mode = vsx_repo_file_mode(st.st_mode);
	return VSX_OK;
}

static enum vsx_status check_folder(const struct vsx_repo *repo,
				    struct vsx_error *err)
{
	struct stat st;

	if (stat(repo->path, &st) < 0)
		return vsx_fail_errno(err, "cannot open '%s'", repo->name);
	if (!S_ISDIR(st.st_mode))
		return vsx_fail(err, VSX_EFORMAT,
				"'%s' is not a backup repository: it is not a "
				"folder",
				repo->name);
	return VSX_OK;
}

static enum vsx_status open_head(struct vsx_repo *repo, struct vsx_error *err)
{
	repo->head.fd = vsx_file_open(repo->ops, repo->head_path, O_RDONLY, 0);
	if (repo->head.fd < 0)
		return vsx_fail_errno(err, "cannot open '%s'", repo->head_path);
	return VSX_OK;
}

static enum vsx_status open_as(struct vsx_repo *repo, enum vsx_repo_use use,
			       const struct vsx_repo_wait *wait,
			       struct vsx_error *err)
{
	if (use == VSX_REPO_CREATE)
		VSX_TRY(make(repo, err));
	VSX_TRY(check_folder(repo, err));
	VSX_TRY(read_head(repo, err));
	VSX_TRY(take_mode(repo, err));
	if (use != VSX_REPO_READ)
		VSX_TRY(lock_writer(repo, wait, err));
	if (use == VSX_REPO_PRUNE)
		VSX_TRY(check_inside(repo, err));
	if (use == VSX_REPO_PRUNE)
		return vsx_lock_open(&repo->head, repo->head_path, repo->ops,
				     wait->ms, go_on, (void *)(uintptr_t)wait,
				     err);
	VSX_TRY(open_head(repo, err));
	VSX_TRY(lock_shared(repo, wait, err));
	return use == VSX_REPO_CREATE ? make_inside(repo, err) : VSX_OK;
}

enum vsx_status vsx_repo_check_snapshots(const struct vsx_repo *repo,
					 size_t n_chunks, struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "snapshots");
	bool missing = path && access(path, F_OK) < 0 && errno == ENOENT;

	free(path);
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	if (n_chunks && missing)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"'%s' has %zu chunk%s and no folder 'snapshots'",
			repo->name, n_chunks, vsx_s(n_chunks));
	return VSX_OK;
}

enum vsx_status vsx_repo_open(struct vsx_repo *repo, const char *path,
			      enum vsx_repo_use use, unsigned int like,
			      const struct vsx_file_ops *ops,
			      const struct vsx_repo_wait *wait,
			      struct vsx_error *err)
{
	enum vsx_status status;
	size_t n;

	*repo = (struct vsx_repo){.ops = ops, .mode = vsx_repo_file_mode(like)};
	if (!path || !*path)
		return vsx_fail(err, VSX_EINVAL, "the repository has no name");
	vsx_path_text(repo->name, path);
	repo->path = strdup(path);
	n = repo->path ? strlen(repo->path) : 0;
	while (n > 1 && repo->path[n - 1] == '/')
		repo->path[--n] = '\0';
	if (repo->path) {
		repo->head_path = vsx_repo_path(repo, "vsx-backup");
		repo->lock_path = vsx_repo_path(repo, "lock");
	}
	repo->head = (struct vsx_file){ops, -1, repo->head_path};
	repo->lock = (struct vsx_file){ops, -1, repo->lock_path};
	if (!repo->head_path || !repo->lock_path)
		status = vsx_fail_memory(err, strlen(path));
	else
		status = open_as(repo, use, wait, err);
	if (status != VSX_OK)
		vsx_repo_close(repo);
	return status;
}

void vsx_repo_close(struct vsx_repo *repo)
{
	if (repo->head_path)
		vsx_file_close(&repo->head, NULL);
	if (repo->lock_path)
		vsx_lock_drop(&repo->lock);
	free(repo->head_path);
	free(repo->lock_path);
	free(repo->path);
	memset(repo, 0, sizeof(*repo));
}
