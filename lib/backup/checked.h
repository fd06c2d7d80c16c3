/*
 * What a repository records of its chunks: when each was last read and found
 * sound. A hint, that saves reading: it is believed for a while, and only while
 * the file is the one that was read. Losing it costs reading.
 */
#ifndef VSX_BACKUP_CHECKED_H
#define VSX_BACKUP_CHECKED_H

#include "backup/repo.h"

/* So long a check is believed. */
#define VSX_CHECKED_SECONDS (UINT64_C(30) * 86400)

/* A table by hash. */
struct vsx_checked {
	struct vsx_checked_slot *slots;
	size_t n_slots; /* a power of two, or 0 */
	size_t n;
	uint64_t now;	 /* seconds since 1970, when it was loaded */
	uint64_t newest; /* stamp that was added */
	bool changed;
};

/* What is there; nothing where it cannot be had. VSX_ENOMEM alone fails. */
enum vsx_status vsx_checked_load(struct vsx_checked *c,
				 const struct vsx_repo *repo,
				 struct vsx_error *err);
void vsx_checked_release(struct vsx_checked *c);

/* A file of this stamp was read by whoever loaded *c. */
bool vsx_checked_now(const struct vsx_checked *c, struct vsx_hash hash,
		     uint64_t stamp);

/* The same, or it was read so lately that it is believed. */
bool vsx_checked_lately(const struct vsx_checked *c, struct vsx_hash hash,
			uint64_t stamp);

/* It was read just now, and is sound. */
enum vsx_status vsx_checked_add(struct vsx_checked *c, struct vsx_hash hash,
				uint64_t stamp, struct vsx_error *err);

/* It was read just now, and is not. */
void vsx_checked_drop(struct vsx_checked *c, struct vsx_hash hash);

/* Put it in place, if it was changed and if that can be done. */
void vsx_checked_save(struct vsx_checked *c, const struct vsx_repo *repo);

#endif
