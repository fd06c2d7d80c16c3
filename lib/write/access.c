#include "write/access.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

/* A list is a version (4 bytes), then entries: tag (2), bits (2), id (4). */
#define ACL_HEAD  4
#define ACL_ENTRY 8
#define ACL_BITS  2
#define MAY_READ  4u
#define MAY_WRITE 2u

bool vsx_access_of(struct vsx_access *a, const char *path)
{
	struct stat st;
	ssize_t n;

	if (stat(path, &st) < 0)
		return false;
	a->owner = st.st_uid;
	a->group = st.st_gid;
	a->mode = st.st_mode & 0777;
	n = getxattr(path, VSX_ACL_NAME, a->acl, sizeof(a->acl));
	a->acl_bytes = n > 0 ? (size_t)n : 0;
	a->acl_unread = n < 0 && errno != ENODATA && errno != EOPNOTSUPP &&
			errno != ENOSYS;
	return true;
}

void vsx_access_writers(struct vsx_access *a)
{
	unsigned int write = a->mode & 0222;

	a->mode = 0600 | write | write << 1;
	for (size_t at = ACL_HEAD; at + ACL_ENTRY <= a->acl_bytes;
	     at += ACL_ENTRY) {
		uint8_t *bits = a->acl + at + ACL_BITS;

		*bits = *bits & MAY_WRITE ? MAY_READ | MAY_WRITE : 0;
	}
}

/* What did not go, one after the other. */
struct refused {
	char what[120];
	size_t used;
	int reason;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct refused *r,
							 const char *fmt, ...)
{
	va_list args;

	r->reason = errno;
	if (r->used)
		r->used += (size_t)snprintf(r->what + r->used,
					    sizeof(r->what) - r->used, ", ");
	va_start(args, fmt);
	r->used += (size_t)vsnprintf(r->what + r->used,
				     sizeof(r->what) - r->used, fmt, args);
	va_end(args);
}

/*
 * The mode comes last but for the list: a change of the owner must not meet
 * bits that were meant for another one.
 */
void vsx_access_give(const struct vsx_access *a, const struct vsx_file *file,
		     char note[VSX_ACCESS_NOTE_TEXT])
{
	const struct vsx_file_ops *ops = file->ops;
	bool group = true, has_acl = a->acl_bytes || a->acl_unread;
	struct refused r = {.used = 0};
	unsigned int mode = a->mode;
	struct stat now;

	*note = '\0';
	if (fstat(file->fd, &now) < 0)
		return;
	if (now.st_gid != a->group &&
	    ops->set_owner(ops->context, file->fd, (uid_t)-1, a->group) < 0) {
		refuse(&r, "group %u", a->group);
		group = false;
	}
	if (now.st_uid != a->owner &&
	    ops->set_owner(ops->context, file->fd, a->owner, (gid_t)-1) < 0)
		refuse(&r, "owner %u", a->owner);
	/* The group's bits are not for another group; with a list they are a
	   mask and say nothing about the group. */
	if (!group || has_acl)
		mode &= ~070u | (mode & 07u) << 3;
	if (ops->set_mode(ops->context, file->fd, mode) < 0)
		refuse(&r, "mode %03o", a->mode);
	if (a->acl_unread)
		errno = E2BIG;
	if (has_acl &&
	    (a->acl_unread || !group ||
	     ops->set_acl(ops->context, file->fd, a->acl, a->acl_bytes) < 0))
		refuse(&r, "access list");
	if (r.used)
		snprintf(note, VSX_ACCESS_NOTE_TEXT,
			 "'%.150s' does not get everything that the file it "
			 "replaces had (%s): %s",
			 file->name, r.what, strerror(r.reason));
}
