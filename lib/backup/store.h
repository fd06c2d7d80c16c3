/*
 * Chunks on their way into a repository. Each is written under a temporary
 * name, synced, and then renamed, some at a time: a chunk that has its name is
 * whole and on the disk.
 */
#ifndef VSX_BACKUP_STORE_H
#define VSX_BACKUP_STORE_H

#include "backup/checked.h"

/* Files that are open at a time. */
#define VSX_STORE_PENDING 32

struct vsx_store {
	const struct vsx_repo *repo;
	unsigned int mode;	     /* of the files */
	enum vsx_backup_reuse reuse; /* of what is there */
	struct vsx_checked checked;
	struct vsx_packer packer; /* of the chunks that are read */
	size_t n_pending;
	struct {
		struct vsx_hash hash;
		char *temp;
		int fd;
	} pending[VSX_STORE_PENDING];
	bool looked[256];	    /* the folder is none of somebody else */
	bool made[256];		    /* and is there */
	bool dirty[256];	    /* names in it may not be on the disk yet */
	uint64_t n_chunks, n_bytes; /* written, with their heads */
	uint64_t n_read, bytes_read;
	uint64_t n_replaced; /* of those written */
};

/* mode: of the index. Release it whatever the answer is. */
enum vsx_status vsx_store_init(struct vsx_store *s, const struct vsx_repo *repo,
			       unsigned int mode, enum vsx_backup_reuse reuse,
			       struct vsx_error *err);

/*
 * Is a chunk there, and sound? It is read, unless that is not due; its head and
 * its length are looked at in any case. known: an older snapshot has it, so
 * that its name is on the disk.
 */
enum vsx_status vsx_store_has(struct vsx_store *s,
			      const struct vsx_chunk_ref *ref, bool known,
			      bool *has, struct vsx_error *err);

/* The record of a chunk that is not there, or not sound. */
enum vsx_status vsx_store_put(struct vsx_store *s, struct vsx_hash hash,
			      const uint8_t *record, size_t bytes,
			      struct vsx_error *err);

/* Everything to the disk: now a snapshot may name the chunks. */
enum vsx_status vsx_store_end(struct vsx_store *s, struct vsx_error *err);

/* Remove what has no name yet; keep what is known of the others. */
void vsx_store_release(struct vsx_store *s);

#endif
