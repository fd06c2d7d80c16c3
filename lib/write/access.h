/* Who may do what with a file: handed on to the one that takes its place. */
#ifndef VSX_ACCESS_H
#define VSX_ACCESS_H

#include <sys/stat.h>

#include "io/fileops.h"

#define VSX_ACL_BYTES	     4096
#define VSX_ACCESS_NOTE_TEXT 400

struct vsx_access {
	uid_t owner;
	gid_t group;
	unsigned int mode;	    /* 0777 of it: nobody gains a set-id bit */
	size_t acl_bytes;	    /* of the access list; 0: there is none */
	bool acl_unread;	    /* there is one, but it cannot be had */
	uint8_t acl[VSX_ACL_BYTES]; /* as the kernel gives it */
};

/* That of the file at `path`; false: there is none, or errno says why. */
bool vsx_access_of(struct vsx_access *a, const char *path);

/*
 * Leave those who may write, and let them read. So a lock can be opened only by
 * those who may write what it locks.
 */
void vsx_access_writers(struct vsx_access *a);

/*
 * Give it to a file of our own, of mode 0600 so far. What the system refuses is
 * left, with less for others rather than more: `note` tells, or is "".
 */
void vsx_access_give(const struct vsx_access *a, const struct vsx_file *file,
		     char note[VSX_ACCESS_NOTE_TEXT]);

#endif
