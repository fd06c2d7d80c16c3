/*
 * Chunks on their way into a repository. Each is written under a temporary
 * name, synced, and then renamed, some at a time: a chunk that has its name is
 * whole and on the disk.
 */
#ifndef VSX_BACKUP_STORE_H
#define VSX_BACKUP_STORE_H

#include "backup/repo.h"

/* Files that are open at a time. */
#define VSX_STORE_PENDING 32

struct vsx_store {
	const struct vsx_repo *repo;
	size_t n_pending;
	struct {
		struct vsx_hash hash;
		char *temp;
		int fd;
	} pending[VSX_STORE_PENDING];
	bool made[256];		    /* the folder is there */
	bool dirty[256];	    /* names in it may not be on the disk yet */
	uint64_t n_chunks, n_bytes; /* written, with their heads */
};

void vsx_store_init(struct vsx_store *s, const struct vsx_repo *repo);

/*
 * Is a chunk there? One whose head or length is wrong is not. known: an older
 * snapshot has it, so that its name is on the disk.
 */
bool vsx_store_has(struct vsx_store *s, struct vsx_hash hash, uint32_t bytes,
		   bool known);

/* The record of a chunk that is not there. */
enum vsx_status vsx_store_put(struct vsx_store *s, struct vsx_hash hash,
			      const uint8_t *record, size_t bytes,
			      struct vsx_error *err);

/* Everything to the disk: now a snapshot may name the chunks. */
enum vsx_status vsx_store_end(struct vsx_store *s, struct vsx_error *err);

/* Remove what has no name yet. */
void vsx_store_release(struct vsx_store *s);

#endif
