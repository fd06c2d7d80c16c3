#include "write/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "write/access.h"
#include "write/beside.h"

static enum vsx_status cannot_create(const struct vsx_output *o, int reason,
				     struct vsx_error *err)
{
	errno = reason;
	return vsx_fail_errno(err, "cannot create '%s'", o->path);
}

static enum vsx_status exists(const struct vsx_output *o, struct vsx_error *err)
{
	return vsx_fail(err, VSX_EEXIST, "'%s' exists already", o->path);
}

/* Look at what is in the way; follow a link to the file that it means. */
static enum vsx_status look_at(struct vsx_output *o, struct vsx_error *err)
{
	struct stat st;
	char *real;

	if (lstat(o->path, &st) < 0)
		return errno == ENOENT ? VSX_OK : cannot_create(o, errno, err);
	if (S_ISDIR(st.st_mode))
		return vsx_fail(err, VSX_EINVAL, "'%s' is a folder", o->path);
	if (!o->force)
		return exists(o, err);
	if (S_ISLNK(st.st_mode)) {
		real = realpath(o->path, NULL);
		if (!real)
			return cannot_create(o, errno, err);
		free(o->target);
		o->target = real;
		if (stat(real, &st) < 0)
			return cannot_create(o, errno, err);
	}
	if (!S_ISREG(st.st_mode))
		return vsx_fail(err, VSX_EINVAL,
				"'%s' is not a regular file and cannot be "
				"replaced",
				o->path);
	return VSX_OK;
}

static enum vsx_status set_folder(struct vsx_output *o, struct vsx_error *err)
{
	const char *name = vsx_beside_name(o->target);

	if (name == o->target)
		o->folder = strdup(".");
	else if (name == o->target + 1)
		o->folder = strdup("/");
	else
		o->folder = strndup(o->target, (size_t)(name - o->target) - 1);
	if (!o->folder)
		return vsx_fail_memory(err, strlen(o->target));
	return VSX_OK;
}

static enum vsx_status begin(struct vsx_output *o, const char *path, bool force,
			     const struct vsx_file_ops *ops,
			     struct vsx_error *err)
{
	enum vsx_status status;

	memset(o, 0, sizeof(*o));
	o->ops = ops;
	o->force = force;
	o->file.fd = -1;
	if (!path || !*path)
		return vsx_fail(err, VSX_EINVAL, "the output has no name");
	o->path = strdup(path);
	o->target = strdup(path);
	if (!o->path || !o->target) {
		status = vsx_fail_memory(err, strlen(path));
		goto done;
	}
	status = look_at(o, err);
	if (status == VSX_OK && *vsx_beside_name(path) == '\0')
		status = vsx_fail(err, VSX_EINVAL, "'%s' names a folder", path);
	if (status == VSX_OK)
		status = set_folder(o, err);
done:
	if (status != VSX_OK)
		vsx_output_release(o);
	return status;
}

static enum vsx_status differ(const char *path, const struct stat *in,
			      struct vsx_error *err)
{
	struct stat out;

	if (stat(path, &out) < 0 || out.st_dev != in->st_dev ||
	    out.st_ino != in->st_ino)
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"'%.300s' is both an input and the output", path);
}

enum vsx_status vsx_output_differs(const char *path, const char *input,
				   struct vsx_error *err)
{
	struct stat in;

	return stat(input, &in) < 0 ? VSX_OK : differ(path, &in, err);
}

enum vsx_status vsx_output_differs_fd(const char *path, int input,
				      struct vsx_error *err)
{
	struct stat in;

	return fstat(input, &in) < 0 ? VSX_OK : differ(path, &in, err);
}

enum vsx_status vsx_output_init(struct vsx_output *o, const char *path,
				bool force, const struct vsx_file_ops *ops,
				struct vsx_error *err)
{
	enum vsx_status status = begin(o, path, force, ops, err);

	if (status == VSX_OK && access(o->folder, W_OK | X_OK) < 0) {
		status = cannot_create(o, errno, err);
		vsx_output_release(o);
	}
	if (status == VSX_OK)
		vsx_beside_sweep(o->ops, o->folder, o->target);
	return status;
}

enum vsx_status vsx_output_beside(struct vsx_output *o, const char *path,
				  const struct vsx_file_ops *ops,
				  struct vsx_error *err)
{
	return begin(o, path, true, ops, err);
}

struct vsx_place vsx_output_place(const struct vsx_output *o)
{
	return (struct vsx_place){o->ops, o->target, o->folder};
}

enum vsx_status vsx_output_claim(struct vsx_output *o,
				 const struct vsx_claim_wait *wait,
				 struct vsx_error *err)
{
	struct vsx_place place = vsx_output_place(o);

	if (!o->force || o->claim || access(o->target, F_OK) < 0)
		return VSX_OK;
	VSX_TRY(vsx_claim_take(&o->own, &place, wait, err));
	o->claim = &o->own;
	return VSX_OK;
}

enum vsx_status vsx_output_open(struct vsx_output *o, struct vsx_error *err)
{
	int fd;

