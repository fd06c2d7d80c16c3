/* An index that is written anew from chunks. */
#ifndef VSX_BACKUP_RESTORE_H
#define VSX_BACKUP_RESTORE_H

#include "backup/backup.h"
#include "write/output.h"

struct vsx_restore {
	struct vsx_backup_opts opts;
	struct vsx_output output;
	struct vsx_packer packer;
	uint64_t index_bytes;
	uint64_t at; /* written up to here */
};

/*
 * Check the output, which must not be in the repository (NULL: there is none),
 * and make the temporary file. Release it in any case.
 */
enum vsx_status vsx_restore_begin(struct vsx_restore *r, const char *index_path,
				  uint64_t index_bytes,
				  const struct vsx_file_ops *ops,
				  const struct vsx_repo *repo,
				  struct vsx_error *err);

/* Write the n bytes in vsx_packer_bytes(&r->packer) behind what is there. */
enum vsx_status vsx_restore_write(struct vsx_restore *r, uint32_t n,
				  struct vsx_error *err);

/* Sync, check as an index, and as the one of the snapshot; put it in place. */
enum vsx_status vsx_restore_end(struct vsx_restore *r,
				const struct vsx_snapshot_record *s,
				struct vsx_error *err);
void vsx_restore_release(struct vsx_restore *r);

/* What the caller is told of a snapshot that was restored. */
void vsx_restore_tell(struct vsx_backup_result *result,
		      const struct vsx_snapshot_record *s);

#endif
