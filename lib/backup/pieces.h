/* An index in chunks, as a backup reads it. */
#ifndef VSX_BACKUP_PIECES_H
#define VSX_BACKUP_PIECES_H

#include "backup/packer.h"
#include "backup/source.h"

struct vsx_pieces {
	struct vsx_backup_source source;
	struct vsx_packer packer;
	struct vsx_snapshot_record record; /* of what was read so far */
	size_t cap;			   /* of its chunks */
	uint32_t chunk_bytes;
	/* Of an older snapshot of the same index, or none: its bytes are cut
	 * where they were cut then, so that they are the same chunks. */
	struct vsx_snapshot_record base;
	bool known; /* the last chunk is one of base */
};

/* Open the index. Release it whatever the answer is. */
enum vsx_status vsx_pieces_open(struct vsx_pieces *p, const char *path,
				uint32_t chunk_bytes, struct vsx_error *err);

/*
 * The next chunk, into vsx_packer_bytes(&p->packer) and the list of the record.
 * *ref is NULL at the end.
 */
enum vsx_status vsx_pieces_next(struct vsx_pieces *p,
				const struct vsx_chunk_ref **ref,
				struct vsx_error *err);

void vsx_pieces_release(struct vsx_pieces *p);

#endif
