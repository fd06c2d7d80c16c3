/*
 * An index that a writer has for himself: `.NAME.lock` beside it is locked, and
 * can be opened only by those who may write the index. SPEC.md 7.2.
 */
#ifndef VSX_CLAIM_H
#define VSX_CLAIM_H

#include "write/lock.h"

/* Where the index is; the strings outlive the claim. */
struct vsx_place {
	const struct vsx_file_ops *ops;
	const char *path; /* links followed */
	const char *folder;
};

struct vsx_claim {
	char *lock_path; /* NULL: nothing is claimed */
	struct vsx_file lock;
	struct vsx_file index; /* open for writing; -1: a new file will take
				  its place */
};

/* How long to wait for the one who has it, and who is asked meanwhile. */
struct vsx_claim_wait {
	uint32_t ms; /* UINT32_MAX: for ever */
	vsx_lock_waiting *waiting;
	void *context;
};

/*
 * Claim the file that is at the place, to replace it. Release it in any case.
 *
 * VSX_EBUSY  another writer has it for longer than that; the text names it
 */
enum vsx_status vsx_claim_take(struct vsx_claim *c,
			       const struct vsx_place *place,
			       const struct vsx_claim_wait *wait,
			       struct vsx_error *err);

/*
 * The same to change it: it is opened for writing. VSX_EINVAL: it is no regular
 * file, or has other names, under which it would not be claimed.
 */
enum vsx_status vsx_claim_open(struct vsx_claim *c,
			       const struct vsx_place *place,
			       const struct vsx_claim_wait *wait,
			       struct vsx_error *err);

/* VSX_EIO: the index was replaced, or the lock removed, by somebody else. */
enum vsx_status vsx_claim_check(const struct vsx_claim *c,
				struct vsx_error *err);

/* The lock goes with it. Accepts a zeroed structure. */
void vsx_claim_release(struct vsx_claim *c);

#endif
