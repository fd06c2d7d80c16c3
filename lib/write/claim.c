#include "write/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "write/access.h"
#include "write/beside.h"

/* A lock may come and go between two calls; so often it does not. */
#define MAX_TRIES 1000

/* ---- the lock file ---------------------------------------------------- */

struct opening {
	const char *index;
	bool made;		  /* by us, just now */
	struct vsx_access access; /* of the lock */
};

/* Nothing but a lock is written to, and nobody is led elsewhere. */
static enum vsx_status check_lock_file(const struct vsx_file *lock,
				       struct vsx_error *err)
{
	struct stat st;

	if (fstat(lock->fd, &st) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'", lock->name);
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return vsx_fail(err, VSX_EINVAL,
				"'%s' is where a lock should be, but is not "
				"one: it is not a regular file, or has "
				"other names",
				lock->name);
	return VSX_OK;
}

static enum vsx_status open_lock(struct vsx_file *lock, void *context,
				 struct vsx_error *err)
{
	struct opening *o = context;
	const struct vsx_file_ops *ops = lock->ops;
	char note[VSX_ACCESS_NOTE_TEXT];

	for (int i = 0; i < MAX_TRIES; i++) {
		lock->fd = vsx_file_open(ops, lock->name,
					 O_RDWR | O_CREAT | O_EXCL, 0600);
		o->made = lock->fd >= 0;
		if (o->made) {
			vsx_access_give(&o->access, lock, note);
			return VSX_OK;
		}
		if (errno != EEXIST)
			return vsx_fail_errno(err,
					      "'%s' cannot be changed: its "
					      "lock '%s' cannot be created",
					      o->index, lock->name);
		lock->fd = vsx_file_open(ops, lock->name,
					 O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
		if (lock->fd >= 0)
			return check_lock_file(lock, err);
		if (errno != ENOENT)
			break;
	}
	return vsx_fail_errno(err,
			      "'%s' cannot be changed: its lock '%s' cannot be "
			      "opened",
			      o->index, lock->name);
}

static enum vsx_status take_lock(struct vsx_claim *c,
				 const struct vsx_place *place,
				 const struct vsx_claim_wait *wait,
				 struct vsx_error *err)
{
	struct opening opening = {.index = place->path};
	struct vsx_lock_how how = {
		.open = open_lock,
		.open_context = &opening,
		.subject = place->path,
		.wait_ms = wait->ms,
		.waiting = wait->waiting,
		.context = wait->context,
	};
	enum vsx_status status;

	if (!vsx_access_of(&opening.access, place->path))
		return vsx_fail_errno(err, "cannot stat '%s'", place->path);
	vsx_access_writers(&opening.access);
	c->lock_path = vsx_beside_lock(place->folder, place->path);
	if (!c->lock_path)
		return vsx_fail_memory(err, strlen(place->path));
	c->lock = (struct vsx_file){place->ops, -1, c->lock_path};
	status = vsx_lock_take(&c->lock, &how, err);
	if (status == VSX_OK)
		vsx_lock_sign(&c->lock);
	/* It cannot be locked here, by anybody. */
	if (status == VSX_EIO && opening.made)
		place->ops->unlink(place->ops->context, c->lock_path);
	return status;
}

static void begin(struct vsx_claim *c, const struct vsx_place *place)
{
	c->lock_path = NULL;
	c->lock = (struct vsx_file){place->ops, -1, NULL};
	c->index = (struct vsx_file){place->ops, -1, place->path};
}

enum vsx_status vsx_claim_take(struct vsx_claim *c,
			       const struct vsx_place *place,
			       const struct vsx_claim_wait *wait,
			       struct vsx_error *err)
{
	begin(c, place);
	return take_lock(c, place, wait, err);
}

/* ---- the index -------------------------------------------------------- */

static enum vsx_status open_index(struct vsx_file *index, struct vsx_error *err)
{
	vsx_file_close(index, NULL);
	return vsx_file_open_regular(index, err);
}

/* The lock of one name does not keep off who comes by another. */
static enum vsx_status check_names(const struct vsx_file *index,
				   struct vsx_error *err)
{
	struct stat st;

	if (fstat(index->fd, &st) < 0)
		return vsx_fail_errno(err, "cannot stat '%s'", index->name);
	if (st.st_nlink <= 1)
		return VSX_OK;
	return vsx_fail(err, VSX_EINVAL,
			"'%s' has %llu names (hard links), and only a file "
			"with one can be changed: copy it, or remove the "
			"others",
			index->name, (unsigned long long)st.st_nlink);
}

enum vsx_status vsx_claim_open(struct vsx_claim *c,
			       const struct vsx_place *place,
			       const struct vsx_claim_wait *wait,
			       struct vsx_error *err)
{
	begin(c, place);
	/* Who may not write it is told so, and makes no lock. */
	VSX_TRY(open_index(&c->index, err));
	VSX_TRY(take_lock(c, place, wait, err));
	vsx_beside_sweep(place->ops, place->folder, place->path);
	/* It was compacted while we waited: take the new one. */
	if (!vsx_lock_named(&c->index))
		VSX_TRY(open_index(&c->index, err));
	return check_names(&c->index, err);
}

enum vsx_status vsx_claim_check(const struct vsx_claim *c,
				struct vsx_error *err)
{
	if (c->index.fd >= 0 && !vsx_lock_named(&c->index))
		return vsx_fail(err, VSX_EIO,
				"'%s' was meanwhile replaced by another file",
				c->index.name);
	if (!vsx_lock_named(&c->lock))
		return vsx_fail(err, VSX_EIO,
				"'%s', the lock of '%s', was removed: another "
				"writer may be at work",
				c->lock_path, c->index.name);
	return c->index.fd >= 0 ? check_names(&c->index, err) : VSX_OK;
}

/*
 * The lock is removed while it is held. A waiter finds, once it has it,
 * that it has lost its name, and opens the one that has it by then.
 */
void vsx_claim_release(struct vsx_claim *c)
{
	if (!c->lock_path && !c->index.ops)
		return;
	vsx_file_close(&c->index, NULL);
	if (c->lock.fd >= 0 && vsx_lock_named(&c->lock))
		c->lock.ops->unlink(c->lock.ops->context, c->lock_path);
	vsx_file_close(&c->lock, NULL);
	free(c->lock_path);
	c->lock_path = NULL;
}