	o->temp = vsx_beside_temp(o->ops, o->folder, o->target,
				  o->claim ? 0600 : 0666, &fd);
	if (!o->temp)
		return cannot_create(o, errno, err);
	o->file = (struct vsx_file){o->ops, fd, o->path};
	return VSX_OK;
}

enum vsx_status vsx_output_scratch(const struct vsx_output *o,
				   struct vsx_file *out, struct vsx_error *err)
{
	char *path;
	int fd, reason;

	fd = vsx_file_open(o->ops, o->folder, O_TMPFILE | O_RDWR, 0600);
	/* Some file systems have no unnamed files: take the name away. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR ||
		       errno == EINVAL || errno == ENOENT)) {
		path = vsx_beside_temp(o->ops, o->folder, o->target, 0600, &fd);
		if (path && o->ops->unlink(o->ops->context, path) < 0) {
			reason = errno;
			o->ops->close(o->ops->context, fd);
			errno = reason;
			fd = -1;
		}
		free(path);
	}
	if (fd < 0)
		return vsx_fail_errno(err,
				      "cannot create a temporary file in '%s'",
				      o->folder);
	*out = (struct vsx_file){o->ops, fd, o->folder};
	return VSX_OK;
}

/* Give the new file what the one that it replaces has. */
static enum vsx_status keep_access(struct vsx_output *o, struct vsx_error *err)
{
	struct vsx_access old;
	struct stat st;

	if (!o->force || stat(o->target, &st) < 0)
		return VSX_OK;
	if (!S_ISREG(st.st_mode))
		return vsx_fail(err, VSX_EINVAL,
				"'%s' is not a regular file and cannot be "
				"replaced",
				o->path);
	if (vsx_access_of(&old, o->target))
		vsx_access_give(&old, &o->file, o->note);
	return VSX_OK;
}

static void drop_temp(struct vsx_output *o)
{
	if (o->temp)
		o->ops->unlink(o->ops->context, o->temp);
	free(o->temp);
	o->temp = NULL;
}

/* Rename, but never over a file that has appeared meanwhile. */
static enum vsx_status rename_to_new(struct vsx_output *o,
				     struct vsx_error *err)
{
	const struct vsx_file_ops *ops = o->ops;

	if (ops->rename_new(ops->context, o->temp, o->target) == 0) {
		free(o->temp);
		o->temp = NULL;
		return VSX_OK;
	}
	if (errno == EINVAL || errno == ENOSYS) {
		/* Two steps where the file system has not the one. */
		if (ops->link(ops->context, o->temp, o->target) == 0) {
			drop_temp(o);
			return VSX_OK;
		}
	}
	return errno == EEXIST ? exists(o, err) : cannot_create(o, errno, err);
}

static enum vsx_status no_waiting(void *context, struct vsx_error *err)
{
	(void)context;
	(void)err;
	return VSX_OK;
}

static enum vsx_status rename_over(struct vsx_output *o, struct vsx_error *err)
{
	VSX_TRY(vsx_claim_check(o->claim, err));
	if (o->ops->rename(o->ops->context, o->temp, o->target) < 0)
		return cannot_create(o, errno, err);
	free(o->temp);
	o->temp = NULL;
	return VSX_OK;
}

static enum vsx_status move(struct vsx_output *o, struct vsx_error *err)
{
	const struct vsx_claim_wait wait = {.waiting = no_waiting};
	enum vsx_status status;

	if (o->claim)
		return rename_over(o, err);
	status = rename_to_new(o, err);
	if (status != VSX_EEXIST || !o->force)
		return status;
	/* It has appeared meanwhile. */
	VSX_TRY(vsx_output_claim(o, &wait, err));
	VSX_TRY(keep_access(o, err));
	return o->claim ? rename_over(o, err) : rename_to_new(o, err);
}

enum vsx_status vsx_output_publish(struct vsx_output *o, struct vsx_error *err)
{
	struct vsx_file folder = {o->ops, -1, o->folder};
	enum vsx_status status;

	/* Whatever can fail goes before the rename. The file is closed later:
	   until then it is locked, and nobody takes it for debris. */
	VSX_TRY(keep_access(o, err));
	folder.fd = vsx_file_open(o->ops, o->folder, O_RDONLY | O_DIRECTORY, 0);
	if (folder.fd < 0)
		return vsx_fail_errno(err, "cannot open the folder '%s'",
				      o->folder);
	status = move(o, err);
	if (status == VSX_OK && o->ops->sync(o->ops->context, folder.fd) < 0 &&
	    errno != EINVAL)
		status = vsx_fail_errno(err,
					"'%s' is written, but its folder "
					"cannot be synced: a crash may lose it",
					o->path);
	vsx_file_close(&folder, NULL);
	vsx_file_close(&o->file, NULL);
	return status;
}

void vsx_output_release(struct vsx_output *o)
{
	if (!o->ops)
		return;
	drop_temp(o);
	vsx_file_close(&o->file, NULL);
	vsx_claim_release(&o->own);
	free(o->path);
	free(o->target);
	free(o->folder);
	memset(o, 0, sizeof(*o));
	o->file.fd = -1;
}
